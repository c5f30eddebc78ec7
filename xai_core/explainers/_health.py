"""Whether a network's layers still say anything: how large, how silent, how alike for all pictures, how far from the score."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ._gradients import gradients_of_all
from ._layers import LayerInfo, outline
from ._models import examine

MOST = 64
"""Pictures at once: every layer's output is kept until the gradient is known."""


@dataclass(frozen=True)
class LayerHealth:
    """One layer's outputs A for some pictures and the gradient of the score S there.

    size: root mean square of A. silent: share of channels (units) that are 0 on all pictures, [0, 1]. variation: how far A
    differs from picture to picture, root of its variance over them averaged over the units, over `size`; 0: it says the same of
    every picture. gradient: norm of dS/dA, mean over the pictures; 0: nothing in this layer can move the score.
    """

    layer: LayerInfo
    size: float
    silent: float
    variation: float
    gradient: float


def layer_health(model: Any, images: ArrayLike, target: Any = None) -> tuple[LayerHealth, ...]:
    """The health of every layer for 2 to 64 pictures, in the order in which the layers run.

    model, target: as for `explain`; images: (N, H, W, C). A healthy network has few silent channels, a variation well over 0 and
    gradients of one order of magnitude from layer to layer. Raises InvalidInput for another number of pictures.
    Source: dying rectifiers: Lu et al. (2020), doi:10.4208/cicp.OA-2020-0165; sizes and gradients over depth: Glorot & Bengio
    (2010), PMLR 9, 249-256.
    """
    subject = examine(model, images, target)
    if not 2 <= len(subject.inputs) <= MOST:
        raise InvalidInput(f"Expected 2 to {MOST} pictures, received {len(subject.inputs)}.")
    layers = outline(subject.model, subject.shape).layers
    rows = gradients_of_all(subject, [layer.name for layer in layers], _reduce)
    return tuple(LayerHealth(layer, *map(float, row)) for layer, row in zip(layers, rows, strict=True))


def _reduce(outputs: Any, gradients: Any) -> Any:
    import tensorflow as tf

    size = tf.sqrt(tf.reduce_mean(tf.square(outputs)))
    channels = tf.reduce_max(tf.abs(outputs), axis=range(len(outputs.shape) - 1))
    silent = tf.reduce_mean(tf.cast(tf.equal(channels, 0), tf.float32))
    variance = tf.reduce_mean(tf.math.reduce_variance(outputs, axis=0))
    norm = tf.reduce_mean(tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=range(1, len(outputs.shape)))))
    return size, silent, tf.math.divide_no_nan(tf.sqrt(variance), size), norm
