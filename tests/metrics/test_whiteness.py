"""Spectra and whiteness: closed forms of filtered noise, waves and flat pictures."""

import numpy as np
import pytest

from xai_core import metrics
from xai_core.errors import InvalidInput
from xai_core.metrics import whiteness as module
from xai_core.noise import add_noise


def white(rng, *shape):
    return rng.normal(0, 0.1, shape).astype(np.float32)


def whiteness(residual):
    return metrics.residual_whiteness(residual).whiteness


def test_the_constant_of_white_noise(rng):
    """exp(E log of a mean of nine exponential variables), by the digamma function and by chance."""
    from scipy.special import digamma

    assert np.exp(digamma(9) - np.log(9)) == pytest.approx(module._WHITE, rel=1e-12)
    assert np.exp(np.log(rng.exponential(size=(200_000, 9)).mean(axis=1)).mean()) == pytest.approx(module._WHITE, abs=0.003)


@pytest.mark.parametrize("side", [16, 28, 64, 256])
def test_white_noise_is_white(side, rng):
    """1 - 0.1 / side on average, above 1 - 0.6 / side in 99 of 100 cases: what the docstring promises."""
    count = 1000 if side < 64 else 200 if side == 64 else 20
    found = whiteness(white(rng, count, side, side, 1))
    assert found.mean() == pytest.approx(1 - 0.1 / side, abs=0.04 / side)
    assert (found > 1 - 0.6 / side).mean() >= 0.98
    assert (found < 1).any()  # the limit at 1 does not hide everything


@pytest.mark.parametrize("a", [0.3, 0.5, 1.0, -0.5])
def test_filtered_noise_in_closed_form(a, rng):
    """n(x) + a n(x - 1) can be predicted but for 1 / (1 + a^2) of its energy, |a| <= 1 (Kolmogorov and Szego)."""
    noise = white(rng, 4, 128, 128, 1)
    assert whiteness(noise + np.float32(a) * np.roll(noise, 1, axis=2)).mean() == pytest.approx(1 / (1 + a * a), abs=0.025)


def test_filters_of_both_directions_multiply(rng):
    """(1 + 0.5 z)(1 + 0.5 w) has the flatness 0.8 x 0.8."""
    noise = white(rng, 4, 128, 128, 1)
    rows = noise + np.roll(noise, 1, axis=1) / 2
    assert whiteness(rows + np.roll(rows, 1, axis=2) / 2).mean() == pytest.approx(0.64, abs=0.02)


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_a_wave_in_white_noise_leaves_the_share_of_the_noise(share, rng):
    noise = white(rng, 4, 128, 128, 1) * np.sqrt(1 - share)
    wave = 0.1 * np.sqrt(2 * share) * np.sin(2 * np.pi * np.arange(128) / 8)[:, None]
    assert whiteness((noise + wave).astype(np.float32)).mean() == pytest.approx(1 - share, abs=0.02)


def test_structure_is_not_white():
    from skimage.data import camera, coffee

    v, u = np.mgrid[:64, :64] / np.float32(64)
    wave = np.sin(2 * np.pi * 8 * u)
    assert max(whiteness(picture)[0] for picture in (u + v, wave, camera(), coffee())) < 0.05


def test_noise_that_follows_the_picture_is_white_and_a_blurred_residual_is_not():
    from scipy.ndimage import gaussian_filter
    from skimage.data import camera

    clean = camera()[None, ..., None].astype(np.float32) / 255
    noisy = add_noise(clean, "poisson", 30, seed=1)
    assert whiteness(noisy - clean)[0] > 0.98
    removed = noisy - gaussian_filter(noisy, (0, 0.5, 0.5, 0))
    assert whiteness(removed)[0] < 0.8


def test_scale_mean_and_direction_do_not_matter(rng):
    residual = white(rng, 3, 24, 40, 1)
    residual += np.roll(residual, 1, axis=1) / 2
    found = metrics.residual_whiteness(residual)
    for other in (residual * 7, -residual, residual + np.float32(0.5), residual[:, ::-1, ::-1]):
        changed = metrics.residual_whiteness(other)
        np.testing.assert_allclose(changed.whiteness, found.whiteness, rtol=1e-5)
        np.testing.assert_allclose(changed.autocorrelation, found.autocorrelation, atol=1e-5)
    np.testing.assert_allclose(metrics.residual_whiteness(residual * 7).radial.power, found.radial.power * 49, rtol=1e-4)
    turned = whiteness(residual.swapaxes(1, 2))
    np.testing.assert_allclose(turned, found.whiteness, rtol=1e-5)


def test_a_few_empty_frequencies_are_no_structure(rng):
    """Each row without its mean: a line of zeros through the spectrum, one in 28 frequencies."""
    residual = white(rng, 200, 28, 28, 1)
    assert whiteness(residual - residual.mean(axis=2, keepdims=True)).mean() > 0.93


def test_channels_count_by_their_energy(rng):
    """A channel without residual is left out; a strong wave beside weak noise decides."""
    noise, wave = white(rng, 64, 64), np.tile(np.sin(np.arange(64)).astype(np.float32), (64, 1))
    still = np.zeros_like(noise)
    np.testing.assert_allclose(whiteness(np.stack([still, noise, still], -1)), whiteness(noise), rtol=1e-6)
    np.testing.assert_allclose(whiteness(np.stack([noise] * 3, -1)), whiteness(noise), rtol=1e-6)
    assert whiteness(np.stack([noise, wave, wave], -1))[0] < 0.05


def test_autocorrelation_by_hand(rng):
    residual = white(rng, 2, 17, 20, 3) + np.float32(0.3)
    found = metrics.residual_whiteness(residual, radius=3).autocorrelation
    assert (found.shape, found.dtype) == ((2, 7, 7), np.float32)
    np.testing.assert_array_equal(found[:, 3, 3], 1)
    np.testing.assert_allclose(found, found[:, ::-1, ::-1], atol=1e-6)
    r = residual[1] - residual[1].mean(axis=(0, 1))
    for row, column in [(0, 1), (2, 0), (3, -2)]:
        top, left = max(0, -row), max(0, -column)
        here = r[top : 17 - max(0, row), left : 20 - max(0, column)]
        moved = r[top + row : 17 - max(0, row) + row, left + column : 20 - max(0, column) + column]
        assert found[1, 3 + row, 3 + column] == pytest.approx((here * moved).sum() / (r * r).sum(), abs=1e-6)


def test_autocorrelation_of_filtered_and_of_white_noise(rng):
    """n(x) + a n(x - 1) resembles itself by a / (1 + a^2) one column away; white noise stays within 2 / sqrt(n) in 95 %."""
    noise = white(rng, 1, 200, 200, 1)
    found = metrics.residual_whiteness(noise + np.roll(noise, 1, axis=2) / 2, radius=4).autocorrelation[0]
    assert found[4, 5] == pytest.approx(0.4, abs=0.02)
    assert found[5, 4] == pytest.approx(0, abs=0.02)
    away = np.abs(metrics.residual_whiteness(noise).autocorrelation[0])
    away[8, 8] = 0
    assert 0.9 < (away < 2 / 200).mean() < 0.99


def test_nothing_removed():
    for value in (0, 0.3):
        found = metrics.residual_whiteness(np.full((2, 16, 20, 3), value, np.float32))
        assert np.isnan(found.whiteness).all()
        assert not found.autocorrelation.any()
        assert not found.radial.power.any()
    assert metrics.residual_whiteness(np.zeros((0, 16, 16, 1), np.float32)).whiteness.shape == (0,)


def test_one_figure_a_picture(rng):
    residual = white(rng, 3, 20, 16, 3) + np.linspace(0, 1, 16, dtype=np.float32)[:, None]
    together = whiteness(residual)
    np.testing.assert_allclose(together, [whiteness(one)[0] for one in residual], rtol=1e-12)
    assert together.dtype == np.float64


def test_large_pictures(rng):
    found = metrics.residual_whiteness(white(rng, 2000, 2000))
    assert found.whiteness[0] == pytest.approx(1, abs=0.001)
    np.testing.assert_allclose(found.radial.power[0, 200:1000], (0.1 * 255) ** 2, rtol=0.2)


def test_sizes_that_do_not_fit_get_a_sentence():
    with pytest.raises(InvalidInput, match="at least 16 x 16 pixels; received 15 x 40"):
        metrics.residual_whiteness(np.zeros((1, 15, 40, 1), np.float32))
    for radius in (0, 16):
        with pytest.raises(InvalidInput, match=f"radius from 1 to 15 pixels, received {radius}"):
            metrics.residual_whiteness(np.zeros((1, 16, 40, 1), np.float32), radius=radius)


@pytest.mark.parametrize("window", [True, False])
@pytest.mark.parametrize("shape", [(8, 20, 33, 3), (8, 32, 32, 1)], ids=str)
def test_power_of_white_noise_is_its_variance(shape, window, rng):
    """25.5 grey levels squared at every frequency, under Hann's window too; nothing at frequency 0."""
    power = metrics.power_spectrum(white(rng, *shape) + np.float32(0.4), window=window)
    assert power.shape == shape
    np.testing.assert_allclose(power[:, 0, 0], 0, atol=1e-6)
    assert power[:, 2:-2, 2:-2].mean() == pytest.approx(25.5**2, rel=0.05)


def test_power_adds_up_to_the_variance(rng):
    """Parseval: the mean over the frequencies is the variance; so is the mean over the rings, each by its size."""
    images = rng.random((2, 24, 31, 3), np.float32)
    power = metrics.power_spectrum(images, window=False)
    np.testing.assert_allclose(power.mean(axis=(1, 2)), (255 * images).var(axis=(1, 2)), rtol=1e-5)
    radial = metrics.radial_power(images, window=False)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(24), np.fft.fftfreq(31), indexing="ij")).ravel()[1:]
    sizes = np.unique(np.round(24 * frequency), return_counts=True)[1]
    np.testing.assert_allclose(radial.power @ sizes / (24 * 31), (255 * images).var(axis=(1, 2)).mean(axis=-1), rtol=1e-5)
    assert (np.diff(radial.frequencies) > 0).all()
    assert 0 < radial.frequencies[0] < 1 / 24 + 0.02
    assert radial.frequencies[-1] < np.sqrt(0.5)


@pytest.mark.parametrize("window", [True, False])
def test_the_power_of_a_wave_is_at_its_frequency(window):
    """Amplitude A at f in (down, right) = (6, 10) / 64: without window A^2 / 4 in each of both peaks times all pixels."""
    v, u = np.mgrid[:64, :64]
    wave = 0.1 * np.sin(2 * np.pi * (6 * v + 10 * u) / 64).astype(np.float32)
    power = metrics.power_spectrum(wave, window=window)[0, ..., 0]
    assert np.unravel_index(power.argmax(), power.shape) in [(6, 10), (58, 54)]
    radial = metrics.radial_power(wave, window=window)
    assert radial.frequencies[radial.power[0].argmax()] == pytest.approx(np.hypot(6, 10) / 64, abs=1 / 64)
    if not window:
        assert power.max() == pytest.approx(25.5**2 / 4 * 64 * 64, rel=1e-4)


def test_hanns_window_takes_away_the_false_cross():
    """A ramp does not fit together at the border: without window its power spreads along the axis."""
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    with_window, without = (metrics.power_spectrum(ramp, window=window)[0, 0, 20, 0] for window in (True, False))
    assert with_window < 1e-3 * without
