"""How well a number separates two classes."""

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from .bootstrap import Estimate


def auc(truth: ArrayLike, scores: ArrayLike) -> Estimate:
    """Area under the ROC curve with its 95 % interval: the chance that a positive scores higher than a negative.

    AUC = mean over pairs of [s+ > s-] + [s+ = s-] / 2; its variance is that of the mean placements of each class.
    truth: (N,) bool, true for a positive. scores: (N,) finite. 0.5 says nothing about the class.
    Raises InvalidInput where the lengths differ or a class has fewer than two pictures.
    Source: DeLong, DeLong & Clarke-Pearson (1988), doi:10.2307/2531595.
    """
    from scipy.stats import rankdata

    positive, values = np.asarray(truth, bool), np.asarray(scores, np.float64)
    first, second = int(positive.sum()), int((~positive).sum())
    if positive.ndim != 1 or positive.shape != values.shape or min(first, second) < 2 or not np.isfinite(values).all():
        raise InvalidInput(
            f"Expected one finite score a picture and two pictures of each class, received {values.shape} scores, "
            f"{first} positives and {second} negatives."
        )
    everywhere = rankdata(values)
    # The placement of a picture: the share of the other class that lies below it, or above it.
    above = (everywhere[positive] - rankdata(values[positive])) / second
    below = 1 - (everywhere[~positive] - rankdata(values[~positive])) / first
    value = float(above.mean())
    half = 1.959964 * float(np.sqrt(above.var(ddof=1) / first + below.var(ddof=1) / second))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))
