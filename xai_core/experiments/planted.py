"""Every explanation method on pictures whose evidence is known, with the trained network and with one that learned nothing."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classifiers import load_classifier
from ..datasets import load_dataset
from ..errors import InvalidInput, NoiseLensError
from ..explainers import EXPLAINERS, explain
from ..trust import pointing_game, randomised, relevance_mass, relevance_rank
from ..types import Array

CLASSIFIER = "planted-cnn"


@dataclass(frozen=True)
class PlantedRow:
    """One method: means over the pictures, each from 0 to 1.

    mass: share of the positive evidence on the object. hits: share of pictures whose highest value lies on it. rank: of the k
    highest pixels, k the object's size, the share on it. chance: mean share of the picture that the object covers.
    random_*: the same for the network with shuffled weights; NaN for a control, which looks at no network.
    blank, random_blank: pictures whose map has no positive value, which count as mass 0.
    seconds: a picture. pictures: how many. seed: of the methods that draw at random.
    """

    method: str
    label: str
    mass: float
    hits: float
    rank: float
    chance: float
    random_mass: float
    random_hits: float
    random_rank: float
    blank: int
    random_blank: int
    seconds: float
    pictures: int
    seed: int


@dataclass(frozen=True)
class Skipped:
    """A method that does not apply to the network, and the reason in a sentence."""

    method: str
    label: str
    reason: str


@dataclass(frozen=True)
class PlantedTable:
    """Rows of the methods that apply, those that do not, how many pictures were looked at to find correctly classified ones."""

    rows: tuple[PlantedRow, ...]
    skipped: tuple[Skipped, ...]
    looked_at: int


@dataclass(frozen=True)
class _Scores:
    """Of one method with one network, as in `PlantedRow`."""

    mass: float
    hits: float
    rank: float
    blank: int
    seconds: float


UNSCORED = _Scores(nan, nan, nan, 0, nan)


def planted_table(
    count: int = 50,
    methods: Sequence[str] = (),
    *,
    seed: int = 0,
    classifier: Any = None,
    report: Callable[[str], None] = print,
) -> PlantedTable:
    """Score explanation methods, with their default parameters, against the planted evidence.

    The first `count` pictures of `planted`, val, that the classifier names correctly; what is explained is the true class.
    methods: names of `list_explainers()`; none takes all. seed: of the methods that draw and of the shuffled weights.
    classifier: as `load_classifier` gives it; None takes planted-cnn. report: called with one line a method.
    Raises InvalidInput for a count below 1 or above the correctly named pictures, UnknownName for a method.
    Source of the scores: Arras, Osman & Samek (2022), arXiv:2003.07258; Zhang et al. (2018), doi:10.1007/s11263-017-1059-x; of
    the shuffled weights: Adebayo et al. (2018), arXiv:1810.03292.
    """
    specs = [EXPLAINERS.get(name) for name in methods or EXPLAINERS.names]
    classifier = classifier or load_classifier(CLASSIFIER)
    data = load_dataset("planted")
    right = np.flatnonzero(classifier(data.images).argmax(axis=1) == data.labels)
    if not 1 <= count <= len(right):
        raise InvalidInput(f"Expected 1 to {len(right)} pictures, as many as are named correctly, received {count}.")
    chosen = right[:count]
    images, masks, classes = data.images[chosen], np.asarray(data.masks)[chosen], data.labels[chosen].tolist()
    twin = randomised(classifier, seed=seed)
    rows, skipped = [], []
    report(HEADER)
    for spec in specs:
        parameters = {"seed": seed} if any(item.name == "seed" for item in spec.parameters) else {}
        score = partial(_score, images=images, masks=masks, method=spec.name, classes=classes, parameters=parameters)
        try:
            found = score(classifier)
            shuffled = UNSCORED if spec.supports.get("control") else score(twin)
        except NoiseLensError as error:
            skipped.append(Skipped(spec.name, spec.label, str(error)))
            report(f"{spec.label:32} does not apply: {error}")
            continue
        row = PlantedRow(
            spec.name,
            spec.label,
            found.mass,
            found.hits,
            found.rank,
            float(masks.mean()),
            shuffled.mass,
            shuffled.hits,
            shuffled.rank,
            found.blank,
            shuffled.blank,
            found.seconds,
            count,
            seed,
        )
        rows.append(row)
        report(f"{spec.label:32}" + "".join(f"{cell:>15}" for cell in _cells(row)))
    return PlantedTable(tuple(rows), tuple(skipped), int(chosen[-1]) + 1)


def _score(
    model: Any,
    *,
    images: Array,
    masks: NDArray[np.bool_],
    method: str,
    classes: Sequence[int],
    parameters: dict[str, Any],
) -> _Scores:
    explain(model, images[:1], method, classes[0], **parameters)  # compiled before the clock starts
    found = [explain(model, image[None], method, index, **parameters) for image, index in zip(images, classes, strict=True)]
    pairs = [(item.heatmap[0], mask) for item, mask in zip(found, masks, strict=True)]
    masses = np.array([relevance_mass(*pair) for pair in pairs])
    return _Scores(
        mass=float(np.nan_to_num(masses).mean()),
        hits=float(np.mean([pointing_game(*pair) for pair in pairs])),
        rank=float(np.mean([relevance_rank(*pair) for pair in pairs])),
        blank=int(np.isnan(masses).sum()),
        seconds=float(np.mean([item.seconds for item in found])),
    )


COLUMNS = ("mass", "hits", "rank", "shuffled mass", "shuffled hits", "shuffled rank", "ms a picture")
HEADER = f"{'method':32}" + "".join(f"{name:>15}" for name in COLUMNS)


def _cells(row: PlantedRow) -> list[str]:
    shares = (row.mass, row.hits, row.rank, row.random_mass, row.random_hits, row.random_rank)
    return [*("" if np.isnan(share) else f"{share:.2f}" for share in shares), f"{1000 * row.seconds:.0f}"]


def planted_markdown(table: PlantedTable) -> str:
    """The table of docs/planted-evidence.md, with how it was made and what was left out."""
    first = table.rows[0]
    lines = [
        f"`python -m xai_core bench planted --limit {first.pictures} --seed {first.seed} --markdown`, {date.today()}, "
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}. "
        f"{first.pictures} pictures (of the first {table.looked_at} of val, those that the network names correctly); "
        f"by chance, mass and rank are {first.chance:.3f}, the share of the picture that the disc covers.",
        "",
        "| " + " | ".join(("method", *COLUMNS)) + " |",
        "|---|" + "---:|" * len(COLUMNS),
        *("| " + " | ".join((row.label, *_cells(row))) + " |" for row in table.rows),
    ]
    blank = [f"{row.label}: {row.blank} and {row.random_blank}" for row in table.rows if row.blank or row.random_blank]
    if blank:
        lines += [
            "",
            f"Maps without a positive value, counted as mass 0, of the trained and of the shuffled network: {'; '.join(blank)}.",
        ]
    return "\n".join([*lines, *(line for item in table.skipped for line in ("", f"Left out: {item.label}. {item.reason}"))])
