"""The way back through what a classifier does to a picture before its network: channels and size."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...images import GREY_WEIGHTS, resize, to_channels
from ...types import Array


def prepared(pictures: Array, shape: tuple[int, int, int]) -> Array:
    """(N, H, W, C) -> (N, h, w, c): grey or colour, and resized, as the classifiers here do it; linear."""
    return resize(to_channels(pictures, shape[2]), shape[0], shape[1])


def unprepared(gradients: Array, shape: tuple[int, int, int]) -> Array:
    """The transpose of `prepared`: gradients at its outputs (N, h, w, c) -> gradients at pictures of `shape`, (N, H, W, C)."""
    rows, columns = (_matrix(source, target) for source, target in zip(shape[:2], gradients.shape[1:3], strict=True))
    back = np.einsum("nhwc,hH,wW->nHWc", gradients.astype(np.float64), rows, columns, optimize=True)
    if shape[2] < back.shape[3]:
        back = back.sum(axis=3, keepdims=True)
    elif shape[2] > back.shape[3]:
        back = back * GREY_WEIGHTS
    return np.asarray(back, np.float32)


@lru_cache(maxsize=16)
def _matrix(source: int, target: int) -> NDArray[np.float64]:
    """What `resize` does along one side, (target, source): the picture's rows and columns are resized independently."""
    units = np.eye(source, dtype=np.float32)[None, :, :, None]
    return resize(units, target, source)[0, :, :, 0].astype(np.float64)
