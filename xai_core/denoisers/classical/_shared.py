"""What the filters share: one picture after the other, and windows with a middle."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import InvalidInput
from ...types import Array

NOISELESS = 4e-6
"""A thousandth of a grey level: below it there is nothing to remove, and a filter may divide by zero."""


def filter_each(images: Array, sigmas: Sequence[float], filter_one: Callable[[Array, float], Any]) -> Array:
    """filter_one(image, sigma) of each picture; a picture without noise stays as it is.

    images: (N, H, W, C) float32. sigmas: one standard deviation a picture, on the [0, 1] scale.
    filter_one: takes an image (H, W, C) and may return it without its channel axis, as libraries do with grey pictures.
    """
    out = np.empty_like(images)
    for kept, image, sigma in zip(out, images, sigmas, strict=True):
        kept[:] = filter_one(image, float(sigma)).reshape(image.shape) if sigma >= NOISELESS else image
    return out


def check_window(size: int, name: str) -> None:
    """Raise InvalidInput for an even window: it has no middle and would shift the picture."""
    if size % 2 == 0:
        raise InvalidInput(f"Expected an odd window for the {name} filter (3, 5, 7 or 9 pixels), received {size}.")
