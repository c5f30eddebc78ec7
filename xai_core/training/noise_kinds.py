"""Training batches of a noise detector: spectra of pictures made noisy here, and the kind of the noise."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets import load_dataset
from ..noise import add_noise, random_parameters
from ..noise.detection import KINDS, Kind
from ..noise.detection.spectra import CHANNELS, SIDE, noise_spectra
from ..types import Array
from .light import relight
from .recipe import Recipe

MOST = 600
"""Pictures of one data set, drawn by the recipe's seed."""

SMALLEST_CUT = 40
"""Shortest side of a cut-out, pixels."""

HELD_OUT = 960
"""Spectra of held-out pictures that are measured after each epoch."""

PERIODS = 4.5
"""A wave of fewer periods a picture is the picture's own."""


def read_pictures(recipe: Recipe) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]]:
    """8-bit pictures (h, w, c) of the `train` splits as they are: to train on, and held out by the recipe's seed.

    At most `MOST` a data set. Pictures of one source (castings of one photograph) are held out together.
    """
    rng = np.random.default_rng(recipe.seed)
    parts: tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]]] = ([], [])
    for name in recipe.datasets:
        dataset = load_dataset(name, "train")
        units = np.arange(len(dataset))
        if dataset.groups is not None and len(np.unique(dataset.groups)) > 10:  # surveys of the sky are no sources
            units = np.unique(dataset.groups, return_inverse=True)[1]
        held = rng.random(units.max(initial=-1) + 1) < recipe.held_out
        for index in np.sort(rng.permutation(len(dataset))[:MOST]).tolist():
            picture = np.round(dataset.image(index)[0] * 255).astype(np.uint8)
            parts[int(held[units[index]])].append(picture)
    return parts


def noisy_picture(picture: NDArray[np.uint8], kind: Kind, recipe: Recipe, rng: np.random.Generator) -> Array:
    """A cut-out of a picture, changed at random, with noise of that kind, (1, h, w, c).

    One picture in three stays whole, the others are cut to sides of 40 pixels and more; colour turns grey in half of them; a
    third are shrunk, a third get another gamma, contrast and brightness, all may be mirrored. The level is even on a logarithmic
    scale over the recipe's range. `recipe.clipped` of them are limited to [0, 1], half of these are kept in 8 bits, as a file is.
    """
    clean = _clean(picture, rng)
    low, high = next(((low, high) for name, low, high in recipe.noise if name == kind), (1, 1))
    noisy = with_noise(clean, kind, float(np.exp(rng.uniform(np.log(low), np.log(high)))), rng)
    clipped, eight_bits = rng.random() < recipe.clipped, rng.random() < 0.5
    if clipped:
        noisy = np.clip(noisy, 0, 1)
        if eight_bits:
            noisy = np.round(noisy * 255) / np.float32(255)
    return np.asarray(noisy, np.float32)


def with_noise(clean: Array, kind: Kind, level: float, rng: np.random.Generator) -> Array:
    """Pictures (N, h, w, c) with noise of that kind, not clipped; a wave gets a random frequency and angle, and 4.5 periods."""
    if kind == "none":
        return clean
    further: dict[str, Any] = random_parameters(kind, rng)
    while kind == "periodic" and further["frequency"] * min(clean.shape[1:3]) < PERIODS:
        further = random_parameters(kind, rng)
    return add_noise(clean, kind, level, seed=int(rng.integers(2**31)), **further)


def _clean(picture: NDArray[np.uint8], rng: np.random.Generator) -> Array:
    import cv2

    height, width, channels = picture.shape
    whole, grey, shrunk, lit = rng.random(4)
    if whole > 1 / 3:
        sides = [round(float(np.exp(rng.uniform(np.log(SMALLEST_CUT), np.log(side))))) for side in (height, width)]
        top, left = rng.integers(height - sides[0] + 1), rng.integers(width - sides[1] + 1)
        picture = picture[top : top + sides[0], left : left + sides[1]]
    image: Any = picture / np.float32(255)
    if channels == 3 and grey < 0.5:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    if shrunk < 1 / 3:
        factor = rng.uniform(0.5, 1)
        sides = [max(SMALLEST_CUT, round(side * factor)) for side in image.shape[:2]]
        image = cv2.resize(image, sides[::-1], interpolation=cv2.INTER_AREA).reshape(*sides, image.shape[2])
    for axis in (0, 1):
        if rng.random() < 0.5:
            image = np.flip(image, axis)
    batch = np.asarray(image[None], np.float32)
    return relight(batch, 0.4, rng) if lit < 1 / 3 else batch


def noise_batches(recipe: Recipe, pictures: Sequence[NDArray[np.uint8]], *, epoch: int | None) -> Any:
    """A keras.utils.PyDataset of (spectra, kind one-hot), the same for the same (seed, epoch, batch); each kind as often.

    epoch: None gives the held-out batches: the same each time.
    """
    import keras

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return recipe.steps if epoch is not None else max(1, HELD_OUT // recipe.batch)

        def __getitem__(self, index: int) -> tuple[Array, Array]:
            rng = np.random.default_rng((recipe.seed, 0 if epoch is None else epoch + 1, index))
            kinds = rng.permutation(np.arange(recipe.batch) % len(KINDS))
            spectra = np.empty((recipe.batch, SIDE, SIDE, len(CHANNELS)), np.float32)
            for i, kind in enumerate(kinds):
                picture = pictures[int(rng.integers(len(pictures)))]
                spectra[i] = noise_spectra(noisy_picture(picture, KINDS[kind], recipe, rng))[0]
            return spectra, np.eye(len(KINDS), dtype=np.float32)[kinds]

    return Batches()
