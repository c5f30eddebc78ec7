"""Integrated gradients."""

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Array, Progress
from ._gradients import line_gradient
from ._models import Subject, scores
from .base import Evidence, no_progress, part_of

BASELINES = ("black", "white", "mean", "blurred")


def integrated_gradients(
    subject: Subject, *, steps: int = 50, baseline: str | NDArray[np.float32] = "black", progress: Progress = no_progress
) -> Evidence:
    """How much each pixel adds to the target on the way from a baseline b to the image x.

    a = (x - b) * mean over m steps of dS/dx at b + t (x - b), t = (k + 1/2) / m, summed over channels. The map's sum is
    S(x) - S(b) (completeness) up to the error of the midpoint rule, which is reported.
    steps: m. baseline: "black", "white", "mean" (the image's mean colour), "blurred" (Gaussian, sigma 5 % of the longer side),
    or an image: (H, W, C), or (N, H, W, C) with one for each.
    Returns signed maps in units of the target; diagnostics, each (N,): completeness_residual = |sum a - delta| / |delta|,
    delta = S(x) - S(b), score = S(x).
    Source: Sundararajan, Taly, Yan (2017), arXiv:1703.01365.
    """
    start = subject.with_guides(baselines(subject, baseline))
    direction = subject.inputs - start
    positions = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
    count = len(start)
    maps = np.empty(direction.shape[:3], np.float32)
    for index in range(count):
        gradient = line_gradient(subject, index, start[index], direction[index], positions, part_of(progress, index, count))
        maps[index] = (gradient * direction[index]).sum(axis=-1)
    score = scores(subject, subject.inputs, subject.arguments)
    delta = score - scores(subject, start, subject.arguments)
    missing = np.abs(maps.sum(axis=(1, 2), dtype=np.float64) - delta)
    # Below this the two scores differ by no more than float32 can tell.
    floor = 1e-6 * np.maximum(np.abs(score), 1e-6)
    return Evidence(maps, {"completeness_residual": missing / np.maximum(np.abs(delta), floor), "delta": delta, "score": score})


def baselines(subject: Subject, baseline: str | NDArray[np.float32]) -> Array:
    """The picture that stands for "nothing", one for each image: (N, h, w, c) float32."""
    inputs = subject.inputs
    if not isinstance(baseline, str):
        given = subject.prepare(baseline)
        if len(given) not in (1, len(inputs)) or given.shape[1:] != subject.shape:
            raise InvalidInput(f"Expected one baseline image, or one for each of the {len(inputs)} images, of their shape.")
        return np.array(np.broadcast_to(given, inputs.shape))
    if baseline == "black":
        return np.zeros_like(inputs)
    if baseline == "white":
        return np.ones_like(inputs)
    if baseline == "mean":
        return np.broadcast_to(inputs.mean(axis=(1, 2), keepdims=True), inputs.shape).astype(np.float32)
    if baseline == "blurred":
        import cv2

        sigma = max(subject.shape[:2]) / 20
        blurred = [cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) for image in inputs]
        return np.asarray(blurred, np.float32).reshape(inputs.shape)
    raise InvalidInput(f"Expected a baseline of {', '.join(BASELINES)}, or an image, received {baseline!r}.")
