"""How often the kind of noise is told rightly, by the network, by classical statistics, by both: six kinds at stated levels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import measured
from ..datasets import load_dataset
from ..errors import DataNotFound, NoiseLensError
from ..metrics import classification_report, wilson_interval
from ..noise.detection import KINDS, Kind, detect_noise, estimate, load_noise_detector, opinion_pool
from ..training.noise_kinds import with_noise
from ..types import Array

NAME = "noise-kinds"
"""Under this name `measured` keeps the figures."""

STATED: Mapping[Kind, tuple[float, ...]] = {
    "none": (0,),
    "gaussian": (5, 10, 25, 50, 75),
    "salt_pepper": (0.01, 0.03, 0.1, 0.2, 0.4),
    "periodic": (8, 20, 40, 70, 100),
    "speckle": (50, 20, 8, 3, 1),
    "poisson": (255, 100, 30, 10, 4),
}
"""The levels, from weak to strong, in the unit of `NOISES`: from end to end of the range that the network was trained on."""

ROUNDS = 5
"""Levels of a kind."""

MIXED: Mapping[str, str] = {"casting": "val", "bsd68": "test", "cbsd68": "test", "galaxies": "val"}
"""Unseen pictures of the data sets it was trained on: castings, photographs (grey and colour), galaxies."""

NEW: Mapping[str, str] = {"set12": "test", "photos": "all", "hubble": "all"}
"""Data sets it was never trained on."""

MOST = 136
"""Pictures of one mixed set: as many castings and galaxies as photographs."""

METHODS = ("both", "network", "classical")


def bench_noise_kinds(
    name: str = NAME, *, limit: int = 0, seed: int = 0, keep: bool = True, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """Measure a noise detector and the classical one; returns the network's figures as the manifest keeps them.

    Methods: "network", "classical", and "both", their scores pooled (`noise.detection.opinion_pool`). Every picture is shown six
    times, once for each kind, as a file keeps it: limited to [0, 1] in 8 bits. Of the mixed sets (at
    most 136 pictures each, spread over the split; `limit`: fewer) each picture gets one of the five levels in turn; of the sets
    never trained on each gets all five, the picture mirrored and turned by a quarter from one to the next. Frequency and angle of
    a wave are drawn as for training, 4.5 periods a picture at least.
    keep: write the rows to assets/measured/noise-kinds.json. They hold figure: "accuracy" (method, dataset: "mixed", "new" or one
    of the sets, value with its 95 % interval by Wilson, which takes all answers for independent), "confusion" (method, dataset,
    counts: `measured.matrix_of`, rows true, columns told, in the order of `KINDS`), "curve" (method, kind, level, value, low,
    high) and "level error" (kind, dataset: value, the mean of |estimate - level| / level by the estimator of the true kind).
    Raises ModelNotFound where the network has no weights, DataNotFound where none of the mixed sets is here.
    """
    network = load_noise_detector(name)
    answers: list[dict[str, Any]] = []
    for sets, turns in ((MIXED, 1), (NEW, ROUNDS)):
        for dataset, split in sets.items():
            try:
                pictures = _pictures(dataset, split, limit or MOST)
            except NoiseLensError as error:
                report(f"{dataset}: {error}")
                continue
            for answer in _asked(pictures, turns, seed):
                noisy, kind = answer.pop("noisy"), answer["kind"]
                scores = dict(zip(KINDS, network.scores(noisy)[0].tolist(), strict=True))
                classical = detect_noise(noisy, method="classical")[0]
                joint = opinion_pool(scores, classical.scores)
                answer["network"] = max(KINDS, key=scores.__getitem__)
                answer["classical"] = classical.kind
                answer["both"] = max(KINDS, key=joint.__getitem__)
                answer["estimate"] = estimate(noisy[0], kind)[0]
                answers.append(answer | {"dataset": dataset, "group": "mixed" if sets is MIXED else "new"})
            here = [one for one in answers if one["dataset"] == dataset]
            shares = [f"{method} {np.mean([one[method] == one['kind'] for one in here]):.2%}" for method in METHODS]
            report(f"{dataset} {split}, {len(pictures)} pictures: " + ", ".join(shares))
    if not any(answer["group"] == "mixed" for answer in answers):
        raise DataNotFound(f"None of {', '.join(MIXED)} is on this machine. See: python -m xai_core datasets")
    if keep:
        rows = _rows(answers)
        measured.write(NAME, rows, command="python -m xai_core bench noise-kinds", seed=seed)
    figures = _figures([one for one in answers if one["group"] == "mixed"])
    new = [one for one in answers if one["group"] == "new"]
    return figures | {f"also_{dataset}": _figures(part) for dataset, part in _by(new, "dataset")}


def _pictures(dataset: str, split: str, most: int) -> list[Array]:
    """(1, h, w, c), spread evenly over the split."""
    data = load_dataset(dataset, split)
    chosen = np.unique(np.linspace(0, len(data) - 1, min(most, len(data))).round().astype(int))
    return [data.image(int(index)) for index in chosen]


def _asked(pictures: Sequence[Array], turns: int, seed: int) -> Iterable[dict[str, Any]]:
    """The noisy pictures, with kind and level."""
    for number, picture in enumerate(pictures):
        for turn in range(turns):
            clean = np.rot90(picture, turn % 4, axes=(1, 2))
            clean = np.ascontiguousarray(np.flip(clean, 2) if turn == 4 else clean)
            for order, kind in enumerate(KINDS):
                levels = STATED[kind]
                level = levels[(number + order + turn) % len(levels)]
                rng = np.random.default_rng((seed, number, turn, order))
                yield {"kind": kind, "level": level, "noisy": _as_file(with_noise(clean, kind, level, rng))}


def _as_file(noisy: Array) -> Array:
    return np.asarray(np.round(np.clip(noisy, 0, 1) * 255) / np.float32(255), np.float32)


def _figures(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    truth, told = (np.array([KINDS.index(one[key]) for one in answers], np.int64) for key in ("kind", "network"))
    figures = classification_report(truth, told, KINDS).as_dict()
    names = ", ".join(dict.fromkeys(str(one["dataset"]) for one in answers))
    figures["split"] = f"six kinds of noise on pictures of {names}, {len(answers)} pictures"
    return figures


def _rows(answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    parts = [*_by(answers, "group"), *_by(answers, "dataset")]
    for method in METHODS:
        for where, part in parts:
            rows.append({"figure": "accuracy", "method": method, "dataset": where} | _share(part, method))
        for where, part in _by(answers, "group"):
            counts = np.zeros((len(KINDS), len(KINDS)), np.int64)
            for one in part:
                counts[KINDS.index(one["kind"]), KINDS.index(one[method])] += 1
            row = {"figure": "confusion", "method": method, "dataset": where, "pictures": len(part)}
            rows.append(row | {"counts": measured.matrix_text(counts)})
            for kind, some in _by(part, "kind"):
                for level, at in _by(some, "level"):
                    row = {"figure": "curve", "method": method, "dataset": where, "kind": kind, "level": level}
                    rows.append(row | _share(at, method))
    for where, part in parts:
        for kind, some in _by(part, "kind"):
            if kind != "none":
                errors = [abs(one["estimate"] - one["level"]) / one["level"] for one in some]
                row = {"figure": "level error", "dataset": where, "kind": kind, "pictures": len(some)}
                rows.append(row | {"value": float(np.mean(errors)), "median": float(np.median(errors))})
    return rows


def _by(answers: Sequence[Mapping[str, Any]], key: str) -> list[tuple[Any, list[Mapping[str, Any]]]]:
    values = dict.fromkeys(one[key] for one in answers)
    return [(value, [one for one in answers if one[key] == value]) for value in values]


def _share(answers: Sequence[Mapping[str, Any]], method: str) -> dict[str, Any]:
    right = sum(one[method] == one["kind"] for one in answers)
    low, high = wilson_interval(right, len(answers))
    split = ", ".join(dict.fromkeys(str(one["dataset"]) for one in answers))
    return {"value": right / len(answers), "low": low, "high": high, "split": split, "pictures": len(answers)}
