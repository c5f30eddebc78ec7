"""Plain words for maps that say little or nothing: what is seen, why it happens, what to do."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..explainers import EXPLAINERS, activations, spatial_layers
from ..explainers._models import class_scores, examine
from ..images import check_images
from ..types import Array, Explanation
from ._checks import COARSE, SAME, Case, Failure, findings

__all__ = ["Failure", "failures", "untrained"]


def failures(found: Explanation, images: ArrayLike, model: Any = None) -> tuple[tuple[Failure, ...], ...]:
    """What is unusual about each map of an explanation, the grave first; empty for a healthy one.

    found: by `explain`. images: (N, H, W, C), those explained. model: the network explained; without it, what needs a forward
    pass is left out: saturated softmax, silent channels, coarse layers. Costs one pass, and one to the layer for a method that
    has one.
    """
    return tuple(findings(case) for case in _cases(found, check_images(images), model))


def untrained(correlation: float) -> Failure | None:
    """What the rank correlation of a map with that of the network with random weights says; None where it is low enough.

    Source: Adebayo et al. (2018), arXiv:1810.03292.
    """
    if not correlation > SAME:
        return None
    return Failure(
        "untrained",
        "The same as for an untrained network: with random weights the map orders the pixels nearly as here, so it shows the "
        "picture or the architecture, not what was learned.",
        "Do not read it as evidence. Try another method, for instance Grad-CAM or integrated gradients.",
    )


def _cases(found: Explanation, images: Array, model: Any) -> list[Case]:
    count = len(found.heatmap)
    spec = EXPLAINERS.get(found.method)
    layer = found.diagnostics.get("layer")
    layer = layer if isinstance(layer, str) else ""
    known: list[dict[str, Any]] = [{} for _ in range(count)]
    if model is not None and not spec.supports.get("control"):
        known = _from_network(found, images, model, layer)
    return [
        Case(spec, found.heatmap[i], _figures(found.diagnostics, i, count), images[i], layer, **known[i]) for i in range(count)
    ]


def _figures(diagnostics: Mapping[str, Any], index: int, count: int) -> dict[str, float]:
    return {
        name: float(value[index])
        for name, value in diagnostics.items()
        if isinstance(value, np.ndarray) and value.shape == (count,)
    }


def _from_network(found: Explanation, images: Array, model: Any, layer: str) -> list[dict[str, Any]]:
    """What only a forward pass tells, for each picture."""
    targets = found.target.split(";")
    subject = examine(model, images, targets if len(targets) == len(images) else found.target)
    if subject.model is None:
        return [{} for _ in images]
    known: list[dict[str, Any]] = [{} for _ in images]
    if subject.kind.of_classes:
        scores = class_scores(subject.model, subject.inputs).astype(np.float64)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        if scores.shape[1] == 2 and np.array_equal(scores[:, 0], -scores[:, 1]):  # one sigmoid unit z, written as (-z, z)
            shares = 1 / (1 + np.exp(-scores))
        for entry, share, target in zip(known, shares, subject.arguments[:, 0], strict=True):
            entry["probability"] = float(share[target])
    if layer:
        held = activations(model, images, [layer])[layer]
        rows, columns = held.shape[1:3]
        enough = max(rows, columns, COARSE)
        layers = spatial_layers(model, side=subject.shape[0])
        finer = tuple(item.name for item in layers if item.convolution and min(item.shape[:2]) > enough)
        for entry, channels in zip(known, held, strict=True):
            entry |= {"channels": channels, "finer": finer}
    return known
