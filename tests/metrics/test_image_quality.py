"""Image quality: closed forms, and the library calls that the docstrings name."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core import metrics
from xai_core.errors import InvalidInput

ALL = [metrics.mse, metrics.psnr, metrics.psnr_8bit, metrics.ssim, metrics.pixel_accuracy]
EACH = pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.__name__)


@EACH
@pytest.mark.parametrize("shape", [(3, 12, 17, 1), (2, 16, 16, 3)])
def test_one_figure_a_picture(figure, shape, rng):
    clean, other = rng.random(shape, np.float32), rng.random(shape, np.float32)
    figures = figure(clean, other)
    assert (figures.shape, figures.dtype) == (shape[:1], np.float64)
    singly = [figure(clean[i], other[i])[0] for i in range(len(clean))]
    np.testing.assert_allclose(figures, singly, rtol=1e-12)


@EACH
def test_equal_pictures(figure, rng):
    images = rng.random((2, 16, 16, 3), np.float32)
    best = {"mse": 0, "psnr": math.inf, "psnr_8bit": math.inf, "ssim": 1, "pixel_accuracy": 1}[figure.__name__]
    np.testing.assert_allclose(figure(images, images), best)


@EACH
def test_two_shapes_get_a_sentence(figure):
    with pytest.raises(InvalidInput, match=r"same shape, received \(1, 16, 16, 1\) and \(2, 16, 16, 1\)"):
        figure(np.zeros((1, 16, 16, 1), np.float32), np.zeros((2, 16, 16, 1), np.float32))
    with pytest.raises(InvalidInput, match="Expected finite other"):
        figure(np.zeros((1, 16, 16, 1), np.float32), np.full((1, 16, 16, 1), np.nan, np.float32))


@given(st.floats(0, 1), st.floats(0, 1))
def test_mse_and_psnr_of_flat_pictures(a, b):
    """MSE = (a - b)^2, PSNR = -20 log10 |a - b|."""
    first, second = (np.full((1, 4, 4, 1), value, np.float32) for value in (a, b))
    difference = abs(float(np.float32(a)) - float(np.float32(b)))
    assert metrics.mse(first, second)[0] == pytest.approx(difference**2, rel=1e-6)
    if difference**2 > 0:
        assert metrics.psnr(first, second)[0] == pytest.approx(-20 * math.log10(difference), rel=1e-6)
    else:
        assert metrics.psnr(first, second)[0] == math.inf


def test_psnr_of_one_pixel():
    """One of 100 pixels is off by 0.1: MSE 0.0001, 40 dB. Nothing is clipped: at 2 instead of 1 it counts."""
    clean = np.full((1, 10, 10, 1), 0.5, np.float32)
    other = clean.copy()
    other[0, 3, 4] += 0.1
    assert metrics.mse(clean, other)[0] == pytest.approx(1e-4, rel=1e-5)
    assert metrics.psnr(clean, other)[0] == pytest.approx(40, abs=1e-4)
    assert metrics.mse(np.ones((1, 2, 2, 1), np.float32), np.full((1, 2, 2, 1), 2, np.float32))[0] == 1


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.6), (0.0, 1.0), (0.5, 0.5)])
def test_ssim_of_flat_pictures(a, b):
    """Without variance only the luminance term is left: (2 a b + C1) / (a^2 + b^2 + C1), C1 = 0.01^2 (Wang et al. 2004)."""
    first, second = (np.full((1, 16, 16, 1), value, np.float32) for value in (a, b))
    assert metrics.ssim(first, second)[0] == pytest.approx((2 * a * b + 1e-4) / (a * a + b * b + 1e-4), abs=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_the_published_form(channels, rng):
    """11 x 11 Gaussian weights of sigma 1.5, biased covariance, range 1, the mean over the channels."""
    from skimage.metrics import structural_similarity

    clean = rng.random((1, 20, 23, channels), np.float32)
    other = np.clip(clean + rng.normal(0, 0.2, clean.shape), 0, 1).astype(np.float32)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    expected = np.mean([structural_similarity(clean[0, ..., c], other[0, ..., c], **options) for c in range(channels)])
    assert metrics.ssim(clean, other)[0] == pytest.approx(expected, rel=1e-6)
    assert 0 < expected < 0.95


def test_ssim_needs_eleven_pixels():
    metrics.ssim(np.zeros((1, 11, 11, 1), np.float32), np.zeros((1, 11, 11, 1), np.float32))
    with pytest.raises(InvalidInput, match="at least 11 x 11 pixels; received 10 x 30"):
        metrics.ssim(np.zeros((1, 10, 30, 1), np.float32), np.zeros((1, 10, 30, 1), np.float32))


def test_pixel_accuracy_of_an_all_black_picture_is_the_share_of_black():
    """What the report's 81 % and 50 % are: an empty output scores the black pixels of the clean pictures."""
    clean = np.zeros((2, 10, 10, 1), np.float32)
    clean[0, :2] = 0.7
    clean[1, :5] = 1
    np.testing.assert_allclose(metrics.pixel_accuracy(clean, np.zeros_like(clean)), [0.8, 0.5])


def test_psnr_of_8_bit_pictures_clips_and_rounds():
    """Beyond [0, 1] and below half a grey level nothing counts; one of 100 pixels off by 3 levels: 20 log10(255 / 0.3)."""
    clean = np.full((1, 10, 10, 1), 100 / 255, np.float32)
    clean[0, 0, :2, 0] = 0, 1
    other = clean + np.float32(0.4 / 255)
    other[0, 0, :2, 0] = -0.2, 1.7
    assert metrics.psnr_8bit(clean, other)[0] == math.inf
    other[0, 5, 5] = 103 / 255
    assert metrics.psnr_8bit(clean, other)[0] == pytest.approx(20 * math.log10(255 / 0.3), rel=1e-12)


def test_psnr_of_8_bit_pictures_is_scikit_images(rng):
    from skimage.metrics import peak_signal_noise_ratio

    clean = rng.integers(0, 256, (2, 9, 14, 3), np.uint8)
    other = rng.normal(clean / 255, 0.1).astype(np.float32)
    rounded = np.clip(np.rint(other * 255), 0, 255).astype(np.uint8)
    expected = [peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(clean, rounded, strict=True)]
    np.testing.assert_allclose(metrics.psnr_8bit(clean, other), expected, rtol=1e-12)
    assert np.abs(metrics.psnr(clean, other) - expected).min() > 0.1  # the other protocol differs
