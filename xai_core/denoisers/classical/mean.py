"""Mean filter (SciPy)."""

import numpy as np

from ...types import Array
from ._shared import check_window


def mean(images: Array, *, size: int = 3) -> Array:
    """The mean of each size x size window, channel by channel; edges are mirrored.

    White noise of variance sigma^2 is left with sigma^2 / size^2.
    images: (N, H, W, C) float32. size: side of the window in pixels, odd (InvalidInput otherwise).
    Source: McDonnell (1981), doi:10.1016/S0146-664X(81)80009-3.
    """
    check_window(size, "mean")
    from scipy.ndimage import uniform_filter

    return np.asarray(uniform_filter(images, size=(1, size, size, 1), mode="reflect"), np.float32)
