"""An experiment as a value: pictures of one data set under every combination of noise, denoiser and classifier."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from typing import Any

import numpy as np

from .. import __version__, weights
from ..classifiers import CLASSIFIERS
from ..datasets import DATASETS
from ..denoisers import DENOISERS
from ..errors import InvalidInput
from ..explainers import EXPLAINERS
from ..noise import NOISES
from ..scene import UPLOAD, Scene, classifiers_for
from .drift import METHODS

NONE = "none"
"""Stands for no noise, or for no denoiser."""

CLEAN = (NONE, 0.0)
"""Pictures as they are, among a grid's noises."""

LARGEST = 64
"""Pictures of one piece of work."""


@dataclass(frozen=True)
class Condition:
    """What a picture goes through: noise ("none": none) at a level in its unit, denoiser ("none": none), classifier."""

    noise: str
    level: float
    denoiser: str
    classifier: str


@dataclass(frozen=True)
class Grid:
    """Every picture under every condition; a cell is one Scene.

    scene: data set, seed, and the parameters of its own noise, denoiser and explainers; the rest of it does not count and is
    forgotten. noises: (kind, level) pairs, `CLEAN` among them; denoisers; classifiers. split: "" is the one for figures.
    images: how many pictures, drawn once and for all grids alike; 0: all. drift: of how many of them the maps of `methods` are
    compared with those of the clean picture. chunk: pictures of one piece of work, which is what an interruption can lose.
    Raises UnknownName or InvalidInput, with a sentence, for what cannot be computed.
    """

    scene: Scene
    noises: tuple[tuple[str, float], ...]
    denoisers: tuple[str, ...]
    classifiers: tuple[str, ...]
    split: str = ""
    images: int = 0
    drift: int = 0
    methods: tuple[str, ...] = METHODS
    chunk: int = LARGEST

    def __post_init__(self) -> None:
        if self.scene.dataset == UPLOAD:
            raise InvalidInput("An experiment needs many pictures. Choose a data set in place of your own picture.")
        supports = DATASETS.get(self.scene.dataset).supports
        split = self.split or supports["evaluation"]
        if split not in supports["splits"]:
            raise InvalidInput(f"Expected a split of {', '.join(supports['splits'])}, received {self.split!r}.")
        noises = tuple((kind, _level(kind, level)) for kind, level in self.noises)
        for name in self.denoisers:
            if name != NONE:
                DENOISERS.get(name)
        for name in self.classifiers:
            if self.scene.dataset not in CLASSIFIERS.get(name).supports["datasets"]:
                known = ", ".join(classifiers_for(self.scene.dataset)) or "none"
                raise InvalidInput(f"{name} does not know the classes of {self.scene.dataset}. Classifiers that do: {known}.")
        for name in self.methods:
            EXPLAINERS.get(name)
        for what, values in (("noise", noises), ("denoiser", self.denoisers), ("classifier", self.classifiers)):
            if not values or len(set(values)) < len(values):
                raise InvalidInput(f"Expected at least one {what}, each once, received {', '.join(map(str, values)) or 'none'}.")
        if not (self.images >= 0 and self.drift >= 0 and 1 <= self.chunk <= LARGEST):
            raise InvalidInput(
                f"Expected numbers of pictures from 0 and pieces of 1 to {LARGEST}, "
                f"received {self.images}, {self.drift} and {self.chunk}."
            )
        object.__setattr__(self, "split", split)
        object.__setattr__(self, "noises", noises)
        object.__setattr__(self, "scene", self._reduced())

    def _reduced(self) -> Scene:
        """The scene with nothing but what decides a result, so that equal experiments are equal."""
        given = self.scene
        kinds = [kind for kind, _ in self.noises if kind != NONE]
        filters = [name for name in self.denoisers if name != NONE]
        scene = Scene(dataset=given.dataset, seed=given.seed, clip=given.clip, level_source=given.level_source)
        if given.noise in kinds:
            scene = replace(scene, noise=given.noise, noise_parameters=given.noise_parameters)
        elif kinds:
            scene = replace(scene, noise=kinds[0])
        if given.denoiser in filters:
            scene = replace(scene, denoiser=given.denoiser, denoiser_parameters=given.denoiser_parameters)
        elif filters:
            scene = replace(scene, denoiser=filters[0])
        if self.drift:
            scene = replace(scene, explainer_parameters=given.explainer_parameters, cam_layer=given.cam_layer)
        return replace(scene, classifier=self.classifiers[0])

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All combinations: noise by noise, in it denoiser by denoiser, in it classifier by classifier."""
        return tuple(
            Condition(kind, level, denoiser, classifier)
            for (kind, level), denoiser, classifier in product(self.noises, self.denoisers, self.classifiers)
        )

    def indices(self, count: int) -> tuple[int, ...]:
        """Which pictures of a split of `count`, in ascending order."""
        return tuple(sorted(_drawn(count)[: self.images or count]))

    def drifting(self, count: int) -> frozenset[int]:
        """Of which pictures the maps are followed: some of `indices`."""
        return frozenset(_drawn(count)[: min(self.drift, self.images or count)])

    def scene_of(self, condition: Condition, index: int) -> Scene:
        """The Scene of one cell: its noisy picture, or its denoised one where there is a denoiser, is what was classified.

        The seed is the grid's plus the picture's index. Where nothing was added a denoiser is not told the level, which would be
        zero and leave it without work; it estimates what noise the picture has of its own.
        """
        base = self.scene
        scene = replace(base, index=index, seed=base.seed + index, classifier=condition.classifier)
        if condition.noise == NONE:
            scene = replace(scene, noise="gaussian", level=0.0, noise_parameters=(), level_source="estimated")
        else:
            parameters = base.noise_parameters if condition.noise == base.noise else ()
            scene = replace(scene, noise=condition.noise, level=condition.level, noise_parameters=parameters)
        if condition.denoiser in (NONE, base.denoiser):
            return scene
        return replace(scene, denoiser=condition.denoiser, denoiser_parameters=())

    def parameters_of(self, denoiser: str) -> dict[str, Any]:
        """The settings of a denoiser: the scene's for the scene's own, else the usual ones."""
        return dict(self.scene.denoiser_parameters) if denoiser == self.scene.denoiser else {}

    def cells(self, count: int) -> Iterator[Scene]:
        """Every cell as a Scene, condition by condition; count: pictures of the split."""
        return (self.scene_of(condition, index) for condition in self.conditions for index in self.indices(count))

    def models(self) -> dict[str, str]:
        """The networks of the grid and the sha256 of their weights; ModelNotFound where they are not there."""
        networks = [name for name in self.denoisers if name != NONE and DENOISERS.get(name).supports.get("neural")]
        return {name: str(weights.entry(name)["sha256"]) for name in (*networks, *self.classifiers)}

    def key(self) -> str:
        """Of the same results: sha256 over the grid, the weights of its networks and the version of the code."""
        return hashlib.sha256(json.dumps([__version__, self.to_dict(), self.models()], sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self) | {"scene": self.scene.to_query(), "noises": [list(pair) for pair in self.noises]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Grid":
        """The grid that `to_dict` wrote; InvalidInput for anything else."""
        names = {field.name for field in fields(cls)}
        try:
            given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
            scene, notices = Scene.from_query(given.pop("scene"))
            noises = tuple((str(kind), float(level)) for kind, level in given.pop("noises"))
            if notices or names != {"scene", "noises", *given}:
                raise ValueError
            return cls(scene=scene, noises=noises, **given)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidInput("This is no description of an experiment, or one of another version of NoiseLens.") from None


def _level(kind: str, level: float) -> float:
    return 0.0 if kind == NONE else float(NOISES.get(kind).parameter("level").check(level))


def _drawn(count: int) -> list[int]:
    """All pictures of a split in a fixed disorder: data sets are often sorted by class."""
    order: list[int] = np.random.default_rng(0).permutation(count).tolist()
    return order
