"""The only gradient tapes: gradients of a target at a layer, at inputs, along a line of inputs, and at all layers' constants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import apply, compiled, trace
from ..errors import InvalidInput
from ..types import Array, Progress
from ._constants import constants, target_constant
from ._layers import attending, batch_size, recording
from ._models import Subject
from ._scores import score, seen_by


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
    signature = ((None, *subject.shape), "float32"), ((None, arguments.shape[1]), arguments.dtype)
    call = compiled(model, ("layer", layer, kind, subject.shape), lambda: trace(run, *signature))
    size = batch_size(model, subject.shape)
    parts = [call(subject.inputs[at : at + size], arguments[at : at + size]) for at in range(0, len(subject.inputs), size)]
    activations, gradients, numbers = (np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True))
    return activations, gradients, numbers


def gradients_of_all(subject: Subject, names: Sequence[str], reduce: Callable[[Any, Any], Any]) -> list[Any]:
    """`reduce(A, dS/dA)` for the output A of every layer, from one forward and one backward pass over all images together.

    names: paths of layers. reduce: inside the trace, (N, ...) tensors to a tuple of tensors; the gradient is 0 where the
    target does not depend on the layer. Returns one tuple of arrays a layer.
    """
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(images: Any, numbers: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def watch(name: str, tensor: Any) -> Any:
                tensor = tf.identity(tensor)
                tape.watch(tensor)
                return tensor

            with recording(model, watch) as found:
                number = score(model, kind, images, numbers)
        outputs = [found[name] for name in names]
        gradients = tape.gradient(number, outputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [reduce(tf.cast(a, tf.float32), tf.cast(g, tf.float32)) for a, g in zip(outputs, gradients, strict=True)]

    arguments = subject.arguments
    signature = ((None, *shape), "float32"), ((None, arguments.shape[1]), arguments.dtype)
    call = compiled(model, ("all layers", kind, shape, reduce), lambda: trace(run, *signature))
    return [tuple(part.numpy() for part in row) for row in call(subject.inputs, arguments)]


def input_gradients(subject: Subject, inputs: Array, arguments: NDArray[Any]) -> tuple[Array, Array]:
    """Gradient of the target at each of `inputs` (N, h, w, c) with `arguments` (N, numbers): (N, h, w, c), and S, (N,)."""
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(rows: Any, numbers: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            number = score(model, kind, rows, numbers)
        return tape.gradient(number, rows, unconnected_gradients=tf.UnconnectedGradients.ZERO), number

    signature = ((None, *shape), "float32"), ((None, arguments.shape[1]), arguments.dtype)
    call = compiled(model, ("input", kind, shape), lambda: trace(run, *signature))
    size = batch_size(model, shape)
    parts = [call(inputs[at : at + size], arguments[at : at + size]) for at in range(0, len(inputs), size)]
    gradients, numbers = (np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True))
    return gradients, numbers


def noise_gradients(subject: Subject, index: int, sigma: float, seed: tuple[int, int], count: int) -> tuple[Array, Array]:
    """Sum and sum of squares of the target's gradients at `count` noisy copies of image `index`: two (h, w, c) float32.

    The copies are image + sigma n, n ~ N(0, 1) by the seed, none on the level of a guided network. Noise is drawn and gradients
    are added up inside the compiled function.
    """
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    spread = np.ones(shape[-1], np.float32)
    spread[shape[-1] - subject.guides :] = 0

    def run(image: Any, sigma: Any, seed: Any, count: Any, numbers: Any) -> Any:
        rows = image + sigma * spread * tf.random.stateless_normal((count, *shape), seed)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            number = score(model, kind, rows, tf.repeat(numbers[None], count, axis=0))
        gradient = tape.gradient(number, rows, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return tf.reduce_sum(gradient, axis=0), tf.reduce_sum(tf.square(gradient), axis=0)

    numbers = subject.arguments[index]
    signature = (shape, "float32"), ((), "float32"), ((2,), "int32"), ((), "int32"), (numbers.shape, numbers.dtype)
    call = compiled(model, ("noise", kind, shape, subject.guides), lambda: trace(run, *signature))
    inputs = subject.inputs[index], np.float32(sigma), np.array(seed, np.int32), np.int32(count), numbers
    total, squares = call(*map(tf.constant, inputs))
    return total.numpy(), squares.numpy()


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
    signature = (shape, "float32"), (shape, "float32"), ((None,), "float32"), (numbers.shape, numbers.dtype)
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


@dataclass(frozen=True)
class Split:
    """The target split into what came from the input and what from the constants of the layers.

    inputs: x dS/dx, (N, h, w, c). picture: (N, h, w), what was drawn of the layers with rows and columns. placed, unplaced:
    (N,), sums over the layers with and without rows and columns (and the target). score: S, (N,). All float32.
    """

    inputs: Array
    picture: Array
    placed: Array
    unplaced: Array
    score: Array


def constant_gradients(subject: Subject, draw: Callable[[Any], Any]) -> Split:
    """Split S = sum x dS/dx + sum over the layers of sum b dS/dy + b_S, which is exact for a network made of layers.

    b = f(u) - f'(u) u is the constant part of a layer y = f(u): the bias of a convolution, beta - gamma mean / sqrt(var + eps)
    of a batch normalisation, 0 of a ReLU or a maximum, a(u) - a'(u) u of any activation. It follows from the chain rule:
    g'(f) f' u = g'(f) (y - b), layer by layer. b_S is that of the target itself, 0 for a logit or a mean; it counts as unplaced.
    draw: TensorFlow, b dS/dy of a layer with rows and columns, (N, h', w', c') -> a picture (N, h, w).
    """
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(rows: Any, numbers: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            with constants(model, tape) as found:
                outputs = seen_by(model, kind, rows)
            number, own = target_constant(lambda picture, given: kind.score(picture, given, numbers), outputs, rows)
        zero = tf.UnconnectedGradients.ZERO
        gradient, *gradients = tape.gradient(number, [rows, *(outputs for outputs, _ in found)], unconnected_gradients=zero)
        picture, placed, unplaced = tf.zeros_like(rows[..., 0]), tf.zeros_like(number), own
        for (_, constant), at in zip(found, gradients, strict=True):
            part = tf.cast(constant, tf.float32) * tf.cast(at, tf.float32)
            total = tf.reduce_sum(part, axis=range(1, len(part.shape)))
            if len(part.shape) == 4 and tuple(part.shape[1:3]) != (1, 1) and None not in part.shape[1:3]:
                picture += draw(part)
                placed += total
            else:
                unplaced += total
        return rows * gradient, picture, placed, unplaced, number

    arguments = subject.arguments
    signature = ((None, *shape), "float32"), ((None, arguments.shape[1]), arguments.dtype)
    call = compiled(model, ("constants", kind, shape), lambda: trace(run, *signature))
    size = max(1, batch_size(model, shape) // 2)  # each layer's output is held twice
    parts = [call(subject.inputs[at : at + size], arguments[at : at + size]) for at in range(0, len(subject.inputs), size)]
    return Split(*(np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True)))


def attention_scores(subject: Subject, fuse: str, weighted: bool) -> tuple[Array, Array]:
    """What each token of a transformer takes from each other one, in every layer of self-attention.

    fuse: how the heads are put together, "mean" or "max". weighted: true replaces the attention A by ReLU(A dS/dA) first.
    Returns (N, layers, tokens, tokens) float32, in the order of the calls, and S, (N,).
    Raises InvalidInput where there is no such layer, or where not all of them see all tokens of a picture.
    """
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(rows: Any, numbers: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)  # so that the tape follows the attention, which comes of them
            with attending(model) as found:
                number = score(model, kind, rows, numbers)
        if not found:
            raise InvalidInput(
                "Attention rollout needs a transformer: this network has no layer of self-attention (keras.layers."
                "MultiHeadAttention). Use another method, such as Grad-CAM or integrated gradients."
            )
        if weighted:
            gradients = tape.gradient(number, found, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            found = [tf.nn.relu(one * gradient) for one, gradient in zip(found, gradients, strict=True)]
        combine = tf.reduce_mean if fuse == "mean" else tf.reduce_max
        layers = [tf.cast(combine(one, axis=1), tf.float32) for one in found]
        if len({(layer.shape[1], layer.shape[2]) for layer in layers}) > 1 or None in layers[0].shape[1:]:
            sizes = ", ".join(sorted({str(layer.shape[1]) for layer in layers}))
            raise InvalidInput(
                f"Attention rollout needs layers that all see the same tokens; here they see {sizes}. Use another method."
            )
        return tf.stack(layers, axis=1), number

    arguments = subject.arguments
    signature = ((None, *shape), "float32"), ((None, arguments.shape[1]), arguments.dtype)
    call = compiled(model, ("attention", kind, fuse, weighted, shape), lambda: trace(run, *signature))
    size = batch_size(model, shape)
    parts = [call(subject.inputs[at : at + size], arguments[at : at + size]) for at in range(0, len(subject.inputs), size)]
    attention, numbers = (np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True))
    if len(attention) != len(numbers):
        raise InvalidInput(
            "Attention rollout needs attention over all of a picture; here it is within windows. Use another method."
        )
    return attention, numbers


def pull_back(model: Any, inputs: Array, weights: Array) -> Array:
    """J(y)^T w, with J the Jacobian of a Keras model at y: how the sum of its outputs times w changes with each input.

    inputs: y, (N, h, w, c). weights: w, of the shape of the model's outputs, (N, ...). Returns (N, h, w, c) float32.
    """
    import tensorflow as tf

    shape, outputs = inputs.shape[1:], weights.shape[1:]

    def run(pictures: Any, weights: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            found = apply(model, pictures)
        return tape.gradient(found, pictures, output_gradients=weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    signature = ((None, *shape), "float32"), ((None, *outputs), "float32")
    call = compiled(model, ("rows", shape, outputs), lambda: trace(run, *signature))
    size = batch_size(model, shape)
    parts = [call(inputs[at : at + size], weights[at : at + size]).numpy() for at in range(0, len(inputs), size)]
    return np.concatenate(parts)
