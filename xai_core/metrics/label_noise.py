"""How many labels of a data set may be wrong, from the probabilities of networks that did not learn from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..types import Labels


@dataclass(frozen=True)
class LabelNoise:
    """Labels beside what networks are sure of.

    joint: (K, K) estimated share of pictures by label (row) and true class (column), adds up to 1. share: of the labels that are
    estimated to be wrong, 1 - trace(joint). doubtful: (N,) bool, the pictures counted off the diagonal.
    """

    joint: NDArray[np.float64]
    share: float
    doubtful: NDArray[np.bool_]


def label_noise(labels: Labels, probabilities: ArrayLike) -> LabelNoise:
    """Confident learning: a picture belongs to the class of which it is sure, whatever its label says.

    t_k = mean of p_k over the pictures labelled k; a picture counts for the most probable of the classes with p_k >= t_k, and not
    at all where there is none. The counts C are then scaled, C_ij / sum_j C_ij * n_i, and divided by their sum.
    labels: (N,) indices. probabilities: (N, K) of networks that were not trained on these labels, rows adding up to 1; average
    several, because one network's own mistakes count as doubt. A systematic mistake that all networks share does too, so that
    the share is an estimate of what they cannot be made to learn, not a proof that a label is wrong. Exact where the network is
    equally sure of all pictures of a class, else too low.
    Raises InvalidInput for other shapes or a class without pictures.
    Source: Northcutt, Jiang & Chuang (2021), doi:10.1613/jair.1.12125.
    """
    shares = np.asarray(probabilities, np.float64)
    if shares.ndim != 2 or labels.shape != shares.shape[:1]:
        raise InvalidInput(f"Expected labels (N,) and probabilities (N, K), received {labels.shape} and {shares.shape}.")
    count = shares.shape[1]
    sizes = np.bincount(labels, minlength=count)
    if len(sizes) > count or not sizes.all():
        raise InvalidInput(f"Expected pictures of each of {count} classes, received {sizes.tolist()}.")
    thresholds = np.array([shares[labels == k, k].mean() for k in range(count)])
    sure = shares >= thresholds - 1e-9  # a mean of equal numbers may be a little more than they
    found = np.where(sure.any(axis=1), np.where(sure, shares, -1).argmax(axis=1), -1)
    counts = np.zeros((count, count))
    np.add.at(counts, (labels[found >= 0], found[found >= 0]), 1)
    joint = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * sizes[:, None]
    joint /= joint.sum()
    return LabelNoise(joint, float(1 - np.trace(joint)), (found >= 0) & (found != labels))


def missed_by_all(labels: Labels, predictions: Sequence[Labels]) -> NDArray[np.bool_]:
    """(N,) bool: the pictures that every one of several networks calls something else than their label."""
    return np.asarray(np.all([predicted != labels for predicted in predictions], axis=0))
