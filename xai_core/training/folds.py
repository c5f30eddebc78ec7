"""K-fold cross-validation: how much a recipe's accuracy depends on which pictures it is trained on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import weights
from ..compiled import forward
from ..errors import InvalidInput
from .batches import Part, batches, training_data
from .loop import CHECKPOINT, RUNS, fit, forget
from .recipe import Recipe

RESULT = "result.npy"

Judge = Callable[[Any], NDArray[Any]]
"""What is kept of a fold: called with its network."""


def stratified_folds(labels: ArrayLike, groups: ArrayLike, folds: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Which of `folds` parts each picture belongs to, (N,): groups are never split, and each part has groups of every class.

    The groups of each class, in random order, go one by one to the part that has the fewest pictures of that class.
    labels: (N,) whole numbers. groups: (N,), pictures of one source. Raises InvalidInput where a group has pictures of two
    classes, or a class has fewer groups than there are parts.
    Source: Kohavi (1995), "A study of cross-validation and bootstrap for accuracy estimation and model selection" (stratified).
    """
    classes, (names, units) = np.asarray(labels), np.unique(np.asarray(groups), return_inverse=True)
    of_group = np.array([classes[units == unit][0] for unit in range(len(names))])
    if (of_group[units] != classes).any():
        raise InvalidInput("Expected groups of one class each; one has pictures of two. Merge the classes or split the group.")
    sizes, part = np.bincount(units), np.empty(len(names), np.int64)
    rng = np.random.default_rng(seed)
    for label in np.unique(of_group):
        order = rng.permutation(np.flatnonzero(of_group == label))
        if len(order) < folds:
            raise InvalidInput(f"Expected at least {folds} groups of each class, received {len(order)} of class {label}.")
        filled = np.zeros(folds, np.int64)
        for unit in order[np.argsort(-sizes[order], kind="stable")].tolist():  # the largest first: the rest evens it out
            part[unit] = filled.argmin()
            filled[part[unit]] += sizes[unit]
    return part[units]


def fold_results(
    recipe: Recipe,
    folds: int,
    prepare: Callable[[int], tuple[Sequence[Part], Judge]],
    *,
    epochs: int | None = None,
    runs: Path = RUNS,
    report: Callable[[str], None] = print,
) -> list[NDArray[Any]]:
    """Train a recipe once a fold and keep what each network is judged to be, in runs/NAME-fold-I-of-N/result.npy.

    prepare: of fold 0, 1, ... gives the pictures to train on and those that stop the training, and the judge. An interrupted run
    goes on where it stopped: with the next fold, or within one after its last epoch.
    """
    found = []
    for fold, folder in enumerate(fold_folders(recipe, folds, runs)):
        result = folder / RESULT
        if not result.exists():
            parts, judge = prepare(fold)
            model, _ = fit(recipe, parts, folder, epochs=epochs, report=report)
            part = result.with_suffix(".part")
            with part.open("wb") as file:
                np.save(file, judge(model))
            part.replace(result)
            (folder / CHECKPOINT).unlink(missing_ok=True)
        found.append(np.load(result))
        report(f"{recipe.name}: fold {fold + 1}/{folds} done")
    return found


def fold_folders(recipe: Recipe, folds: int, runs: Path = RUNS) -> list[Path]:
    """Where `fold_results` keeps its folds."""
    return [runs / f"{recipe.name}-fold-{fold + 1}-of-{folds}" for fold in range(folds)]


def cross_validate(
    recipe: Recipe,
    folds: int,
    *,
    epochs: int | None = None,
    runs: Path = RUNS,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train a classifier `folds` times, each time without one part of its training pictures, and measure it on that part.

    Every picture of the training split is judged once, by a network that never saw it, not even to stop its training; the val
    and test splits are not read. The trained weights of the product stay as they are. An interrupted run goes on where it
    stopped: with the next fold, or within one after its last epoch.
    folds: 2 or more. epochs, report: as for `train`. Returns {"folds": accuracy of each, [0, 1], "mean", "deviation": sample
    standard deviation}; it is also written into the manifest where the model is in it.
    Raises InvalidInput for fewer than 2 folds or a recipe that is no classifier's.
    Source: Stone (1974), doi:10.1111/j.2517-6161.1974.tb00994.x.
    """
    if folds < 2:
        raise InvalidInput(f"Expected at least 2 folds, received {folds}.")
    if recipe.kind != "classifier":
        raise InvalidInput(f"{recipe.name} is a {recipe.kind}; folds are for classifiers.")

    def prepare(fold: int) -> tuple[Sequence[Part], Judge]:
        kept, stopping, judged = training_data(recipe, (fold, folds))

        def accuracy(model: Any) -> NDArray[Any]:
            inputs = batches(recipe, judged, epoch=None)
            outputs = np.concatenate([forward(model, inputs[index][0]) for index in range(len(inputs))])
            predicted = (outputs[:, 0] > 0.5) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
            share = float((predicted == judged.labels).mean())
            report(f"{recipe.name}: fold {fold + 1}/{folds}  accuracy {share:.4f}")
            return np.array(share)

        return (kept, stopping), accuracy

    found = [float(one) for one in fold_results(recipe, folds, prepare, epochs=epochs, runs=runs, report=report)]
    summary = {"folds": found, "mean": float(np.mean(found)), "deviation": float(np.std(found, ddof=1))}
    if recipe.name in weights.trained_models():
        weights.update_manifest(recipe.name, cross_validation=summary)
    for folder in fold_folders(recipe, folds, runs):
        forget(folder)
    return summary
