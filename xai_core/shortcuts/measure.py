"""How far the class can be told without looking at the galaxy (the casting), and how much of a map lies beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classifiers import Classifier, probabilities
from ..errors import InvalidInput
from ..explainers import EXPLAINERS, explain
from ..metrics import Estimate, bootstrap_mean, grouped_difference, wilson_interval
from ..metrics.ranking import auc
from ..types import Dataset
from . import corners
from .casting import casting_mask
from .galaxy import galaxy_mask

METHODS = ("grad_cam", "integrated_gradients", "saliency", "occlusion", "random_map")
"""Whose maps are weighed; the last knows nothing of the network."""

PICTURES = 200
SIZED = 1000
"""Training pictures from which the direction of a single number (larger means Other, or Elliptical) is taken."""

BATCH = 20
CASTINGS = ("casting", "simulated_castings")
"""Data sets of castings: their masks are of defects, and groups are photographs, of which each has one class."""
ALL = "all"
COMMONEST, BY_SOURCE = "always the commonest class", "the commonest class of the picture's source"


@dataclass(frozen=True)
class Row:
    """One figure with its 95 % interval.

    section: corners, source, zoom, sources, subtypes or background. what: in words. on: which pictures ("all", a source, a
    subtype). figure: accuracy, AUC or share outside. pictures: how many.
    """

    section: str
    what: str
    on: str
    figure: str
    value: float
    low: float
    high: float
    pictures: int


Report = Callable[[str], None]


def data_shortcuts(train: Dataset, val: Dataset, *, seed: int = 0, report: Report = print) -> tuple[Row, ...]:
    """What the pictures give away without the galaxy, whatever the classifier: corners, source, zoom.

    train: what simple classifiers learn from; val: where they are measured; both with two classes. Raises InvalidInput otherwise.
    Figures: accuracy (Wilson's interval) and area under the ROC curve (DeLong's), on all pictures and on those of the source
    that has both classes alone.
    """
    if len(val.class_names) != 2 or min(val.labels.min(), train.labels.min()) < 0:
        raise InvalidInput(f"Expected pictures of two known classes, received {len(val.class_names)} classes in {val.name}.")
    rows = [*_source(train, val), *_corners(train, val, seed, report), *_zoom(train, val)]
    for row in rows:
        report(line(row))
    return tuple(rows)


def classifier_shortcuts(
    classifier: Classifier, val: Dataset, *, pictures: int = PICTURES, seed: int = 0, report: Report = print
) -> tuple[Row, ...]:
    """A trained classifier by source and by subtype, and the share of its maps that lies beside the galaxy, or the casting.

    pictures: how many, drawn with the seed, are explained for the class that is predicted; the galaxy's outline is the true one
    where the data set knows it, else `galaxy_mask`; the casting's is `casting_mask`. Of photographs of castings the intervals are
    over photographs, the share outside is the mean of their means, and a photograph has no row of its own. Share outside: sum of
    |map| outside over the sum of |map|; by chance the outside's share of the area, which is the row `area`. Blank maps and
    pictures without an outline are left out.
    """
    right, photographs = _right(classifier, val), _photographs(val)
    rows = [_accuracy("sources", "this classifier", ALL, right)]
    if photographs is not None:
        found = grouped_difference(np.zeros(len(right), bool), right, photographs, seed=seed)
        rows = [replace(rows[0], low=found.low, high=found.high)]
    for section, names in (("sources", val.groups), ("subtypes", val.subtypes)):
        if names is not None and names is not photographs:
            rows += [_accuracy(section, "this classifier", str(name), right[names == name]) for name in np.unique(names)]
    rows += _background(classifier, val, min(pictures, len(val)), seed, report)
    for row in rows:
        report(line(row))
    return tuple(rows)


def line(row: Row) -> str:
    """A row as text."""
    figures = f"{row.value:.3f} ({row.low:.3f} to {row.high:.3f})"
    return f"{row.section:12}{row.what:52}{row.on:48}{row.figure:15}{figures:28}{row.pictures:6,} pictures"


def _accuracy(section: str, what: str, on: str, right: NDArray[np.bool_]) -> Row:
    low, high = wilson_interval(int(right.sum()), len(right))
    return Row(section, what, on, "accuracy", float(right.mean()), low, high, len(right))


def _area(section: str, what: str, on: str, truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> Row:
    found: Estimate = auc(truth, scores)
    return Row(section, what, on, "AUC", found.value, found.low, found.high, len(scores))


def _parts(dataset: Dataset) -> dict[str, NDArray[np.bool_]]:
    """All pictures, and those of each source that has both classes."""
    parts = {ALL: np.ones(len(dataset), bool)}
    for group in np.unique(dataset.groups) if dataset.groups is not None else ():
        inside = dataset.groups == group
        if len(np.unique(dataset.labels[inside])) == 2:
            parts[str(group)] = inside
    return parts


def _learned(train: Dataset, on: str) -> NDArray[np.bool_]:
    """The training pictures for a part of val: within one source both, so that the source says nothing."""
    return np.ones(len(train), bool) if on == ALL or train.groups is None else np.asarray(train.groups == on)


def _source(train: Dataset, val: Dataset) -> list[Row]:
    """Naming the commonest class of all training pictures, of those of one source, and of each picture's source."""
    rows = []
    for on, inside in _parts(val).items():
        commonest = int(np.bincount(train.labels[_learned(train, on)]).argmax())
        rows.append(_accuracy("source", COMMONEST, on, val.labels[inside] == commonest))
    if train.groups is not None and val.groups is not None:
        guess = {group: int(np.bincount(train.labels[train.groups == group]).argmax()) for group in np.unique(train.groups)}
        guess |= {group: int(np.bincount(train.labels).argmax()) for group in np.unique(val.groups) if group not in guess}
        predicted = np.array([guess[group] for group in val.groups])
        rows.append(_accuracy("source", BY_SOURCE, ALL, predicted == val.labels))
    return rows


def _corners(train: Dataset, val: Dataset, seed: int, report: Report) -> list[Row]:
    seen, unseen = corners.corners(train), corners.corners(val)
    ways: dict[str, Callable[..., NDArray[np.float64]]] = {
        "corners: logistic regression": corners.logistic,
        "corners: boosted trees": corners.trees,
        "corners: small network": corners.network,
    }
    rows = []
    for on, inside in _parts(val).items():
        learned = _learned(train, on)
        for what, way in ways.items():
            report(f"{what}, on {on} ...")
            scores = way(seen[learned], train.labels[learned], unseen[inside], seed)
            truth = val.labels[inside] == 1
            rows += [_area("corners", what, on, truth, scores), _accuracy("corners", what, on, (scores > 0.5) == truth)]
    return rows


def _zoom(train: Dataset, val: Dataset) -> list[Row]:
    """One number each: grain of the noise in the corners, share of the picture that the galaxy fills."""
    rng = np.random.default_rng(0)
    some = np.sort(rng.permutation(len(train))[:SIZED])
    rows = []
    for what, number in (
        ("size of the noise grain in the corners", _grains),
        ("share of the picture that the galaxy fills", _fills),
    ):
        known, values = number(train, some), number(val, np.arange(len(val)))
        for on, inside in _parts(val).items():
            part = _learned(train, on)[some]
            larger = auc(train.labels[some][part] == 1, known[part]).value >= 0.5
            sign = 1 if larger else -1
            means = f"{what} (larger: {val.class_names[int(larger)]})"
            rows.append(_area("zoom", means, on, val.labels[inside] == 1, sign * values[inside]))
    return rows


def _grains(dataset: Dataset, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    return corners.grain(corners.corners(dataset, indices))


def _fills(dataset: Dataset, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([galaxy_mask(dataset.image(int(index))[0]).mean() for index in indices])


def _right(classifier: Classifier, val: Dataset) -> NDArray[np.bool_]:
    return np.asarray(probabilities(classifier, val).argmax(axis=1) == val.labels)


def _background(classifier: Classifier, val: Dataset, count: int, seed: int, report: Report) -> list[Row]:
    chosen = np.sort(np.random.default_rng(seed).permutation(len(val))[:count])
    masks = {int(index): _mask(val, int(index)) for index in chosen}
    usable = [index for index, mask in masks.items() if mask.any() and not mask.all()]
    if not usable:
        what = "casting" if val.name in CASTINGS else "galaxy"
        raise InvalidInput(f"No {what} was found in the middle of {count} pictures of {val.name}.")
    photographs = _photographs(val)
    sources = np.arange(len(val)) if photographs is None else np.unique(photographs, return_inverse=True)[1]
    of = sources[usable]
    rows = [_share("area", np.array([1 - masks[index].mean() for index in usable]), of)]
    for method in METHODS:
        report(f"{EXPLAINERS.get(method).label} of {len(usable)} pictures ...")
        outside = np.array(_outside(classifier, val, method, usable, masks, seed))
        if np.isfinite(outside).any():
            rows.append(_share(EXPLAINERS.get(method).label, outside, of))
    return rows


def _photographs(val: Dataset) -> NDArray[np.str_] | None:
    return val.groups if val.name in CASTINGS else None


def _mask(val: Dataset, index: int) -> NDArray[np.bool_]:
    if val.name in CASTINGS:
        return casting_mask(val.image(index)[0])
    return np.asarray(val.masks[index]) if val.masks is not None else galaxy_mask(val.image(index)[0])


def _share(what: str, values: NDArray[np.float64], sources: NDArray[np.int64]) -> Row:
    """The mean over sources, each the mean of its pictures; values that are no numbers are left out."""
    known = np.isfinite(values)
    each = [float(values[known & (sources == source)].mean()) for source in np.unique(sources[known])]
    found = bootstrap_mean(each)
    return Row("background", what, "explained pictures", "share outside", found.value, found.low, found.high, int(known.sum()))


def _outside(
    classifier: Classifier,
    val: Dataset,
    method: str,
    indices: list[int],
    masks: dict[int, NDArray[np.bool_]],
    seed: int,
) -> list[float]:
    """Share of |map| outside the galaxy (the casting), NaN for a blank map."""
    parameters: dict[str, Any] = {"seed": seed} if any(item.name == "seed" for item in EXPLAINERS.get(method).parameters) else {}
    shares = []
    for start in range(0, len(indices), BATCH):
        part = indices[start : start + BATCH]
        images = np.concatenate([val.image(index) for index in part])
        for index, heatmap in zip(part, explain(classifier, images, method, **parameters).heatmap, strict=True):
            size = np.abs(heatmap.astype(np.float64))
            shares.append(float(size[~masks[index]].sum() / size.sum()) if size.any() else float("nan"))
    return shares
