"""Saliency: the gradient itself."""

import numpy as np
from numpy.typing import ArrayLike

from ..types import Array, Progress
from ._gradients import input_gradients
from ._models import Subject
from .base import Evidence, no_progress


def saliency(subject: Subject, *, progress: Progress = no_progress) -> Evidence:
    """How much the target changes with a small change of each pixel: max_c |dS/dx_c|.

    Returns maps >= 0 at the size of the input, in units of the target for a change from black to white; diagnostics: score,
    (N,), the target's value.
    Source: Simonyan, Vedaldi & Zisserman (2014), arXiv:1312.6034.
    """
    gradients, score = input_gradients(subject, subject.inputs, subject.arguments)
    progress(1.0)
    return Evidence(strongest(subject, gradients), {"score": score})


def strongest(subject: Subject, gradients: ArrayLike) -> Array:
    """Over the channels of the picture (guides are none), the largest absolute value: (N, h, w, c) -> (N, h, w) float32."""
    pictures = np.asarray(gradients)[..., : subject.shape[-1] - subject.guides]
    return np.asarray(np.abs(pictures).max(axis=-1), np.float32)
