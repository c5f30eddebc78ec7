"""Score-CAM."""

from collections.abc import Callable

import numpy as np

from ..images import resize
from ..types import Array, Progress
from ._gradients import layer_gradients
from ._layers import outline
from ._masks import masked_scores
from ._models import Subject, class_scores
from .base import ClassLogit, Evidence, no_progress
from .grad_cam import choose_layer


def score_cam(subject: Subject, *, layer: str | None = None, channels: int = 64, progress: Progress = no_progress) -> Evidence:
    """Grad-CAM without gradients: each channel's weight is the target when only what the channel marks is visible.

    ReLU(sum_k w_k A_k), w_k = S(x * H_k), H_k the channel enlarged and stretched to [0, 1]. For a class S is the softmax over
    the scores, its probability, for an image-to-image network the target itself.
    channels: at most so many, those whose maps vary most; 0 takes all. layer, errors: as for Grad-CAM.
    Returns maps >= 0 at the size of the layer; diagnostics as for Grad-CAM, and channels, how many were used.
    Source: Wang et al. (2020), arXiv:1910.01279.
    """
    name = choose_layer(outline(subject.model, subject.shape), layer)
    maps, _, score = layer_gradients(subject, name)
    count = min(channels or maps.shape[-1], maps.shape[-1])
    cams = []
    for index, image_maps in enumerate(maps):
        # A stable order, so that equal spreads give the same channels everywhere.
        order = np.sort(np.argsort(-image_maps.std(axis=(0, 1)), kind="stable")[:count])
        weights = np.empty(count, np.float32)
        run, size = _run(subject, index)
        for at in range(0, count, size):
            part = order[at : at + size]
            weights[at : at + len(part)] = run(_stretched(image_maps[..., part], subject.shape))
            progress((index + (at + len(part)) / count) / len(maps))
        cams.append(np.maximum(image_maps[..., order] @ weights, 0))
    cam = np.stack(cams).astype(np.float32)
    return Evidence(cam, {"blank": ~cam.any(axis=(1, 2)), "layer": name, "score": score, "channels": count})


def _run(subject: Subject, index: int) -> tuple[Callable[[Array], Array], int]:
    """A function masks (count, h, w) -> weights (count,), and how many masks it takes at once."""
    image, target = subject.inputs[index], subject.targets[index]
    if not isinstance(target, ClassLogit):
        return masked_scores(subject, index, subject.with_guides(np.zeros_like(image), index))

    def probability(masks: Array) -> Array:
        found = class_scores(subject.model, subject.with_guides(masks[..., None] * image, index))
        found = np.exp(found - found.max(axis=-1, keepdims=True))
        return np.asarray(found[:, target.index] / found.sum(axis=-1), np.float32)

    return probability, 64


def _stretched(maps: Array, shape: tuple[int, int, int]) -> Array:
    """Channels (h', w', count) at the size of the input, each from 0 to 1: (count, h, w)."""
    large = resize(np.moveaxis(maps, -1, 0)[..., None], *shape[:2])[..., 0]
    low, high = (bound(large, axis=(1, 2), keepdims=True) for bound in (np.min, np.max))
    return np.asarray((large - low) / (high - low + 1e-7), np.float32)
