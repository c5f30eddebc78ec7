"""What features tell of classes: nearest neighbours, and how well clusters match classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..types import Labels


@dataclass(frozen=True)
class Neighbours:
    """indices: (N, k) into the reference, the nearest first. predicted: (N,), the commonest class among them."""

    indices: NDArray[np.int64]
    predicted: Labels


@dataclass(frozen=True)
class ClusterScores:
    """Clusters beside classes.

    purity: the share of pictures whose class is the commonest of their cluster, in [0, 1]; chance: its mean over shuffled
    classes, which grows with the number of clusters. rand: adjusted Rand index, 0 by chance, 1 where both agree. information:
    normalised mutual information, in [0, 1].
    """

    purity: float
    chance: float
    rand: float
    information: float


def nearest(reference: ArrayLike, labels: ArrayLike, features: ArrayLike, k: int = 10) -> Neighbours:
    """The k nearest rows of the reference to each row of the features (Euclidean), and the class that most of them have.

    reference: (M, K) with labels (M,) from 0; features: (N, K). Of classes equally common the one of the nearest neighbour wins.
    Raises InvalidInput where shapes do not fit or k is not from 1 to M.
    Source: Cover & Hart (1967), doi:10.1109/TIT.1967.1053964.
    """
    from sklearn.neighbors import NearestNeighbors

    known, rows, classes = _table(reference), _table(features), np.asarray(labels, np.int64)
    if known.shape[1] != rows.shape[1] or classes.shape != (len(known),) or not 1 <= k <= len(known) or classes.min() < 0:
        raise InvalidInput(
            f"Expected features of the same width, a class from 0 for each row of the reference, and 1 to {len(known)} "
            f"neighbours; received {known.shape}, {rows.shape}, {classes.shape} and {k}."
        )
    indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(known).kneighbors(rows, return_distance=False)
    votes = classes[indices]
    counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    predicted = votes[np.arange(len(votes)), counts.argmax(axis=1)]  # argmax: the first, and so the nearest, of equals
    return Neighbours(indices.astype(np.int64), predicted)


def knn_accuracy(
    train_features: ArrayLike, train_labels: ArrayLike, test_features: ArrayLike, test_labels: ArrayLike, k: int = 10
) -> float:
    """The share of test rows whose k nearest training rows name their class; arguments as for `nearest`."""
    found = nearest(train_features, train_labels, test_features, k)
    truth = np.asarray(test_labels)
    if truth.shape != found.predicted.shape:
        raise InvalidInput(f"Expected {len(found.predicted)} classes of the test pictures, received {truth.shape}.")
    return float((found.predicted == truth).mean())


def cluster_scores(labels: ArrayLike, clusters: ArrayLike, *, shuffles: int = 20, seed: int = 0) -> ClusterScores:
    """Compare clusters with classes, both (N,) whole numbers. Raises InvalidInput where they do not fit.

    Source: Hubert & Arabie (1985), doi:10.1007/BF01908075 (adjusted Rand index).
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    truth, parts = np.asarray(labels), np.asarray(clusters)
    if truth.ndim != 1 or truth.shape != parts.shape or not truth.size:
        raise InvalidInput(f"Expected a class and a cluster for each picture, received {truth.shape} and {parts.shape}.")
    rng = np.random.default_rng(seed)
    chance = float(np.mean([_purity(rng.permutation(truth), parts) for _ in range(shuffles)]))
    return ClusterScores(
        _purity(truth, parts),
        chance,
        float(adjusted_rand_score(truth, parts)),
        float(normalized_mutual_info_score(truth, parts)),
    )


def _purity(truth: NDArray[np.int64], parts: NDArray[np.int64]) -> float:
    table = np.zeros((parts.max() + 1, truth.max() + 1), np.int64)
    np.add.at(table, (parts, truth), 1)
    return float(table.max(axis=1).sum() / len(truth))


def _table(features: ArrayLike) -> NDArray[np.float32]:
    rows = np.asarray(features, np.float32)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise InvalidInput(f"Expected finite features of shape (N, K), received {rows.shape}.")
    return rows
