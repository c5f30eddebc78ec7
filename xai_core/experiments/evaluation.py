"""The figures of a model on the complete test or val split, written to the manifest."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import weights
from ..classifiers import load_classifier, probabilities
from ..datasets import load_dataset
from ..denoisers import DENOISERS, load_denoiser
from ..images import clip
from ..metrics import classification_report, mse, pixel_accuracy, psnr, ssim, wilson_interval
from ..noise import add_noise
from ..noise.detection import DETECTORS
from ..training import Recipe, get_recipe
from ..types import Array
from .bench import LEVELS, PUBLISHED, bench_denoiser
from .bench import SEED as BENCH_SEED
from .inspection_pictures import NOISES
from .noise_kinds import NAME as NOISE_KINDS
from .noise_kinds import bench_noise_kinds

CONDITIONS: tuple[tuple[str, float], ...] = (
    ("gaussian", 25),
    ("gaussian", 64),
    ("salt_pepper", 0.1),
    ("salt_pepper", 0.3),
    ("laplace", 25),
    ("laplace", 64),
    ("poisson", 10),
)
"""The noises at which a denoiser of small pictures is measured."""

SEED = 2024
CHUNK = 1000


def evaluate(name: str) -> dict[str, Any]:
    """Measure a trained model on the evaluation split of its (first) data set and write the figures to the manifest."""
    get_recipe(name)  # a mistyped name gets the closest of all trained models, not of the classifiers alone
    if name in DETECTORS:
        figures = bench_noise_kinds(name, keep=name == NOISE_KINDS)
    else:
        figures = _denoiser(name) if name in DENOISERS else _classifier(name)
    weights.update_manifest(name, figures=figures)
    return figures


def _denoiser(name: str) -> dict[str, Any]:
    """MSE, PSNR (mean over pictures), SSIM and pixel accuracy under each noise; the noisy picture is clipped, as a file is.

    Networks made for Gaussian noise alone: the published protocol, at the one level where they know one. Networks that learned
    waves: the noises of the study of castings that they learned, the wave along the rows.
    """
    denoiser, recipe = load_denoiser(name), get_recipe(name)
    dataset = load_dataset(recipe.datasets[0])
    if all(kind == "gaussian" for kind, _, _ in recipe.noise):
        supports = denoiser.spec.supports
        levels = [float(supports["level"])] if "level" in supports else LEVELS
        sets = dict.fromkeys([dataset.name, *(other for other in supports["pictures"] if other in PUBLISHED)])
        measured = [asdict(row) for other in sets for row in bench_denoiser(name, other, levels)]
        return {"split": f"{dataset.name} {dataset.split}, {len(dataset)} pictures", "seed": BENCH_SEED, "protocol": measured}
    rows = []
    for kind, level, further in _conditions(recipe):
        noisy = clip(add_noise(dataset.images, kind, level, seed=SEED, **further))
        denoised = np.concatenate([denoiser(noisy[i : i + CHUNK]) for i in range(0, len(noisy), CHUNK)])
        rows.append({"noise": kind, "level": level, **further} | _quality(dataset.images, noisy, denoised))
    return {"split": f"{dataset.name} {dataset.split}, {len(dataset)} pictures", "seed": SEED, "denoising": rows}


def _conditions(recipe: Recipe) -> list[tuple[str, float, dict[str, float]]]:
    """Noise, level and further parameters at which a denoiser is measured."""
    learned = {kind for kind, _, _ in recipe.noise}
    if "periodic" in learned:
        return [(kind, level, dict(further)) for kind, level, further in NOISES if kind in learned]
    return [(kind, level, {}) for kind, level in CONDITIONS]


def _quality(clean: Array, noisy: Array, denoised: Array) -> dict[str, float]:
    return {
        "mse": float(mse(clean, denoised).mean()),
        "psnr_noisy": float(psnr(clean, noisy).mean()),
        "psnr": float(psnr(clean, denoised).mean()),
        "psnr_of_mean_mse": float(-10 * np.log10(mse(clean, denoised).mean())),
        "ssim": float(ssim(clean[:CHUNK], denoised[:CHUNK]).mean()),
        "pixel_accuracy": float(pixel_accuracy(clean, denoised).mean()),
    }


def _classifier(name: str) -> dict[str, Any]:
    """Accuracy with its interval, precision, recall, F1, support, confusion matrix; also for each source of the pictures."""
    classifier = load_classifier(name)
    names = get_recipe(name).datasets
    figures: dict[str, Any] = {}
    for order, dataset_name in enumerate(names):
        dataset = load_dataset(dataset_name)
        predicted = probabilities(classifier, dataset).argmax(axis=1)
        report = classification_report(dataset.labels, predicted, dataset.class_names).as_dict()
        report["split"] = f"{dataset.name} {dataset.split}, {len(dataset)} pictures"
        right = predicted == dataset.labels
        for key, kinds in (("groups", dataset.groups), ("subtypes", dataset.subtypes)):
            if kinds is not None:
                report[key] = {str(kind): _share(right[kinds == kind]) for kind in np.unique(kinds)}
        figures |= report if order == 0 else {f"also_{dataset_name}": report}
    return figures


def _share(right: NDArray[np.bool_]) -> dict[str, Any]:
    """The share of pictures that were classified rightly, with its 95 % interval."""
    count = int(right.sum())
    return {"accuracy": float(right.mean()), "interval": list(wilson_interval(count, len(right))), "support": len(right)}
