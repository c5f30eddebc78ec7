"""Grad-CAM."""

from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..types import Progress
from ._gradients import layer_gradients
from ._layers import LayerInfo, Outline, outline
from ._models import Subject, network_of, network_shape
from .base import Evidence, no_progress


def grad_cam(subject: Subject, *, layer: str | None = None, progress: Progress = no_progress) -> Evidence:
    """Where the maps of a convolution support the target: ReLU(sum_k mean_ij(dS/dA_k) A_k).

    layer: name of a layer with a map of more than one row and column; None takes `default_layer`.
    Returns maps >= 0 at the size of the layer, in units of the target times the layer's; diagnostics: blank, (N,) bool,
    true where nothing supports the target; layer, its name; score, (N,), the target's value.
    Raises UnknownName for a layer that is not there, InvalidInput for one without spatial extent.
    Source: Selvaraju et al. (2017), doi:10.1109/ICCV.2017.74.
    """
    name = choose_layer(outline(subject.model, subject.shape), layer)
    maps, gradients, score = layer_gradients(subject, name)
    weights = gradients.mean(axis=(1, 2))
    cam = np.maximum(np.einsum("nhwk,nk->nhw", maps, weights), 0).astype(np.float32)
    progress(1.0)
    return Evidence(cam, {"blank": ~cam.any(axis=(1, 2)), "layer": name, "score": score})


def default_layer(model: Any, *, side: int = 64) -> str:
    """The layer that the Grad-CAM family uses by itself: the last convolution with more than one row and column.

    Where normalisation, a sum or an activation of the same shape follow it, the activation: before them zero means nothing, and
    more of a map lies where it should (docs/planted-evidence.md measures it).
    Of an image-to-image network only layers of more channels than its output count: the others are the output itself.
    side: height and width to assume for a model that takes images of any size.
    """
    network = network_of(model)
    return choose_layer(outline(network, network_shape(network, side)), None)


def choose_layer(network: Outline, layer: str | None) -> str:
    """The path of a layer that has a map, or of the default one; InvalidInput naming the usable ones otherwise."""
    spatial = [item for item in network.layers if item.spatial]
    usable = ", ".join(item.name for item in spatial) or "none"
    if layer is not None:
        found = network.find(layer)
        if not found.spatial:
            raise InvalidInput(
                f"Grad-CAM needs a layer with a map of rows and columns; the output of {layer!r} has shape {found.shape}. "
                f"Usable layers: {usable}."
            )
        return found.name
    if len(network.output_shape) == 3:
        spatial = [item for item in spatial if item.shape[2] > network.output_shape[2]]
    candidates = [item for item in spatial if item.convolution] or spatial
    if not candidates:
        raise InvalidInput(
            "Grad-CAM needs a layer with a map of rows and columns, and this network has none. Use another method."
        )
    return _activated(network, candidates[-1])


FOLLOWERS = ("BatchNormalization", "LayerNormalization", "Add", "Dropout", "SpatialDropout2D")
ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU")


def _activated(network: Outline, convolution: LayerInfo) -> str:
    """The activation behind a convolution, past what `FOLLOWERS` lists; the convolution itself where there is none."""
    behind = network.layers[network.layers.index(convolution) + 1 :]
    for layer in behind:
        if layer.shape != convolution.shape or layer.kind not in (*FOLLOWERS, *ACTIVATIONS):
            break
        if layer.kind in ACTIVATIONS:
            return layer.name
    return convolution.name
