"""Bilateral filter (OpenCV)."""

from collections.abc import Sequence

import numpy as np

from ...types import Array
from ._shared import filter_each


def bilateral(images: Array, sigmas: Sequence[float], *, strength: float = 3.0, width: float = 1.8) -> Array:
    """Weighted mean with weights exp(-r^2 / (2 width^2) - d^2 / (2 s^2)), s = strength sigma sqrt(C).

    r is the distance in pixels, d the difference of the two pixels, in colour the sum over the C = 3 channels of their
    absolute differences, which is why s grows with C: pixels of another colour do not count, so that edges stay.
    images: (N, H, W, C) float32, colour filtered as a whole; edges are mirrored. sigmas: standard deviation of the noise
    of each image, on the [0, 1] scale. width: in pixels; the window reaches 1.5 widths.
    Source: Tomasi & Manduchi (1998), doi:10.1109/ICCV.1998.710815.
    """
    import cv2

    def filter_one(image: Array, sigma: float) -> Array:
        spread = strength * sigma * image.shape[-1] ** 0.5
        return np.asarray(cv2.bilateralFilter(image, -1, spread, width, borderType=cv2.BORDER_DEFAULT))

    return filter_each(images, sigmas, filter_one)
