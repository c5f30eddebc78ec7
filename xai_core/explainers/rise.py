"""RISE."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array
from ._masks import Masks, forward_batch, hidden_picture, masked_scores
from ._models import Subject, scores
from ._refine import refine, rounds_of
from .base import Evidence, Report, no_progress

Flat = NDArray[np.float64]

FIRST = 16
"""Masks of the first round."""
FEWEST = 100
"""Masks from which on the standard error is believed."""


def rise(
    subject: Subject,
    *,
    samples: int = 1000,
    cells: int = 7,
    keep: float = 0.5,
    hide: str = "black",
    tolerance: float = 0.0,
    seed: int = 0,
    progress: Report = no_progress,
) -> Evidence:
    """How much higher the target is when a pixel is visible: E[S M_i] / E[M_i] - E[S] over random smooth masks M.

    The paper's estimate, centred: without the second term every map would contain the same constant and its noise.
    samples: masks, the same for every image; they are made batch by batch. cells: of the grid that a mask is enlarged from.
    keep: chance that a cell is visible. hide: what hidden parts show. tolerance: stop early once the mean standard error is below
    this share of the map's range; 0 never does.
    Returns signed maps in units of the target; diagnostics, one entry an image: score, samples used, relative_error: mean
    standard error over the map's range.
    Source: Petsiuk, Das & Saenko (2018), arXiv:1806.07421.
    """
    height, width, _ = subject.shape
    count = len(subject.inputs)
    rng = np.random.default_rng(seed)
    grids = (rng.random((samples, cells, cells)) < keep).astype(np.float32)
    shifts = rng.random((samples, 2))
    score = scores(subject, subject.inputs, subject.arguments)
    runs = [masked_scores(subject, index, hidden_picture(subject, index, hide)) for index in range(count)]
    # For each pixel, sums over the masks of M, S M, S^2 M and of M^2, S M^2, S^2 M^2; S counted from the whole picture's.
    sums, squared = (np.zeros((count, 3, height * width)) for _ in range(2))
    values, used = np.zeros((count, samples)), np.zeros(count, int)

    def draw(part: slice) -> tuple[Masks, Array, Array]:
        masks = smooth_masks(grids[part], shifts[part], height, width)
        flat = masks.dense().reshape(len(masks), -1)
        return masks, flat, np.square(flat)

    def advance(index: int, drawn: tuple[Masks, Array, Array]) -> bool:
        masks, flat, squares = drawn
        found = runs[index](masks) - score[index]
        weights = np.stack([np.ones_like(found), found, found**2])
        # Not a matrix product: BLAS would start threads for these few numbers and keep them spinning beside the network.
        sums[index] += np.einsum("ks,sp->kp", weights, flat)
        squared[index] += np.einsum("ks,sp->kp", weights, squares)
        values[index, used[index] : used[index] + len(found)] = found
        used[index] += len(found)
        return bool(tolerance and used[index] >= FEWEST and estimate(index)[1] < tolerance)

    def estimate(index: int) -> tuple[Flat, float]:
        heat, stderr = _estimate(sums[index], squared[index], values[index, : used[index]])
        return heat, float(stderr.mean() / max(np.ptp(heat), 1e-12))

    def evidence() -> Evidence:
        heats, errors = zip(*map(estimate, range(count)), strict=True)
        maps = np.stack(heats).reshape(count, height, width).astype(np.float32)
        return Evidence(maps, {"score": score, "samples": used.copy(), "relative_error": np.array(errors)})

    return refine(count, rounds_of(samples, FIRST, forward_batch(subject)), draw, advance, evidence, progress)


def _estimate(sums: Flat, squared: Flat, values: Flat) -> tuple[Flat, Flat]:
    """Map and its standard error, both (pixels,), from `rise`'s sums (3, pixels) and the scores (samples,).

    The error is that of the mean of (S - mu_i) M_i / E[M_i] - (S - E[S]), the linear part of the estimate.
    """
    count, mean = len(values), values.mean()
    visible = np.maximum(sums[0], 1e-6)
    here = sums[1] / visible
    share = visible / count
    seen = squared[2] - 2 * here * squared[1] + np.square(here) * squared[0]
    both = sums[2] - (here + mean) * sums[1] + here * mean * sums[0]
    variance = seen / np.square(share) - 2 * both / share + count * values.var()
    return here - mean, np.sqrt(np.maximum(variance, 0)) / count


def smooth_masks(grids: Array, shifts: NDArray[np.float64], height: int, width: int) -> Masks:
    """Grids (count, cells, cells) enlarged bilinearly by a cell more than the picture, cut out at a random place: R G C.

    shifts: (count, 2) in [0, 1), of a cell.
    """
    rows, columns = (_enlargement(side, grids.shape[1], shift) for side, shift in zip((height, width), shifts.T, strict=True))
    return Masks(np.matmul(rows, grids), np.ascontiguousarray(columns.transpose(0, 2, 1)))


def _enlargement(side: int, cells: int, shifts: NDArray[np.float64]) -> Array:
    """Weights (count, side, cells) of the cells at each pixel of a side that begins within the first enlarged cell."""
    cell = -(-side // cells)
    first = (shifts * cell).astype(int)
    # The centre of each pixel in cells, counted from the centre of the first.
    at = (np.arange(side) + first[:, None] + 0.5) * cells / ((cells + 1) * cell) - 0.5
    distance = np.abs(np.clip(at, 0, cells - 1)[..., None] - np.arange(cells))
    return np.asarray(np.maximum(1 - distance, 0), np.float32)
