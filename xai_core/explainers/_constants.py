"""The constant part of each layer while a network runs: what it adds that does not come from its input."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ._layers import wrapping
from ._linear import activation, is_biased, is_homogeneous

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

        return keras.tree.map_structure(lambda value: note(value, _rest(value, forward)) if _real(value) else value, outputs)

    def around(path: str, layer: Any, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        nonlocal inside
        if inside or isinstance(layer, keras.Model) or is_homogeneous(layer):
            return call(*args, **kwargs)
        inside = True
        try:
            if not is_biased(layer):
                return through(call, args, kwargs)

            def noted(outputs: Any, function: Callable[[Any], Any]) -> Any:
                if threading.get_ident() != owner:
                    return function(outputs)
                if layer.bias is not None:
                    outputs = note(outputs, layer.bias)
                return function(outputs) if function in plain else through(function, (outputs,), {})

            with activation(layer, noted):
                return call(*args, **kwargs)
        finally:
            inside = False

    with wrapping(model, around):
        yield found


def target_constant(score: Callable[[Any, Any], Any], outputs: Any, inputs: Any) -> tuple[Any, Any]:
    """Inside a trace: score(outputs, inputs), (N,), and its constant part, (N,): 0 for a mean, minus itself for a square."""
    import tensorflow as tf

    ends = [tf.identity(outputs), tf.identity(inputs)]
    with tf.autodiff.ForwardAccumulator(ends, ends) as forward:
        number = score(*ends)
    return number, _rest(number, forward)


def _rest(value: Any, forward: Any) -> Any:
    """f(u) - f'(u) u, with f'(u) u by forward differentiation along u."""
    import tensorflow as tf

    constant = value - forward.jvp(value, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    largest = tf.reduce_max(tf.abs(value), axis=range(1, len(value.shape)), keepdims=True)
    return tf.where(tf.abs(constant) > ROUNDING * largest, constant, 0)


def _real(value: Any) -> bool:
    import tensorflow as tf

    return bool(tf.is_tensor(value) and value.dtype.is_floating)
