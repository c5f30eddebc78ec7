"""Does what is marked matter, if its removal leaves no hole that can be seen? ROAD, remove and debias."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..types import Array
from ._probe import Probe, probe

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
NEIGHBOURS = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def road(model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, *, seed: int = 0) -> float:
    """Remove and debias: mean of S(without the least marked) - S(without the most marked), halved; HIGHER is better.

    10, 30, 50, 70, 90 % of the pixels are not blackened but drawn again from their neighbours (`impute`), so that the shape of
    the hole tells the network nothing. In units of the target.
    Source: Rong, Leemann, Borisov, Kasneci & Kasneci (2022), arXiv:2202.00449.
    """
    return road_of(probe(model, image, target), heatmap, seed)


def road_of(one: Probe, heatmap: ArrayLike, seed: int = 0) -> float:
    """`road` of a picture that was examined before."""
    ranks = one.ranks(heatmap)

    def holes() -> Iterator[Array]:
        for share in SHARES:
            count = round(share * ranks.size)
            for hole in (ranks < count, ranks >= ranks.size - count):
                yield one.subject.with_guides(impute(one.picture, hole, seed=seed), 0)

    most, least = one.scores(holes()).reshape(-1, 2).T
    return float((least - most).mean() / 2)


def impute(picture: Array, hole: NDArray[np.bool_], *, seed: int = 0, noise: float = 0.01) -> Array:
    """Fill a hole smoothly: each pixel is the mean of its neighbours, 1/6 straight and 1/12 diagonal, plus a little noise.

    The linear equations of all pixels of the hole are solved at once; at the border the weights are scaled to sum 1.
    picture: (H, W, C). hole: (H, W) bool. Returns (H, W, C) float32; a picture that is all hole becomes its mean.
    """
    from scipy.sparse import coo_matrix, identity
    from scipy.sparse.linalg import splu

    if not hole.any():
        return picture
    if hole.all():
        return np.broadcast_to(picture.mean(axis=(0, 1)), picture.shape).astype(np.float32)
    height, width, channels = picture.shape
    number = np.full(hole.shape, -1)
    number[hole] = np.arange(hole.sum())
    rows, columns = np.nonzero(hole)
    total = np.zeros(len(rows))
    known = np.zeros((len(rows), channels))
    parts = []
    for down, right in NEIGHBOURS:
        weight = 1 / 6 if 0 in (down, right) else 1 / 12
        r, c = rows + down, columns + right
        inside = np.flatnonzero((r >= 0) & (r < height) & (c >= 0) & (c < width))
        total[inside] += weight
        neighbour = number[r[inside], c[inside]]
        free = neighbour < 0
        known[inside[free]] += weight * picture[r[inside[free]], c[inside[free]]]
        parts.append((np.full((~free).sum(), weight), inside[~free], neighbour[~free]))
    weights, at, to = (np.concatenate(part) for part in zip(*parts, strict=True))
    matrix = identity(len(rows)) - coo_matrix((weights / total[at], (at, to)), shape=(len(rows), len(rows)))
    # The pattern is symmetric and the diagonal dominates: no pivoting, half the time.
    solver = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    solved = solver.solve(known / total[:, None])
    filled = np.array(picture, np.float32)
    filled[hole] = solved + noise * np.random.default_rng(seed).standard_normal(solved.shape)
    return filled
