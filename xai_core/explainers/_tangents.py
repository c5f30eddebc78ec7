"""Products of a network's Jacobian with pictures: what a change of the input does to the whole output (forward mode)."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiled import apply, compiled, trace
from ..errors import InvalidInput
from ..types import Array
from ._layers import batch_size, wrapping
from ._linear import activation, is_biased, is_linear

POINTWISE = ("elu", "gelu", "leaky_relu", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh")
"""Keras activations that take each number by itself."""


def push_forward(model: Any, inputs: Array, tangents: Array) -> tuple[Array, Array]:
    """f(y) and J(y) t, with J the Jacobian of a Keras model at y.

    Pictures and tangents go through the network together, as one batch: a linear layer takes both, a bias is added to the
    pictures alone, an activation multiplies a tangent by its slope at the picture. So k tangents cost k forward passes, where
    TensorFlow's own forward mode takes two for each and one for the picture.

    inputs: y, (N, h, w, c). tangents: t, (k, N, h, w, c). Returns f(y), (N, ...), and J t, (k, N, ...), float32.
    Raises InvalidInput where the shapes do not fit.
    """
    count, *shape = tangents.shape
    if tuple(shape) != inputs.shape:
        raise InvalidInput(f"Expected tangents of shape (k, {inputs.shape}), received {tangents.shape}.")

    def run(pictures: Any, directions: Any) -> Any:
        import tensorflow as tf

        stacked = tf.concat([pictures[None], directions], axis=0)
        outputs = _carried(model, tf.reshape(stacked, (-1, *pictures.shape[1:])), count)
        return tf.reshape(outputs, (1 + count, -1, *outputs.shape[1:]))

    signature = ((None, *inputs.shape[1:]), "float32"), ((count, None, *inputs.shape[1:]), "float32")
    call = compiled(model, ("tangents", inputs.shape[1:], count), lambda: trace(run, *signature))
    size = max(1, batch_size(model, inputs.shape[1:]) // (1 + count))
    parts = [call(inputs[at : at + size], tangents[:, at : at + size]).numpy() for at in range(0, len(inputs), size)]
    found = np.concatenate(parts, axis=1)
    return found[0], found[1:]


def _carried(model: Any, stacked: Any, count: int) -> Any:
    """The outputs of a model for pictures followed by `count` sets of tangents, all along the first axis."""
    import keras
    import tensorflow as tf

    owner = threading.get_ident()
    inside = False

    each_by_itself = {getattr(keras.activations, name) for name in POINTWISE}

    def apart(value: Any) -> tuple[Any, Any]:
        size = tf.shape(value)[0] // (1 + count)
        return value[:size], value[size:]

    def only_pictures(value: Any, constant: Any) -> Any:
        """Take a constant that was added to all from the tangents again."""
        shape = tf.shape(value)
        sets = tf.reshape(value, tf.concat([[1 + count, -1], shape[1:]], axis=0))
        tangents = tf.reshape(tf.cast(tf.range(1 + count) > 0, value.dtype), [-1] + [1] * len(value.shape))
        return tf.reshape(sets - tangents * constant, shape)

    def sloped(value: Any, function: Callable[[Any], Any]) -> Any:
        """An activation: its value for the pictures, times its slope there for the tangents."""
        if function is keras.activations.linear:
            return value
        if function not in each_by_itself:
            return through(function, (value,), {})
        sets = tf.reshape(value, tf.concat([[1 + count, -1], tf.shape(value)[1:]], axis=0))
        pictures, tangents = sets[0], sets[1:]
        if function is keras.activations.relu:
            outputs = sets * tf.cast(pictures > 0, value.dtype)[None]
        else:
            with tf.GradientTape() as tape:
                tape.watch(pictures)
                found = function(pictures)
            outputs = tf.concat([found[None], tangents * tape.gradient(found, pictures)[None]], axis=0)
        return tf.reshape(outputs, tf.shape(value))

    def largest(value: Any, layer: Any) -> Any:
        """Maximum pooling: of a tangent, the number at the place of the picture's maximum."""
        pictures, tangents = apart(value)
        how = {"ksize": [1, *layer.pool_size, 1], "strides": [1, *layer.strides, 1], "padding": layer.padding.upper()}
        outputs = tf.raw_ops.MaxPool(input=pictures, **how)
        again = [tf.tile(one, [count, 1, 1, 1]) for one in (pictures, outputs)]
        moved = tf.raw_ops.MaxPoolGradGrad(orig_input=again[0], orig_output=again[1], grad=tangents, **how)
        return tf.concat([outputs, moved], axis=0)

    def through(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Any function, by TensorFlow's forward mode."""
        values, tangents = [], []

        def part(value: Any) -> Any:
            if not (tf.is_tensor(value) and value.dtype.is_floating):
                return value
            pictures, directions = apart(value)
            values.append(tf.tile(pictures, [count] + [1] * (len(pictures.shape) - 1)))
            tangents.append(directions)
            return values[-1]

        args, kwargs = keras.tree.map_structure(part, (args, kwargs))
        with tf.autodiff.ForwardAccumulator(values, tangents) as forward:
            outputs = function(*args, **kwargs)

        def joined(value: Any) -> Any:
            moved = forward.jvp(value, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return tf.concat([value[: tf.shape(value)[0] // count], moved], axis=0)

        return keras.tree.map_structure(joined, outputs)

    def around(path: str, layer: Any, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        nonlocal inside
        if inside or is_linear(layer) or (isinstance(layer, keras.Model) and _open(layer)):
            return call(*args, **kwargs)
        inside = True
        try:
            if is_biased(layer):

                def behind(outputs: Any, function: Callable[[Any], Any]) -> Any:
                    if threading.get_ident() != owner:
                        return function(outputs)
                    return sloped(outputs if layer.bias is None else only_pictures(outputs, layer.bias), function)

                with activation(layer, behind):
                    return call(*args, **kwargs)
            if isinstance(layer, keras.layers.BatchNormalization):
                nothing = tf.zeros_like(args[0][:1])
                return only_pictures(call(*args, **kwargs), call(nothing, training=False))
            if type(layer) is keras.layers.MaxPooling2D and layer.data_format == "channels_last":
                return largest(args[0], layer)
            if type(layer) is keras.layers.Activation:
                return sloped(args[0], layer.activation)
            if type(layer) is keras.layers.ReLU and not (layer.negative_slope or layer.threshold or layer.max_value):
                return sloped(args[0], keras.activations.relu)
            return through(call, args, kwargs)
        finally:
            inside = False

    if not _open(model):
        return through(lambda batch: apply(model, batch), (stacked,), {})
    with wrapping(model, around):
        return apply(model, stacked)


def _open(model: Any) -> bool:
    """Whether all that a model computes is in its layers, or cuts out parts (x[..., :3])."""
    import keras

    if isinstance(model, keras.Sequential):
        return True
    if type(model).__name__ != "Functional":
        return False
    return all(isinstance(one, keras.layers.Layer) or type(one).__name__ == "GetItem" for one in model.operations)
