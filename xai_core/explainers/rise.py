"""RISE."""

import numpy as np

from ..types import Array, Progress
from ._masks import hidden_picture, masked_scores
from ._models import Subject, scores
from .base import Evidence, no_progress

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
        # Sums over the masks of M, S M, M^2, S M^2, S^2 M^2 (rows) for each pixel; of S.
        sums, values = np.zeros((5, height * width)), np.empty(0)
        heat, error = np.zeros(height * width), np.inf
        for start in range(0, samples, CHECKED):
            stop = min(samples, start + CHECKED)
            for at in range(start, stop, size):
                part = slice(at, min(at + size, stop))
                masks = smooth_masks(grids[part], shifts[part], height, width)
                score = run(masks).astype(np.float64)
                flat = masks.reshape(len(masks), -1)
                squares = np.square(flat)
                weights = np.stack([np.ones_like(score), score, score**2]).astype(np.float32)
                sums[:2] += weights[:2] @ flat
                sums[2:] += weights @ squares
                values = np.append(values, score)
                progress((index + part.stop / samples) / len(subject.inputs))
            visible = np.maximum(sums[0], 1e-6)
            mean = sums[1] / visible
            variance = sums[4] - 2 * mean * sums[3] + np.square(mean) * sums[2]
            heat = mean - values.mean()
            error = float(np.sqrt(np.maximum(variance, 0)).mean() / visible.mean() / max(np.ptp(heat), 1e-12))
            if error < tolerance:
                break
        progress((index + 1) / len(subject.inputs))
        maps.append(heat.reshape(height, width))
        used.append(len(values))
        errors.append(error)
    diagnostics = {
        "score": scores(subject, subject.inputs, subject.arguments),
        "samples": np.array(used),
        "relative_error": np.array(errors),
    }
    return Evidence(np.stack(maps).astype(np.float32), diagnostics)


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
