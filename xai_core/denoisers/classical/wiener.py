"""Local Wiener filter (SciPy)."""

from collections.abc import Sequence

import numpy as np

from ...types import Array
from ._shared import check_window, filter_each


def wiener(images: Array, sigmas: Sequence[float], *, size: int = 5, strength: float = 1.0) -> Array:
    """m + max(v - w, 0) / v (y - m), m and v the mean and variance of the window around y; noise w = (strength sigma)^2.

    Flat areas become their mean, edges stay as they are, noise included.
    images: (N, H, W, C) float32, filtered channel by channel; edges are mirrored. sigmas: standard deviation of the noise
    of each image, on the [0, 1] scale. size: side of the window in pixels, odd (InvalidInput otherwise).
    Source: Lee (1980), doi:10.1109/TPAMI.1980.4766994.
    """
    check_window(size, "Wiener")
    from scipy.signal import wiener as scipys

    around = size // 2

    def filter_one(image: Array, sigma: float) -> Array:
        # SciPy takes what lies outside for black, which would keep the noise along the edges.
        padded = np.pad(image, ((around, around), (around, around), (0, 0)), mode="symmetric")
        with np.errstate(divide="ignore", invalid="ignore"):  # a flat window: its mean is taken in the end
            filtered = scipys(padded, (size, size, 1), noise=(strength * sigma) ** 2)
        return np.asarray(filtered[around:-around, around:-around], np.float32)

    return filter_each(images, sigmas, filter_one)
