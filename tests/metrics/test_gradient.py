"""Gradient similarity: the formula written again pixel by pixel, and its limits."""

import math

import numpy as np
import pytest

from xai_core import metrics
from xai_core.errors import InvalidInput


def by_hand(grey):
    """Gradient magnitudes of one picture (H, W) at half size, all of it in loops; black beyond the border."""
    height, width = grey.shape

    def value(plane, i, j):
        return plane[i][j] if 0 <= i < len(plane) and 0 <= j < len(plane[0]) else 0.0

    rows, columns = math.ceil(height / 2), math.ceil(width / 2)
    half = [
        [sum(255 * value(grey, 2 * i + k, 2 * j + m) for k in (0, 1) for m in (0, 1)) / 4 for j in range(columns)]
        for i in range(rows)
    ]
    magnitude = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            right = sum(value(half, i + k, j + 1) - value(half, i + k, j - 1) for k in (-1, 0, 1)) / 3
            down = sum(value(half, i + 1, j + k) - value(half, i - 1, j + k) for k in (-1, 0, 1)) / 3
            magnitude[i, j] = math.sqrt(right**2 + down**2)
    return magnitude


@pytest.mark.parametrize("shape", [(8, 8), (13, 10), (12, 17)], ids=str)
def test_the_formula_by_hand(shape, rng):
    clean, other = (rng.random((2, *shape, 1), np.float32) for _ in range(2))
    found = metrics.gradient_similarity(clean, other)
    for i in range(2):
        a, b = by_hand(clean[i, ..., 0].astype(float)), by_hand(other[i, ..., 0].astype(float))
        expected = (2 * a * b + 170) / (a**2 + b**2 + 170)
        np.testing.assert_allclose(found.maps[i], expected, rtol=1e-4)
        assert found.mean[i] == pytest.approx(expected.mean(), rel=1e-5)
        assert found.deviation[i] == pytest.approx(math.sqrt(((expected - expected.mean()) ** 2).mean()), rel=1e-4)


def test_the_authors_program(rng):
    """Their convolutions, with zeros beyond the border, by scipy."""
    from scipy.signal import convolve2d

    prewitt = np.array([[1, 0, -1]] * 3) / 3

    def gradient(image):
        half = convolve2d(255 * image.astype(float), np.full((2, 2), 0.25))[1:, 1:][::2, ::2]
        return np.hypot(convolve2d(half, prewitt, mode="same"), convolve2d(half, prewitt.T, mode="same"))

    clean, other = rng.random((20, 31), np.float32), rng.random((20, 31), np.float32)
    a, b = gradient(clean), gradient(other)
    expected = (2 * a * b + 170) / (a**2 + b**2 + 170)
    assert metrics.gradient_similarity(clean, other).deviation[0] == pytest.approx(expected.std(), rel=1e-5)


def test_equal_pictures(rng):
    images = rng.random((2, 16, 16, 3), np.float32)
    found = metrics.gradient_similarity(images, images)
    np.testing.assert_allclose(found.deviation, 0, atol=1e-12)
    np.testing.assert_allclose(found.mean, 1)
    assert (found.maps == 1).all()
    assert (found.maps.shape, found.maps.dtype) == ((2, 8, 8), np.float32)
    assert metrics.gradient_similarity(images[:0], images[:0]).deviation.shape == (0,)


def test_a_lost_edge_is_found_where_it_is():
    """Against a flat picture: c / (m^2 + c) beside the edge, 1 away from it (m = 255 / 2 in both columns at a step of 0.5)."""
    clean = np.zeros((1, 16, 32, 1), np.float32)
    clean[:, :, 16:] = 0.5
    similarity = metrics.gradient_similarity(clean, np.zeros_like(clean)).maps[0, 4]
    np.testing.assert_allclose(similarity[7:9], 170 / ((255 * 0.5) ** 2 + 170), rtol=1e-5)
    np.testing.assert_allclose(similarity[[*range(7), *range(9, 15)]], 1)


def test_worse_pictures_have_a_higher_deviation_and_a_lower_mean(rng):
    from scipy.ndimage import gaussian_filter
    from skimage.data import camera

    clean = camera()[None, ::2, ::2, None].astype(np.float32) / 255
    blurred = np.concatenate([gaussian_filter(clean, (0, size, size, 0)) for size in (0.5, 1, 2)])
    found = metrics.gradient_similarity(np.repeat(clean, 3, axis=0), blurred)
    assert (np.diff(found.deviation) > 0.02).all()
    assert (np.diff(found.mean) < 0).all()


def test_colour_is_compared_as_luma(rng):
    grey = rng.random((1, 12, 12, 1), np.float32)
    other = rng.random((1, 12, 12, 1), np.float32)
    expected = metrics.gradient_similarity(grey, other).deviation
    colours = metrics.gradient_similarity(np.repeat(grey, 3, axis=-1), np.repeat(other, 3, axis=-1)).deviation
    np.testing.assert_allclose(colours, expected, rtol=1e-4)


def test_small_pictures_get_a_sentence():
    with pytest.raises(InvalidInput, match="at least 8 x 8 pixels; received 7 x 9"):
        metrics.gradient_similarity(np.zeros((1, 7, 9, 1), np.float32), np.zeros((1, 7, 9, 1), np.float32))
