"""How far a figure could be off by the luck of which pictures were measured: bootstrap intervals, paired comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..types import Labels
from .classification import classification_report

RESAMPLES = 2000
FEWEST_GROUPS = 30
"""Groups below which they say nothing about other groups (two surveys are no sample of surveys): pictures are drawn then."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassEstimates:
    """Figures of one class, each with its interval; support: pictures of the class.

    recall is the class's sensitivity: the share of its pictures that are found. specificity: the share of the other pictures that
    are not taken for it.
    """

    name: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    specificity: Estimate
    support: int

    @property
    def sensitivity(self) -> Estimate:
        return self.recall


@dataclass(frozen=True)
class ReportEstimates:
    """A classification report with intervals; confusion: rows true, columns predicted. drawn: what was drawn anew."""

    accuracy: Estimate
    classes: tuple[ClassEstimates, ...]
    confusion: NDArray[np.int64]
    drawn: str


def bootstrap_report(
    truth: Labels,
    predicted: Labels,
    class_names: Sequence[str],
    *,
    groups: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ReportEstimates:
    """Accuracy, precision, recall, F1 and specificity with bootstrap intervals: the pictures drawn anew, with repetition.

    Percentiles 2.5 and 97.5 of each figure over the draws; draws in which it is 0 / 0 are left out. truth, predicted: (N,)
    indices into class_names. groups: (N,), names of sources (a photograph cut into pieces), whose pictures are drawn together
    where there are at least 30 of them. Raises InvalidInput as `classification_report` does.
    Source: Efron & Tibshirani (1993), doi:10.1201/9780429246593.
    """
    report = classification_report(truth, predicted, class_names)
    count = len(class_names)
    cells = np.asarray(truth) * count + np.asarray(predicted)
    rng = np.random.default_rng(seed)
    sources = np.unique(np.asarray(groups), return_inverse=True)[1] if groups is not None else np.zeros(0, int)
    total = int(sources.max()) + 1 if sources.size else 0
    if not len(cells):
        drawn, draws = "pictures", np.zeros((resamples, count * count), np.int64)
    elif total >= FEWEST_GROUPS:
        drawn, each = "groups", np.zeros((total, count * count), np.int64)
        np.add.at(each, (sources, cells), 1)
        draws = rng.multinomial(total, np.full(total, 1 / total), resamples) @ each
    else:
        # N draws with repetition are a draw of the matrix's cells with their shares.
        drawn, draws = "pictures", rng.multinomial(len(cells), report.confusion.ravel() / len(cells), resamples)
    matrices = draws.reshape(resamples, count, count).astype(np.float64)
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    rows, columns, everything = matrices.sum(axis=2), matrices.sum(axis=1), matrices.sum(axis=(1, 2))
    with np.errstate(invalid="ignore"):
        accuracy = hits.sum(axis=1) / everything
        precision, recall = hits / columns, hits / rows
        f1 = 2 * hits / (rows + columns)
        specificity = 1 - (columns - hits) / (everything[:, None] - rows)
    classes = tuple(
        ClassEstimates(
            figures.name,
            estimate(figures.precision, precision[:, i]),
            estimate(figures.recall, recall[:, i]),
            estimate(figures.f1, f1[:, i]),
            estimate(figures.specificity, specificity[:, i]),
            figures.support,
        )
        for i, figures in enumerate(report.classes)
    )
    return ReportEstimates(estimate(report.accuracy, accuracy), classes, report.confusion, drawn)


def bootstrap_mean(values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """The mean of (N,) finite values and its 95 % bootstrap interval; all NaN for no values."""
    sample = np.asarray(values, np.float64)
    if not sample.size:
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    means = [sample[rng.integers(sample.size, size=sample.size)].mean() for _ in range(resamples)]
    return estimate(float(sample.mean()), np.asarray(means))


@dataclass(frozen=True)
class Paired:
    """Two classifications of the same pictures.

    difference: of the accuracies, second less first, with its bootstrap interval. gained, lost: pictures that only the second,
    only the first has right. p: probability of so uneven a split, or a more uneven one, if both were equally good.
    """

    difference: Estimate
    gained: int
    lost: int
    p: float


def paired(first: ArrayLike, second: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0) -> Paired:
    """McNemar's exact test: of the pictures on which the two differ, is half gained and half lost?

    first, second: (N,) bool, which pictures are right, in the same order. Raises InvalidInput where they differ in length or are
    empty. Source: McNemar (1947), doi:10.1007/BF02295996.
    """
    from scipy.stats import binomtest

    one, two = np.asarray(first, bool), np.asarray(second, bool)
    if one.ndim != 1 or one.shape != two.shape or not one.size:
        raise InvalidInput(f"Expected the same pictures twice, received {one.shape} and {two.shape}.")
    gained, lost, count = int((~one & two).sum()), int((one & ~two).sum()), len(one)
    shares = np.array([gained, lost, count - gained - lost]) / count
    draws = np.random.default_rng(seed).multinomial(count, shares, resamples)
    p = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return Paired(estimate((gained - lost) / count, (draws[:, 0] - draws[:, 1]) / count), gained, lost, p)


def grouped_difference(
    first: ArrayLike, second: ArrayLike, groups: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """The difference of two accuracies on the same pictures, second less first, with a bootstrap interval over whole groups.

    first, second: (N,) bool, which pictures are right, in the same order. groups: (N,), names of sources whose pictures are drawn
    together. Raises InvalidInput where they differ in length or are empty.
    Source: Efron & Tibshirani (1993), doi:10.1201/9780429246593.
    """
    one, two, names = np.asarray(first, bool), np.asarray(second, bool), np.asarray(groups)
    if one.ndim != 1 or not one.shape == two.shape == names.shape or not one.size:
        raise InvalidInput(
            f"Expected the same pictures twice and their groups, received {one.shape}, {two.shape}, {names.shape}."
        )
    units = np.unique(names, return_inverse=True)[1]
    change, size = np.bincount(units, two.astype(float) - one), np.bincount(units)
    draws = np.random.default_rng(seed).multinomial(len(size), np.full(len(size), 1 / len(size)), resamples)
    return estimate(float(change.sum() / size.sum()), (draws @ change) / (draws @ size))


def estimate(value: float, draws: NDArray[np.float64]) -> Estimate:
    """A figure with the percentiles 2.5 and 97.5 of its draws; those that are not finite are left out."""
    known = draws[np.isfinite(draws)]
    if not known.size:
        return Estimate(value, 0.0, 1.0)
    low, high = np.percentile(known, (2.5, 97.5))
    return Estimate(value, float(low), float(high))
