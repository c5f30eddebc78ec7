"""Does the network depend on what a map marks? Deletion, insertion, ROAD, mu-fidelity."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..explainers._models import Subject, examine, scores
from ..explainers.integrated_gradients import baselines
from ..images import resize
from ..types import Array

BATCH = 50
"""Pictures made at once; the network takes them in batches of its own."""

ROAD_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """The target while pixels change: shares (points,) of the pixels, from 0 to 1, scores (points,), area under them."""

    shares: Numbers
    scores: Numbers

    @property
    def area(self) -> float:
        """By trapezoids, over shares from 0 to 1: in units of the target."""
        return float(np.trapezoid(self.scores, self.shares))


def deletion(
    model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, *, steps: int = 20, baseline: str = "black"
) -> Curve:
    """The target while the pixels with the highest values of the map are replaced first: LOWER areas are better.

    model, image, target: as for `explain`, one image. heatmap: (H, W), not its absolute value. baseline: what replaces them.
    Raises InvalidInput where map and image do not fit.
    Source: Petsiuk, Das & Saenko (2018), arXiv:1806.07421.
    """
    subject, ranks, other = _ranked(model, image, heatmap, target, baseline)
    return _curve(subject, ranks, subject.inputs[0], other, steps)


def insertion(
    model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, *, steps: int = 20, baseline: str = "black"
) -> Curve:
    """The target while the pixels with the highest values of the map are shown first: HIGHER areas are better.

    The opposite of `deletion`, which see.
    """
    subject, ranks, other = _ranked(model, image, heatmap, target, baseline)
    return _curve(subject, ranks, other, subject.inputs[0], steps)


def mu_fidelity(
    model: Any,
    image: ArrayLike,
    heatmap: ArrayLike,
    target: Any = None,
    *,
    share: float = 0.2,
    samples: int = 200,
    cells: int = 0,
    baseline: str = "black",
    seed: int = 0,
) -> float:
    """Spearman's correlation, over random subsets of pixels, of the map's sum in a subset and what the target loses without it.

    share: of the pixels in a subset. cells: subsets of a grid of so many cells each way; 0: of single pixels, which may change
    too little. Returns -1 to 1, HIGHER is better; NaN where the target or the map does not change.
    Source: Bhatt, Weller & Moura (2020), arXiv:2005.00631 (with ranks, as xplique does).
    """
    from scipy.stats import spearmanr

    subject, _, other = _ranked(model, image, heatmap, target, baseline)
    height, width = subject.shape[:2]
    values = _map_of(subject, heatmap)
    side = (cells, cells) if cells else (height, width)
    rows, columns = np.arange(height) * side[0] // height, np.arange(width) * side[1] // width
    rng, count = np.random.default_rng(seed), max(1, round(share * side[0] * side[1]))
    chosen = np.zeros((samples, side[0] * side[1]), bool)
    for row in chosen:
        row[rng.choice(len(row), count, replace=False)] = True
    gone = chosen.reshape(samples, *side)[:, rows[:, None], columns]
    image_ = subject.inputs[0]
    found = _scores(subject, (np.where(one[..., None], other, image_) for one in gone))
    sums = gone.reshape(samples, -1) @ values.ravel()
    if np.ptp(sums) == 0 or np.ptp(found) == 0:
        return float("nan")
    return float(spearmanr(sums, -found).statistic)


def road(model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, *, seed: int = 0) -> float:
    """Remove and debias: mean of S(without the least marked) - S(without the most marked), halved; HIGHER is better.

    10, 30, 50, 70, 90 % of the pixels are not blackened but drawn again from their neighbours (`impute`), so that the shape of
    the hole tells the network nothing. In units of the target.
    Source: Rong, Leemann, Borisov, Kasneci & Kasneci (2022), arXiv:2202.00449.
    """
    subject, ranks, _ = _ranked(model, image, heatmap, target, "black")
    picture = subject.inputs[0]
    count = ranks.size

    def holes() -> Iterator[Array]:
        for share in ROAD_SHARES:
            yield _imputed(subject, picture, ranks < round(share * count), seed)
            yield _imputed(subject, picture, ranks >= count - round(share * count), seed)

    most, least = _scores(subject, holes()).reshape(-1, 2).T
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
    for down, right in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]:
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
    solved = splu(matrix.tocsc()).solve(known / total[:, None])
    filled = np.array(picture, np.float32)
    filled[hole] = solved + noise * np.random.default_rng(seed).standard_normal(solved.shape)
    return filled


def _imputed(subject: Subject, picture: Array, hole: NDArray[np.bool_], seed: int) -> Array:
    """`impute`, guides as they were."""
    return subject.with_guides(impute(picture, hole, seed=seed), 0)


def _ranked(
    model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any, baseline: str
) -> tuple[Subject, NDArray[np.intp], Array]:
    """The subject, the rank of each pixel of its input (0: the highest value; ties in reading order), the baseline picture."""
    subject = examine(model, image, target)
    if len(subject.inputs) != 1:
        raise InvalidInput(f"Expected one image, received {len(subject.inputs)}. Ask for the figures of one at a time.")
    values = _map_of(subject, heatmap)
    ranks = np.empty(values.size, np.intp)
    ranks[np.argsort(-values.ravel(), kind="stable")] = np.arange(values.size)
    return subject, ranks.reshape(values.shape), subject.with_guides(baselines(subject, baseline)[0], 0)


def _map_of(subject: Subject, heatmap: ArrayLike) -> Array:
    """The map at the size of the network's input."""
    values = np.asarray(heatmap, np.float32)
    if values.shape != subject.size:
        raise InvalidInput(f"Expected a map of the image's size {subject.size}, received {values.shape}.")
    if values.shape == subject.shape[:2]:
        return values
    return resize(values[None, ..., None], *subject.shape[:2])[0, ..., 0]


def _curve(subject: Subject, ranks: NDArray[np.intp], start: Array, end: Array, steps: int) -> Curve:
    if steps < 1:
        raise InvalidInput(f"Expected at least 1 step, received {steps!r}.")
    counts = np.round(np.linspace(0, ranks.size, steps + 1))
    found = _scores(subject, (np.where((ranks < count)[..., None], end, start) for count in counts))
    return Curve(counts / ranks.size, found)


def _scores(subject: Subject, pictures: Iterator[Array]) -> Numbers:
    """The target of each picture, (count,) float64, a bounded number of them in memory."""
    found, batch = [], []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == BATCH:
            found.append(_score_batch(subject, batch))
            batch = []
    if batch:
        found.append(_score_batch(subject, batch))
    return np.concatenate(found).astype(np.float64)


def _score_batch(subject: Subject, batch: list[Array]) -> Array:
    return scores(subject, np.stack(batch).astype(np.float32), np.repeat(subject.arguments, len(batch), axis=0))
