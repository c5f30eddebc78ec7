"""Where a denoiser removes the noise, over many pictures: on the object, on its edges, off it (the claim of the report)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from .. import measured
from ..datasets import load_dataset
from ..denoisers import DENOISERS, load_denoiser
from ..errors import InvalidInput
from ..explainers.denoiser import Regions, Split, noise_by_region, regions, split_noise
from ..images import clip
from ..metrics import psnr
from ..noise import NOISES, add_noise
from ..types import Array

NAME = "noise-split"
"""Under this name `measured` keeps the figures."""
NOISE_LEVELS: Mapping[str, float] = {"gaussian": 50, "salt_pepper": 0.2, "laplace": 50, "poisson": 10}
"""The four noises of the report, each at a level that is plain to see."""
DENOISED: Mapping[str, tuple[str, ...]] = {
    "mnist": ("autoencoder-mnist", "unet-mnist"),
    "fashion_mnist": ("autoencoder-fashion", "unet-fashion"),
}
BATCH = 100
RESAMPLES = 1000
LEAST = 1e-3
"""Share of the noise below which a region says nothing: photon noise spares what is black."""


def bench_noise_split(
    datasets: Sequence[str] = tuple(DENOISED), *, count: int = 1000, seed: int = 0, report: Callable[[str], None] = print
) -> tuple[dict[str, Any], ...]:
    """Split the outputs of the autoencoder and of our U-Net for the first `count` test pictures under each of the four noises.

    The noise is what the noisy picture, limited to [0, 1], differs from the clean one; a guided network is told its standard
    deviation over all pictures. Rows, also kept under assets/measured/noise-split.json, one for each data set, denoiser, noise
    and region: noise_share (of the noise's energy, that lies there), value (the share found) with its 95 % interval (pictures
    drawn anew, seeded), removed and leaked as in `NoiseShares`, null where the region holds less than 0.1 % of the noise;
    pictures; psnr_noisy and psnr_denoised (mean, dB) in the row "everywhere". Raises InvalidInput for another data set.
    """
    rows: list[dict[str, Any]] = []
    for dataset in datasets:
        if dataset not in DENOISED:
            raise InvalidInput(f"Expected data sets of {', '.join(DENOISED)}, received {dataset!r}.")
        data = load_dataset(dataset)
        clean = data.images[: min(count, len(data))]
        where = regions(clean)
        for noise, level in NOISE_LEVELS.items():
            noisy = clip(add_noise(clean, noise, level, seed=seed))
            for name in DENOISED[dataset]:
                found = _measure(name, clean, noisy, where, seed)
                about = {"dataset": dataset, "denoiser": name, "noise": noise, "level": level}
                about |= {"split": f"{dataset} {data.split}", "pictures": len(clean)}
                rows += [about | row for row in found]
                shares = [f"{row['region']} {row['value']:.1%}" for row in found if row["value"] is not None]
                report(f"{dataset}, {noise} {level:g}, {name}: found " + ", ".join(shares))
    measured.write(NAME, rows, command=f"python -m xai_core bench noise-split --limit {count}", seed=seed)
    return tuple(rows)


def _measure(name: str, clean: Array, noisy: Array, where: Regions, seed: int) -> list[dict[str, Any]]:
    denoiser = load_denoiser(name).at(255 * float((noisy - clean).std()))
    batches = [slice(first, first + BATCH) for first in range(0, len(clean), BATCH)]
    parts = [split_noise(denoiser, clean[batch], noisy[batch]) for batch in batches]
    split = Split(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Split)))
    draws = np.random.default_rng(seed).multinomial(len(clean), np.full(len(clean), 1 / len(clean)), RESAMPLES)
    shares = noise_by_region(split, clean, noisy, where)
    rows: list[dict[str, Any]] = []
    for region, one in shares.items():
        share = float(one.noise.sum() / shares["everywhere"].noise.sum())
        row: dict[str, Any] = {"region": region, "noise_share": share}
        if share < LEAST:
            row |= dict.fromkeys(("value", "low", "high", "removed", "leaked"))
        else:
            low, high = np.percentile((draws @ one.found) / (draws @ one.noise), (2.5, 97.5))
            row |= {"value": one.found_share, "low": float(low), "high": float(high)}
            row |= {"removed": one.removed_share, "leaked": one.leaked_share}
        rows.append(row)
    rows[-1] |= {
        "psnr_noisy": float(psnr(clean, noisy).mean()),
        "psnr_denoised": float(psnr(clean, clip(split.output)).mean()),
    }
    return rows


def noise_split_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table of docs/noise-split.md."""
    lines = [
        "| data set | noise | denoiser | found on the object | on edges | off the object | everywhere | removed | leaked | dB |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    cases = dict.fromkeys((row["dataset"], row["noise"], row["level"], row["denoiser"]) for row in rows)
    for dataset, noise, level, name in cases:
        found = {row["region"]: row for row in rows if (row["dataset"], row["noise"], row["denoiser"]) == (dataset, noise, name)}
        whole = found["everywhere"]
        shares = [
            "no noise there" if row["value"] is None else f"{row['value']:.1%} ({row['low']:.1%} to {row['high']:.1%})"
            for row in found.values()
        ]
        decibels = f"{whole['psnr_noisy']:.1f} to {whole['psnr_denoised']:.1f}"
        figures = f"{whole['removed']:.1%}", f"{whole['leaked']:.1%}", decibels
        cells = dataset, f"{NOISES.get(noise).label} {level:g}", DENOISERS.get(name).label, *shares, *figures
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
