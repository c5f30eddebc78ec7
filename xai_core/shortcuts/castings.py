"""What pictures of castings tell about the class without the casting, measured by photograph."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datasets.casting import families
from ..errors import InvalidInput
from ..metrics import Estimate, grouped_difference
from ..metrics.ranking import grouped_auc
from ..training.folds import stratified_folds
from ..types import Dataset
from . import corners
from .measure import ALL, COMMONEST, Report, Row, line

FOLDS = 4


def casting_shortcuts(train: Dataset, val: Dataset, *, seed: int = 0, report: Report = print) -> tuple[Row, ...]:
    """Classifiers that see nothing but the four corners of 32 x 32 pixels, where no casting is, on photographs they never saw.

    Both splits joined, dealt to four folds by family, each judged by what was learned on the others. Figures: accuracy and area
    under the ROC curve, with a bootstrap interval over photographs; rows as of `data_shortcuts`. Raises InvalidInput where the
    pictures do not name their photograph.
    """
    if train.groups is None or val.groups is None:
        raise InvalidInput(f"Expected pictures that name their photograph; those of {val.name} do not.")
    labels, photographs = (np.concatenate(pair) for pair in ((train.labels, val.labels), (train.groups, val.groups)))
    casting = families()
    part = stratified_folds(labels, [casting[name] for name in photographs.tolist()], FOLDS, seed=seed)
    seen, truth = np.concatenate([corners.corners(train), corners.corners(val)]), labels == 1
    pictures = len(labels)

    def row(what: str, figure: str, found: Estimate) -> Row:
        return Row("corners", what, ALL, figure, found.value, found.low, found.high, pictures)

    commonest = truth == bool(truth.mean() >= 0.5)
    rows = [row(COMMONEST, "accuracy", by_photograph(commonest, photographs, seed))]
    ways: dict[str, Callable[..., NDArray[Any]]] = {
        "corners: logistic regression": corners.logistic,
        "corners: boosted trees": corners.trees,
        "corners: small network": corners.network,
    }
    for what, way in ways.items():
        report(f"{what}, {FOLDS} folds ...")
        scores = np.empty(pictures)
        for fold in range(FOLDS):
            scores[part == fold] = way(seen[part != fold], labels[part != fold], seen[part == fold], seed)
        rows.append(row(what, "AUC", grouped_auc(truth, scores, photographs, seed=seed)))
        rows.append(row(what, "accuracy", by_photograph((scores > 0.5) == truth, photographs, seed)))
    for one in rows:
        report(line(one))
    return tuple(rows)


def by_photograph(right: NDArray[np.bool_], photographs: NDArray[Any], seed: int = 0) -> Estimate:
    """An accuracy with its interval over photographs."""
    return grouped_difference(np.zeros(len(right), bool), right, photographs, seed=seed)
