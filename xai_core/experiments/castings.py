"""Castings under the source's three noises: which denoiser the route takes, and how near each comes to the clean picture."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import measured
from ..datasets import load_dataset
from ..denoisers import DENOISERS
from ..denoisers.routing import planted, route, treat
from ..images import clip
from ..metrics import bootstrap_mean, lpips, lpips_available, psnr, ssim
from ..noise import add_noise
from ..noise.detection import Kind, detect_noise
from ..types import Array
from ..weights import trained_models
from .inspection_pictures import NOISES, PER_PHOTOGRAPH, some_of_each

NAME = "castings"
"""Under this name `measured` keeps the figures."""

FIGURES: Mapping[str, Callable[[Array, Array], NDArray[np.float64]]] = {"psnr": psnr, "ssim": ssim, "lpips": lpips}

Values = dict[tuple[str, str, str, str], list[float]]
"""By (section, noise, denoiser, figure), a number a picture."""


def bench_castings(
    dataset: str = "casting", *, limit: int = 0, seed: int = 0, report: Callable[[str], None] = print
) -> tuple[dict[str, Any], ...]:
    """PSNR and SSIM of unseen castings: noisy, by the route's choice, by its alternatives, and with the kind detected.

    Salt & pepper on a tenth of the pixels, Gaussian noise of sigma 25, a wave of amplitude 57 and five periods in the picture
    in a direction drawn for each; clipped, as a file. At most eight pictures of each photograph of the val split. All denoisers
    get what is read from the noisy picture, never the true level. Rows, also kept under assets/measured/castings.json: section
    "quality" (noise, denoiser: a name, "noisy" or "automatic"; figure psnr in dB, ssim, or lpips where `lpips_available`) and
    "detection" (share of pictures whose kind is told rightly, and the mean relative error of the level), each the mean over
    photographs with a 95 % interval by photograph. dataset: casting or simulated_castings. limit: only so many pictures.
    """
    data = load_dataset(dataset, "val")
    photographs = np.asarray(data.groups) if data.groups is not None else np.arange(len(data)).astype(str)
    chosen = some_of_each(photographs, PER_PHOTOGRAPH, seed)[: limit or None]
    values: Values = {}
    for count, index in enumerate(chosen.tolist(), start=1):
        clean = data.image(index)
        for noise, level, parameters in NOISES:
            rng = np.random.default_rng((seed, index))
            further: dict[str, Any] = dict(parameters)
            if "angle" in further:
                further["angle"] = float(rng.uniform(0, 180))
            noisy = clip(add_noise(clean, noise, level, seed=int(rng.integers(2**31)), **further))
            kind: Kind = noise  # type: ignore[assignment]  # the three are kinds that are detected
            detected = detect_noise(noisy)[0]
            _keep(values, ("detection", noise, "", "accuracy"), float(detected.kind == kind))
            _keep(values, ("detection", noise, "", "error of the level"), abs(planted(noisy[0], kind).level - level) / level)
            for name, picture in _answers(noisy, kind):
                _compare(values, noise, name, clean, picture)
            found = route(detected.kind, (clean.shape[1], clean.shape[2], clean.shape[3]))
            _compare(values, noise, "automatic", clean, treat(noisy, found.denoiser, detected))
        if not count % 20:
            report(f"{count} of {len(chosen)} pictures")
    rows = [_row(key, np.array(found), photographs[chosen], data.name) for key, found in values.items()]
    for row in rows:
        interval = f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        report(f"{row['noise']:12} {row['denoiser']:18} {row['figure']:20} {interval}")
    command = "python -m xai_core bench castings"
    measured.write(NAME, rows, seed=seed, command=f"{command} --limit {limit}" if limit else command)
    return tuple(rows)


def _answers(noisy: Array, kind: Kind) -> Iterator[tuple[str, Array]]:
    """The noisy picture, and what the choice and the alternatives for this kind of noise make of it."""
    yield "noisy", noisy
    told = planted(noisy[0], kind)
    found = route(kind, (noisy.shape[1], noisy.shape[2], noisy.shape[3]))
    for name in (found.denoiser, *found.alternatives):
        if not DENOISERS.get(name).supports.get("neural") or name in trained_models():
            yield name, treat(noisy, name, told)


def _compare(values: Values, noise: str, name: str, clean: Array, picture: Array) -> None:
    for figure, measure in FIGURES.items():
        if figure != "lpips" or lpips_available():
            _keep(values, ("quality", noise, name, figure), float(measure(clean, picture)[0]))


def _keep(values: Values, key: tuple[str, str, str, str], value: float) -> None:
    values.setdefault(key, []).append(value)


def _row(
    key: tuple[str, str, str, str], values: NDArray[np.float64], photographs: NDArray[np.str_], dataset: str
) -> dict[str, Any]:
    names = np.unique(photographs)
    found = bootstrap_mean([values[photographs == name].mean() for name in names])
    fields = dict(zip(("section", "noise", "denoiser", "figure"), key, strict=True))
    counts = {"pictures": len(values), "photographs": len(names), "split": f"{dataset} val"}
    return {**fields, "value": found.value, "low": found.low, "high": found.high, **counts}
