"""Inside a trace: logits of a model, and the number that a target makes of its output."""

from typing import Any

from ..compiled import apply
from .base import Target


def logits(outputs: Any) -> Any:
    """Inside a trace: (N, classes) before the final softmax or sigmoid; one sigmoid unit z becomes (-z, z).

    The graph tells what made the output, so that a layer of its own, an activation of the last layer, a nested model and a
    subclassed one are all served. An output made by anything else is returned as it is.
    """
    import tensorflow as tf

    tensor = outputs
    while tensor.op.type in ("Identity", "Cast"):
        tensor = tensor.op.inputs[0]
    if tensor.op.type not in ("Softmax", "LogSoftmax", "Sigmoid"):
        return outputs
    found = tf.cast(tensor.op.inputs[0], tf.float32)
    if tensor.op.type == "Sigmoid" and found.shape[-1] == 1:
        return tf.concat([-found, found], axis=-1)
    return found


def score(model: Any, kind: type[Target], inputs: Any, arguments: Any) -> Any:
    """Inside a trace: the target's number for each image, (N,) float32."""
    return kind.score(seen_by(model, kind, inputs), inputs, arguments)


def seen_by(model: Any, kind: type[Target], inputs: Any) -> Any:
    """Inside a trace: what a target of this kind is made of, the model's logits or the picture that it returns."""
    outputs = apply(model, inputs)
    return logits(outputs) if kind.of_classes else outputs
