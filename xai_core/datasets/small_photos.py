"""Pieces of photographs at the size of CIFAR-10's pictures: what the networks for 32x32 work on where CIFAR-10 is not here."""

import numpy as np
from numpy.typing import NDArray

from .. import images
from ..types import Array, Dataset, Provenance
from .photos import CITATION, LICENCE, photographs

SIDE = 32
SIDES = (256, 128, 64)
"""Of the squares in the photographs, in pixels: large ones show things, small ones textures and edges."""
MOST = 12
"""Squares of one size from one photograph."""
FLATTEST = 0.06
"""Standard deviation of the brightness below which a square shows nothing."""


def load(split: str) -> Dataset:
    """Squares out of scikit-image's photographs, one split `all`, 32x32 colour, unlabelled; `groups` names the photograph.

    Each photograph is laid out in squares of 256, 128 and 64 pixels, which are shrunk by area average; nearly flat ones are left
    out, and at most 12 of a size are kept, spread evenly. The photographs follow each other in turn, so that any first few
    pictures are of several. Raises DataNotFound where scikit-image comes without its pictures.
    """
    cut = {name: _squares(photograph) for name, photograph in photographs().items()}
    turns = sorted((place, order, name) for order, name in enumerate(cut) for place in range(len(cut[name])))
    pixels = np.stack([cut[name][place] for place, _, name in turns])
    return Dataset(
        name="small_photos",
        split=split,
        pixels=pixels,
        labels=np.full(len(pixels), -1, np.int64),
        class_names=(),
        provenance=Provenance(
            "bundled subset",
            "skimage.data",
            LICENCE,
            CITATION,
            f"{len(pixels)} squares cut out of {len(cut)} photographs and shrunk to {SIDE} x {SIDE} pixels, a stand-in for "
            "CIFAR-10 without its classes. Squares of one photograph are alike; figures measured here are not those of CIFAR-10.",
        ),
        groups=np.array([name for _, _, name in turns]),
    )


def _squares(photograph: Array) -> NDArray[np.uint8]:
    """(N, 32, 32, 3) out of a photograph (H, W, C), the largest first, each size from the top left to the bottom right."""
    kept = []
    for side in SIDES:
        grid = _grid(photograph, side)
        small = images.to_uint8(images.to_channels(images.resize(grid, SIDE, SIDE), 3))
        brightness = images.to_grey(np.multiply(small, 1 / 255, dtype=np.float32))
        shown = small[brightness.std(axis=(1, 2, 3)) >= FLATTEST]
        few = np.linspace(0, len(shown) - 1, min(MOST, len(shown))).round().astype(int)
        kept.append(shown[few])
    return np.concatenate(kept)


def _grid(photograph: Array, side: int) -> Array:
    """The squares that fit side by side into the middle of a photograph, (N, side, side, C)."""
    height, width, channels = photograph.shape
    rows, columns = height // side, width // side
    top, left = (height - rows * side) // 2, (width - columns * side) // 2
    middle = photograph[top : top + rows * side, left : left + columns * side]
    return middle.reshape(rows, side, columns, side, channels).swapaxes(1, 2).reshape(-1, side, side, channels)
