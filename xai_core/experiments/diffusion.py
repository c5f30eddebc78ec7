"""The diffusion model beside the U-Net of the same pictures: quality of its samples, and whether their spread tells the error."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import measured
from ..datasets import load_dataset
from ..denoisers import Denoiser, load_denoiser
from ..denoisers.sampling import posterior_samples
from ..metrics import Estimate, bootstrap_mean, psnr
from ..noise import add_noise
from ..trust import rank_correlation
from ..types import Array

NAME = "diffusion"
"""Under this name `measured` keeps the figures."""
MODEL, RIVAL, DATASET = "diffusion-fashion", "unet-fashion", "fashion_mnist"
LEVELS = (25.0, 50.0)
SAMPLES, STEPS = 16, 10
STUDIED = (1, 2, 5, 10, 20)
PICTURES, STUDY = 200, 50
"""Test pictures, drawn with the seed, and how many of them the study of the steps takes."""

Rows = tuple[dict[str, Any], ...]


def bench_diffusion(*, limit: int = 0, seed: int = 0, report: Callable[[str], None] = print) -> Rows:
    """PSNR of one step, of one sample and of the mean of 16, and the rank correlation of their deviation with the true error.

    Noise of sigma 25 and 50, not clipped, the level told. limit: only so many pictures. Rows, also kept under
    assets/measured/diffusion.json, each with the level, its 95 % interval and the number of pictures: section "quality" (what,
    psnr in dB), "uncertainty" (Spearman's correlation over the pixels of each picture, on average, and over all pixels;
    share of pixels within two deviations of the mean of the samples), "steps" (both figures over the number of steps).
    """
    data = load_dataset(DATASET)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(data))[: limit or PICTURES])
    clean = np.concatenate([data.image(int(index)) for index in chosen])
    model, rival = load_denoiser(MODEL), load_denoiser(RIVAL)
    rows: list[dict[str, Any]] = []
    for level in LEVELS:
        noisy = add_noise(clean, "gaussian", level, seed=seed)
        found = posterior_samples(model, noisy, level, samples=SAMPLES, steps=STEPS, seed=seed)
        answers: Mapping[str, Array] = {
            "noisy": noisy,
            "U-Net": rival(noisy, level),
            "one step": model(noisy, level),
            "one sample": found.samples[0],
            f"mean of {SAMPLES} samples": found.mean,
        }
        own = [_row("quality", what, level, "psnr", psnr(clean, answer)) for what, answer in answers.items()]
        error = np.abs(found.mean - clean)
        within = (error <= 2 * found.deviation).mean(axis=(1, 2, 3))
        own.append(_row("uncertainty", "each picture", level, "spearman", _correlations(found.deviation, error)))
        pooled = rank_correlation(found.deviation, error)
        own.append(_row("uncertainty", "all pixels", level, "spearman", [pooled], pictures=len(clean)))
        own.append(_row("uncertainty", "within two deviations", level, "share", within))
        own += _steps(model, clean[:STUDY], noisy[:STUDY], level, seed)
        rows += own
        for row in own:
            report(f"sigma {level:g}  {row['section']:12} {row['what']:24} {row['figure']:9} {row['value']:.3f}")
    command = f"python -m xai_core bench diffusion{f' --limit {limit}' if limit else ''}"
    measured.write(NAME, rows, seed=seed, command=command)
    return tuple(rows)


def _steps(model: Denoiser, clean: Array, noisy: Array, level: float, seed: int) -> list[dict[str, Any]]:
    rows = []
    for steps in STUDIED:
        found = posterior_samples(model, noisy, level, samples=SAMPLES, steps=steps, seed=seed)
        rows.append(_row("steps", f"{steps}", level, "psnr", psnr(clean, found.mean)))
        ranks = _correlations(found.deviation, np.abs(found.mean - clean))
        rows.append(_row("steps", f"{steps}", level, "spearman", ranks))
    return rows


def _correlations(deviation: Array, error: Array) -> list[float]:
    return [rank_correlation(one, other) for one, other in zip(deviation, error, strict=True)]


def _row(
    section: str, what: str, level: float, figure: str, values: Sequence[float] | np.ndarray, pictures: int = 0
) -> dict[str, Any]:
    found: Estimate = bootstrap_mean(values)
    whole = {"section": section, "what": what, "level": level, "figure": figure, "value": found.value}
    split = f"{DATASET} test"
    if pictures:  # one number for all of them: there is nothing to draw anew
        return {**whole, "pictures": pictures, "split": split}
    return {**whole, "low": found.low, "high": found.high, "pictures": len(values), "split": split}
