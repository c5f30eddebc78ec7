"""Every noise model: the contract, and its moments against the formulas of its docstring."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core.datasets import load_dataset
from xai_core.errors import DataNotFound, InvalidInput, UnknownName
from xai_core.images import quantise
from xai_core.noise import NOISES, add_noise, random_parameters
from xai_core.noise.correlated import KERNELS, power_spectrum
from xai_core.noise.estimate import estimate_sigma, estimate_sigma_immerkaer

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
    chance = {"dither": True} if spec.name == "quantisation" else {}  # rounding as such takes none
    noisy = add_noise(images, spec.name, seed=0, **chance)
    assert not np.array_equal(noisy, add_noise(images, spec.name, seed=1, **chance))
    assert not np.array_equal(noisy[0], noisy[1])


@SPECS
def test_every_parameter_is_used(spec):
    """At its bounds, at each choice: another result than the default's, of the same shape."""
    images = np.random.default_rng(2).random((2, 16, 16, 3), np.float32)
    usual = add_noise(images, spec.name)
    for parameter in spec.parameters:
        values = parameter.choices or ((True, False) if parameter.kind == "bool" else (parameter.low, parameter.high))
        for value in values:
            noisy = add_noise(images, spec.name, **{parameter.name: value})
            assert noisy.shape == images.shape and np.isfinite(noisy).all()
            assert np.array_equal(noisy, usual) == (value == parameter.default)
            assert noisy[:1].tobytes() == add_noise(images[:1], spec.name, **{parameter.name: value}).tobytes()


@pytest.mark.parametrize(
    "name", ["gaussian", "laplace", "poisson", "speckle", "periodic", "uniform", "poisson_gaussian", "correlated"]
)
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


@pytest.mark.parametrize(("name", "kurtosis"), [("gaussian", 3), ("laplace", 6), ("uniform", 1.8)])
@pytest.mark.parametrize("level", [1, 25, 100])
@pytest.mark.parametrize("value", [0.0, 0.4])
def test_additive_noise(name, kurtosis, level, value):
    """y = x + n with variance (level / 255)^2, also on black."""
    noisy = sample(name, value, level)
    assert_moments(noisy, value, (level / 255) ** 2, kurtosis)


@pytest.mark.parametrize(("name", "kurtosis", "spread"), [("gaussian", 3, 24), ("laplace", 6, 1188), ("uniform", 1.8, 0.31)])
def test_kurtosis(name, kurtosis, spread):
    """The tails: 3 for a Gaussian, 6 for Laplace, 9 / 5 for uniform noise.

    spread: n times the variance of the estimate, m8 - 4 k m6 + 4 k^3 - k^2 in units of the standard deviation
    (Laplace: 2520 - 4 * 6 * 90 + 864 - 36; Gaussian: 105 - 4 * 3 * 15 + 108 - 9; uniform: 9 - 7.2 * 27 / 7 + 23.33 - 3.24).
    """
    noise = sample(name, 0.0, 50)
    estimate = np.mean(noise**4) / np.mean(noise**2) ** 2
    assert estimate == pytest.approx(kurtosis, abs=5 * np.sqrt(spread / PIXELS))


@pytest.mark.parametrize("name", ["gaussian", "laplace", "poisson", "speckle", "uniform", "poisson_gaussian"])
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


def test_uniform_noise_ends_at_root_three_sigma():
    noise = np.abs(sample("uniform", 0.0, 51))
    assert 0.999 * 0.2 * np.sqrt(3) < noise.max() <= 0.2 * np.sqrt(3)


@pytest.mark.parametrize("amount", [0.1, 0.5, 0.9])
def test_random_valued_impulse(amount):
    """Share and moments: mean (1 - p) x + p / 2, second moment (1 - p) x^2 + p / 3; the other pixels stay as they are."""
    noisy = sample("impulse", 0.4, amount)
    hit = noisy != np.float32(0.4)
    assert hit.mean() == pytest.approx(amount, abs=5 * np.sqrt(amount * (1 - amount) / PIXELS))
    mean, square = (1 - amount) * 0.4 + amount / 2, (1 - amount) * 0.4**2 + amount / 3
    assert noisy.mean() == pytest.approx(mean, abs=5 * np.sqrt((square - mean**2) / PIXELS))
    assert np.mean(noisy**2) == pytest.approx(square, abs=5 * np.sqrt(amount / 5 / PIXELS))
    deciles = np.quantile(noisy[hit], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(deciles, [0, 0.25, 0.5, 0.75, 1], atol=5 * np.sqrt(0.25 / hit.sum()))


def test_impulses_take_all_channels_of_a_pixel_and_give_each_a_number():
    images = np.full((1, 128, 128, 3), 0.5, np.float32)
    noisy = add_noise(images, "impulse", 0.5)
    hit = noisy != images
    assert np.array_equal(hit.all(-1), hit.any(-1))
    values = noisy[hit.all(-1)]
    assert np.abs(np.corrcoef(values.T) - np.eye(3)).max() < 5 / np.sqrt(len(values))


@pytest.mark.parametrize(("peak", "sigma"), [(10, 5), (30, 25), (255, 10)])
@pytest.mark.parametrize("value", [0.0, 0.1, 0.8])
def test_poisson_gaussian(peak, sigma, value):
    """Mean x, variance x / peak + (sigma / 255)^2; only the photons have a fourth cumulant, x / peak^3."""
    variance = value / peak + (sigma / 255) ** 2
    noisy = sample("poisson_gaussian", value, peak, sigma=sigma)
    assert_moments(noisy, value, variance, 3 + value / peak**3 / variance**2)


def test_poisson_gaussian_is_poisson_where_reading_is_silent():
    noisy = sample("poisson_gaussian", 0.4, 30, sigma=0)
    np.testing.assert_allclose(noisy * 30, np.round(noisy * 30), atol=1e-4)


# Quantisation


@pytest.mark.parametrize("bits", [1, 2, 5, 8])
def test_quantisation_is_rounding(bits, rng):
    images = rng.random((2, 32, 32, 3), np.float32)
    np.testing.assert_array_equal(add_noise(images, "quantisation", bits), quantise(images, bits))


def test_quantisation_between_whole_bits():
    """2.5 bits: 2^2.5 = 5.66, 6 levels."""
    ramp = np.linspace(0, 1, 1000, dtype=np.float32).reshape(1, 10, 100, 1)
    np.testing.assert_allclose(np.unique(add_noise(ramp, "quantisation", 2.5)), np.arange(6) / 5, atol=1e-6)


@pytest.mark.parametrize(("dither", "share"), [(False, 12), (True, 6)])
@pytest.mark.parametrize("bits", [1, 3, 6])
def test_error_of_quantisation(bits, dither, share):
    """Over all greys: mean 0, variance d^2 / 12, with dither d^2 / 6."""
    step = 1 / (2**bits - 1)
    ramp = np.linspace(0, 1, PIXELS, dtype=np.float32).reshape(1, SIDE, SIDE, 1)
    noise = (add_noise(ramp, "quantisation", bits, dither=dither) - ramp).astype(np.float64)
    assert np.abs(noise).max() <= step * (1 if dither else 0.5) + 1e-6
    assert noise.mean() == pytest.approx(0, abs=5 * step / np.sqrt(share * PIXELS))
    assert noise.var() == pytest.approx(step**2 / share, rel=0.02)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.5, 1.0])
def test_dither_keeps_the_mean_of_each_grey(value):
    """Mean x, variance d^2 s (1 - s), s being how far x is above a level."""
    step = 1 / 7
    above = value / step - np.floor(value / step + 1e-6)
    noisy = sample("quantisation", value, 3, dither=True)
    spread = step * np.sqrt(max(above * (1 - above), 0))
    assert noisy.mean() == pytest.approx(value, abs=5 * spread / np.sqrt(PIXELS) + 1e-6)
    assert noisy.std() == pytest.approx(spread, abs=0.02 * step)
    assert noisy.min() >= 0 and noisy.max() <= 1


# Correlated: a spectrum


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shape", [(64, 64), (33, 48), (7, 5), (1, 1)])
def test_the_mean_of_the_power_spectrum_is_the_variance(kernel, shape):
    spectrum = power_spectrum(shape, 51, kernel=kernel)
    assert spectrum.shape == shape and (spectrum >= 0).all()
    assert spectrum.mean() == pytest.approx(0.2**2)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shape", [(32, 32), (21, 30)])
def test_correlated_noise_has_its_power_spectrum(kernel, shape):
    """Mean of |FFT|^2 / (H W) over 300 pictures: at each frequency an exponential number of mean S, a gamma mean of 300."""
    count = 300
    noise = add_noise(np.zeros((count, *shape, 1), np.float32), "correlated", 51, kernel=kernel, seed=5)[..., 0]
    measured = np.mean(np.abs(np.fft.fft2(noise.astype(np.float64))) ** 2, axis=0) / np.prod(shape)
    spectrum = power_spectrum(shape, 51, kernel=kernel)
    strong = spectrum > 1e-9 * spectrum.max()  # below: the rounding of float32
    ratio = measured[strong] / spectrum[strong]
    assert np.abs(ratio - 1).max() < 6 / np.sqrt(count / 2)  # the frequencies that are their own mirror image vary more
    assert ratio.mean() == pytest.approx(1, abs=6 / np.sqrt(count * strong.sum() / 2))
    assert noise.var() == pytest.approx(0.2**2, rel=0.05)


def test_power_spectra_are_those_of_the_docstring():
    v, u = np.fft.fftfreq(96)[:, None], np.fft.fftfreq(120)
    frequency = np.hypot(u, v)
    spectra = {kernel: power_spectrum((96, 120), 51, kernel=kernel) for kernel in KERNELS}
    expected = np.exp(-((2 * np.pi * 1.5 * frequency) ** 2))
    np.testing.assert_allclose(spectra["gaussian"] / spectra["gaussian"].max(), expected, atol=1e-6)
    with np.errstate(invalid="ignore"):
        line = np.where(u == 0, 81, (np.sin(9 * np.pi * u) / np.sin(np.pi * u)) ** 2)
    np.testing.assert_allclose(
        spectra["horizontal"] / spectra["horizontal"].max(), np.broadcast_to(line / 81, (96, 120)), atol=1e-9
    )
    pink = (spectra["pink"] * frequency)[frequency > 0]
    np.testing.assert_allclose(pink, pink[0])
    assert spectra["pink"][0, 0] == pytest.approx(spectra["pink"][0, 1])  # 1 / 120, the lowest
    place = np.unravel_index(spectra["circular"].argmax(), (96, 120))
    assert frequency[place] == pytest.approx(1 / 6, abs=0.015)
    on_ring = np.abs(frequency - frequency[place]) < 0.004
    assert spectra["circular"][on_ring].min() > 0.9 * spectra["circular"].max()
    row, column = np.unravel_index(spectra["diagonal"].argmax(), (96, 120))
    assert (abs(v[row, 0]), abs(u[column])) == (pytest.approx(2**-0.5 / 6, abs=0.006), pytest.approx(2**-0.5 / 6, abs=0.006))
    assert v[row, 0] * u[column] > 0 and spectra["diagonal"][-row, column] < 1e-3 * spectra["diagonal"].max()


def test_streaks_run_along_the_rows_in_each_channel_by_themselves():
    noise = add_noise(np.zeros((1, SIDE, SIDE, 3), np.float32), "correlated", 25, kernel="horizontal")[0]
    assert np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1] == pytest.approx(8 / 9, abs=0.02)
    assert np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1] == pytest.approx(0, abs=0.04)
    assert np.abs(np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)).max() < 15 / SIDE  # 9 pixels of a streak count as one


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


@SPECS
def test_parameters_drawn_for_training_are_taken(spec, rng):
    drawn = [random_parameters(spec.name, rng) for _ in range(50)]
    for parameters in drawn:
        spec.complete(parameters)
    if spec.name == "periodic":
        waves, angles = ([parameters[name] for parameters in drawn] for name in ("frequency", "angle"))
        assert min(waves) < 0.03 and max(waves) > 0.3, "slow and fast waves"
        assert min(angles) < 30 and max(angles) > 150, "all directions"
    else:
        assert not any(drawn)


@pytest.mark.parametrize("name", ["gaussian", "laplace", "salt_pepper", "periodic", "uniform", "impulse", "correlated"])
def test_level_zero_changes_nothing(name, rng):
    images = rng.random((2, 9, 9, 3), np.float32)
    assert np.array_equal(add_noise(images, name, 0), images)


# The blind estimate


def smooth(channels=1):
    """A picture without detail: one slow wave."""
    v, u = np.mgrid[:128, :128] / 128
    wave = 0.5 + 0.2 * np.sin(2 * np.pi * u) * np.cos(2 * np.pi * v)
    return np.repeat(wave.astype(np.float32)[None, :, :, None], channels, -1)


ESTIMATORS = pytest.mark.parametrize("estimator", [estimate_sigma, estimate_sigma_immerkaer])


@ESTIMATORS
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [15, 25, 50])
def test_estimate_on_a_smooth_picture(estimator, channels, level):
    estimate = estimator(add_noise(smooth(channels), "gaussian", level, seed=3))
    assert (estimate.shape, estimate.dtype) == ((1,), np.float64)
    assert estimate[0] == pytest.approx(level, abs=1.5)


@ESTIMATORS
@pytest.mark.parametrize("shape", [(2, 32, 32, 1), (1, 17, 23, 3), (1, 3, 4, 1), (1, 1, 1, 3), (0, 8, 8, 1)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_estimate_on_a_constant_picture(estimator, shape, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate = estimator(np.full(shape, value, np.float32))
    np.testing.assert_allclose(estimate, np.zeros(shape[0]), atol=1e-9)


@ESTIMATORS
def test_estimate_is_each_pictures_own(estimator):
    noisy = [add_noise(smooth(), "gaussian", level, seed=level) for level in (10, 40)]
    together = estimator(np.concatenate(noisy))
    assert together.tolist() == [estimator(one)[0] for one in noisy]


@pytest.mark.parametrize("channels", [1, 3])
def test_immerkaer_is_the_papers_mask(channels, rng):
    """sqrt(pi / 2) / (6 (W - 2) (H - 2)) times the sum of |I * L|, by a convolution."""
    from scipy.signal import convolve2d

    images = rng.random((2, 17, 23, channels), np.float32)
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
    for image, estimate in zip(images, estimate_sigma_immerkaer(images), strict=True):
        sums = [np.abs(convolve2d(image[..., channel], mask, mode="valid")).sum() for channel in range(channels)]
        assert estimate == pytest.approx(255 * np.sqrt(np.pi / 2) / (6 * 21 * 15) * np.mean(sums))


@ESTIMATORS
@pytest.mark.parametrize("level", [15, 25, 50])
def test_estimate_on_photographs(estimator, level):
    """Within 1 on the mean of Set12, before clipping."""
    try:
        dataset = load_dataset("set12", "test")
    except DataNotFound as error:
        pytest.skip(f"not on this machine: {error}")
    estimates = [estimator(add_noise(dataset.image(i), "gaussian", level, seed=i))[0] for i in range(len(dataset))]
    assert np.mean(estimates) == pytest.approx(level, abs=1)


@pytest.mark.parametrize("shape", [(2, 28, 28, 1), (1, 17, 23, 3)])
def test_estimate_is_scikit_images(shape, rng):
    from skimage.restoration import estimate_sigma as oracle

    images = rng.random(shape, np.float32)
    images[:, :5] = 0  # no detail there: left out by both
    expected = [255 * oracle(image, average_sigmas=True, channel_axis=-1) for image in images]
    np.testing.assert_allclose(estimate_sigma(images), expected, rtol=1e-6)
