"""What each layer of a network holds for given images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..compiled import apply, compiled, trace
from ..types import Array
from ._layers import LayerInfo, batch_size, outline, recording
from ._models import network_of, network_shape, open_model


def activations(model: Any, images: ArrayLike, layers: Sequence[str] | None = None) -> dict[str, Array]:
    """Outputs of the layers at inference, from one forward pass.

    model: a Keras 3 model (images must have its input shape) or a classifier or denoiser (images of any size).
    layers: names, None for all. Layers of nested models are called "model/layer"; the last part is enough where it is unique.
    Returns {name: (N, ...) float32} in the order in which the layers run, under the names that were asked for.
    Raises UnknownName for a layer that is not there, InvalidInput for images of another shape.
    """
    network = network_of(model)
    opened = open_model(model, images)
    inputs, shape = opened.inputs, opened.shape
    known = outline(network, shape)
    asked = {layer.name: layer.name for layer in known.layers}
    if layers is not None:
        asked = {known.find(name).name: name for name in ([layers] if isinstance(layers, str) else layers)}
    chosen = [layer for layer in known.layers if layer.name in asked]
    call = layer_figures(network, shape, "activations", chosen, lambda layer, outputs: outputs)
    size = batch_size(network, shape)
    parts = [[part.numpy() for part in call(inputs[at : at + size])] for at in range(0, len(inputs), size)]
    return {asked[layer.name]: np.concatenate(column) for layer, column in zip(chosen, zip(*parts, strict=True), strict=True)}


def layer_figures(
    network: Any,
    shape: tuple[int, ...],
    key: str,
    layers: Sequence[LayerInfo],
    figures: Callable[..., Any],
    *more: tuple[Any, ...],
) -> Any:
    """A compiled function (images, *more) -> [figures(layer, outputs, *more) for each of `layers`], in one forward pass.

    The figures are made inside the network's run, so that no layer's output need leave it. shape: (h, w, c) of an input.
    key: of these figures, for the cache. figures: TensorFlow, outputs (N, ...) float32. more: (shape, dtype) of the further
    arguments.
    """

    def run(images: Any, *more: Any) -> Any:
        import tensorflow as tf

        with recording(network) as found:
            apply(network, images)
        return [figures(layer, tf.cast(found[layer.name], tf.float32), *more) for layer in layers]

    names = tuple(layer.name for layer in layers)
    return compiled(network, (key, names, shape), lambda: trace(run, ((None, *shape), "float32"), *more))


def distances(outputs: Any) -> tuple[Any, Any]:
    """TensorFlow: how far outputs a, (N, ...), are from the first image's, ||a - a_0||, (N,), and ||a_0||."""
    import tensorflow as tf

    axes = range(1, len(outputs.shape))
    distance = tf.sqrt(tf.reduce_sum(tf.square(outputs - outputs[:1]), axes))
    return distance, tf.sqrt(tf.reduce_sum(tf.square(outputs[0])))


@dataclass(frozen=True)
class LayerSummary:
    """One layer's outputs for some images in a few numbers.

    low, high: the least and the largest output of all images. change: for each image, how far its output is from the first
    image's, ||a - a_0|| / ||a_0|| (0 where a_0 is zero everywhere).
    """

    layer: LayerInfo
    low: float
    high: float
    change: tuple[float, ...]


def summarise_layers(model: Any, images: ArrayLike) -> tuple[LayerSummary, ...]:
    """What every layer holds for the images, summed up inside the network's run, so that no output need be kept.

    model, images: as for `activations`. Returns one summary a layer, in the order in which they run.
    """
    network = network_of(model)
    inputs = open_model(model, images).inputs
    shape = inputs.shape[1:]
    layers = outline(network, shape).layers

    def figures(layer: LayerInfo, outputs: Any) -> Any:
        import tensorflow as tf

        return tf.reduce_min(outputs), tf.reduce_max(outputs), tf.math.divide_no_nan(*distances(outputs))

    call = layer_figures(network, shape, "summary", layers, figures)
    size = max(2, batch_size(network, shape))
    # Each batch begins with the first image, to which the others are compared.
    batches = [np.concatenate([inputs[:1], inputs[at : at + size - 1]]) for at in range(1, max(len(inputs), 2), size - 1)]
    parts = [[np.stack(column) for column in zip(*call(batch), strict=True)] for batch in batches]
    low = np.min([part[0] for part in parts], axis=0)
    high = np.max([part[1] for part in parts], axis=0)
    change = np.concatenate([parts[0][2][:, :1], *(part[2][:, 1:] for part in parts)], axis=1)
    return tuple(
        LayerSummary(layer, float(low[i]), float(high[i]), tuple(map(float, change[i]))) for i, layer in enumerate(layers)
    )


def list_layers(model: Any, *, side: int = 64) -> tuple[LayerInfo, ...]:
    """All layers (name, kind, shape for one image) in the order in which they run, nested models included.

    side: height and width to assume for a model that takes images of any size.
    """
    network = network_of(model)
    return outline(network, network_shape(network, side)).layers


def spatial_layers(model: Any, *, side: int = 64) -> tuple[LayerInfo, ...]:
    """The layers whose output is a map of more than one row and column: those that Grad-CAM can use."""
    return tuple(layer for layer in list_layers(model, side=side) if layer.spatial)
