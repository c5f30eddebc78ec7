"""Does denoising help the inspection? Networks for castings, cross-validated by photograph, before and after denoising."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import measured
from ..classifiers import CHUNK, CLASSIFIERS, Classifier
from ..datasets.casting import CLASSES
from ..errors import InvalidInput
from ..images import resize, to_channels
from ..metrics import bootstrap_report, grouped_difference
from ..training import RUNS, Recipe, get_recipe
from ..training.batches import Part, training_data
from ..training.folds import Judge, fold_results, stratified_folds
from .inspection_pictures import (
    CLEAN,
    DENOISED,
    NOISES,
    NOISY,
    PER_PHOTOGRAPH,
    Castings,
    all_castings,
    conditions,
    under_conditions,
)

NAME = "inspection"
"""Under this name `measured` keeps the figures."""
NETWORKS = ("casting-cnn", "casting-alexnet", "casting-vgg16", "casting-inceptionv3", "casting-resnet50")
"""The cheapest first, and those of the published figures before the last."""
FOLDS = 4
EPOCHS = 6
"""A fold is trained for at most so many: the same for each, and shorter than the networks that come with the product."""
ALL = "all three"
REAL, SIMULATED = "casting", "simulated_castings"

Pictures = Mapping[tuple[str, str], NDArray[np.uint8]]


@dataclass(frozen=True)
class Row:
    """One figure of one network under one condition, with its 95 % interval.

    noise: "none", a kind, or "all three" kinds together. condition: clean, noisy, denoised, or "denoised less noisy". figure:
    accuracy, sensitivity, specificity, f1 (Defective is positive). confusion: rows true, columns named, of OK and Defective
    (`measured.matrix_of`); empty for a difference. denoiser: "" where there is none. drawn: what the interval draws anew.
    """

    classifier: str
    noise: str
    condition: str
    denoiser: str
    figure: str
    value: float
    low: float
    high: float
    pictures: int
    photographs: int
    drawn: str
    confusion: str
    split: str


def bench_inspection(
    names: Sequence[str] = (),
    *,
    folds: int = FOLDS,
    epochs: int = EPOCHS,
    seed: int = 0,
    runs: Path = RUNS,
    report: Callable[[str], None] = print,
) -> tuple[Row, ...]:
    """Train each network `folds` times and let it judge the photographs it never saw: clean, noisy, denoised.

    All photographs, train and val joined, are dealt to the folds by family (photographs that look like one casting), so that each
    fold has castings of both classes; a seventh of the rest, by family, stops the training. Simulated castings join the training
    pictures where the network's recipe has them. Judged are at most 8 pictures of each photograph, the same under every
    condition and for every network. Interval: bootstrap over photographs (over families it would differ little: 105 of 117); a
    draw without a photograph of an OK casting has a chance of 1 in a million, so the classes are not drawn apart.
    An interrupted run goes on where it stopped; finished folds and denoised pictures are kept in runs/inspection. Figures of
    networks measured before stay; after each network all are written to assets/measured/inspection.json.
    names: of classifiers for castings; () for `NETWORKS`. Raises InvalidInput for another classifier, DataNotFound.
    """
    recipes = [get_recipe(name) for name in names or NETWORKS]
    for recipe in recipes:
        if recipe.kind != "classifier" or REAL not in recipe.datasets:
            raise InvalidInput(f"{recipe.name} is no classifier of castings. Choose one of: {', '.join(NETWORKS)}.")
    castings = all_castings()
    part = stratified_folds(castings.labels, castings.families, folds, seed=seed)
    chosen = castings.some(PER_PHOTOGRAPH, seed)
    pictures = under_conditions(castings, chosen, runs / NAME, seed=seed, report=report)
    rows: list[Row] = []
    for recipe in recipes:
        shares = cross_inspect(recipe, castings, part, chosen, pictures, epochs=epochs, seed=seed, runs=runs, report=report)
        own = tuple(_rows(recipe.name, shares, castings, chosen, folds, seed))
        for row in own:
            report(f"{row.noise:14}{row.condition:22}{row.figure:14}{row.value:7.3f} ({row.low:.3f} to {row.high:.3f})")
        rows += own
        _write(rows, seed, folds)
    return tuple(rows)


def cross_inspect(
    recipe: Recipe,
    castings: Castings,
    part: NDArray[np.int64],
    chosen: NDArray[np.int64],
    pictures: Pictures,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    runs: Path = RUNS,
    report: Callable[[str], None] = print,
) -> NDArray[np.float32]:
    """Probability of Defective of each chosen picture under each of `conditions()`, (conditions, N), by the network of its fold.

    part: (all pictures,), the fold of each. chosen: numbers of the judged ones. pictures: they, under each condition.
    """
    folds, epochs = int(part.max()) + 1, min(epochs, recipe.epochs)
    key = hashlib.sha256(repr((recipe, epochs, seed, part.tolist(), chosen.tolist(), NOISES)).encode()).hexdigest()[:10]
    side, ready = recipe.side, _Lazy(recipe, castings)

    def prepare(fold: int) -> tuple[Sequence[Part], Judge]:
        kept = np.flatnonzero(part != fold)
        stopping = stratified_folds(castings.labels[kept], castings.families[kept], 7, seed=seed) == 0
        parts = [ready.part(kept[~stopping], 0), ready.part(kept[stopping], 1)]
        mine = np.flatnonzero(part[chosen] == fold)

        def judge(model: Any) -> NDArray[Any]:
            classifier = Classifier(CLASSIFIERS.get(recipe.name), model, CLASSES)
            return np.array([_defective(classifier, pictures[condition], mine) for condition in conditions()])

        return parts, judge

    report(f"{recipe.name}: {folds} folds at {side} x {side} pixels, {epochs} epochs each")
    results = fold_results(recipe, folds, prepare, epochs=epochs, runs=runs / NAME / f"folds-{key}", report=report)
    shares = np.empty((len(conditions()), len(chosen)), np.float32)
    for fold, result in enumerate(results):
        shares[:, part[chosen] == fold] = result
    return shares


class _Lazy:
    """The training pictures at the network's size, read when the first fold is trained: finished folds need none."""

    def __init__(self, recipe: Recipe, castings: Castings) -> None:
        self.recipe, self.castings = recipe, castings
        self.pictures: list[NDArray[np.uint8]] = []
        self.simulated: tuple[Part, ...] = ()

    def part(self, indices: NDArray[np.int64], which: int) -> Part:
        """Photographs, and the simulated castings to train on (0) or that stop the training (1)."""
        if not self.pictures:
            side = self.recipe.side
            for index in range(len(self.castings.labels)):
                image = resize(to_channels(self.castings.image(index), self.recipe.channels), side, side)[0]
                self.pictures.append(np.round(image * 255).astype(np.uint8))
            if SIMULATED in self.recipe.datasets:
                self.simulated = training_data(replace(self.recipe, datasets=(SIMULATED,)))
        found = [self.pictures[index] for index in indices.tolist()]
        labels = self.castings.labels[indices]
        if not self.simulated:
            return Part(found, labels)
        drawn = self.simulated[which]
        return Part([*found, *drawn.pictures], np.concatenate([labels, drawn.labels]))


def _defective(classifier: Classifier, pictures: NDArray[np.uint8], mine: NDArray[np.int64]) -> NDArray[np.float32]:
    chunks = [mine[at : at + CHUNK] for at in range(0, len(mine), CHUNK)]
    return np.concatenate([classifier(np.asarray(pictures[chunk] / np.float32(255), np.float32))[:, 1] for chunk in chunks])


def _rows(
    name: str, shares: NDArray[np.float32], castings: Castings, chosen: NDArray[np.int64], folds: int, seed: int
) -> Iterator[Row]:
    named = dict(zip(conditions(), (shares > 0.5).astype(np.int64), strict=True))
    truth, groups = castings.labels[chosen], castings.photographs[chosen]
    kinds = [kind for kind, _, _ in NOISES]
    split = f"casting, {folds} folds by photograph"

    def row(noise: str, condition: str, figure: str, found: Any, drawn: str, confusion: str = "") -> Row:
        denoiser = "routed" if condition not in (CLEAN, NOISY) else ""
        values = float(found.value), float(found.low), float(found.high)
        counts = len(truth), len(np.unique(groups))
        return Row(name, noise, condition, denoiser, figure, *values, *counts, drawn, confusion, split)

    judged: dict[tuple[str, str], tuple[NDArray[Any], ...]] = {key: (truth, one, groups) for key, one in named.items()}
    for condition in (NOISY, DENOISED):  # each picture once a kind of noise; a photograph's are still drawn together
        every = np.concatenate([named[kind, condition] for kind in kinds])
        judged[ALL, condition] = np.tile(truth, len(kinds)), every, np.tile(groups, len(kinds))
    for (noise, condition), (true, guess, sources) in judged.items():
        found = bootstrap_report(true, guess, CLASSES, groups=sources, seed=seed)
        positive, confusion = found.classes[1], measured.matrix_text(found.confusion)
        drawn = {"groups": "photographs"}.get(found.drawn, found.drawn)
        for figure, value in (
            ("accuracy", found.accuracy),
            ("sensitivity", positive.sensitivity),
            ("specificity", positive.specificity),
            ("f1", positive.f1),
        ):
            yield row(noise, condition, figure, value, drawn, confusion)
    for noise in (*kinds, ALL):
        true, before, sources = judged[noise, NOISY]
        after = judged[noise, DENOISED][1]
        change = grouped_difference(before == true, after == true, sources, seed=seed)
        yield row(noise, "denoised less noisy", "accuracy", change, "photographs")


def _write(rows: Sequence[Row], seed: int, folds: int) -> None:
    """All rows so far, and those that were kept of other networks."""
    now = {row.classifier for row in rows}
    before = measured.read(NAME)
    kept = [dict(row) for row in before.rows if row["classifier"] not in now] if before else []
    command = f"python -m xai_core bench inspection{f' --folds {folds}' if folds != FOLDS else ''}"
    measured.write(NAME, [*kept, *rows], command=command, seed=seed)
