"""What a denoiser's changes did to a classifier's decision: evidence erased and evidence added."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...images import check_images
from ...types import Array, Progress
from ..base import completeness_residual, no_progress
from ._way_back import Classifying, total_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RemovedEvidence:
    """What the denoiser's change of each pixel did to the target: its sum is S(denoised) - S(noisy).

    values: (N, H, W, C) float32, in units of the target; above 0 where the change speaks for it (evidence added, or evidence
    against it erased), below 0 where it speaks against it. change: S(denoised) - S(noisy), (N,). residual: (N,), how far the
    values are from adding up to it, |sum - change| / |change|.
    """

    values: Array
    change: Array
    residual: Floats

    @property
    def raised(self) -> Floats:
        """Sum of the values above 0, (N,): what was done for the target."""
        return np.asarray(np.maximum(self.values, 0).sum(axis=(1, 2, 3), dtype=np.float64))

    @property
    def lowered(self) -> Floats:
        """Sum of the values below 0, (N,)."""
        return np.asarray(np.minimum(self.values, 0).sum(axis=(1, 2, 3), dtype=np.float64))


def removed_evidence(
    classifier: Any,
    noisy: ArrayLike,
    denoised: ArrayLike,
    target: Any = None,
    *,
    steps: int = 50,
    progress: Progress = no_progress,
) -> RemovedEvidence:
    """What each pixel's change from noisy to denoised did to the classifier's target; any denoiser may have made it.

    Integrated gradients of S along the straight line from the noisy picture y to the denoised one x:
    (x - y) times the mean of dS/dx at y + t (x - y), t from 0 to 1, by the midpoint rule with `steps` points.
    classifier, target: as for `chain`. noisy, denoised: (N, H, W, C) of one shape. Raises InvalidInput where they differ.
    Source: Sundararajan, Taly & Yan (2017), arXiv:1703.01365 (the noisy picture is the baseline).
    """
    before, after = check_images(noisy, name="noisy"), check_images(denoised, name="denoised")
    if before.shape != after.shape:
        raise InvalidInput(f"Expected noisy and denoised pictures of one shape, received {before.shape} and {after.shape}.")
    seen = Classifying.of(classifier, after, target)
    values = (after - before) * seen.along(before, after, steps, progress)
    score = seen.score(after)
    change = score - seen.score(before)
    return RemovedEvidence(values, change, completeness_residual(total_of(values), change, score))
