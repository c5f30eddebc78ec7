"""Score-CAM."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compiled import apply, compiled, trace
from ..images import resize
from ..types import Array
from ._gradients import layer_gradients
from ._layers import field, outline
from ._masks import Masks, forward_batch, masked_scores
from ._models import Subject
from ._refine import refine, rounds_of
from ._scores import logits
from .base import ClassLogit, Evidence, Report, no_progress
from .grad_cam import choose_layer

FIRST = 8
"""Channels of the first round."""


def score_cam(subject: Subject, *, layer: str | None = None, channels: int = 64, progress: Report = no_progress) -> Evidence:
    """Grad-CAM without gradients: each channel's weight is the target when only what the channel marks is visible.

    ReLU(sum_k w_k A_k), w_k = S(x * H_k), H_k the channel enlarged and stretched to [0, 1]. For a class S is the softmax over
    the scores, its probability, for an image-to-image network the target itself.
    channels: at most so many, those whose maps vary most, these first; 0 takes all. layer, errors: as for Grad-CAM.
    Returns maps >= 0 at the size of the layer; diagnostics as for Grad-CAM, samples, (N,), channels used, and channels, how
    many there are to use.
    Source: Wang et al. (2020), arXiv:1910.01279.
    """
    name = choose_layer(outline(subject.model, subject.shape), layer)
    maps, _, score = layer_gradients(subject, name)
    count = min(channels or maps.shape[-1], maps.shape[-1])
    # A stable order, so that equal spreads give the same channels everywhere.
    orders = np.argsort(-maps.std(axis=(1, 2)), axis=-1, kind="stable")[:, :count]
    runs = [_run(subject, index) for index in range(len(maps))]
    weights, used = np.empty((len(maps), count), np.float32), np.zeros(len(maps), int)

    def advance(index: int, part: slice) -> bool:
        weights[index, part] = runs[index](_stretched(maps[index][..., orders[index, part]], subject))
        used[index] = part.stop
        return False

    def evidence() -> Evidence:
        found = zip(maps, orders, weights, used, strict=True)
        cams = [np.maximum(image[..., order[:done]] @ weight[:done], 0) for image, order, weight, done in found]
        cam = np.stack(cams).astype(np.float32)
        blank = ~cam.any(axis=(1, 2))
        return Evidence(cam, {"blank": blank, "layer": name, "score": score, "samples": used.copy(), "channels": count})

    rounds = rounds_of(count, FIRST, forward_batch(subject))
    return refine(len(maps), rounds, lambda part: part, advance, evidence, progress)


def _run(subject: Subject, index: int) -> Callable[[Array], Array]:
    """A function masks (count, h, w) -> weights (count,) of image `index`."""
    import tensorflow as tf

    image, target = subject.inputs[index], subject.targets[index]
    if not isinstance(target, ClassLogit):
        masked = masked_scores(subject, index, subject.with_guides(np.zeros_like(image), index))
        unit = np.eye(subject.shape[1], dtype=np.float32)
        return lambda masks: masked(Masks(masks, np.broadcast_to(unit, (len(masks), *unit.shape))))
    model, shape, guides = subject.model, subject.shape, subject.guides
    guide = image * (np.arange(shape[-1]) >= shape[-1] - guides)

    def probabilities(visible: Any, guide: Any, masks: Any) -> Any:
        return tf.nn.softmax(logits(apply(model, guide + masks[..., None] * visible)))

    signature = (shape, "float32"), (shape, "float32"), ((None, *shape[:2]), "float32")
    call = compiled(model, ("masked probabilities", shape), lambda: trace(probabilities, *signature))
    fixed = tf.constant(image - guide), tf.constant(np.asarray(guide, np.float32))
    return lambda masks: np.asarray(call(*fixed, tf.constant(masks)).numpy()[:, target.index], np.float32)


def _stretched(maps: Array, subject: Subject) -> Array:
    """Channels (h', w', count) over what the network sees of the input, each from 0 to 1: (count, h, w); 0 around it."""
    rows, columns = field(subject.model, subject.shape)
    large = resize(np.moveaxis(maps, -1, 0)[..., None], rows.stop - rows.start, columns.stop - columns.start)[..., 0]
    low, high = (bound(large, axis=(1, 2), keepdims=True) for bound in (np.min, np.max))
    framed = np.zeros((len(large), *subject.shape[:2]), np.float32)
    framed[:, rows, columns] = (large - low) / (high - low + 1e-7)
    return framed
