"""From the class back through the denoiser: what a classifier of denoised pictures makes of the noisy pixels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...images import check_images, clip
from ...types import Array, Progress
from ..base import completeness_residual, no_progress, part_of
from ..targets import targets_text
from ._way_back import Classifying, Denoising, midpoints, total_of, within
from .removed_evidence import RemovedEvidence, removed_evidence

METHODS = ("gradient", "gradient_x_input", "integrated_gradients")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ChainResult:
    """One target explained twice: at the noisy pixels, through the denoiser, and at the denoised ones.

    denoised: (N, H, W, C) in [0, 1]. through: at the noisy pixels, own: at the denoised ones, both (N, H, W, C) float32, signed,
    in units of the target. score: S, (N,). level_share: (N,), what the level map of a guided network adds to `through` (0 for
    "gradient"). through_residual, own_residual: (N,), how far integrated gradients are from adding up to S - S(black), as a
    share of it; NaN for the other methods. removed: what the denoiser's change did. target: in the form used in links.
    """

    denoised: Array
    through: Array
    own: Array
    score: Array
    level_share: Floats
    through_residual: Floats
    own_residual: Floats
    removed: RemovedEvidence
    method: str
    target: str


def chain(
    denoiser: Any,
    classifier: Any,
    noisy: ArrayLike,
    target: Any = None,
    method: str = "gradient_x_input",
    *,
    steps: int = 50,
    progress: Progress = no_progress,
) -> ChainResult:
    """Explain S(y) = classifier(resize(clip(denoiser(y)))) at the noisy pixels y, beside the classifier's own explanation.

    gradient: dS/dy = J^T R^T dS/dx, J the Jacobian of the denoiser (0 where its output is limited to [0, 1]), R the resize and
    change of channels before the network. gradient_x_input: y dS/dy. integrated_gradients: y times the mean of dS/dy along
    t (y, level), t from 0 (black, without noise) to 1, at `steps` points; a network without additive constants has the same J all
    along, so that it is gone through once. `own`: the same of the classifier alone, at the denoised picture.

    denoiser: a network, told its level if it takes one; one of grey pictures takes the channels one by one. classifier: a wrapper
    with `.prepare` (antialiased resize, grey <-> colour), or a Keras model for pictures of its size. noisy: (N, H, W, C).
    target: as for `explain`; None takes the class that is predicted for the denoised picture.
    Raises InvalidInput for another method, and where denoiser, classifier and pictures do not fit.
    Source: the chain rule; Sundararajan, Taly & Yan (2017), arXiv:1703.01365.
    """
    if method not in METHODS:
        raise InvalidInput(f"Expected a method of {', '.join(METHODS)}, received {method!r}.")
    if steps < 1:
        raise InvalidInput(f"Expected at least 1 step, received {steps}.")
    given = check_images(noisy, name="noisy")
    first = Denoising.of(denoiser, given)
    output = first.value(1)
    denoised = clip(output)
    second = Classifying.of(classifier, denoised, target)
    own, score = second.gradient(denoised)
    through_residual = own_residual = np.full(len(given), np.nan)
    if method == "integrated_gradients":
        gradient = _mean_gradient(first, second, output, steps, part_of(progress, 0, 3))
        own = second.along(np.zeros_like(denoised), denoised, steps, part_of(progress, 1, 3))
    else:
        gradient = first.back(1, own * within(output))
    if method != "gradient":
        gradient, own = gradient * first.here.inputs, own * denoised
    through, levels = first.apart(gradient)
    level_share = total_of(levels) * (method != "gradient")
    if method == "integrated_gradients":
        black = [clip(first.value(0)), np.zeros_like(denoised)]
        through_residual, own_residual = (
            completeness_residual(total, score - second.score(start), score)
            for total, start in zip((total_of(through) + level_share, total_of(own)), black, strict=True)
        )
    removed = removed_evidence(classifier, given, denoised, second.subject.targets, steps=steps, progress=part_of(progress, 2, 3))
    return ChainResult(
        denoised=denoised,
        through=through,
        own=own,
        score=score,
        level_share=level_share,
        through_residual=through_residual,
        own_residual=own_residual,
        removed=removed,
        method=method,
        target=targets_text(second.subject.targets),
    )


def _mean_gradient(first: Denoising, second: Classifying, output: Array, steps: int, progress: Progress) -> Array:
    """Mean of dS/d(inputs of the denoiser) along t (y, level), t from 0 to 1; `output` is f at t = 1."""
    half = first.value(0.5)
    same_jacobian = bool(np.abs(2 * half - output).max() <= 1e-5 * np.abs(output).max())
    total: Any = 0
    for index, t in enumerate(midpoints(steps)):
        reached = t * output if same_jacobian else first.value(t)
        weights = second.gradient(clip(reached))[0] * within(reached)
        total = total + (weights if same_jacobian else first.back(t, weights))
        progress((index + 1) / steps)
    mean = np.asarray(total / np.float32(steps), np.float32)
    return first.back(1, mean) if same_jacobian else mean
