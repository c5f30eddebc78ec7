"""The only gradient tapes: gradients of a target at a layer, at inputs, and along a line of inputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled, trace
from ..errors import InvalidInput
from ..types import Array, Progress
from ._layers import batch_size, recording
from ._models import Subject
from ._scores import score


def layer_gradients(subject: Subject, layer: str) -> tuple[Array, Array, Array]:
    """Output A of a layer and the gradient dS/dA of the target S.

    layer: its path, as in `_layers.Outline`. Returns A and dS/dA, both (N, ...) float32, and S, (N,) float32.
    Only the part of the network behind the layer is differentiated. Raises InvalidInput if S does not depend on the layer.
    """
    import tensorflow as tf

    model, kind = subject.model, subject.kind

    def run(images: Any, numbers: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def watch(name: str, tensor: Any) -> Any:
                if name != layer:
                    return tensor
                # A copy, because a layer that does nothing at inference (dropout) hands on its input itself.
                tensor = tf.identity(tensor)
                tape.watch(tensor)
                return tensor

            with recording(model, watch) as found:
                number = score(model, kind, images, numbers)
        gradient = tape.gradient(number, found[layer])
        if gradient is None:
            raise InvalidInput(f"The target does not depend on the layer {layer!r}. Choose another layer.")
        return tf.cast(found[layer], tf.float32), tf.cast(gradient, tf.float32), number

    arguments = subject.arguments
    signature = ((None, *subject.shape), "float32"), ((None, arguments.shape[1]), "int32")
    call = compiled(model, ("layer", layer, kind, subject.shape), lambda: trace(run, *signature))
    size = batch_size(model, subject.shape)
    parts = [call(subject.inputs[at : at + size], arguments[at : at + size]) for at in range(0, len(subject.inputs), size)]
    activations, gradients, numbers = (np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True))
    return activations, gradients, numbers


def input_gradients(subject: Subject, inputs: Array, arguments: NDArray[np.int32]) -> tuple[Array, Array]:
    """Gradient of the target at each of `inputs` (N, h, w, c) with `arguments` (N, fields): (N, h, w, c), and S, (N,)."""
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(rows: Any, numbers: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            number = score(model, kind, rows, numbers)
        return tape.gradient(number, rows, unconnected_gradients=tf.UnconnectedGradients.ZERO), number

    signature = ((None, *shape), "float32"), ((None, arguments.shape[1]), "int32")
    call = compiled(model, ("input", kind, shape), lambda: trace(run, *signature))
    size = batch_size(model, shape)
    parts = [call(inputs[at : at + size], arguments[at : at + size]) for at in range(0, len(inputs), size)]
    gradients, numbers = (np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True))
    return gradients, numbers


def line_gradient(subject: Subject, index: int, start: Array, direction: Array, positions: Array, progress: Progress) -> Array:
    """Mean over positions t of the target's gradient at start + t direction, for image `index`: (h, w, c) float32.

    start, direction: (h, w, c). positions: (steps,) float32. The steps are made inside the compiled function, in batches
    bounded by memory. progress: called with the share of the steps done.
    """
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(start: Any, direction: Any, positions: Any, numbers: Any) -> Any:
        rows = start + positions[:, None, None, None] * direction
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            number = score(model, kind, rows, tf.repeat(numbers[None], tf.shape(rows)[0], axis=0))
        gradient = tape.gradient(number, rows, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return tf.reduce_sum(gradient, axis=0)

    numbers = subject.arguments[index]
    signature = (shape, "float32"), (shape, "float32"), ((None,), "float32"), (numbers.shape, "int32")
    call = compiled(model, ("line", kind, shape), lambda: trace(run, *signature))
    # Batches of nearly equal size: 50 steps in batches of at most 24 are 17 + 17 + 16.
    count = -(-len(positions) // batch_size(model, shape))
    total = np.zeros(shape, np.float64)
    done = 0
    for part in np.array_split(positions, count):
        total += call(start, direction, part, numbers).numpy()
        done += len(part)
        progress(done / len(positions))
    return (total / len(positions)).astype(np.float32)
