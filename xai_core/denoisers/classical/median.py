"""Median filter (SciPy)."""

import numpy as np

from ...errors import InvalidInput
from ...types import Array


def median(images: Array, *, size: int = 3) -> Array:
    """The median of each size x size window, channel by channel; edges are mirrored.

    images: (N, H, W, C) float32. size: side of the window in pixels, odd: an even window would shift the picture.
    """
    if size % 2 == 0:
        raise InvalidInput(f"Expected an odd window for the median filter (3, 5, 7 or 9 pixels), received {size}.")
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(images, size=(1, size, size, 1), mode="reflect"), np.float32)
