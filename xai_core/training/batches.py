"""Training batches: pictures, augmented or made noisy, the same for the same (seed, epoch, batch)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..datasets import load_dataset
from ..images import resize, to_channels
from ..noise import add_noise_beyond, random_parameters, with_level
from ..noise.detection import KINDS
from ..types import Array, Labels
from .light import relight
from .noise_kinds import noise_batches, read_pictures
from .recipe import Augmentation, Recipe

HELD_OUT_PATCHES = 512
"""Patches of the held-out photographs that are measured after each epoch."""


Pictures = Sequence[NDArray[np.uint8]]
"""8-bit pictures (h, w, c), of one size unless patches are cut out of them."""


class Part(NamedTuple):
    """Some of the training pictures.

    pictures: at the network's size (or `native`), or as they are where patches are cut. classes: how many there are in the
    whole data set; more than two are trained as one number a class.
    """

    pictures: Pictures
    labels: Labels
    classes: int = 2


def training_data(recipe: Recipe, fold: tuple[int, int] | None = None) -> tuple[Part, ...]:
    """The pictures to train on, and those held out of them to stop the training.

    The held-out part is a seeded random share of each set's `train` split, of its groups where the recipe says so; the val
    and test splits are never read.
    fold: (i, k): the i-th of k parts of equal size is kept out of both and returned as a third part.
    """
    if recipe.kind == "detector":
        return tuple(Part(part, np.zeros(len(part), np.int64), len(KINDS)) for part in read_pictures(recipe))
    rng = np.random.default_rng(recipe.seed)
    chosen: list[list[tuple[NDArray[np.uint8], int]]] = [[], [], []]
    classes = 0
    for name in recipe.datasets:
        dataset = load_dataset(name, "train")
        classes = max(classes, len(dataset.class_names))
        units = np.arange(len(dataset))
        if recipe.by_group and dataset.groups is not None:
            units = np.unique(dataset.groups, return_inverse=True)[1]
        part = (rng.random(units.max(initial=-1) + 1) < recipe.held_out).astype(int)
        if fold:
            order = np.random.default_rng((recipe.seed, fold[1])).permutation(len(part))
            part[order % fold[1] == fold[0]] = 2
        for index, unit in enumerate(units):
            picture = to_channels(dataset.image(index), recipe.channels)
            if side := recipe.native or recipe.side:
                picture = resize(picture, side, side)
            chosen[part[unit]].append((np.round(picture[0] * 255).astype(np.uint8), int(dataset.labels[index])))
    parts = chosen if fold else chosen[:2]
    return tuple(
        Part([picture for picture, _ in part], np.array([label for _, label in part], np.int64), classes) for part in parts
    )


def cut(pictures: Pictures, count: int, side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """`count` squares from random places of random pictures, large pictures as often as they are large."""
    areas = np.array([float(picture.shape[0] * picture.shape[1]) for picture in pictures])
    patches = []
    for index in rng.choice(len(pictures), count, p=areas / areas.sum()):
        height, width = pictures[index].shape[:2]
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        patches.append(pictures[index][top : top + side, left : left + side])
    return np.stack(patches)


def augment(images: Array, how: Augmentation, rng: np.random.Generator) -> Array:
    """A random change a picture: affine (bilinear, the nearest pixel at the edge), then whole pixels, turns and mirrors."""
    import cv2

    count, height, width, channels = images.shape
    out = images
    if how.rotation or how.shift or how.shear or how.zoom:
        angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation, (count,)))
        shear = rng.uniform(-how.shear, how.shear, (count,))
        zoom = rng.uniform(1 - how.zoom, 1 + how.zoom, (count, 2))
        shift = rng.uniform(-how.shift, how.shift, (count, 2)) * (width, height)
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        out = np.empty_like(images)
        for i in range(count):
            turn = np.array([[np.cos(angle[i]), -np.sin(angle[i] + shear[i])], [np.sin(angle[i]), np.cos(angle[i] + shear[i])]])
            matrix = turn * zoom[i]
            offset = centre - matrix @ centre + shift[i]
            warped = cv2.warpAffine(
                images[i],
                np.column_stack([matrix, offset]),
                (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
            out[i] = warped.reshape(height, width, channels)
    if how.crop:
        wide = np.pad(out, ((0, 0), (how.crop, how.crop), (how.crop, how.crop), (0, 0)), mode="reflect")
        corners = rng.integers(2 * how.crop + 1, size=(count, 2)).tolist()
        out = np.stack([image[y : y + height, x : x + width] for image, (y, x) in zip(wide, corners, strict=True)])
    if how.quarter_turns:
        turns = rng.integers(4, size=(count,))
        out = np.stack([np.rot90(image, turn) for image, turn in zip(out, turns, strict=True)])
    for wanted, axis in ((how.flip_horizontal, 2), (how.flip_vertical, 1)):
        if wanted:
            mirrored = rng.random((count,)) < 0.5
            out = np.where(mirrored[:, None, None, None], np.flip(out, axis), out)
    return relight(out, how.light, rng) if how.light else out


def mix(images: Array, targets: Array, share: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Paste a rectangle of another picture of the batch over a share of the pictures; targets (N, classes) follow the area.

    The rectangle covers a share of the picture drawn evenly from 0 to 1, cut off at the edges.
    Source: Yun et al. (2019), "CutMix", arXiv:1905.04899.
    """
    count, height, width, _ = images.shape
    out, mixed = images.copy(), targets.copy()
    for i, other in enumerate(rng.permutation(count)):
        chosen, area, y, x = rng.random(4)
        if chosen >= share:
            continue
        half = np.sqrt(area) / 2
        top, bottom = (round(height * min(max(y + end, 0), 1)) for end in (-half, half))
        left, right = (round(width * min(max(x + end, 0), 1)) for end in (-half, half))
        out[i, top:bottom, left:right] = images[other, top:bottom, left:right]
        covered = np.float32((bottom - top) * (right - left) / (height * width))
        mixed[i] = (1 - covered) * targets[i] + covered * targets[other]
    return out, mixed


def make_noisy(clean: Array, recipe: Recipe, rng: np.random.Generator) -> Array:
    """Each picture gets one of the recipe's noises at a random level; some are clipped to [0, 1] as a file would be.

    A guided network's input has one channel more: the level of the (Gaussian) noise, sigma / 255.
    """
    noisy = np.empty_like(clean)
    kinds = rng.integers(len(recipe.noise), size=len(clean))
    clipped = rng.random(len(clean)) < recipe.clipped
    levels = np.empty(len(clean), np.float32)
    for i, picture in enumerate(clean):
        kind, low, high = recipe.noise[kinds[i]]
        logarithmic = kind == "poisson" or recipe.levels == "logarithmic"
        levels[i] = np.exp(rng.uniform(np.log(low), np.log(high))) if logarithmic else rng.uniform(low, high)
        further = random_parameters(kind, rng)
        one = add_noise_beyond(picture, kind, float(levels[i]), seed=int(rng.integers(2**31)), **further)[0]
        noisy[i] = np.clip(one, 0, 1) if clipped[i] else one
    return with_level(noisy, levels) if recipe.guided else noisy


def _level_weights(noisy: Array, deviation: float) -> Array:
    """(s^2 + d^2) / (s d)^2 of each picture, (N, 1, 1): of the weight 1 is then the error of a network that is preconditioned."""
    sigmas = noisy[:, :1, :1, -1]
    return np.asarray((sigmas**2 + deviation**2) / (sigmas * deviation) ** 2, np.float32)


def batches(
    recipe: Recipe,
    part: Part,
    *,
    epoch: int | None,
    augmentation: Augmentation | None = None,
) -> Any:
    """A keras.utils.PyDataset of (noisy, clean) for a denoiser, with the weight of the level behind them where the recipe has a
    `deviation`; of (picture, label, class weight) for a classifier.

    Labels are numbers (n,) for two classes, one number a class (n, classes) for more; of a detector's, see `noise_batches`.

    Patches are cut at random places in every epoch.
    epoch: shuffles and augments by it; None gives the held-out batches: in order, no augmentation, fixed noise.
    augmentation: instead of the recipe's.
    """
    import keras

    if recipe.kind == "detector":
        return noise_batches(recipe, part.pictures, epoch=epoch)
    pictures, labels = part.pictures, part.labels
    how = augmentation or recipe.augmentation
    weights = np.ones(len(pictures), np.float32)
    if recipe.kind == "classifier":
        # Class weights: every class counts the same, however many pictures it has.
        counts = np.bincount(labels)
        weights = (len(labels) / (len(counts) * np.maximum(counts, 1)))[labels].astype(np.float32)

    class Batches(keras.utils.PyDataset):
        def __init__(self) -> None:
            super().__init__()
            order = np.arange(len(pictures))
            self.order = order if epoch is None else np.random.default_rng((recipe.seed, epoch)).permutation(order)

        def __len__(self) -> int:
            if recipe.patch:
                return recipe.steps if epoch is not None else HELD_OUT_PATCHES // recipe.batch
            whole, rest = divmod(len(self.order), recipe.batch)
            return whole + (rest > 0 and epoch is None)

        def __getitem__(self, index: int) -> tuple[Any, ...]:
            rng = np.random.default_rng((recipe.seed, 0 if epoch is None else epoch + 1, index))
            chosen = self.order[index * recipe.batch : (index + 1) * recipe.batch]
            found = cut(pictures, recipe.batch, recipe.patch, rng) if recipe.patch else np.stack([pictures[i] for i in chosen])
            clean = np.asarray(found / np.float32(255), np.float32)
            if epoch is not None:
                clean = augment(clean, how, rng)
            if recipe.kind == "denoiser":
                noisy = make_noisy(clean, recipe, rng)
                return (noisy, clean, _level_weights(noisy, recipe.deviation)) if recipe.deviation else (noisy, clean)
            if recipe.noise:
                some = rng.random(len(clean)) < 0.5
                clean[some] = make_noisy(clean[some], recipe, rng)
            if recipe.native:
                clean = resize(clean, recipe.side, recipe.side)
            targets: Any = labels[chosen]
            if part.classes > 2:
                targets = np.eye(part.classes, dtype=np.float32)[targets]
                if epoch is not None and how.mix:
                    clean, targets = mix(clean, targets, how.mix, rng)
            return clean, targets, weights[chosen]

    return Batches()
