"""How alike are maps?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..types import Array


@dataclass(frozen=True)
class Agreement:
    """Of M maps with each other: ranks (M, M), Spearman's correlation; overlap (M, M), of their top pixels;
    disagreement (H, W), standard deviation of each pixel's rank, from 0 (all agree) to 0.5.
    """

    ranks: NDArray[np.float64]
    overlap: NDArray[np.float64]
    disagreement: Array


def agreement(maps: ArrayLike, *, share: float = 0.1) -> Agreement:
    """Rank correlation and overlap of the top pixels of each pair of maps, and where they disagree.

    maps: (M, H, W). share: of the pixels that count as top. Raises InvalidInput for another shape.
    """
    stack = np.asarray(maps, np.float64)
    if stack.ndim != 3 or not stack.size or not 0 < share <= 1:
        raise InvalidInput(f"Expected maps (M, H, W) and a share above 0 and up to 1, received {stack.shape} and {share!r}.")
    ranks = _ranks(stack)
    count = len(stack)
    rank_matrix, overlap = np.eye(count), np.eye(count)
    for i in range(count):
        for j in range(i):
            rank_matrix[i, j] = rank_matrix[j, i] = _correlation(ranks[i], ranks[j])
            overlap[i, j] = overlap[j, i] = top_overlap(stack[i], stack[j], share=share)
    return Agreement(rank_matrix, overlap, ranks.std(axis=0).reshape(stack.shape[1:]).astype(np.float32))


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Spearman's rank correlation of two maps of one shape, -1 to 1; 0 where one of them is constant."""
    return _correlation(*_ranks(np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)])))


def top_overlap(first: ArrayLike, second: ArrayLike, *, share: float = 0.1) -> float:
    """Share of the top pixels of one map that are top in the other too: 1 the same, `share` by chance."""
    tops = []
    for heatmap in (first, second):
        values = np.asarray(heatmap, np.float64).ravel()
        count = max(1, round(share * values.size))
        tops.append(set(np.argsort(-values, kind="stable")[:count].tolist()))
    return len(tops[0] & tops[1]) / len(tops[0])


def _ranks(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks within each map, from 0 to 1, ties shared: (M, pixels)."""
    from scipy.stats import rankdata

    flat = stack.reshape(len(stack), -1)
    return np.asarray((rankdata(flat, axis=1) - 1) / max(1, flat.shape[1] - 1), np.float64)


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else 0.0
