"""Grad-CAM++."""

import numpy as np

from ..types import Progress
from ._gradients import layer_gradients
from ._layers import outline
from ._models import Subject
from .base import Evidence, no_progress
from .grad_cam import choose_layer


def grad_cam_plus_plus(subject: Subject, *, layer: str | None = None, progress: Progress = no_progress) -> Evidence:
    """Grad-CAM whose weights favour the positions that raise the target: ReLU(sum_k w_k A_k), for several objects of a class.

    w_k = sum_ij alpha_ij ReLU(g_ij), g = dS/dA_k, alpha = g^2 / (2 g^2 + g^3 sum A_k), scaled to sum 1 (as the authors' program
    does). The paper explains exp(S); its factor exp(S), one number an image, is left out, because it overflows.
    layer, results, errors: as for Grad-CAM.
    Source: Chattopadhay, Sarkar, Howlader & Balasubramanian (2018), doi:10.1109/WACV.2018.00097.
    """
    name = choose_layer(outline(subject.model, subject.shape), layer)
    maps, gradients, score = layer_gradients(subject, name)
    squared = np.square(gradients)
    divisor = 2 * squared + squared * gradients * maps.sum(axis=(1, 2), keepdims=True)
    alphas = np.divide(squared, divisor, out=np.zeros_like(squared), where=divisor != 0)
    total = alphas.sum(axis=(1, 2), keepdims=True)
    alphas = np.divide(alphas, total, out=alphas, where=total != 0)
    weights = (alphas * np.maximum(gradients, 0)).sum(axis=(1, 2))
    cam = np.maximum(np.einsum("nhwk,nk->nhw", maps, weights), 0).astype(np.float32)
    progress(1.0)
    return Evidence(cam, {"blank": ~cam.any(axis=(1, 2)), "layer": name, "score": score})
