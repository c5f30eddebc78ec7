"""Large pictures in parts that fit into memory, without a seam."""

from collections.abc import Callable

import numpy as np

from ..types import Array

LARGEST = 1_500_000
"""Pixels up to which a picture goes through a network whole."""

TILE, MARGIN, STEP = 896, 64, 8
"""Pixels: side of a tile; at its inner edges, what is computed and thrown away (no network here looks further); where tiles
may begin, so that strided layers meet the same pixels as in the whole picture."""


def tiled(run: Callable[[Array], Array], images: Array) -> Array:
    """`run(images)`, computed tile by tile where the picture is large: the same numbers.

    run: keeps height and width, and its output at a pixel depends on no pixel further away than MARGIN. images: (N, H, W, C).
    """
    count, height, width, _ = images.shape
    if height * width <= LARGEST:
        return run(images)
    out: Array | None = None
    for top, rows in _spans(height):
        for left, columns in _spans(width):
            tile = run(np.ascontiguousarray(images[:, top : top + TILE, left : left + TILE]))
            if out is None:
                out = np.empty((count, height, width, tile.shape[-1]), np.float32)
            out[:, rows, columns] = tile[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    assert out is not None
    return out


def _spans(length: int) -> list[tuple[int, slice]]:
    """Where each tile begins and which part of the picture it is kept for; the parts cover the picture without overlap."""
    spans: list[tuple[int, slice]] = []
    last = -(-(length - TILE) // STEP) * STEP
    done = 0
    while done < length:
        begin = max(0, min((done - MARGIN) // STEP * STEP, last))
        end = begin + TILE
        stop = length if end >= length else end - MARGIN
        spans.append((begin, slice(done, stop)))
        done = stop
    return spans
