"""Would more training pictures help? The accuracy of one recipe over the number of pictures it is trained on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import measured
from ..classifiers import CLASSIFIERS, Classifier, probabilities
from ..datasets import load_dataset
from ..errors import InvalidInput
from ..metrics import power_law, wilson_interval
from ..training import RUNS, get_recipe
from ..training.batches import Part, training_data
from ..training.loop import fit, forget

NAME = "learning-curve"
"""Under this name `measured` keeps the figures."""
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
RIGHT = "right.npy"


def bench_learning_curve(
    name: str = "galaxy-vgg16",
    shares: Sequence[float] = SHARES,
    *,
    epochs: int = 12,
    goals: Sequence[float] = (0.885, 0.905),
    resamples: int = 2000,
    seed: int = 0,
    runs: Path = RUNS,
    report: Callable[[str], None] = print,
) -> tuple[dict[str, Any], ...]:
    """Train a classifier from scratch on parts of its pictures, a smaller part within every larger one, and judge it on val.

    A part is repeated, augmented anew each time, until it has as many pictures as there are: every part gets the same steps, the
    same schedule, and is as often looked at. The best epoch is that of the recipe's own held-out pictures. An interrupted run
    goes on after its last epoch.
    Rows, also kept under assets/measured/learning-curve.json: section "curve" (pictures trained on, accuracy, 95 % interval),
    "law" (`power_law` of the error: exponent, and the factor of the error for twice as many pictures, each with its interval),
    "goals" (accuracy, and how many pictures it would take by that law; null: more than 10 million). Intervals of the last two:
    the val pictures drawn anew, seeded.
    Raises InvalidInput for a denoiser's recipe, fewer than two shares, or one outside (0, 1].
    """
    recipe = get_recipe(name)
    chosen = sorted(set(shares))
    if recipe.kind != "classifier" or len(chosen) < 2 or not (chosen[0] > 0 and chosen[-1] <= 1):
        raise InvalidInput(f"Expected a classifier and at least two shares over 0 and up to 1, received {name} and {chosen}.")
    kept, held_out = training_data(recipe)
    order = np.random.default_rng(seed).permutation(len(kept.pictures))
    data = load_dataset(recipe.datasets[0], "val")
    sizes, right = [], []
    for share in chosen:
        size = round(share * len(order))
        repeated = np.resize(order[:size], len(order))  # the first `size`, again and again
        part = Part([kept.pictures[i] for i in repeated.tolist()], kept.labels[repeated])
        folder = runs / f"{name}-curve-{size}"
        if not (folder / RIGHT).exists():
            model, _ = fit(recipe, (part, held_out), folder, epochs=epochs, report=report)
            classifier = Classifier(CLASSIFIERS.get(name), model, data.class_names)
            np.save(folder / RIGHT, probabilities(classifier, data).argmax(axis=1) == data.labels)
        right.append(np.load(folder / RIGHT))
        sizes.append(size)
        report(f"{name}: {size} pictures  accuracy {right[-1].mean():.2%}")
    rows = _rows(np.array(sizes), np.array(right), goals, resamples, seed)
    command = f"python -m xai_core bench curve --classifier {name}"
    measured.write(NAME, rows, command=command, seed=seed)
    for size in sizes:
        forget(runs / f"{name}-curve-{size}")
    return tuple(rows)


def _rows(
    sizes: NDArray[np.int64], right: NDArray[np.bool_], goals: Sequence[float], resamples: int, seed: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for size, hits in zip(sizes, right, strict=True):
        low, high = wilson_interval(int(hits.sum()), len(hits))
        rows.append(
            {"section": "curve", "trained_on": int(size), "value": float(hits.mean()), "low": low, "high": high}
            | {"pictures": len(hits)}
        )
    rng = np.random.default_rng(seed)
    # All parts are judged on the same pictures drawn, so what makes a draw easy makes it easy for all of them.
    draws = [rng.integers(right.shape[1], size=right.shape[1]) for _ in range(resamples)]
    laws = [power_law(sizes, np.maximum(1 - right[:, draw].mean(axis=1), 1e-6)) for draw in draws]
    law = power_law(sizes, np.maximum(1 - right.mean(axis=1), 1e-6))

    def row(section: str, what: str | float, value: float, values: list[float]) -> dict[str, Any]:
        low, high = np.percentile(np.minimum(values, 1e12), (2.5, 97.5))
        figures = {"value": value, "low": float(low), "high": float(high)}
        return {"section": section, "what": what} | {key: None if one > 1e7 else one for key, one in figures.items()}

    rows.append({"section": "law", "what": "scale", "value": law.scale})
    rows.append(row("law", "exponent", law.exponent, [one.exponent for one in laws]))
    rows.append(row("law", "error factor of twice as many", 2**-law.exponent, [2**-one.exponent for one in laws]))
    rows += [row("goals", goal, law.size(1 - goal), [one.size(1 - goal) for one in laws]) for goal in goals]
    return rows
