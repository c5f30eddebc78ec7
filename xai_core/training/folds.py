"""K-fold cross-validation: how much a recipe's accuracy depends on which pictures it is trained on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import weights
from ..compiled import forward
from ..errors import InvalidInput
from .batches import batches, training_data
from .loop import RUNS, fit, forget
from .recipe import Recipe

RESULT = "accuracy.json"


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
        raise InvalidInput(f"{recipe.name} is a denoiser; folds are for classifiers.")
    folders = [runs / f"{recipe.name}-fold-{fold + 1}-of-{folds}" for fold in range(folds)]
    for fold, folder in enumerate(folders):
        result = folder / RESULT
        if not result.exists():
            kept, stopping, judged = training_data(recipe, (fold, folds))
            model, _ = fit(recipe, (kept, stopping), folder, epochs=epochs, report=report)
            inputs = batches(recipe, judged, epoch=None)
            outputs = np.concatenate([forward(model, inputs[index][0]) for index in range(len(inputs))])
            predicted = (outputs[:, 0] > 0.5) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
            part = result.with_suffix(".part")
            part.write_text(json.dumps(float((predicted == judged.labels).mean())))
            part.replace(result)
        report(f"{recipe.name}: fold {fold + 1}/{folds}  accuracy {json.loads(result.read_text()):.4f}")
    found = [float(json.loads((folder / RESULT).read_text())) for folder in folders]
    summary = {"folds": found, "mean": float(np.mean(found)), "deviation": float(np.std(found, ddof=1))}
    if recipe.name in weights.trained_models():
        weights.update_manifest(recipe.name, cross_validation=summary)
    for folder in folders:
        forget(folder)
    return summary
