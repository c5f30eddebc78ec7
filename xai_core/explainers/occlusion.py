"""Occlusion."""

import numpy as np

from ..types import Progress
from ._masks import hidden_picture, masked_scores
from ._models import Subject, scores
from .base import Evidence, no_progress


def occlusion(
    subject: Subject, *, share: float = 0.15, overlap: int = 2, hide: str = "mean", progress: Progress = no_progress
) -> Evidence:
    """What the target loses when a square patch is hidden: S(x) - S(x without the patch), mean over the patches on a pixel.

    share: side of the patch, of the picture's shorter side. overlap: patches that lie over a pixel in each direction.
    hide: what the patch shows: "mean" (the picture's mean colour), "black", "blurred".
    Returns signed maps in units of the target; diagnostics: score, (N,); patches, how many; patch, their side in pixels.
    Source: Zeiler & Fergus (2014), doi:10.1007/978-3-319-10590-1_53.
    """
    height, width, _ = subject.shape
    side = max(1, min(round(share * min(height, width)), height, width))
    step = max(1, side // overlap)
    places = [(top, left) for top in _starts(height, side, step) for left in _starts(width, side, step)]
    score = scores(subject, subject.inputs, subject.arguments)
    covered = np.zeros((height, width))
    for top, left in places:
        covered[top : top + side, left : left + side] += 1
    maps = np.zeros((len(score), height, width))
    for index in range(len(score)):
        run, size = masked_scores(subject, index, hidden_picture(subject, index, hide))
        for at in range(0, len(places), size):
            part = places[at : at + size]
            masks = np.ones((len(part), height, width), np.float32)
            for mask, (top, left) in zip(masks, part, strict=True):
                mask[top : top + side, left : left + side] = 0
            for value, (top, left) in zip(run(masks), part, strict=True):
                maps[index, top : top + side, left : left + side] += score[index] - value
            progress((index + min(1.0, (at + size) / len(places))) / len(score))
    return Evidence((maps / covered).astype(np.float32), {"score": score, "patches": len(places), "patch": side})


def _starts(length: int, side: int, step: int) -> list[int]:
    """First pixels of patches that cover all of a side, the last one flush with its end."""
    return sorted({*range(0, length - side, step), length - side})
