"""Figures of a classifier: confusion matrix, precision, recall, F1, specificity, support."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Labels


@dataclass(frozen=True)
class ClassFigures:
    """Precision, recall, F1, specificity (each in [0, 1]; 0 where undefined) and support (pictures of the class).

    recall is the class's sensitivity. specificity: the share of all other pictures that are not taken for it.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    specificity: float


@dataclass(frozen=True)
class Report:
    """Accuracy with its 95 % interval, figures a class, confusion matrix (rows true, columns predicted)."""

    accuracy: float
    interval: tuple[float, float]
    classes: tuple[ClassFigures, ...]
    confusion: NDArray[np.int64]

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "classes": [asdict(figures) for figures in self.classes],
            "confusion": self.confusion.tolist(),
        }


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % confidence interval of a share. Source: Wilson (1927), doi:10.1080/01621459.1927.10502953."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / (1 + z**2 / trials)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def classification_report(truth: Labels, predicted: Labels, class_names: Sequence[str]) -> Report:
    """Compare true and predicted labels, both (N,) indices into class_names.

    Raises InvalidInput where they differ in length or a label is no such index (-1: unlabelled pictures).
    """
    count = len(class_names)
    if len(truth) != len(predicted):
        raise InvalidInput(f"Expected as many predicted as true labels, received {len(predicted)} and {len(truth)}.")
    for labels in (truth, predicted):
        if len(labels) and not 0 <= np.min(labels) <= np.max(labels) < count:
            raise InvalidInput(
                f"Expected labels from 0 to {count - 1}, received {np.min(labels)} to {np.max(labels)}. "
                "Leave out pictures without a label."
            )
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    hits = np.diag(confusion)
    with np.errstate(invalid="ignore"):
        precision = np.nan_to_num(hits / confusion.sum(axis=0))
        recall = np.nan_to_num(hits / confusion.sum(axis=1))
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
        others = len(truth) - confusion.sum(axis=1)
        specificity = np.nan_to_num((others - confusion.sum(axis=0) + hits) / others)
    figures = tuple(
        ClassFigures(name, float(precision[i]), float(recall[i]), float(f1[i]), int(confusion[i].sum()), float(specificity[i]))
        for i, name in enumerate(class_names)
    )
    right, total = int(hits.sum()), len(truth)
    return Report(right / max(total, 1), wilson_interval(right, total), figures, confusion)
