"""SmoothGrad."""

import numpy as np

from ..types import Progress
from ._gradients import input_gradients
from ._models import Subject, scores
from .base import Evidence, no_progress
from .saliency import strongest

CHECKED = 10
"""Samples between two looks at the standard error."""


def smoothgrad(
    subject: Subject,
    *,
    samples: int = 50,
    spread: float = 0.15,
    tolerance: float = 0.0,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Evidence:
    """The gradient averaged over noisy copies of the picture: max_c |mean_k dS/dx_c (x + n_k)|, n_k ~ N(0, sigma^2).

    samples: of noise, the same for every image. spread: sigma as a share of the picture's range of values.
    tolerance: stop early once the mean standard error is below this share of the map's largest value; 0 never does.
    Returns maps >= 0; diagnostics, one entry an image: score, (N,), samples used, (N,), relative_error, (N,): mean standard
    error over the map's largest value.
    Source: Smilkov, Thorat, Kim, Viegas & Wattenberg (2017), arXiv:1706.03825.
    """
    maps, used, errors = [], [], []
    for index, image in enumerate(subject.inputs):
        channels = image.shape[-1] - subject.guides
        sigma = np.float32(spread * np.ptp(image[..., :channels]))
        rng = np.random.default_rng(seed)
        total, squares, done = np.zeros(image.shape), np.zeros(image.shape), 0
        heat, error = np.zeros(image.shape[:2], np.float32), np.inf
        while done < samples:
            count = min(CHECKED, samples - done)
            noise = sigma * rng.standard_normal((count, *image.shape), np.float32)
            noise[..., channels:] = 0
            numbers = np.repeat(subject.arguments[index : index + 1], count, axis=0)
            gradients, _ = input_gradients(subject, image + noise, numbers)
            total += gradients.sum(axis=0, dtype=np.float64)
            squares += np.square(gradients, dtype=np.float64).sum(axis=0)
            done += count
            heat = strongest(subject, total[None] / done)[0]
            variance = np.maximum(squares / done - np.square(total / done), 0) / max(done - 1, 1)
            error = float(np.sqrt(variance[..., :channels]).mean() / max(float(heat.max()), 1e-12))
            progress((index + done / samples) / len(subject.inputs))
            if error < tolerance:
                break
        progress((index + 1) / len(subject.inputs))
        maps.append(heat)
        used.append(done)
        errors.append(error)
    score = scores(subject, subject.inputs, subject.arguments)
    return Evidence(np.stack(maps), {"score": score, "samples": np.array(used), "relative_error": np.array(errors)})
