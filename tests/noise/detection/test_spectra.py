"""What the network sees: where waves, white noise, brightness and impulses lie in the spectra of the blocks."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.noise import add_noise
from xai_core.noise.detection import CHANNELS, noise_spectra
from xai_core.noise.detection.spectra import BLOCK, GROUPS, SIDE

ZERO = SIDE // 2


def channel(spectra, name):
    return spectra[..., CHANNELS.index(name)]


def levels(values):
    """Back from the logarithm to grey levels."""
    return 10 ** (4 * values) - 1


def ramp(side=128):
    return np.repeat(np.linspace(0.1, 0.9, side, dtype=np.float32)[None, :, None, None], side, axis=2)


@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (2, 300, 181, 3), (1, 1000, 40, 1)])
def test_any_size(shape, rng):
    spectra = noise_spectra(rng.random(shape, np.float32))
    assert spectra.shape == (shape[0], SIDE, SIDE, len(CHANNELS)) and spectra.dtype == np.float32
    assert np.isfinite(spectra).all() and spectra.min() >= 0 and spectra.max() < 1.3


def test_pictures_do_not_mix(rng):
    pictures = rng.random((3, 50, 60, 3), np.float32)
    assert np.array_equal(noise_spectra(pictures)[1:2], noise_spectra(pictures[1:2]))
    assert noise_spectra(pictures[:0]).shape == (0, SIDE, SIDE, len(CHANNELS))


def test_smallest_picture():
    with pytest.raises(InvalidInput, match="at least 28 x 28"):
        noise_spectra(np.zeros((1, 27, 40, 1), np.float32))


@pytest.mark.parametrize(("frequency", "angle"), [(0.125, 0), (0.25, 90), (0.3, 30), (0.2, 120)])
@pytest.mark.parametrize("name", ["whole picture", "peaks", "light blocks"])
def test_a_wave_lies_at_its_frequency(frequency, angle, name):
    """In the spectrum of the picture and in those of the blocks, on the same axes, within a cell of theirs."""
    picture = add_noise(np.full((1, 160, 160, 1), 0.5, np.float32), "periodic", 40, frequency=frequency, angle=angle)
    shown = channel(noise_spectra(picture), name)[0].copy()
    cell = SIDE / BLOCK if "blocks" in name else 1
    shown[ZERO - 6 : ZERO + 6, ZERO - 6 : ZERO + 6] = 0  # frequency 0 is kept in the blocks
    wanted = SIDE * frequency * np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])
    for place in np.argwhere(shown == shown.max()) - ZERO:
        assert min(np.abs(sign * place - wanted).max() for sign in (1, -1)) <= cell


def test_frequency_zero_tells_the_brightness():
    """A mean m (grey levels) has |Y(0)| / sqrt(sum w^2) = m sum w / sqrt(sum w^2)."""
    window = np.outer(*[np.hanning(BLOCK + 2)[1:-1]] * 2)
    factor = window.sum() / np.sqrt((window**2).sum())
    middle = np.array([levels(channel(noise_spectra(ramp()), f"{group} blocks")[0, ZERO, ZERO]) for group in GROUPS]) / factor
    assert (np.diff(middle) > 20).all()
    assert middle.mean() == pytest.approx(127.5, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "level", "power"), [("gaussian", 20, 0), ("poisson", 60, 0.5), ("speckle", 30, 1)], ids=lambda value: str(value)
)
def test_laws_differ_over_the_brightness(kind, level, power):
    """The noise of the brightest blocks over that of the darkest: (ratio of brightness) to the power 0, 1/2 or 1."""
    spectra = noise_spectra(add_noise(ramp(192), kind, level, seed=3))
    edge = [levels(channel(spectra, f"{group} blocks")[0, :10].mean()) for group in ("dark", "bright")]
    middle = [levels(channel(spectra, f"{group} blocks")[0, ZERO, ZERO]) for group in ("dark", "bright")]
    assert edge[1] / edge[0] == pytest.approx((middle[1] / middle[0]) ** power, rel=0.12)


def test_white_noise_has_its_level_in_the_blocks():
    """The mean logarithm of |Y|^2 lies Euler's constant under that of its mean (|Y|^2 is exponential)."""
    spectra = noise_spectra(add_noise(np.full((1, 200, 200, 1), 0.5, np.float32), "gaussian", 25, seed=1))
    edge = channel(spectra, "dim blocks")[0, :10].mean()
    assert levels(edge) == pytest.approx(25 * np.exp(-0.5772 / 2), rel=0.08)


def test_black_and_white_shows_impulses_alone():
    name = "black and white in light blocks"
    for kind, level in (("gaussian", 10), ("speckle", 50), ("poisson", 200)):
        assert channel(noise_spectra(add_noise(ramp(), kind, level, seed=1) * 0.9), name).max() < 0.1
    share = 0.1
    shown = channel(noise_spectra(add_noise(ramp(), "salt_pepper", share, seed=1)), name)[0]
    assert levels(shown[:10].mean()) == pytest.approx(255 * np.sqrt(share * (1 - share)), rel=0.1)


def test_smooth_blocks_pass_by_texture(rng):
    picture = ramp()
    picture[:, :, :40] += 0.2 * (rng.random((1, 128, 40, 1), np.float32) - 0.5)
    spectra = noise_spectra(picture)
    assert levels(channel(spectra, "smooth light blocks")[0, :10].mean()) < 0.2
    assert levels(channel(spectra, "light blocks")[0, :10].mean()) > 1
