"""Gaussian filter (SciPy)."""

import numpy as np

from ...types import Array


def gaussian(images: Array, *, width: float = 1.0) -> Array:
    """Weighted mean with weights exp(-r^2 / (2 width^2)), r the distance, channel by channel; edges are mirrored.

    White noise of variance sigma^2 is left with about sigma^2 / (4 pi width^2), for a width of a pixel or more.
    images: (N, H, W, C) float32. width: standard deviation of the weights in pixels; they end at 4 widths.
    Source: Marr & Hildreth (1980), doi:10.1098/rspb.1980.0020.
    """
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(images, (0, width, width, 0), mode="reflect"), np.float32)
