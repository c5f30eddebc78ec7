"""Explanation drift: how the maps of one picture change while its noise grows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..classifiers import load_classifier
from ..errors import InvalidInput
from ..explainers import EXPLAINERS, explain
from ..metrics import psnr
from ..noise import NOISES
from ..scene import Scene, takes_layer
from ..trust import rank_correlation, top_overlap
from ..types import Dataset
from .chain import Pictures, pictures
from .sweep import noise_levels

METHODS = ("grad_cam", "integrated_gradients", "saliency")
"""Fast ones."""

FEWER: Mapping[str, Mapping[str, Any]] = {"integrated_gradients": {"steps": 20}}
"""Parameters of a method where the scene says nothing: the order of the pixels needs no fine path."""

Pair = tuple[float, float]
"""A figure of the noisy and of the denoised picture."""


@dataclass(frozen=True)
class Drift:
    """One level of the noise: what it does to picture, class and maps. Each pair: noisy, denoised.

    level: in the noise's unit. psnr: dB against the clean picture, infinite where nothing changed. probability: of the class
    that is explained. ranks: by method, rank correlation with the clean picture's map. overlap: by method, the share that the
    top tenths of the pixels have in common.
    """

    level: float
    psnr: Pair
    probability: Pair
    ranks: Mapping[str, Pair]
    overlap: Mapping[str, Pair]


def drift_levels(noise: str) -> tuple[float, ...]:
    """The levels of `noise_levels`, from no noise at all where that noise can be without."""
    levels, low = noise_levels(noise), NOISES.get(noise).parameter("level").low
    return levels if low is None or low > 0 else (float(low), *levels)


def drift(
    scene: Scene,
    levels: Sequence[float] | None = None,
    methods: Sequence[str] = METHODS,
    *,
    upload: Dataset | None = None,
    target: str = "",
) -> Iterator[Drift]:
    """The scene's picture at each level of its noise, the same draw of the noise at all; a result as soon as it is there.

    scene: picture, noise, seed, denoiser, classifier; its own level is not used. levels: None takes `drift_levels`. methods: of
    `list_explainers()`, with the scene's parameters. upload: the user's own picture. target: what is explained ("class:1");
    empty: the class predicted on the clean picture. The same arguments give the same figures; stop by not asking for more.
    Raises UnknownName for a method, InvalidInput for a level out of range or no methods.
    """
    if not methods:
        raise InvalidInput("Expected at least one method to follow.")
    how = {method: parameters(scene, method) for method in methods}
    network = load_classifier(scene.classifier)
    chosen = drift_levels(scene.noise) if levels is None else levels
    clean: dict[str, Any] = {}
    for level in chosen:
        found = pictures(replace(scene, level=float(level)), upload)
        if not clean:
            target = target or scene.target or f"class:{int(network(found.clean)[0].argmax())}"
            clean = {name: explain(network, found.clean, name, target, **how[name]).heatmap[0] for name in methods}
        yield _at(float(level), found, network, target, how, clean)


def parameters(scene: Scene, method: str) -> dict[str, Any]:
    """What a method is asked for with: the scene's parameters, fewer steps where it says nothing of them."""
    spec = EXPLAINERS.get(method)
    layer = {"layer": scene.cam_layer} if scene.cam_layer and takes_layer(method) else {}
    return dict(FEWER.get(spec.name, {})) | scene.parameters_of(method) | layer


def _at(
    level: float, found: Pictures, network: Any, target: str, how: Mapping[str, dict[str, Any]], clean: Mapping[str, Any]
) -> Drift:
    both = np.concatenate([found.noisy, found.denoised])
    ranks, overlap = {}, {}
    for method, values in how.items():
        maps = explain(network, both, method, target, **values).heatmap
        ranks[method] = _pair(rank_correlation(clean[method], one) for one in maps)
        overlap[method] = _pair(top_overlap(clean[method], one) for one in maps)
    shares = network(both)[:, int(target.partition(":")[2])]
    return Drift(level, _pair(psnr(np.repeat(found.clean, 2, axis=0), both)), _pair(shares), ranks, overlap)


def _pair(values: Any) -> Pair:
    noisy, denoised = values
    return float(noisy), float(denoised)
