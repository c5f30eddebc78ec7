"""Median filter (SciPy)."""

import numpy as np

from ...types import Array
from ._shared import check_window


def median(images: Array, *, size: int = 3) -> Array:
    """The median of each size x size window, channel by channel; edges are mirrored.

    images: (N, H, W, C) float32. size: side of the window in pixels, odd (InvalidInput otherwise).
    Source: Tukey (1977), Exploratory Data Analysis.
    """
    check_window(size, "median")
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(images, size=(1, size, size, 1), mode="reflect"), np.float32)
