"""How well a number separates two classes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from .bootstrap import RESAMPLES, Estimate, estimate


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


def grouped_auc(truth: ArrayLike, scores: ArrayLike, groups: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """As `auc`, with a bootstrap interval over whole groups: pictures of one source are drawn together.

    groups: (N,), names of sources. Draws that lack a class are left out. Raises InvalidInput as `auc`, or for groups of another
    length. Source: Efron & Tibshirani (1993), doi:10.1201/9780429246593.
    """
    value = auc(truth, scores).value
    positive, names = np.asarray(truth, bool), np.asarray(groups)
    if names.shape != positive.shape:
        raise InvalidInput(f"Expected one group a picture, received {names.shape} for {positive.shape} pictures.")
    places, units = (np.unique(one, return_inverse=True)[1] for one in (np.asarray(scores, np.float64), names))
    shape = int(units.max()) + 1, int(places.max()) + 1

    def counted(which: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Pictures of each group at each score."""
        counts = np.zeros(shape)
        np.add.at(counts, (units[which], places[which]), 1)
        return counts

    first, second = counted(positive), counted(~positive)
    rng, found = np.random.default_rng(seed), np.full(resamples, np.nan)
    for index in range(resamples):
        times = rng.multinomial(shape[0], np.full(shape[0], 1 / shape[0]))
        above, below = times @ first, times @ second
        if above.any() and below.any():
            found[index] = above @ (np.cumsum(below) - below / 2) / (above.sum() * below.sum())
    return estimate(value, found)
