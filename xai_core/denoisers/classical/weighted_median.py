"""Centre-weighted median filter (SciPy's rank filter)."""

import numpy as np

from ...errors import InvalidInput
from ...types import Array
from ._shared import check_window


def weighted_median(images: Array, *, size: int = 3, centre: int = 3) -> Array:
    """The median of each size x size window, in which the middle pixel counts `centre` times; edges are mirrored.

    That median is the pixel itself, limited to the values of rank k and n + 1 - k of its window of n = size^2 pixels,
    k = (n + 2 - centre) / 2: two rank filters and no sorting of weights. `centre` 1 is the median filter; from n on
    nothing is changed.
    images: (N, H, W, C) float32, filtered channel by channel. size: side of the window in pixels. centre: weight of the
    middle pixel, where the others weigh 1. Both odd (InvalidInput otherwise): the median is then one of the pixels.
    Source: Ko & Lee (1991), doi:10.1109/31.83870.
    """
    check_window(size, "weighted median")
    if centre % 2 == 0:
        raise InvalidInput(f"Expected an odd weight of the middle pixel (1, 3, 5, ...), received {centre}.")
    from scipy.ndimage import rank_filter

    count = size**2
    rank = max((count - centre) // 2, 0)  # counted from 0
    window = (1, size, size, 1)
    low = rank_filter(images, rank, size=window, mode="reflect")
    high = rank_filter(images, count - 1 - rank, size=window, mode="reflect")
    return np.clip(images, low, high)
