"""What pca and ica share: patches, written in axes of their own, without what is not above the noise."""

from collections.abc import Callable
from math import isqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...types import Array

SAMPLE = 20_000
"""About so many patches decide the axes: a regular subset of a larger picture's."""

HELD = 2**22
"""Numbers of the patches that are in memory at once (16 MB): a large picture is filtered in bands."""


def shrink_patches(image: Array, cut: float, patch: int, find_axes: Callable[[Array], Array]) -> Array:
    """All overlapping patches without their small components, put back and averaged.

    Of each patch the mean (of each channel) is kept, and of the rest the components along the axes that are larger than
    `cut`; every pixel is the mean of the patch^2 patches that hold it.
    image: (H, W, C) float32; edges are mirrored. find_axes: takes patches (n, C patch^2) of mean 0 and returns orthonormal
    axes (k, C patch^2).
    """
    around = patch - 1
    padded = np.pad(image, ((around, around), (around, around), (0, 0)), mode="symmetric")
    patches = sliding_window_view(padded, (patch, patch), axis=(0, 1))  # (rows, columns, C, patch, patch), a view
    rows, columns, channels = patches.shape[:3]
    size = channels * patch**2
    step = isqrt(rows * columns // SAMPLE) + 1
    axes = find_axes(_split(patches[::step, ::step])[0].reshape(-1, size))

    total = np.zeros_like(padded)
    band = max(HELD // (columns * size), 1)
    for top in range(0, rows, band):
        rest, means = _split(patches[top : top + band])
        parts = rest.reshape(-1, size) @ axes.T
        parts[np.abs(parts) <= cut] = 0
        kept = (parts @ axes).reshape(rest.shape) + means
        for i, j in np.ndindex(patch, patch):
            total[top + i : top + i + len(kept), j : j + columns] += kept[..., i, j]
    return total[around:-around, around:-around] / np.float32(patch**2)


def principal_axes(patches: Array) -> tuple[Array, Array]:
    """Orthonormal axes (d, d) of patches (n, d) of mean 0 in order of falling variance, and those variances (d,)."""
    variances, axes = np.linalg.eigh(patches.T @ patches / np.float32(len(patches)))
    return axes.T[::-1], variances[::-1]


def _split(patches: Array) -> tuple[Array, Array]:
    means = patches.mean(axis=(-2, -1), keepdims=True)
    return patches - means, means
