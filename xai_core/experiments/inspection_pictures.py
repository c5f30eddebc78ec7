"""The pictures on which castings are inspected: clean, noisy and denoised, the same for every network."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..datasets import load_dataset
from ..datasets.casting import families
from ..denoisers import load_denoiser
from ..noise import add_noise
from ..types import Array, Dataset, Labels

NOISES: tuple[tuple[str, float, tuple[tuple[str, float], ...]], ...] = (
    ("salt_pepper", 0.1, ()),
    ("gaussian", 25, ()),
    ("periodic", 57, (("frequency", 5 / 300), ("angle", 0))),
)
"""The source's three kinds, at the levels at which its denoisers are measured here; further parameters of the wave."""

PER_PHOTOGRAPH = 8
"""At most so many of the pictures that the publisher made of a photograph: the others say little more about it."""

CLEAN, NOISY, DENOISED = "clean", "noisy", "denoised"


@dataclass(frozen=True)
class Castings:
    """Both splits joined. labels: (N,). photographs, families: (N,), the photograph of each picture, and its casting."""

    splits: tuple[Dataset, ...]
    labels: Labels
    photographs: NDArray[np.str_]
    families: NDArray[np.str_]

    def image(self, index: int) -> Array:
        """(1, H, W, C) in [0, 1]."""
        for split in self.splits:
            if index < len(split):
                return split.image(index)
            index -= len(split)
        raise IndexError(index)

    def some(self, most: int, seed: int) -> NDArray[np.int64]:
        """At most so many pictures of each photograph, drawn with the seed; their numbers in rising order."""
        return some_of_each(self.photographs, most, seed)


def some_of_each(photographs: NDArray[np.str_], most: int, seed: int) -> NDArray[np.int64]:
    """At most so many pictures of each photograph, drawn with the seed; their numbers in rising order."""
    rng = np.random.default_rng(seed)
    every = [np.flatnonzero(photographs == name) for name in np.unique(photographs)]
    return np.sort(np.concatenate([rng.permutation(indices)[:most] for indices in every]))


def all_castings() -> Castings:
    """The photographs of castings, train and val. Raises DataNotFound where they are not on this machine."""
    splits, casting = tuple(load_dataset("casting", name) for name in ("train", "val")), families()
    labels = np.concatenate([one.labels for one in splits])
    photographs = np.concatenate([np.asarray(one.groups) for one in splits])
    return Castings(splits, labels, photographs, np.array([casting[name] for name in photographs.tolist()]))


def conditions() -> tuple[tuple[str, str], ...]:
    """(noise, condition): the clean pictures, then each noise's noisy and denoised ones."""
    return ("none", CLEAN), *((kind, condition) for kind, _, _ in NOISES for condition in (NOISY, DENOISED))


def under_conditions(
    castings: Castings, chosen: NDArray[np.int64], folder: Path, *, seed: int = 0, report: Callable[[str], None] = print
) -> dict[tuple[str, str], NDArray[np.uint8]]:
    """The chosen pictures under each of `conditions()`, (N, H, W, C) 8-bit, as files would be; made once and kept in `folder`.

    Noise is added at the pictures' own size and limited to [0, 1]; picture i always gets the same. Denoised: the route of the
    noise's kind (`denoisers.routing`), which is told the kind and reads the level, or the wave, from the picture.
    """
    key = hashlib.sha256(repr((NOISES, seed, chosen.tolist())).encode()).hexdigest()[:10]
    folder = folder / f"pictures-{key}"
    folder.mkdir(parents=True, exist_ok=True)

    def once(name: str, images: Iterable[Array]) -> NDArray[np.uint8]:
        path = folder / f"{name}.npy"
        if not path.exists():
            report(f"{len(chosen)} pictures, {name} ...")
            made = np.concatenate([np.round(image * 255).astype(np.uint8) for image in images])
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.save(file, made)
            part.replace(path)
        found: NDArray[np.uint8] = np.load(path, mmap_mode="r")
        return found

    clean = once(CLEAN, (castings.image(index) for index in chosen.tolist()))
    found = {("none", CLEAN): clean}
    for kind, level, further in NOISES:
        seeds = (1000 * seed + chosen).tolist()
        dirty = (
            np.clip(add_noise(image, kind, level, seed=own, **dict(further)), 0, 1)
            for image, own in zip(_each(clean), seeds, strict=True)
        )
        found[kind, NOISY] = once(f"{kind}-{NOISY}", dirty)
        denoiser = load_denoiser("routed", kind=kind)
        found[kind, DENOISED] = once(f"{kind}-{DENOISED}", (denoiser(image) for image in _each(found[kind, NOISY])))
    return found


def _each(pictures: NDArray[np.uint8]) -> Iterator[Array]:
    """One picture after the other, (1, H, W, C) in [0, 1]."""
    for place in range(len(pictures)):
        yield np.asarray(pictures[place : place + 1] / np.float32(255), np.float32)
