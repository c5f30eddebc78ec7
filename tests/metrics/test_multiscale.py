"""MS-SSIM against TensorFlow's, which the product does not need for it, and in closed form."""

import numpy as np
import pytest

from xai_core import metrics
from xai_core.errors import InvalidInput


def noisy_pairs(shape, rng):
    """Smooth pictures, and the same under noise from weak to strong."""
    from scipy.ndimage import gaussian_filter

    clean = gaussian_filter(rng.random(shape, np.float32), (0, 3, 3, 0))
    clean = (clean - clean.min()) / np.ptp(clean)
    strength = np.linspace(0.02, 0.4, shape[0], dtype=np.float32)[:, None, None, None]
    return clean, np.clip(clean + strength * rng.standard_normal(shape, np.float32), 0, 1)


@pytest.mark.parametrize("shape", [(3, 161, 161, 1), (2, 176, 203, 3), (2, 175, 192, 1)], ids=str)
def test_the_numbers_of_tensorflow(shape, rng):
    """Odd sides, even sides, a mixture of both, grey and colour."""
    import tensorflow as tf

    clean, other = noisy_pairs(shape, rng)
    expected = tf.image.ssim_multiscale(clean, other, 1.0).numpy()
    found = metrics.ms_ssim(clean, other)
    assert (found.shape, found.dtype) == (shape[:1], np.float64)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert (np.diff(found) < -0.01).all()  # more noise, a lower figure


def test_a_negative_looks_like_nothing(rng):
    """A term below 0 counts as 0, as in TensorFlow; a power of it would be no number."""
    import tensorflow as tf

    clean, _ = noisy_pairs((1, 161, 161, 1), rng)
    assert metrics.ms_ssim(clean, 1 - clean)[0] == tf.image.ssim_multiscale(clean, 1 - clean, 1.0)[0] == 0


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.6), (0.0, 1.0), (0.5, 0.5)])
def test_flat_pictures(a, b):
    """Without variance only the luminance at the coarsest scale is left, to the power of its weight 0.1333."""
    first, second = (np.full((1, 170, 161, 3), value, np.float32) for value in (a, b))
    expected = ((2 * a * b + 1e-4) / (a * a + b * b + 1e-4)) ** 0.1333
    assert metrics.ms_ssim(first, second)[0] == pytest.approx(expected, rel=1e-5)


def test_equal_pictures_and_none(rng):
    images = rng.random((2, 162, 170, 3), np.float32)
    np.testing.assert_allclose(metrics.ms_ssim(images, images), 1, rtol=1e-12)
    np.testing.assert_allclose(metrics.ms_ssim(images, images[::-1]), metrics.ms_ssim(images[::-1], images), rtol=1e-12)
    assert metrics.ms_ssim(images[:0], images[:0]).shape == (0,)


@pytest.mark.parametrize("shape", [(1, 160, 200, 1), (1, 200, 160, 1), (1, 28, 28, 1)], ids=str)
def test_small_pictures_get_a_sentence_and_not_fewer_scales(shape):
    with pytest.raises(InvalidInput, match=f"at least 161 x 161 .* received {shape[1]} x {shape[2]}"):
        metrics.ms_ssim(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
