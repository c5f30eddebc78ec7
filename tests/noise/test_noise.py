"""Every noise model: the contract, and its moments against the formulas of its docstring."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core.errors import InvalidInput, UnknownName
from xai_core.noise import NOISES, add_noise
from xai_core.noise.estimate import estimate_sigma

NAMES = NOISES.names
SPECS = pytest.mark.parametrize("spec", NOISES.specs, ids=lambda spec: spec.name)
SIDE = 256
PIXELS = SIDE**2


# Contract


@SPECS
@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (3, 17, 23, 3), (2, 1, 1, 1), (0, 8, 8, 3)])
def test_shape_and_type(spec, shape, rng):
    images = rng.random(shape, np.float32)
    before = images.copy()
    noisy = add_noise(images, spec.name)
    assert (noisy.shape, noisy.dtype) == (shape, np.float32)
    assert np.array_equal(images, before), "the images were written into"
    if images.size > 100:
        assert not np.array_equal(noisy, images), "the default level does nothing"


@given(
    st.sampled_from(NAMES),
    st.integers(1, 3),
    st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
    st.floats(0, 1),
    st.integers(0, 2**32),
)
def test_the_same_arguments_give_the_same_bytes(name, count, shape, share, seed):
    """At any level within the bounds; and the first picture's noise does not depend on those that follow."""
    level = NOISES.get(name).parameter("level")
    value = level.low + share * (level.high - level.low)
    images = np.random.default_rng(1).random((count, *shape), np.float32)
    noisy = add_noise(images, name, value, seed=seed)
    assert np.isfinite(noisy).all()
    assert noisy.tobytes() == add_noise(images, name, value, seed=seed).tobytes()
    assert noisy[:1].tobytes() == add_noise(images[:1], name, value, seed=seed).tobytes()


@SPECS
def test_another_seed_and_another_picture_get_other_noise(spec):
    images = np.full((2, 16, 16, 1), 0.5, np.float32)
    noisy = add_noise(images, spec.name, seed=0)
    assert not np.array_equal(noisy, add_noise(images, spec.name, seed=1))
    assert not np.array_equal(noisy[0], noisy[1])


@pytest.mark.parametrize("name", ["gaussian", "laplace", "poisson", "speckle", "periodic"])
def test_nothing_is_clipped(name):
    assert add_noise(np.ones((1, 64, 64, 1), np.float32), name).max() > 1.05


@SPECS
def test_a_single_picture_and_bytes_are_taken(spec):
    pixels = np.full((9, 9, 3), 128, np.uint8)
    assert np.array_equal(add_noise(pixels, spec.name), add_noise(pixels[None] / np.float32(255), spec.name))


@SPECS
def test_the_default_level_is_the_specs(spec):
    images = np.full((1, 9, 9, 1), 0.5, np.float32)
    assert spec.parameters[0].name == "level" and spec.parameters[0].unit
    assert np.array_equal(add_noise(images, spec.name), add_noise(images, spec.name, spec.parameters[0].default))


@SPECS
@pytest.mark.parametrize("edge", ["low", "high"])
def test_levels_out_of_bounds_get_a_sentence(spec, edge):
    level = spec.parameter("level")
    bound = getattr(level, edge)
    add_noise(np.zeros((1, 4, 4, 1), np.float32), spec.name, bound)
    wrong = bound + (-0.01 if edge == "low" else 0.01)
    with pytest.raises(InvalidInput, match=rf"{level.label}: expected a value between {level.low:g} and {level.high:g}"):
        add_noise(np.zeros((1, 4, 4, 1), np.float32), spec.name, wrong)


@SPECS
@pytest.mark.parametrize("level", [float("nan"), float("inf"), "much"])
def test_a_level_that_is_no_number_gets_a_sentence(spec, level):
    with pytest.raises(InvalidInput, match="expected a (value|number)"):
        add_noise(np.zeros((1, 4, 4, 1), np.float32), spec.name, level)


def test_wrong_names_get_a_sentence():
    images = np.zeros((1, 4, 4, 1), np.float32)
    with pytest.raises(UnknownName, match="no noise named 'gausian'. Did you mean 'gaussian'"):
        add_noise(images, "gausian")
    with pytest.raises(UnknownName, match="Did you mean 'frequency'"):
        add_noise(images, "periodic", frequncy=0.1)
    with pytest.raises(InvalidInput, match="received 0.6"):
        add_noise(images, "periodic", frequency=0.6)


# Moments, on one large picture of one grey


def sample(name, value, level, **parameters):
    images = np.full((1, SIDE, SIDE, 1), value, np.float32)
    return add_noise(images, name, level, seed=11, **parameters).astype(np.float64).ravel()


def assert_moments(noisy, mean, variance, kurtosis):
    """Mean and variance within five standard errors; kurtosis is the distribution's own (3 for a Gaussian)."""
    assert noisy.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / PIXELS))
    assert noisy.var() == pytest.approx(variance, abs=5 * variance * np.sqrt((kurtosis - 1) / PIXELS))


@pytest.mark.parametrize(("name", "kurtosis"), [("gaussian", 3), ("laplace", 6)])
@pytest.mark.parametrize("level", [1, 25, 100])
@pytest.mark.parametrize("value", [0.0, 0.4])
def test_additive_noise(name, kurtosis, level, value):
    """y = x + n with variance (level / 255)^2, also on black."""
    noisy = sample(name, value, level)
    assert_moments(noisy, value, (level / 255) ** 2, kurtosis)


@pytest.mark.parametrize(("name", "kurtosis", "spread"), [("gaussian", 3, 24), ("laplace", 6, 1188)])
def test_kurtosis(name, kurtosis, spread):
    """The tails: 3 for a Gaussian, 6 for Laplace.

    spread: n times the variance of the estimate, m8 - 4 k m6 + 4 k^3 - k^2 in units of the standard deviation
    (Laplace: 2520 - 4 * 6 * 90 + 864 - 36; Gaussian: 105 - 4 * 3 * 15 + 108 - 9).
    """
    noise = sample(name, 0.0, 50)
    estimate = np.mean(noise**4) / np.mean(noise**2) ** 2
    assert estimate == pytest.approx(kurtosis, abs=5 * np.sqrt(spread / PIXELS))


@pytest.mark.parametrize("name", ["gaussian", "laplace", "poisson", "speckle"])
def test_channels_get_noise_of_their_own(name):
    noise = add_noise(np.full((1, SIDE, SIDE, 3), 0.5, np.float32), name, seed=0)[0].reshape(-1, 3)
    assert np.abs(np.corrcoef(noise.T) - np.eye(3)).max() < 5 / np.sqrt(PIXELS)


def test_gaussian_is_numpys():
    """Golden number: numpy.random.default_rng(0).standard_normal in single precision, times 25/255."""
    noisy = add_noise(np.zeros((1, 2, 2, 1), np.float32), "gaussian", 25, seed=0)
    expected = np.random.default_rng(0).standard_normal((1, 2, 2, 1), np.float32) * np.float32(25 / 255)
    np.testing.assert_array_equal(noisy, expected)


@pytest.mark.parametrize("peak", [1, 30, 255])
@pytest.mark.parametrize("value", [0.1, 0.4, 1.0])
def test_poisson(peak, value):
    """Whole photons; mean x, variance x / peak."""
    noisy = sample("poisson", value, peak)
    assert noisy.min() >= 0
    np.testing.assert_allclose(noisy * peak, np.round(noisy * peak), atol=1e-4)
    assert_moments(noisy, value, value / peak, 3 + 1 / (value * peak))


def test_poisson_of_black_and_below_is_black():
    assert (sample("poisson", 0.0, 30) == 0).all()
    assert (sample("poisson", -0.2, 30) == 0).all()


@pytest.mark.parametrize("looks", [1, 4, 50])
@pytest.mark.parametrize("value", [0.2, 0.8])
def test_speckle(looks, value):
    """y = x g, g of mean 1 and variance 1 / L: mean x, variance x^2 / L."""
    noisy = sample("speckle", value, looks)
    assert noisy.min() >= 0
    assert_moments(noisy, value, value**2 / looks, 3 + 6 / looks)


def test_speckle_keeps_black():
    assert (sample("speckle", 0.0, 1) == 0).all()


@pytest.mark.parametrize(("amount", "salt"), [(0.1, 0.5), (0.5, 0.2), (0.9, 1.0), (0.3, 0.0)])
def test_salt_and_pepper(amount, salt):
    """Shares of white and black; the other pixels stay as they are; mean (1 - a) x + a s."""
    noisy = sample("salt_pepper", 0.4, amount, salt=salt)
    white, black, kept = (noisy == 1).mean(), (noisy == 0).mean(), (noisy == np.float32(0.4)).mean()
    assert white + black + kept == pytest.approx(1)
    for share, expected in ((white, amount * salt), (black, amount * (1 - salt))):
        assert share == pytest.approx(expected, abs=5 * np.sqrt(expected * (1 - expected) / PIXELS))
    mean = (1 - amount) * 0.4 + amount * salt
    variance = (1 - amount) * 0.4**2 + amount * salt - mean**2
    assert noisy.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / PIXELS))


def test_salt_and_pepper_takes_all_channels_of_a_pixel():
    images = np.broadcast_to(np.array([0.2, 0.5, 0.8], np.float32), (1, 64, 64, 3))
    noisy = add_noise(images, "salt_pepper", 0.5)
    white, black = (noisy == 1).all(-1), (noisy == 0).all(-1)
    assert white.any() and black.any()
    assert np.array_equal(noisy[~(white | black)], images[~(white | black)])


# Periodic: one frequency


@pytest.mark.parametrize(("frequency", "angle"), [(0.125, 0), (0.25, 90), (0.125, 180), (0.5, 0)])
def test_periodic_is_one_peak_of_the_spectrum(frequency, angle):
    """With a whole number of cycles in the picture all energy is at (f_u, f_v) = f (cos t, sin t) and its mirror image."""
    amplitude = 51 / 255
    noisy = add_noise(np.full((1, 64, 64, 1), 0.5, np.float32), "periodic", 51, frequency=frequency, angle=angle)
    wave = noisy[0, :, :, 0].astype(np.float64) - 0.5
    spectrum = np.abs(np.fft.fft2(wave)) / wave.size
    u = round(64 * frequency * np.cos(np.deg2rad(angle))) % 64
    v = round(64 * frequency * np.sin(np.deg2rad(angle))) % 64
    places = {(v, u), (-v % 64, -u % 64)}
    rest = spectrum.copy()
    for place in places:
        assert spectrum[place] > 0.01
        rest[place] = 0
    assert rest.max() < 1e-6
    if frequency < 0.5:  # at half a cycle a pixel the phase decides how much of the wave is sampled
        for place in places:
            assert spectrum[place] == pytest.approx(amplitude / 2, rel=1e-5)
        assert wave.var() == pytest.approx(amplitude**2 / 2, rel=1e-5)
        assert wave.mean() == pytest.approx(0, abs=1e-7)


def test_periodic_between_the_axes():
    """At 3-4-5 degrees the wave runs 3 cycles along the columns for 4 along the rows."""
    noisy = add_noise(
        np.zeros((1, 60, 60, 1), np.float32), "periodic", 51, frequency=5 / 60, angle=float(np.rad2deg(np.arctan2(4, 3)))
    )
    spectrum = np.abs(np.fft.fft2(noisy[0, :, :, 0])) / 3600
    assert spectrum[4, 3] == pytest.approx(0.1, rel=1e-5)
    assert spectrum[4, -3] < 1e-6


def test_periodic_is_grey_and_of_random_phase():
    noisy = add_noise(np.zeros((2, 16, 16, 3), np.float32), "periodic")
    assert (noisy == noisy[..., :1]).all()
    assert np.abs(noisy[0] - noisy[1]).max() > 0.01


@pytest.mark.parametrize("name", ["gaussian", "laplace", "salt_pepper", "periodic"])
def test_level_zero_changes_nothing(name, rng):
    images = rng.random((2, 9, 9, 3), np.float32)
    assert np.array_equal(add_noise(images, name, 0), images)


# The blind estimate


def smooth(channels=1):
    """A picture without detail: one slow wave."""
    v, u = np.mgrid[:128, :128] / 128
    wave = 0.5 + 0.2 * np.sin(2 * np.pi * u) * np.cos(2 * np.pi * v)
    return np.repeat(wave.astype(np.float32)[None, :, :, None], channels, -1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [15, 25, 50])
def test_estimate_on_a_smooth_picture(channels, level):
    estimate = estimate_sigma(add_noise(smooth(channels), "gaussian", level, seed=3))
    assert (estimate.shape, estimate.dtype) == ((1,), np.float64)
    assert estimate[0] == pytest.approx(level, abs=1.5)


@pytest.mark.parametrize("shape", [(2, 32, 32, 1), (1, 17, 23, 3), (1, 3, 4, 1), (1, 1, 1, 3)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_estimate_on_a_constant_picture(shape, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate = estimate_sigma(np.full(shape, value, np.float32))
    np.testing.assert_allclose(estimate, np.zeros(shape[0]), atol=1e-9)


def test_estimate_is_each_pictures_own():
    noisy = [add_noise(smooth(), "gaussian", level, seed=level) for level in (10, 40)]
    together = estimate_sigma(np.concatenate(noisy))
    assert together.tolist() == [estimate_sigma(one)[0] for one in noisy]


@pytest.mark.parametrize("shape", [(2, 28, 28, 1), (1, 17, 23, 3)])
def test_estimate_is_scikit_images(shape, rng):
    from skimage.restoration import estimate_sigma as oracle

    images = rng.random(shape, np.float32)
    images[:, :5] = 0  # no detail there: left out by both
    expected = [255 * oracle(image, average_sigmas=True, channel_axis=-1) for image in images]
    np.testing.assert_allclose(estimate_sigma(images), expected, rtol=1e-6)
