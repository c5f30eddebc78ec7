"""SmoothGrad."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array
from ._gradients import noise_gradients
from ._layers import batch_size
from ._models import Subject, scores
from ._refine import refine, rounds_of
from .base import Evidence, Report, no_progress
from .saliency import strongest

FIRST = 5
"""Samples of the first round."""
FEWEST = 10
"""Samples from which on the standard error is believed."""


def smoothgrad(
    subject: Subject,
    *,
    samples: int = 50,
    spread: float = 0.15,
    tolerance: float = 0.0,
    seed: int = 0,
    progress: Report = no_progress,
) -> Evidence:
    """The gradient averaged over noisy copies of the picture: max_c |mean_k dS/dx_c (x + n_k)|, n_k ~ N(0, sigma^2).

    samples: of noise, the same for every image. spread: sigma as a share of the picture's range of values.
    tolerance: stop early once the mean standard error is below this share of the map's largest value; 0 never does.
    Returns maps >= 0; diagnostics, one entry an image: score, (N,), samples used, (N,), relative_error, (N,): mean standard
    error over the map's largest value.
    Source: Smilkov, Thorat, Kim, Viegas & Wattenberg (2017), arXiv:1706.03825.
    """
    inputs = subject.inputs
    channels = inputs.shape[-1] - subject.guides
    sigmas = spread * np.ptp(inputs[..., :channels], axis=(1, 2, 3))
    sums, squares = (np.zeros((len(inputs), inputs[0].size)) for _ in range(2))
    used = np.zeros(len(inputs), int)

    def advance(index: int, part: slice) -> bool:
        count = part.stop - part.start
        # Within a batch in float32, over the batches in float64. Every image gets the same noise.
        total, square = noise_gradients(subject, index, sigmas[index], (seed, part.start), count)
        sums[index] += total.ravel()
        squares[index] += square.ravel()
        used[index] += count
        return bool(tolerance and used[index] >= FEWEST and estimate(index)[1] < tolerance)

    def estimate(index: int) -> tuple[Array, float]:
        count = used[index]
        mean: NDArray[np.float64] = sums[index] / count
        heat = strongest(subject, mean.reshape(1, *subject.shape))[0]
        variance = np.maximum(squares[index] / count - np.square(mean), 0) / max(count - 1, 1)
        stderr = np.sqrt(variance).reshape(subject.shape)[..., :channels]
        return heat, float(stderr.mean() / max(float(heat.max()), 1e-12))

    def evidence() -> Evidence:
        heats, errors = zip(*map(estimate, range(len(inputs))), strict=True)
        return Evidence(np.stack(heats), {"score": score, "samples": used.copy(), "relative_error": np.array(errors)})

    score = scores(subject, inputs, subject.arguments)
    rounds = rounds_of(samples, FIRST, min(25, batch_size(subject.model, subject.shape)))
    return refine(len(inputs), rounds, lambda part: part, advance, evidence, progress)
