"""Is a classifier right as often as it is sure? Calibration error and Brier score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput


@dataclass(frozen=True)
class Calibration:
    """Confidence beside accuracy.

    error: expected calibration error, 0 (right as often as sure) to 1. brier: Brier score, 0 (sure, right) to 2 (sure, wrong).
    confidence, accuracy: (B,) mean of each bin of the largest probability, NaN where it is empty; count: (B,) its pictures.
    """

    error: float
    brier: float
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]


def calibration(probabilities: ArrayLike, truth: ArrayLike, *, bins: int = 15) -> Calibration:
    """Expected calibration error and Brier score of predicted probabilities.

    ECE = sum_b (n_b / N) |accuracy_b - confidence_b| over bins of equal width of the largest probability; Brier = mean over the
    pictures of sum_k (p_k - [k = true class])^2, the original form, which for two classes is twice the one-sided form.
    probabilities: (N, K), rows that add up to 1. truth: (N,) indices of classes. Raises InvalidInput where they do not fit or are
    empty. Source: Guo, Pleiss, Sun & Weinberger (2017), arXiv:1706.04599; Brier (1950),
    doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    shares, labels = np.asarray(probabilities, np.float64), np.asarray(truth)
    if shares.ndim != 2 or labels.shape != shares.shape[:1] or not labels.size:
        raise InvalidInput(f"Expected probabilities (N, K) and N true classes, received {shares.shape} and {labels.shape}.")
    if not (labels.min() >= 0 and labels.max() < shares.shape[1]):
        raise InvalidInput(f"Expected classes from 0 to {shares.shape[1] - 1}. Leave out pictures without a label.")
    top = shares.max(axis=1)
    right = shares.argmax(axis=1) == labels
    # The upper edge belongs to its bin, as in the source: (0, 1/B], ...
    place = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(place, top, minlength=bins) / count
        accuracy = np.bincount(place, right, minlength=bins) / count
    error = float(np.nansum(count * np.abs(accuracy - confidence)) / len(labels))
    brier = float(np.square(shares - np.eye(shares.shape[1])[labels]).sum(axis=1).mean())
    return Calibration(error, brier, confidence, accuracy, count.astype(np.int64))
