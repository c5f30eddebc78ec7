"""Large pictures in parts that fit into memory, without a seam."""

from collections.abc import Callable

import numpy as np

from ..types import Array

LARGEST = 1_500_000
"""Pixels up to which a picture goes through a network whole."""

TILE, STEP = 896, 16
"""Pixels: side of a tile; where tiles may begin, so that strided layers meet the same pixels as in the whole picture."""


def tiled(run: Callable[[Array], Array], images: Array, reach: int) -> Array:
    """`run(images)`, computed tile by tile where the picture is large: the same numbers.

    run: keeps height and width, and its output at a pixel depends on no pixel further away than `reach`: so much of a tile, at
    its inner edges, is computed and thrown away. images: (N, H, W, C).
    """
    count, height, width, _ = images.shape
    if height * width <= LARGEST:
        return run(images)
    out: Array | None = None
    for top, rows in _spans(height, reach):
        for left, columns in _spans(width, reach):
            tile = run(np.ascontiguousarray(images[:, top : top + TILE, left : left + TILE]))
            if out is None:
                out = np.empty((count, height, width, tile.shape[-1]), np.float32)
            out[:, rows, columns] = tile[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    assert out is not None
    return out


def _spans(length: int, margin: int) -> list[tuple[int, slice]]:
    """Where each tile begins and which part of the picture it is kept for; the parts cover the picture without overlap."""
    spans: list[tuple[int, slice]] = []
    last = -(-(length - TILE) // STEP) * STEP
    done = 0
    while done < length:
        begin = max(0, min((done - margin) // STEP * STEP, last))
        end = begin + TILE
        stop = length if end >= length else end - margin
        spans.append((begin, slice(done, stop)))
        done = stop
    return spans
