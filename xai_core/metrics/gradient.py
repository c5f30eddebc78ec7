"""Similarity of edges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..images import MIN_SIDE, to_grey
from ..types import Array
from ._pairs import Figures, pair

_C = 170.0  # of the authors, for grey levels from 0 to 255


@dataclass(frozen=True)
class GradientSimilarity:
    """How well the edges of two batches agree.

    deviation: GMSD, (N,), 0 for equal pictures; LOWER is better. How unevenly the damage is spread: what an eye minds most.
    mean: mean similarity, (N,), in (0, 1], 1 for equal pictures; HIGHER is better.
    maps: similarity of each place, (N, ceil(H / 2), ceil(W / 2)) float32 in (0, 1]: where edges were lost or made up.
    """

    deviation: Figures
    mean: Figures
    maps: Array


def gradient_similarity(clean: ArrayLike, other: ArrayLike) -> GradientSimilarity:
    """Gradient magnitude similarity and its deviation (GMSD).

    At half size, m = |Prewitt gradient|: s = (2 m1 m2 + c) / (m1^2 + m2^2 + c), c = 170 for grey levels of 0-255;
    GMSD = standard deviation of s over the picture (divided by its number of pixels). Colour is compared as luma; beyond
    the border everything is black, as in the authors' program.
    clean, other: (N, H, W, C) in [0, 1], at least 8 pixels a side; raises InvalidInput for smaller ones.
    Source: Xue, Zhang, Mou & Bovik (2014), doi:10.1109/TIP.2013.2293423.
    """
    first, second = pair(clean, other)
    height, width = first.shape[1:3]
    if min(height, width) < MIN_SIDE:
        raise InvalidInput(
            f"Gradient similarity needs images of at least {MIN_SIDE} x {MIN_SIDE} pixels; received {height} x {width}."
        )
    a, b = _gradient(first), _gradient(second)
    maps = (2 * a * b + _C) / (a**2 + b**2 + _C)
    return GradientSimilarity(maps.std(axis=(1, 2)), maps.mean(axis=(1, 2)), maps.astype(np.float32))


def _gradient(images: Array) -> Figures:
    """Magnitude of the gradient at half size, in grey levels: (N, ceil(H / 2), ceil(W / 2))."""
    grey = 255 * to_grey(images)[..., 0].astype(np.float64)
    grey = np.pad(grey, ((0, 0), (0, grey.shape[1] % 2), (0, grey.shape[2] % 2)))
    half = (grey[:, ::2, ::2] + grey[:, 1::2, ::2] + grey[:, ::2, 1::2] + grey[:, 1::2, 1::2]) / 4
    edged = np.pad(half, ((0, 0), (1, 1), (1, 1)))
    rows = (edged[:, :-2] + edged[:, 1:-1] + edged[:, 2:]) / 3
    columns = (edged[:, :, :-2] + edged[:, :, 1:-1] + edged[:, :, 2:]) / 3
    return np.hypot(rows[:, :, 2:] - rows[:, :, :-2], columns[:, 2:] - columns[:, :-2])
