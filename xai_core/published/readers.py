"""Where a figure measured here is kept: models/manifest.json or assets/measured. Nothing is typed by hand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .. import measured
from ..weights import read_manifest


@dataclass(frozen=True)
class Found:
    """A figure measured here, in the unit of the published one.

    low, high: 95 % interval, None where none was computed. split: which pictures; pictures: how many (0: not said).
    model: whose card tells more ("" for none). command: measures it again.
    """

    value: float
    low: float | None
    high: float | None
    split: str
    pictures: int
    model: str
    command: str


Reader = Callable[[], Found | None]
"""Looks a figure up; None where it was not measured yet."""


def accuracy(*models: str) -> Reader:
    """Accuracy in percent of the first of these classifiers that has been measured."""
    return partial(_accuracy, models)


def _accuracy(models: tuple[str, ...]) -> Found | None:
    for name in models:
        figures = _figures(name)
        if "accuracy" in figures:
            low, high = (100 * bound for bound in figures["interval"])
            return Found(100 * figures["accuracy"], low, high, *_split(figures), name, f"python -m xai_core evaluate {name}")
    return None


def protocol(model: str, dataset: str, level: float) -> Reader:
    """PSNR in dB of a denoiser under Gaussian noise of that level, the noise neither clipped nor rounded."""
    return partial(_protocol, model, dataset, level)


def _protocol(model: str, dataset: str, level: float) -> Found | None:
    for row in _figures(model).get("protocol", ()):
        if (row["set"], row["level"]) == (dataset, level):
            command = f"python -m xai_core evaluate {model}"
            return Found(row["psnr"], None, None, f"{dataset} test", int(row["pictures"]), model, command)
    return None


def reconstruction(model: str, noise: str, level: float, figure: str, factor: float = 1) -> Reader:
    """A figure of a denoiser of small pictures under one noise ("pixel_accuracy", "psnr", "ssim"), times a factor."""
    return partial(_reconstruction, model, noise, level, figure, factor)


def _reconstruction(model: str, noise: str, level: float, figure: str, factor: float) -> Found | None:
    figures = _figures(model)
    for row in figures.get("denoising", ()):
        if (row["noise"], row["level"]) == (noise, level):
            split, pictures = _split(figures)
            return Found(factor * row[figure], None, None, split, pictures, model, f"python -m xai_core evaluate {model}")
    return None


def kept(name: str, factor: float = 1, **wanted: Any) -> Reader:
    """A row of assets/measured/NAME.json whose fields have these values: its value or accuracy, low, high, split, pictures."""
    return partial(_kept, name, factor, wanted)


def _kept(name: str, factor: float, wanted: Mapping[str, Any]) -> Found | None:
    found = measured.read(name)
    row = found.row(**wanted) if found else None
    if found is None or row is None:
        return None
    value = row.get("value", row.get("accuracy"))
    if value is None:
        return None
    bounds = [None if row.get(key) is None else factor * row[key] for key in ("low", "high")]
    split, model = str(row.get("split", "")), str(row.get("classifier", ""))
    return Found(factor * value, bounds[0], bounds[1], split, int(row.get("pictures", 0)), model, found.command)


def _figures(model: str) -> Mapping[str, Any]:
    figures: Mapping[str, Any] = read_manifest().get(model, {}).get("figures", {})
    return figures


def _split(figures: Mapping[str, Any]) -> tuple[str, int]:
    """("galaxies val", 1190) from "galaxies val, 1190 pictures"."""
    text = str(figures.get("split", ""))
    counted = re.fullmatch(r"(.*), (\d+) pictures", text)
    return (counted[1], int(counted[2])) if counted else (text, 0)
