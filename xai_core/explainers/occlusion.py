"""Occlusion."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array
from ._masks import Masks, forward_batch, hidden_picture, masked_scores
from ._models import Subject, scores
from ._refine import refine, rounds_of
from .base import Evidence, Report, no_progress

FIRST = 25
"""Patches of the coarse grid, at most."""


def occlusion(
    subject: Subject, *, share: float = 0.15, overlap: int = 2, hide: str = "mean", progress: Report = no_progress
) -> Evidence:
    """What the target loses when a square patch is hidden: S(x) - S(x without the patch), mean over the patches on a pixel.

    share: side of the patch, of the picture's shorter side. overlap: patches that lie over a pixel in each direction.
    hide: what the patch shows: "mean" (the picture's mean colour), "black", "blurred". A coarse grid of patches comes first;
    while it is refined, each patch stands for the gap to the next.
    Returns signed maps in units of the target; diagnostics: score, (N,); samples, (N,), patches used; patches, how many there
    are; patch, their side in pixels.
    Source: Zeiler & Fergus (2014), doi:10.1007/978-3-319-10590-1_53.
    """
    height, width, _ = subject.shape
    count = len(subject.inputs)
    side, rows, columns = patch_grid(height, width, share, overlap)
    places, gaps, coarse = _coarse_first(rows, columns)
    score = scores(subject, subject.inputs, subject.arguments)
    runs = [masked_scores(subject, index, hidden_picture(subject, index, hide)) for index in range(count)]
    lost, used = np.zeros((count, len(places))), np.zeros(count, int)

    def draw(part: slice) -> Masks:
        inside = [_inside(places[part, axis], side, length) for axis, length in enumerate((height, width))]
        ones = [np.ones_like(item) for item in inside]
        # 1 - r c', a product of two columns and two rows.
        return Masks(np.stack([ones[0], -inside[0]], axis=2), np.stack([ones[1], inside[1]], axis=1))

    def advance(index: int, masks: Masks) -> bool:
        lost[index, used[index] : used[index] + len(masks)] = score[index] - runs[index](masks).astype(np.float64)
        used[index] += len(masks)
        return False

    def evidence() -> Evidence:
        done = int(used[0])
        gap = 0 if done == len(places) else int(gaps[done])
        maps = _mean_over_patches(lost[:, :done], places[:done], side, gap, (height, width))
        return Evidence(maps, {"score": score, "samples": used.copy(), "patches": len(places), "patch": side})

    size = forward_batch(subject)
    later = rounds_of(len(places) - coarse, size, size) if len(places) > coarse else []
    rounds = [*rounds_of(coarse, size, size), *(slice(part.start + coarse, part.stop + coarse) for part in later)]
    return refine(count, rounds, draw, advance, evidence, progress)


def patch_grid(height: int, width: int, share: float, overlap: int) -> tuple[int, list[int], list[int]]:
    """Side of the patches, their first rows and their first columns."""
    side = max(1, min(round(share * min(height, width)), height, width))
    step = max(1, side // overlap)
    return side, _starts(height, side, step), _starts(width, side, step)


def _starts(length: int, side: int, step: int) -> list[int]:
    """First pixels of patches that cover all of a side, the last one flush with its end."""
    return sorted({*range(0, length - side, step), length - side})


def _coarse_first(rows: list[int], columns: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Places (count, 2) in the order of a grid that is halved again and again, and the gap of each, (count,): pixels to its
    neighbours in the coarser grid that is complete before it; and how many places are in the first grid."""
    stride = 1
    while len(_every(rows, stride)) * len(_every(columns, stride)) > FIRST:
        stride *= 2
    step = max(int(np.diff(starts).max(initial=0)) for starts in (rows, columns))
    places, gaps, coarse, coarser = [], [], 0, stride
    known: set[tuple[int, int]] = set()
    while stride:
        grid = [(row, column) for row in _every(rows, stride) for column in _every(columns, stride)]
        level = [place for place in grid if place not in known]
        places += level
        known |= set(level)
        gaps += [coarser * step] * len(level)
        coarse = coarse or len(level)
        stride, coarser = stride // 2, stride
    return np.array(places), np.array(gaps), coarse


def _every(starts: list[int], stride: int) -> list[int]:
    """Each `stride`-th and the last."""
    return [*starts[:-1][::stride], starts[-1]]


def _inside(starts: NDArray[np.int64], side: int, length: int) -> Array:
    """1 on the pixels of a side that each patch hides, else 0: (count, length) float32."""
    offset = np.arange(length) - starts[:, None]
    return ((offset >= 0) & (offset < side)).astype(np.float32)


def _mean_over_patches(lost: NDArray[np.float64], places: NDArray[np.int64], side: int, gap: int, size: tuple[int, int]) -> Array:
    """Mean loss (N, places) over the patches on each pixel: (N, h, w) float32.

    gap: pixels from one patch to the next while the grid is coarse: each patch is widened to meet its neighbours.
    """
    wide = max(0, gap - side)
    before, after = wide // 2, wide - wide // 2
    maps, covered = np.zeros((len(lost), *size)), np.zeros(size)
    for place, values in zip(places, lost.T, strict=True):
        top, left = np.maximum(place - before, 0)
        window = slice(top, place[0] + side + after), slice(left, place[1] + side + after)
        maps[:, *window] += values[:, None, None]
        covered[window] += 1
    return (maps / np.maximum(covered, 1)).astype(np.float32)
