"""The constant part of each layer while a network runs: what it adds that does not come from its input."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ._layers import wrapping

WITHOUT = (
    *("Add", "Average", "AveragePooling2D", "Concatenate", "Cropping2D", "Dropout", "Flatten", "GlobalAveragePooling2D"),
    *("GlobalMaxPooling2D", "MaxPooling2D", "Maximum", "Minimum", "Permute", "Reshape", "Resizing", "SpatialDropout2D"),
    *("Subtract", "UpSampling2D", "ZeroPadding2D"),
)
"""Keras layers that have no constant part: f(u) = f'(u) u. Said here, because forward differentiation takes time, leaves
rounding, and knows nothing of a bilinear resize."""

ROUNDING = 1e-6
"""Of a layer's largest output: constants below are what float32 left of a difference of equal numbers."""


@contextmanager
def constants(model: Any, tape: Any) -> Iterator[list[tuple[Any, Any]]]:
    """Inside a trace: collect (output, constant part) of every layer that this thread calls, the outputs watched by `tape`.

    Nested models are opened; a layer made of layers (attention) is one. Where a layer ends in an activation of its own, its
    output before that is collected too: there the bias is the constant part, and logits begin there.
    """
    import keras
    import tensorflow as tf

    owner = threading.get_ident()
    found: list[tuple[Any, Any]] = []
    inside = False
    kinds = keras.layers
    with_bias = {
        kinds.Dense,
        kinds.EinsumDense,
        kinds.Conv2D,
        kinds.Conv2DTranspose,
        kinds.DepthwiseConv2D,
        kinds.SeparableConv2D,
    }
    without = {getattr(kinds, name) for name in WITHOUT}
    plain = keras.activations.linear, keras.activations.relu

    def note(outputs: Any, constant: Any) -> Any:
        outputs = tf.identity(outputs)
        tape.watch(outputs)
        found.append((outputs, constant))
        return outputs

    def through(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call any function and note f(u) - f'(u) u, which forward differentiation gives."""
        # Copies, because a layer may be given one tensor twice, and each is differentiated.
        args, kwargs = keras.tree.map_structure(lambda value: tf.identity(value) if _real(value) else value, (args, kwargs))
        inputs = [value for value in keras.tree.flatten((args, kwargs)) if _real(value)]
        with tf.autodiff.ForwardAccumulator(inputs, inputs) as forward:
            outputs = function(*args, **kwargs)

        def rest(value: Any) -> Any:
            if not _real(value):
                return value
            constant = value - forward.jvp(value, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            largest = tf.reduce_max(tf.abs(value), axis=range(1, len(value.shape)), keepdims=True)
            return note(value, tf.where(tf.abs(constant) > ROUNDING * largest, constant, 0))

        return keras.tree.map_structure(rest, outputs)

    def around(path: str, layer: Any, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        nonlocal inside
        if inside or isinstance(layer, keras.Model) or type(layer) in without:
            return call(*args, **kwargs)
        inside = True
        try:
            if type(layer) not in with_bias or getattr(layer, "data_format", "") == "channels_first":
                return through(call, args, kwargs)
            activation = layer.activation

            def noted(outputs: Any) -> Any:
                if threading.get_ident() != owner:
                    return activation(outputs)
                if layer.bias is not None:
                    outputs = note(outputs, layer.bias)
                return activation(outputs) if activation in plain else through(activation, (outputs,), {})

            object.__setattr__(layer, "activation", noted)
            try:
                return call(*args, **kwargs)
            finally:
                object.__setattr__(layer, "activation", activation)
        finally:
            inside = False

    with wrapping(model, around):
        yield found


def _real(value: Any) -> bool:
    import tensorflow as tf

    return bool(tf.is_tensor(value) and value.dtype.is_floating)
