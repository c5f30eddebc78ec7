"""Layer-CAM."""

import numpy as np

from ..types import Progress
from ._gradients import layer_gradients
from ._layers import outline
from ._models import Subject
from .base import Evidence, no_progress
from .grad_cam import choose_layer


def layer_cam(subject: Subject, *, layer: str | None = None, progress: Progress = no_progress) -> Evidence:
    """Grad-CAM with a weight of its own for every position: ReLU(sum_k ReLU(dS/dA_k) A_k).

    Sharp in early layers too, where Grad-CAM's one weight a channel is not. layer, results, errors: as for Grad-CAM.
    Source: Jiang, Zhang, Hou, Cheng & Wei (2021), doi:10.1109/TIP.2021.3089943.
    """
    name = choose_layer(outline(subject.model, subject.shape), layer)
    maps, gradients, score = layer_gradients(subject, name)
    cam = np.maximum(np.einsum("nhwk,nhwk->nhw", maps, np.maximum(gradients, 0)), 0).astype(np.float32)
    progress(1.0)
    return Evidence(cam, {"blank": ~cam.any(axis=(1, 2)), "layer": name, "score": score})
