"""RISE."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array, Progress
from ._masks import hidden_picture, masked_scores
from ._models import Subject, scores
from .base import Evidence, no_progress

Flat = NDArray[np.float64]

CHECKED = 100
"""Masks between two looks at the standard error."""


def rise(
    subject: Subject,
    *,
    samples: int = 1000,
    cells: int = 7,
    keep: float = 0.5,
    hide: str = "black",
    tolerance: float = 0.0,
    seed: int = 0,
    progress: Progress = no_progress,
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
    rng = np.random.default_rng(seed)
    grids = (rng.random((samples, cells, cells)) < keep).astype(np.float32)
    shifts = rng.random((samples, 2))
    maps, used, errors = [], [], []
    for index in range(len(subject.inputs)):
        run, size = masked_scores(subject, index, hidden_picture(subject, index, hide))
        # For each pixel, sums over the masks of M, S M, S^2 M and of M^2, S M^2, S^2 M^2.
        sums, squared, values = np.zeros((3, height * width)), np.zeros((3, height * width)), np.empty(0)
        heat, error = np.zeros(height * width), np.inf
        for start in range(0, samples, CHECKED):
            stop = min(samples, start + CHECKED)
            for at in range(start, stop, size):
                part = slice(at, min(at + size, stop))
                masks = smooth_masks(grids[part], shifts[part], height, width)
                found = run(masks).astype(np.float64)
                flat = masks.reshape(len(masks), -1)
                weights = np.stack([np.ones_like(found), found, found**2]).astype(np.float32)
                sums += weights @ flat
                squared += weights @ np.square(flat)
                values = np.append(values, found)
                progress((index + part.stop / samples) / len(subject.inputs))
            heat, stderr = _estimate(sums, squared, values)
            error = float(stderr.mean() / max(np.ptp(heat), 1e-12))
            if error < tolerance:
                break
        progress((index + 1) / len(subject.inputs))
        maps.append(heat.reshape(height, width))
        used.append(len(values))
        errors.append(error)
    score = scores(subject, subject.inputs, subject.arguments)
    diagnostics = {"score": score, "samples": np.array(used), "relative_error": np.array(errors)}
    return Evidence(np.stack(maps).astype(np.float32), diagnostics)


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


def smooth_masks(grids: Array, shifts: np.ndarray, height: int, width: int) -> Array:
    """Grids (count, cells, cells) enlarged bilinearly by a cell more than the picture, cut out at a random place.

    shifts: (count, 2) in [0, 1), of a cell. Returns (count, height, width) float32 in [0, 1].
    """
    import cv2

    cells = grids.shape[1]
    cell = -(-height // cells), -(-width // cells)
    masks = np.empty((len(grids), height, width), np.float32)
    for mask, grid, shift in zip(masks, grids, shifts, strict=True):
        large = cv2.resize(grid, ((cells + 1) * cell[1], (cells + 1) * cell[0]), interpolation=cv2.INTER_LINEAR)
        top, left = int(shift[0] * cell[0]), int(shift[1] * cell[1])
        mask[:] = large[top : top + height, left : left + width]
    return masks
