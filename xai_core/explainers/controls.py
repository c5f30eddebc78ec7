"""Maps that know nothing of the network: what an explanation must be better than."""

import numpy as np

from ..types import Progress
from ._models import Subject, scores
from .base import Evidence, no_progress


def random_map(subject: Subject, *, seed: int = 0, progress: Progress = no_progress) -> Evidence:
    """Evenly distributed noise in [0, 1), the same for every image."""
    noise = np.random.default_rng(seed).random(subject.shape[:2], np.float32)
    progress(1.0)
    maps = np.repeat(noise[None], len(subject.inputs), axis=0)
    return Evidence(maps, {"score": scores(subject, subject.inputs, subject.arguments)})


def edges(subject: Subject, *, progress: Progress = no_progress) -> Evidence:
    """The edges of the picture: Sobel's gradient magnitude of its mean over channels.

    Source: Adebayo et al. (2018), arXiv:1810.03292, who found several methods close to an edge detector.
    """
    from skimage.filters import sobel

    pictures = subject.inputs[..., : subject.shape[-1] - subject.guides].mean(axis=-1)
    progress(1.0)
    maps = np.stack([sobel(picture) for picture in pictures]).astype(np.float32)
    return Evidence(maps, {"score": scores(subject, subject.inputs, subject.arguments)})
