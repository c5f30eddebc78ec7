"""The study of CIFAR-10: variational denoisers beside others, a classifier on what was denoised, classes in latent maps."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import measured
from ..datasets import load_dataset
from ..denoisers import Denoiser, load_denoiser
from ..denoisers.latent import encode, features, has_latent, has_spread, sample_posterior
from ..errors import InvalidInput
from ..images import clip
from ..noise import add_noise
from ..scene import Scene
from ..types import Array
from ..weights import trained_models
from .bench import bench_denoiser
from .grid import CLEAN, NONE, Condition
from .latent_map import latent_map
from .presets import CIFAR10, SMALL_NETWORKS, get_preset, grid_of
from .results import Results, compare, load_results, report, summaries
from .runner import folder_of, run

NAME = "cifar10"
"""Under this name `measured` keeps the figures."""
COMPARED = (*SMALL_NETWORKS, "variational-cifar10-beta-low", "variational-cifar10-beta-high")
LEVELS = (15.0, 25.0, 50.0)
CONFUSED = (CLEAN, ("gaussian", 25.0), ("gaussian", 50.0))
"""Noises whose confusion matrices are kept."""
TRAINING = 4000
"""Training pictures among which neighbours are looked for."""
NEIGHBOURS = 10
SAMPLES, SAMPLED = 8, 100
"""Samples of the posterior of each of the first pictures, whose spread is told."""
BATCH = 250

Rows = list[dict[str, Any]]
Say = Callable[[str], None]


def bench_cifar10(
    classifier: str = "cnn-cifar10", *, limit: int = 0, seed: int = 0, say: Say = print
) -> tuple[Mapping[str, Any], ...]:
    """Measure the study on the test pictures; goes on where an interrupted run stopped.

    classifier: one of CIFAR-10. limit: only so many pictures (0: all). seed: of noise, samples and clusters. Networks without
    weights are left out. Rows, also kept under assets/measured/cifar10.json, by "section":
    "accuracy": of each noise and denoiser, Wilson's interval, psnr (dB, noisy pictures limited to [0, 1]), ssim, and against the
    same noise without a denoiser the difference with its interval, gained, lost and McNemar's p. "confusion": counts, see
    `measured.matrix_of`. "denoisers": psnr (value, published protocol: noise not clipped), ssim, kl (nats a picture) and spread
    (standard deviation of samples, 0-255 scale), null where a network has none. "latent": accuracy of the nearest
    neighbours in the features, beside chance; purity beside its chance, rand (adjusted) and information of k-means.
    Raises as `run` does.
    """
    grid = grid_of(get_preset("c2"), Scene(seed=seed), classifiers=(classifier,), images=limit)
    folder = folder_of(grid, "c2")
    say(f"{len(grid.conditions)} conditions, in {folder}")
    run(grid, folder)
    results = load_results(folder)
    rows = [*_accuracies(results, say), *_confusions(results), *_denoisers(limit, seed, say), *_latents(limit, seed, say)]
    chosen = "" if classifier == "cnn-cifar10" else f" --classifier {classifier}"
    command = f"python -m xai_core bench cifar10{chosen}" + (f" --limit {limit}" if limit else "")
    measured.write(NAME, rows, command=command, seed=seed)
    return tuple(rows)


def _accuracies(results: Results, say: Say) -> Rows:
    rows: Rows = []
    for one in summaries(results):
        at = one.condition
        row = {
            "section": "accuracy",
            **_place(at),
            "value": one.accuracy.value,
            "low": one.accuracy.low,
            "high": one.accuracy.high,
            "recovered": one.recovered,
            "psnr": one.psnr,
            "ssim": one.ssim,
            **dict.fromkeys(("difference", "difference_low", "difference_high", "gained", "lost", "p")),
            "pictures": one.pictures,
            "split": f"{CIFAR10} {results.grid.split}",
        }
        if at.denoiser != NONE:
            against = compare(results, Condition(at.noise, at.level, NONE, at.classifier), at)
            change = against.difference
            row |= {"difference": change.value, "difference_low": change.low, "difference_high": change.high}
            row |= {"gained": against.gained, "lost": against.lost, "p": against.p}
        rows.append(row)
        say(f"{at.noise} {at.level:g}, {at.denoiser}: {one.accuracy.value:.1%}, {one.psnr:.2f} dB, SSIM {one.ssim:.3f}")
    return rows


def _confusions(results: Results) -> Rows:
    rows: Rows = []
    for at in results.grid.conditions:
        if (at.noise, at.level) in CONFUSED:
            counts = measured.matrix_text(report(results, at).confusion)
            rows.append({"section": "confusion", **_place(at), "counts": counts, "classes": ";".join(results.class_names)})
    return rows


def _place(at: Condition) -> dict[str, Any]:
    return {"classifier": at.classifier, "denoiser": at.denoiser, "noise": at.noise, "level": at.level}


def _denoisers(limit: int, seed: int, say: Say) -> Rows:
    rows: Rows = []
    for name in COMPARED:
        if name not in trained_models():
            say(f"{name}: not trained, left out")
            continue
        denoiser = load_denoiser(name)
        for figures in bench_denoiser(name, CIFAR10, LEVELS, limit=limit, seed=seed):
            kl = spread = None
            if has_latent(denoiser) and has_spread(denoiser):
                noisy = _noisy(figures.level, figures.pictures, seed)
                kl = float(np.concatenate([encode(denoiser, part).kl.sum(axis=(1, 2, 3)) for part in _batches(noisy)]).mean())
                drawn = sample_posterior(denoiser, noisy[:SAMPLED], SAMPLES, seed)
                spread = 255 * float(np.sqrt(np.square(drawn.deviation).mean()))
            row = {"section": "denoisers", "denoiser": name, "noise": "gaussian", "level": figures.level, "figure": "psnr"}
            row |= {"value": figures.psnr, "ssim": figures.ssim, "kl": kl, "spread": spread}
            rows.append(row | {"parameters": figures.parameters, "pictures": figures.pictures, "split": f"{CIFAR10} test"})
            latent = "" if kl is None else f", KL {kl:.1f} nats, samples differ by {spread:.1f}"
            say(f"{name}, sigma {figures.level:g}: {figures.psnr:.2f} dB, SSIM {figures.ssim:.3f}{latent}")
    return rows


def _latents(limit: int, seed: int, say: Say) -> Rows:
    """The pixels themselves, and each latent map: test pictures among training pictures that are clean."""
    train, test = load_dataset(CIFAR10, "train"), load_dataset(CIFAR10)
    count = min(limit or len(test), len(test))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(train))[:TRAINING])
    clean = train.images[drawn]
    coders: dict[str, Denoiser | None] = {"pixels": None}
    coders |= {name: load_denoiser(name) for name in COMPARED if name in trained_models()}
    rows: Rows = []
    for name, coder in coders.items():
        if coder is not None and not has_latent(coder):
            continue
        reference = _features(coder, clean), train.labels[drawn]
        for noise, level in CONFUSED:
            seen = test.images[:count] if noise == NONE else clip(_noisy(level, count, seed))
            found = latent_map(_features(coder, seen), test.labels[:count], reference, neighbours=NEIGHBOURS, seed=seed)
            if found.accuracy is None:
                raise InvalidInput("Expected training pictures to look for neighbours among.")
            scores = found.scores
            row = {"section": "latent", "denoiser": name, "noise": noise, "level": level, "neighbours": NEIGHBOURS}
            row |= {"value": found.accuracy.value, "low": found.accuracy.low, "high": found.accuracy.high}
            row |= {"chance": 1 / len(test.class_names), "purity": scores.purity, "purity_chance": scores.chance}
            row |= {"rand": scores.rand, "information": scores.information, "pictures": count}
            rows.append(row | {"training_pictures": len(drawn), "split": f"{CIFAR10} test"})
            say(
                f"{name}, {noise} {level:g}: neighbours {found.accuracy.value:.1%}, purity {scores.purity:.1%} "
                f"(chance {scores.chance:.1%}), adjusted Rand {scores.rand:.3f}"
            )
    return rows


def _features(coder: Denoiser | None, pictures: Array) -> Array:
    if coder is None:
        return pictures.reshape(len(pictures), -1)
    return np.concatenate([features(coder, part) for part in _batches(pictures)])


def _noisy(level: float, count: int, seed: int) -> Array:
    """The first test pictures, each with the noise of a seed of its own, not clipped, as `bench_denoiser` gives it."""
    data = load_dataset(CIFAR10)
    return np.concatenate([add_noise(data.image(index), "gaussian", level, seed=seed + index) for index in range(count)])


def _batches(pictures: Array) -> list[Array]:
    return [pictures[at : at + BATCH] for at in range(0, len(pictures), BATCH)]
