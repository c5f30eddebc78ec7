"""Two batches of pictures that are compared."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..images import check_images
from ..types import Array

Figures = NDArray[np.float64]
"""One figure a picture, (N,)."""


def pair(clean: ArrayLike, other: ArrayLike) -> tuple[Array, Array]:
    """Both as (N, H, W, C) float32; raises InvalidInput where their shapes differ."""
    first, second = check_images(clean, name="clean"), check_images(other, name="other")
    if first.shape != second.shape:
        raise InvalidInput(f"Expected two batches of the same shape, received {first.shape} and {second.shape}.")
    return first, second
