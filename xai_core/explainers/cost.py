"""What an explanation costs, before it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._layers import outline
from ._models import network_of, network_shape
from .grad_cam import choose_layer
from .occlusion import patch_grid

SIDE = 96
"""Pixels of a picture for a network that takes any size."""
BACKWARD = 1.5
"""A backward pass in forward passes, as measured on a CPU: as many products, and the layers' outputs are read once more."""


@dataclass(frozen=True)
class Cost:
    """Passes of one picture, at most. steps: how many samples, patches or channels; unit: what they are called."""

    steps: int
    unit: str
    backward: bool = False

    @property
    def passes(self) -> float:
        """In forward passes."""
        return self.steps * (1 + BACKWARD * self.backward)


def cost(model: Any, method: str, parameters: Mapping[str, Any]) -> Cost | None:
    """What a method that refines its map costs on a network: passes of one picture; None for the other methods.

    model: a Keras model or a wrapper of one. parameters: all of the method's, as `Spec.complete` gives them.
    """
    if method in ("lime", "rise", "smoothgrad"):
        return Cost(int(parameters["samples"]), "samples", backward=method == "smoothgrad")
    if method not in ("occlusion", "score_cam"):
        return None
    network = network_of(model)
    shape = network_shape(network, SIDE)
    if method == "occlusion":
        _, rows, columns = patch_grid(*shape[:2], parameters["share"], parameters["overlap"])
        return Cost(len(rows) * len(columns), "patches")
    known = outline(network, shape)
    available = known.find(choose_layer(known, parameters["layer"] or None)).shape[-1]
    return Cost(min(int(parameters["channels"]) or available, available), "channels")
