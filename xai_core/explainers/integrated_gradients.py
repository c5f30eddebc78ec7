"""Integrated gradients, along a straight line or through blurred pictures."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Array, Progress
from ._gradients import input_gradients, line_gradient
from ._models import Subject, scores
from .base import Evidence, completeness_residual, no_progress, part_of

BASELINES = ("black", "white", "mean", "blurred")
PATHS = ("straight", "blur")
MOST_STEPS = 1000
CHUNK = 64
"""Blurred pictures in memory at once."""


def integrated_gradients(
    subject: Subject,
    *,
    steps: int = 50,
    baseline: str | NDArray[np.float32] = "black",
    path: str = "straight",
    tolerance: float = 0.0,
    progress: Progress = no_progress,
) -> Evidence:
    """How much each pixel adds to the target on the way from a baseline b to the image x.

    a = integral of dS/dx at g(t) times g'(t) over t from 0 to 1, summed over channels, by the midpoint rule with m steps; the
    way g(t) is "straight", b + t (x - b), or "blur": x under a Gaussian blur whose sigma falls from a quarter of the longer
    side to 0, so that no foreign picture is mixed in (b is then the strongest blur, and `baseline` is not used). The map's sum
    is S(x) - S(b) (completeness) up to the error of the rule, which is reported.
    steps: m. baseline: "black", "white", "mean" (the image's mean colour), "blurred" (Gaussian, sigma 5 % of the longer side),
    or an image: (H, W, C), or (N, H, W, C) with one for each.
    tolerance: m is tripled (on the straight way the points calculated so far are used again), at last to 1,000, until the
    residual is below this; 0 never does.
    Returns signed maps in units of the target; diagnostics, each (N,): completeness_residual = |sum a - delta| / |delta|,
    delta = S(x) - S(b), score = S(x), steps used.
    Source: Sundararajan, Taly & Yan (2017), arXiv:1703.01365; blur: Xu, Venugopalan & Sundararajan (2020), arXiv:2004.03383.
    """
    if path not in PATHS:
        raise InvalidInput(f"Expected a path of {', '.join(PATHS)}, received {path!r}.")
    blur = path == "blur"
    if blur and not isinstance(baseline, str):
        raise InvalidInput(
            "On the path of blurs the baseline is the strongest blur. Leave out the image, or take the straight path."
        )
    start = subject.with_guides(
        np.stack([blurred(x, strongest_blur(x)) for x in subject.inputs]) if blur else baselines(subject, baseline)
    )
    score = scores(subject, subject.inputs, subject.arguments)
    delta = score - scores(subject, start, subject.arguments)
    plan = stages(steps) if tolerance > 0 else (steps,)
    count = len(start)
    maps, residual, used = np.empty(start.shape[:3], np.float32), np.empty(count), np.empty(count, int)
    for index in range(count):
        share = part_of(progress, index, count)
        estimates = (
            through_blurs(subject, index, strongest_blur(subject.inputs[index]), plan, share)
            if blur
            else along_line(subject, index, start[index], plan, share)
        )
        for used[index], maps[index] in estimates:
            total = maps[index].sum(dtype=np.float64)
            residual[index] = completeness_residual(total, delta[index], score[index])
            if residual[index] < tolerance:
                break
        share(1.0)
    return Evidence(maps, {"completeness_residual": residual, "delta": delta, "score": score, "steps": used})


def stages(steps: int) -> tuple[int, ...]:
    """The numbers of steps tried one after another: tripled, because the midpoint rule then keeps its points; at last 1,000."""
    tried = [steps]
    while tried[-1] * 3 <= MOST_STEPS:
        tried.append(tried[-1] * 3)
    return (*tried, MOST_STEPS) if tried[-1] < MOST_STEPS else tuple(tried)


def along_line(
    subject: Subject, index: int, start: Array, plan: tuple[int, ...], progress: Progress
) -> Iterator[tuple[int, Array]]:
    """(steps, map) for each stage of the plan, the map of image `index`: (h, w)."""
    direction = subject.inputs[index] - start
    gradient, before = np.zeros(0, np.float32), 0
    for stage, steps in enumerate(plan):
        positions = _midpoints(steps)
        again = steps == 3 * before  # every third point, the second of three, is an old one
        new = np.delete(positions, np.s_[1::3]) if again else positions
        found = line_gradient(subject, index, start, direction, new, part_of(progress, stage, len(plan)))
        gradient = (gradient + 2 * found) / np.float32(3) if again else found
        before = steps
        yield steps, (gradient * direction).sum(axis=-1)


def through_blurs(
    subject: Subject, index: int, most: float, plan: tuple[int, ...], progress: Progress
) -> Iterator[tuple[int, Array]]:
    """(steps, map) for each stage of the plan: the gradient in the middle of two neighbouring blurs, times their difference.

    most: sigma of the strongest blur in pixels, with which the path begins.
    """
    image, arguments = subject.inputs[index], subject.arguments[index : index + 1]
    for stage, steps in enumerate(plan):
        share = part_of(progress, stage, len(plan))
        # A picture changes most while the blur is small: its square root is divided evenly, which leaves the integral as it is.
        sigmas = most * np.linspace(1, 0, steps + 1) ** 2
        total, last = np.zeros(image.shape[:2]), None
        for at in range(0, steps, CHUNK):
            some = sigmas[at + (last is not None) : min(at + CHUNK, steps) + 1]
            pictures = subject.with_guides(np.stack([blurred(image, sigma) for sigma in some]), index)
            if last is not None:
                pictures = np.concatenate([last, pictures])
            last = pictures[-1:]
            middles = ((pictures[1:] + pictures[:-1]) / 2).astype(np.float32)
            gradients, _ = input_gradients(subject, middles, np.repeat(arguments, len(middles), axis=0))
            total += np.einsum("nhwc,nhwc->hw", gradients, np.diff(pictures, axis=0), dtype=np.float64)
            share(min(at + CHUNK, steps) / steps)
        yield steps, total.astype(np.float32)


def _midpoints(steps: int) -> Array:
    return ((np.arange(steps) + 0.5) / steps).astype(np.float32)


def strongest_blur(image: Array) -> float:
    """The sigma in pixels at which the path of blurs begins: a quarter of the longer side of an image (h, w, c)."""
    return float(max(image.shape[:2])) / 4


def blurred(image: Array, sigma: float) -> Array:
    """An image (h, w, c) under a Gaussian blur of `sigma` pixels, continued at its borders by the pixels there."""
    import cv2

    if sigma <= 0:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32).reshape(image.shape)


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
        return np.stack([blurred(image, max(image.shape[:2]) / 20) for image in inputs])
    raise InvalidInput(f"Expected a baseline of {', '.join(BASELINES)}, or an image, received {baseline!r}.")
