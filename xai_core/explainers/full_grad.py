"""FullGrad."""

from typing import Any

import numpy as np

from ..types import Progress
from ._gradients import constant_gradients
from ._layers import field
from ._models import Subject
from .base import Evidence, completeness_residual, no_progress


def full_grad(subject: Subject, *, progress: Progress = no_progress) -> Evidence:
    """What the pixels and the biases of all layers add to the target: x dS/dx + sum over the layers of b dS/dy, over channels.

    b is the constant part of a layer with output y: the bias of a convolution, the implicit one of a batch normalisation,
    a(u) - a'(u) u of an activation (0 for ReLU), and so on for any layer, and for the target itself (0 for a logit or a mean).
    S = sum x dS/dx + sum b dS/dy is exact for a network of Keras layers; constants added by other operations are missing, which
    the residual tells.
    Each layer's part is laid over the picture smoothly, keeping its sum, so that the map adds up to S less what has no place in
    it: the parts of the target, of layers without rows and columns, and of a noise level given beside the picture. The authors
    instead show absolute values, each layer stretched to [0, 1]: that map has no unit, does not add up, and found known evidence
    less well here.
    Returns signed maps at the size of the input, in units of the target; diagnostics, each (N,): completeness_residual =
    |sum of map + unplaced_part - S| / |S|, input_part = sum x dS/dx, bias_part = sum b dS/dy of the layers with rows and
    columns, unplaced_part = the rest, score = S.
    Source: Srinivas & Fleuret (2019), arXiv:1905.00780.
    """
    rows, columns = field(subject.model, subject.shape)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    around = ((0, 0), (rows.start, subject.shape[0] - rows.stop), (columns.start, subject.shape[1] - columns.stop))

    def laid_over(part: Any) -> Any:
        """Over channels, (N, h, w, c) -> the size of the input: as `base.resize_sum`, in TensorFlow."""
        import tensorflow as tf

        h, w = part.shape[1:3]
        total = tf.reduce_sum(part, axis=-1, keepdims=True)
        if (h, w) == subject.shape[:2]:
            return total[..., 0]
        if (h, w) != (height, width):
            enlarged = tf.image.resize(total, (-(-height // h) * h, -(-width // w) * w), "bilinear")
            total = tf.image.resize(enlarged, (height, width), "area") * (h * w / (height * width))
        return tf.pad(total[..., 0], around)

    split = constant_gradients(subject, laid_over)
    progress(1.0)
    channels = subject.shape[-1] - subject.guides
    pixels, guides = split.inputs[..., :channels].sum(axis=-1), split.inputs[..., channels:].sum(axis=(1, 2, 3), dtype=np.float64)
    maps, unplaced = pixels + split.picture, split.unplaced + guides
    residual = completeness_residual(maps.sum(axis=(1, 2), dtype=np.float64) + unplaced, split.score, split.score)
    parts = {
        "input_part": pixels.sum(axis=(1, 2), dtype=np.float64),
        "bias_part": split.placed.astype(np.float64),
        "unplaced_part": unplaced,
    }
    return Evidence(maps, {"completeness_residual": residual, **parts, "score": split.score})
