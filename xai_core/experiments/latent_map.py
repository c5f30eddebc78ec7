"""The features of many pictures as a map: neighbours, clusters, and two dimensions to look at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..metrics import ClusterScores, Estimate, cluster_scores, nearest, wilson_interval
from ..types import Array, Dataset, Labels

PROJECTIONS = ("pca", "tsne")


@dataclass(frozen=True)
class LatentMap:
    """Where pictures lie by their features.

    points: (N, 2) float32. explained: share of the variance that both axes show (PCA), NaN for t-SNE, whose distances mean
    nothing from afar. neighbours: (N, k) indices into the reference, or into the pictures themselves without one, nearest first.
    predicted: (N,) class that most of them have, and accuracy: its share of right ones with Wilson's interval; both None without
    a reference. clusters: (N,) of k-means; scores: how they match the classes (or photographs).
    """

    points: Array
    explained: float
    neighbours: NDArray[np.int64]
    predicted: Labels | None
    accuracy: Estimate | None
    clusters: NDArray[np.int64]
    scores: ClusterScores


def latent_map(
    features: ArrayLike,
    labels: ArrayLike,
    reference: tuple[ArrayLike, ArrayLike] | None = None,
    *,
    neighbours: int = 10,
    clusters: int = 0,
    projection: str = "pca",
    seed: int = 0,
) -> LatentMap:
    """Neighbours, k-means clusters and a projection of features (N, K), of a latent map or of any layer, flattened.

    labels: (N,) from 0, classes or photographs (see `kinds`). reference: features and classes of training pictures, which name
    the class of the others; None where there are no classes. clusters: how many, 0: as many as there are labels. projection:
    "pca" or "tsne". seed: of k-means and t-SNE. Raises InvalidInput where shapes do not fit.
    Source: Lloyd (1982), doi:10.1109/TIT.1982.1056489; van der Maaten & Hinton (2008), JMLR 9, 2579-2605.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows, kind = np.asarray(features, np.float32), np.asarray(labels, np.int64)
    if rows.ndim != 2 or kind.shape != rows.shape[:1] or len(rows) < 3 or kind.min() < 0 or not np.isfinite(rows).all():
        raise InvalidInput(
            f"Expected finite features (N, K) of 3 pictures or more, N labels; received {rows.shape}, {kind.shape}."
        )
    if projection not in PROJECTIONS:
        raise InvalidInput(f"Expected a projection of {', '.join(PROJECTIONS)}, received {projection!r}.")
    count = clusters or len(np.unique(kind))
    if not 1 <= count <= len(rows):
        raise InvalidInput(f"Expected 1 to {len(rows)} clusters, received {clusters}.")
    predicted = accuracy = None
    if reference is None:
        # The nearest of all is the picture itself, or an exact copy of it: it is no neighbour.
        near = nearest(rows, kind, rows, min(neighbours + 1, len(rows))).indices
        found = np.array([[other for other in line if other != own][:neighbours] for own, line in enumerate(near)], np.int64)
    else:
        near_reference = nearest(*reference, rows, neighbours)
        found, predicted = near_reference.indices, near_reference.predicted
        right = int((predicted == kind).sum())
        accuracy = Estimate(right / len(kind), *wilson_interval(right, len(kind)))
    # One thread: several wait for each other longer than they work on so little, and sum in another order.
    with threadpool_limits(1):
        parts = KMeans(count, n_init=4, random_state=seed).fit_predict(rows).astype(np.int64)
        points, explained = _project(rows, projection, seed)
    return LatentMap(points, explained, found, predicted, accuracy, parts, cluster_scores(kind, parts, seed=seed))


def kinds(dataset: Dataset) -> tuple[Labels, tuple[str, ...]]:
    """What the points of a data set are told apart by, (N,) from 0, and their names: classes, else photographs, else nothing."""
    if dataset.class_names:
        return dataset.labels, dataset.class_names
    if dataset.groups is None:
        return np.zeros(len(dataset), np.int64), ("pictures",)
    names, places = np.unique(dataset.groups, return_inverse=True)
    return places.astype(np.int64), tuple(str(name) for name in names)


def _project(rows: Array, projection: str, seed: int) -> tuple[Array, float]:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if projection == "tsne":
        perplexity = min(30.0, (len(rows) - 1) / 3)
        return np.asarray(TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(rows), np.float32), float(
            "nan"
        )
    if rows.shape[1] == 1:
        rows = np.pad(rows, ((0, 0), (0, 1)))
    fitted = PCA(2, svd_solver="full" if rows.shape[1] < 50 else "randomized", random_state=seed)
    points = np.asarray(fitted.fit_transform(rows), np.float32)
    return points, float(np.nan_to_num(fitted.explained_variance_ratio_).sum())
