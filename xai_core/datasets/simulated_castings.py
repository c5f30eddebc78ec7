"""Simulated castings, OK or Defective: an impeller cover seen from above, each with the true place of its defects.

A stand-in for the photographs of `casting`: background with the casting's shadow, machined face, raised ring, dark cavity with
blades, hub and bore. A defect is laid over the finished picture, so that two pictures of one seed are equal, number for number,
outside its mask: neither light nor background can tell the class, as they do in the photographs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import InvalidInput
from ..types import Array, Dataset, Provenance
from ._casting_defects import DEFECTS, Overlay
from ._casting_parts import SIDE, View, casting, grain
from .casting import CLASSES

SIZES = {"val": 120, "train": 1_200}
FIRST_SEEDS = {"val": 0, "train": 100_000}
SOUND = "sound"


@dataclass(frozen=True)
class Drawings:
    """Castings that are drawn when they are asked for (see `types.Pixels`)."""

    kinds: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.seeds), SIDE, SIDE, 1

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        return np.round(draw(self.kinds[index], self.seeds[index])[0] * 255).astype(np.uint8)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Pictures that are yet to be drawn cannot become an array without a copy.")
        array = np.empty(self.shape, np.uint8 if dtype is None else dtype)
        for index in range(len(self)):
            array[index] = self[index]
        return array


def load(split: str) -> Dataset:
    """Simulated castings, `val` (120) or `train` (1,200), 300x300 grey; half of them Defective, with masks of the defects.

    `subtypes` says what was drawn: sound, scratch, pores or chipped edge; the mask of a sound casting is empty. The same on every
    run; no seed is in both splits. Pictures are drawn when they are asked for.
    """
    count, defects = SIZES[split], tuple(DEFECTS)
    chosen = [SOUND if index % 2 else defects[index // 2 % len(defects)] for index in range(count)]
    kinds = np.random.default_rng(FIRST_SEEDS[split]).permutation(chosen)
    first = int(np.argmax(kinds == "chipped edge"))  # a page opens with picture 0
    kinds[[0, first]] = kinds[[first, 0]]
    pixels = Drawings(tuple(map(str, kinds)), tuple(range(FIRST_SEEDS[split] + 1, FIRST_SEEDS[split] + 1 + count)))
    masks = np.zeros((count, SIDE, SIDE), bool)
    for index in np.flatnonzero(kinds != SOUND):
        masks[index] = overlay(pixels.kinds[index], pixels.seeds[index])[0] > 0
    return Dataset(
        name="simulated_castings",
        split=split,
        pixels=pixels,
        labels=(kinds != SOUND).astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance(
            "simulated",
            "xai_core.datasets.simulated_castings",
            "made by this program: free to use",
            "drawn here, in the look of the photographs of Dabhi (2020), Kaggle",
            "Drawn, not photographed. The mask is where a defect is; nothing outside it depends on the class.",
        ),
        masks=masks,
        subtypes=kinds,
    )


def draw(kind: str, seed: int) -> tuple[Array, NDArray[np.bool_]]:
    """Draw one casting.

    From back to front: background with the shadow, machined face (reflections in sectors, turning marks), groove, raised ring,
    cavity with blades, hub, bore; blur; the defect; grain. Size and strength of a defect are drawn evenly on a logarithmic scale,
    so most are small or faint, as in the photographs.
    kind: sound, scratch, pores or chipped edge. seed: whole number; another kind with the same seed changes pixels of the mask
    only. Returns the picture (300, 300, 1) float32 in [0, 1] and the mask (300, 300) bool: every pixel that the defect covers in
    whole or in part, none of a sound casting. Raises InvalidInput on another kind.
    """
    cover, own = overlay(kind, seed)
    rng = np.random.default_rng([seed, 1])
    picture = casting(View.of(seed), rng)
    picture = picture + cover * (own - picture) + grain(rng)
    return np.clip(picture, 0, 1).astype(np.float32)[..., None], cover > 0


def outline(seed: int) -> NDArray[np.bool_]:
    """Where the casting itself is, (300, 300) bool; its shadow and what sticks out of a chipped edge are not part of it."""
    return View.of(seed).distance() < 1


def overlay(kind: str, seed: int) -> Overlay:
    """The defect of `draw(kind, seed)` alone: its share of each pixel and its own brightness, each (300, 300) in [0, 1]."""
    if kind == SOUND:
        return np.zeros((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    if kind not in DEFECTS:
        raise InvalidInput(f"Expected a kind of casting out of {', '.join((SOUND, *DEFECTS))}; received {kind!r}.")
    return DEFECTS[kind](View.of(seed), np.random.default_rng([seed, 2 + tuple(DEFECTS).index(kind)]))
