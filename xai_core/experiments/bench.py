"""Denoisers on the published protocol, beside the published figures."""

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets import load_dataset
from ..denoisers import DENOISERS, fits, load_denoiser
from ..errors import InvalidInput, NoiseLensError
from ..metrics import psnr_8bit, ssim
from ..noise import add_noise
from ..types import Array
from ..weights import trained_numbers

LEVELS = (15.0, 25.0, 50.0)
SEED = 2024
BATCH = 2**21
"""Numbers of one batch of pictures."""

PUBLISHED: dict[str, dict[str, tuple[float, float, float]]] = {
    "bsd68": {
        "BM3D": (31.07, 28.57, 25.62),
        "DnCNN-S": (31.73, 29.23, 26.23),
        "DnCNN-B": (31.61, 29.16, 26.23),
        "FFDNet": (31.63, 29.19, 26.29),
        "ADNet": (31.74, 29.25, 26.29),
        "DRUNet": (31.91, 29.48, 26.59),
    },
    "set12": {
        "BM3D": (32.37, 29.97, 26.72),
        "DnCNN-S": (32.86, 30.44, 27.18),
        "DnCNN-B": (32.68, 30.36, 27.21),
        "FFDNet": (32.75, 30.43, 27.32),
        "ADNet": (32.98, 30.58, 27.37),
        "DRUNet": (33.25, 30.94, 27.90),
    },
    "cbsd68": {
        "CBM3D": (33.52, 30.71, 27.38),
        "DnCNN": (33.89, 31.23, 27.92),
        "FFDNet": (33.87, 31.21, 27.96),
        "ADNet": (33.99, 31.31, 28.04),
        "DRUNet": (34.30, 31.69, 28.51),
    },
}
"""PSNR in dB at sigma 15, 25, 50 from the authors' tables, as the repositories cszn/DnCNN, cszn/FFDNet, cszn/DPIR and
hellloxiaotian/ADNet print them; two tables may differ by 0.1 dB."""


@dataclass(frozen=True)
class Row:
    """One denoiser at one level on one set: means over the pictures.

    psnr: dB, published protocol. ssim: of the unrounded output. milliseconds: a picture, on this machine. pictures: how many.
    """

    denoiser: str
    set: str
    level: float
    psnr: float
    ssim: float
    milliseconds: float
    parameters: int
    pictures: int
    seed: int


def bench_denoiser(name: str, dataset: str, levels: Sequence[float] = LEVELS, *, limit: int = 0, seed: int = SEED) -> list[Row]:
    """Measure one denoiser: the noise is Gaussian, neither clipped nor quantised, its level is told; the output is clipped
    and rounded to 8 bit, peak 255, mean over the pictures.

    dataset: its evaluation split, the first `limit` pictures (0: all). Picture i gets the noise of seed + i.
    Raises InvalidInput where the denoiser does not take the pictures.
    """
    data = load_dataset(dataset)
    count = min(limit, len(data)) or len(data)
    if not fits(DENOISERS.get(name), data.size(0)):
        raise InvalidInput(f"{DENOISERS.get(name).label} does not take pictures of {data.size(0)}, as {dataset} has.")
    denoiser = load_denoiser(name)
    rows = []
    for level in levels:
        quality: list[float] = []
        similarity: list[float] = []
        seconds = 0.0
        for clean, noisy in _pairs(data.image, count, level, seed):
            began = time.perf_counter()
            denoised = denoiser(noisy, level)
            seconds += time.perf_counter() - began
            quality += list(psnr_8bit(clean, denoised))
            similarity += list(ssim(clean, denoised))
        parameters = trained_numbers(denoiser.model) if denoiser.model is not None else 0
        figures = float(np.mean(quality)), float(np.mean(similarity)), 1000 * seconds / count
        rows.append(Row(name, dataset, float(level), *figures, parameters, count, seed))
    return rows


def _pairs(image: Callable[[int], Array], count: int, level: float, seed: int) -> Iterator[tuple[Array, Array]]:
    """Clean and noisy pictures, those of one size that follow each other in batches."""
    cleans: list[Array] = []
    noisies: list[Array] = []
    for index in range(count):
        clean = image(index)
        if cleans and (clean.shape != cleans[0].shape or len(cleans) * clean.size > BATCH):
            yield np.concatenate(cleans), np.concatenate(noisies)
            cleans, noisies = [], []
        cleans.append(clean)
        noisies.append(add_noise(clean, "gaussian", level, seed=seed + index))
    if cleans:
        yield np.concatenate(cleans), np.concatenate(noisies)


def bench_denoisers(
    dataset: str,
    names: Sequence[str] = (),
    levels: Sequence[float] = LEVELS,
    *,
    limit: int = 0,
    seed: int = SEED,
    report: Callable[[str], None] = print,
) -> list[Row]:
    """Measure several denoisers (default: all that take the set's pictures) and report a table beside the published figures."""
    size = load_dataset(dataset).size(0)
    chosen = names or [spec.name for spec in DENOISERS if fits(spec, size)]
    report(f"{'denoiser':22}" + "".join(f"{f'{level:g}: dB / SSIM':>20}" for level in levels) + "   ms a picture   parameters")
    rows: list[Row] = []
    for name in chosen:
        try:
            measured = bench_denoiser(name, dataset, levels, limit=limit, seed=seed)
        except NoiseLensError as error:  # not trained, not installed: the table goes on
            report(f"{name:22}  {error}")
            continue
        rows += measured
        figures = "".join(f"{f'{row.psnr:.2f} / {row.ssim:.3f}':>20}" for row in measured)
        mean = np.mean([row.milliseconds for row in measured])
        report(f"{name:22}{figures}   {mean:12.1f}   {measured[0].parameters:10,}")
    for name, known in PUBLISHED.get(dataset, {}).items():
        at = dict(zip(LEVELS, known, strict=True))
        figures = "".join(f"{f'{at[level]:.2f}        ' if level in at else '':>20}" for level in levels)
        report(f"{name + ' (published)':22}{figures}")
    return rows


def write_csv(rows: Sequence[Any], path: Path, kind: Any = Row) -> None:
    """Write rows, values of the dataclass `kind`, as a table with a header."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(kind)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
