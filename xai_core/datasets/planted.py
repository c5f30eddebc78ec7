"""Pictures whose evidence is known: one patterned disc among things that look as striking and say nothing.

The class is the pattern on the disc. Everything else is drawn from the same random numbers whatever the pattern is, so that
two pictures of one seed are equal, number for number, outside the disc: no pixel there can tell the class.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Array, Dataset, Provenance

CLASSES = ("Rows", "Columns", "Checks")
CITATION = "Arras, Osman & Samek (2022), doi:10.1016/j.inffus.2021.11.008 (the idea: evidence known by construction)"
SIDE = 64
SIZES = {"val": 201, "train": 3_000}
FIRST_SEEDS = {"val": 0, "train": 100_000}
RADII = 8.5, 10.5
"""Of a disc, in pixels: 6 to 9 % of the picture."""

DECOYS = 2
CONTRAST = 0.08, 0.25
"""Half the difference between the light and dark parts of a pattern, on the scale from 0 to 1."""

Floats = NDArray[np.floating[Any]]


def load(split: str) -> Dataset:
    """Planted evidence, `val` (201) or `train` (3,000), 64x64 colour, three classes of equal size, with masks of the evidence.

    The same on every run; no seed is in both splits.
    """
    rng = np.random.default_rng(FIRST_SEEDS[split])
    labels = rng.permutation(np.arange(SIZES[split]) % len(CLASSES))
    pixels = np.empty((len(labels), SIDE, SIDE, 3), np.uint8)
    masks = np.empty(pixels.shape[:3], bool)
    for index, label in enumerate(labels):
        image, masks[index] = draw(CLASSES[label], FIRST_SEEDS[split] + 1 + index)
        pixels[index] = np.round(image * 255)
    return Dataset(
        name="planted",
        split=split,
        pixels=pixels,
        labels=labels.astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance(
            "simulated",
            "xai_core.datasets.planted",
            "made by this program: free to use",
            CITATION,
            "Drawn, not photographed. The class is the pattern on one disc, the mask; nothing outside it depends on the class.",
        ),
        masks=masks,
    )


def draw(kind: str, seed: int) -> tuple[Array, NDArray[np.bool_]]:
    """Draw one picture.

    From back to front: a smooth random field of colour with a finer texture, a straight edge between two shades, coloured
    rectangles, bright or dark spots, two decoy discs with irregular blotches, the disc with the pattern, grain. Decoys and disc
    have size, colours and contrast from the same distributions and touch neither each other nor the border.
    kind: of `CLASSES`. seed: whole number; another kind with the same seed changes pixels of the mask only.
    Returns the picture (64, 64, 3) float32 in [0, 1] and the mask (64, 64) bool: every pixel that the disc covers in whole or
    in part. Raises InvalidInput on another kind.
    """
    if kind not in CLASSES:
        raise InvalidInput(f"Expected a pattern out of {', '.join(CLASSES)}; received {kind!r}.")
    rng = np.random.default_rng(seed)  # the kind is no part of the seed: see above
    picture = _background(rng)
    discs = _discs(1 + DECOYS, rng)
    waves = rng.uniform(4.5, 6.5), rng.uniform(0, 1, 2)
    mask = np.zeros((SIDE, SIDE), bool)
    for index, (x, y, radius) in enumerate(discs):
        dx, dy = _offsets(x, y)
        distance = np.hypot(dx, dy)
        blotches = np.tanh(3 * _smooth_field(22, 1, rng)[..., 0])
        pattern = _pattern(kind, dx, dy, *waves) if index == 0 else blotches
        cover = np.clip(radius + 0.5 - distance, 0, 1)[..., None]
        base, tint = rng.uniform(0.3, 0.7, 3), rng.uniform(0.7, 1.3, 3)
        picture = picture * (1 - cover) + cover * (base + rng.uniform(*CONTRAST) * pattern[..., None] * tint)
        if index == 0:
            mask = cover[..., 0] > 0
    return np.clip(picture + rng.normal(0, 0.05, picture.shape), 0, 1).astype(np.float32), mask


def _pattern(kind: str, dx: Floats, dy: Floats, period: float, phase: Floats) -> Floats:
    """The pattern, -1 to 1, with soft steps: a wave over y, over x, or the product of both."""
    rows, columns = _wave(dy / period + phase[0]), _wave(dx / period + phase[1])
    return {"Rows": rows, "Columns": columns, "Checks": rows * columns}[kind]


def _wave(turns: Floats) -> Floats:
    return np.asarray(np.tanh(2.5 * np.sin(2 * np.pi * turns)))


def _offsets(x: float, y: float) -> tuple[Floats, Floats]:
    """Of each pixel's centre from a point: (1, side) and (side, 1)."""
    steps = np.arange(SIDE) + 0.5
    return steps[None, :] - x, steps[:, None] - y


def _smooth_field(cells: int, channels: int, rng: np.random.Generator) -> Floats:
    """A smooth random field (side, side, channels) of variance about 1."""
    import cv2

    coarse = rng.standard_normal((cells, cells, channels)).astype(np.float32)
    smooth = np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32)
    return smooth.reshape(SIDE, SIDE, channels)


def _discs(count: int, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """(x, y, radius) of discs that touch neither each other nor the border, drawn anew until they do not."""
    while True:
        radii = rng.uniform(*RADII, count)
        x, y = (rng.uniform(radii + 1, SIDE - radii - 1) for _ in range(2))
        gaps = np.hypot(x[:, None] - x, y[:, None] - y) - radii[:, None] - radii
        if (gaps[np.triu_indices(count, 1)] > 3).all():
            return list(zip(x, y, radii, strict=True))


def _background(rng: np.random.Generator) -> Floats:
    picture = rng.uniform(0.3, 0.65, 3) + 0.07 * _smooth_field(4, 3, rng) + 0.04 * _smooth_field(14, 1, rng)
    dx, dy = _offsets(*rng.uniform(12, SIDE - 12, 2))
    angle = rng.uniform(0, 2 * np.pi)
    beyond = np.clip(dx * np.cos(angle) + dy * np.sin(angle) + 0.5, 0, 1)[..., None]
    picture = picture + beyond * rng.uniform(-0.2, 0.2, 3)
    for _ in range(rng.integers(1, 4)):
        dx, dy = _offsets(*rng.uniform(0, SIDE, 2))
        angle, (half_long, half_wide) = rng.uniform(0, np.pi), rng.uniform(3, 9, 2)
        along = np.abs(dx * np.cos(angle) + dy * np.sin(angle))
        across = np.abs(dy * np.cos(angle) - dx * np.sin(angle))
        cover = np.clip(half_long + 0.5 - along, 0, 1) * np.clip(half_wide + 0.5 - across, 0, 1)
        cover = (rng.uniform(0.4, 0.9) * cover)[..., None]
        picture = picture * (1 - cover) + cover * rng.uniform(0.1, 0.9, 3)
    for _ in range(rng.integers(1, 4)):
        dx, dy = _offsets(*rng.uniform(0, SIDE, 2))
        spot = np.exp(-(dx**2 + dy**2) / (2 * rng.uniform(1.2, 3) ** 2))
        picture = picture + rng.choice([-0.4, 0.4]) * spot[..., None]
    return np.asarray(picture)
