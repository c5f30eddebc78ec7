"""Structural similarity over five scales."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ._pairs import Figures, pair

SMALLEST = 161
"""Sides of at least 161 pixels still cover the 11 x 11 window after four halvings."""

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the finest to the coarsest scale (Wang et al. 2003)
_RADIUS = 5
_C1, _C2 = 0.01**2, 0.03**2

Plane = NDArray[np.float64]


def ms_ssim(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Multi-scale structural similarity of each image: contrast and structure at five scales, luminance at the coarsest.

    l_5^w5 prod_j cs_j^wj, each scale half the size of the one before, 11 x 11 Gaussian windows of sigma 1.5 that lie
    within the picture, mean over the channels; a negative term counts as 0. The numbers of tf.image.ssim_multiscale.
    clean, other: (N, H, W, C) in [0, 1], at least 161 pixels a side. Returns (N,) float64 in [0, 1], 1 for equal images.
    Raises InvalidInput for smaller images: with fewer scales it would be another figure under the same name.
    Source: Wang, Simoncelli & Bovik (2003), doi:10.1109/ACSSC.2003.1292216.
    """
    first, second = pair(clean, other)
    height, width = first.shape[1:3]
    if min(height, width) < SMALLEST:
        raise InvalidInput(
            f"MS-SSIM needs images of at least {SMALLEST} x {SMALLEST} pixels for its five scales; received {height} x {width}. "
            "Use SSIM for smaller ones."
        )
    pairs = zip(first, second, strict=True)
    return np.asarray([_of_image(a.astype(np.float64), b.astype(np.float64)) for a, b in pairs], np.float64)


def _of_image(a: Plane, b: Plane) -> float:
    terms = []
    for scale in range(len(_WEIGHTS)):
        if scale:
            a, b = _halved(a), _halved(b)
        luminance, contrast = _similarity(a, b)
        if scale == len(_WEIGHTS) - 1:
            contrast = contrast * luminance
        terms.append(np.maximum(contrast.mean(axis=(0, 1)), 0))
    channels = np.prod(np.power(terms, np.array(_WEIGHTS)[:, None]), axis=0)
    return float(channels.mean())


def _similarity(a: Plane, b: Plane) -> tuple[Plane, Plane]:
    """Luminance term, and contrast and structure in one, at each position of the window."""
    mean_a, mean_b = _windowed(a), _windowed(b)
    product, squares = mean_a * mean_b, mean_a**2 + mean_b**2
    luminance = (2 * product + _C1) / (squares + _C1)
    contrast = (2 * (_windowed(a * b) - product) + _C2) / (_windowed(a * a + b * b) - squares + _C2)
    return luminance, contrast


def _windowed(plane: Plane) -> Plane:
    """Gaussian means, where the window lies within the picture."""
    from scipy.ndimage import correlate1d

    window = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * 1.5**2))
    for axis in (0, 1):
        plane = correlate1d(plane, window / window.sum(), axis=axis)
    return plane[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]


def _halved(plane: Plane) -> Plane:
    """Means of 2 x 2 pixels; an odd last row or column is doubled first."""
    height, width = plane.shape[:2]
    plane = np.pad(plane, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4
