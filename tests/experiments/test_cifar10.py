"""The study of CIFAR-10 on a few made pictures: brightness is the class, a filter repairs what noise breaks."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.denoisers import DENOISERS, Denoiser
from xai_core.denoisers.latent import features, sample_posterior
from xai_core.denoisers.neural.variational import build_variational
from xai_core.experiments import cifar10, presets, runner
from xai_core.experiments.cifar10 import bench_cifar10
from xai_core.measured import matrix_of
from xai_core.noise import add_noise
from xai_core.types import Dataset, Provenance

COUNT = 30
CLASSES = ("dark", "middle", "bright")
TRUSTED = "variational-cifar10"


class Network:
    """Names a picture by its middle pixel, which noise can move to another class."""

    class_names = CLASSES

    def prepare(self, images):
        return images

    def __call__(self, images):
        middle = images[:, 16, 16].mean(axis=-1)
        return np.eye(3, dtype=np.float32)[np.clip((middle * 3).astype(int), 0, 2)]


@pytest.fixture
def study(monkeypatch, tmp_path):
    """Flat pictures of three brightnesses; an untrained variational network is the only one."""
    labels = np.arange(COUNT) % 3
    rng = np.random.default_rng(0)
    pixels = (40 + 85 * labels[:, None, None, None] + rng.integers(-3, 4, (COUNT, 32, 32, 3))).astype(np.uint8)
    where = Provenance("simulated", "here", "none", "none")

    def load_dataset(name, split=""):
        return Dataset("cifar10", split or "test", pixels, labels, CLASSES, where)

    network = build_variational(widths=(8, 8), latent=4)
    denoiser = Denoiser(DENOISERS.get(TRUSTED), network)
    for module in (cifar10, runner):
        monkeypatch.setattr(module, "load_dataset", load_dataset)
    monkeypatch.setattr("xai_core.experiments.bench.load_dataset", load_dataset)
    load = cifar10.load_denoiser
    for module in (cifar10, runner):
        monkeypatch.setattr(module, "load_denoiser", lambda name, **more: denoiser if name == TRUSTED else load(name, **more))
    monkeypatch.setattr("xai_core.experiments.bench.load_denoiser", lambda name: denoiser)
    monkeypatch.setattr(runner, "load_classifier", lambda name: Network())
    monkeypatch.setattr("xai_core.experiments.grid.weights.entry", lambda name: {"sha256": name})
    for module in (cifar10, presets):
        monkeypatch.setattr(module, "trained_models", lambda: frozenset({TRUSTED}))
    monkeypatch.setattr(presets, "SMALL_FILTERS", ("median",))
    monkeypatch.setattr(cifar10, "SAMPLED", 4)
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path / "measured"))
    monkeypatch.setenv("XAI_RUNS_DIR", str(tmp_path / "runs"))
    return denoiser, pixels / np.float32(255), labels


def test_the_study(study):
    denoiser, clean, labels = study
    said = []
    bench_cifar10(say=said.append)
    kept = measured.read("cifar10")
    assert kept.command == "python -m xai_core bench cifar10"
    assert {row["section"] for row in kept.rows} == {"accuracy", "confusion", "denoisers", "latent"}
    assert any("unet-cifar10: not trained" in line for line in said)

    # Accuracy: an oracle that adds noise and looks at the middle pixel by itself.
    at = {"noise": "gaussian", "level": 75.0}
    noisy = np.clip(np.concatenate([add_noise(one[None], "gaussian", 75, seed=i) for i, one in enumerate(clean)]), 0, 1)
    right = np.clip((noisy[:, 16, 16].mean(-1) * 3).astype(int), 0, 2) == labels
    broken, repaired = (kept.row(section="accuracy", denoiser=name, **at) for name in ("none", "median"))
    assert broken["value"] == pytest.approx(right.mean()) and right.mean() < 0.9
    assert broken["difference"] is None and broken["pictures"] == COUNT
    assert repaired["value"] > broken["value"] and repaired["psnr"] > broken["psnr"] and repaired["ssim"] > broken["ssim"]
    assert repaired["difference"] == pytest.approx(repaired["value"] - broken["value"])
    assert repaired["gained"] - repaired["lost"] == pytest.approx(COUNT * repaired["difference"])
    assert 0 < repaired["p"] <= 1 and repaired["low"] < repaired["value"] <= repaired["high"]
    assert kept.row(section="accuracy", noise="none", denoiser="none")["value"] == 1
    assert len(kept.where(section="accuracy")) == 6 * 3

    # Confusion: rows are the true classes, and clean pictures are all on the diagonal.
    assert len(kept.where(section="confusion")) == 3 * 3
    plain = matrix_of(kept.row(section="confusion", noise="none", denoiser="none")["counts"])
    assert np.array_equal(plain, 10 * np.eye(3))
    noisy_row = kept.row(section="confusion", noise="gaussian", level=50.0, denoiser="none")
    assert matrix_of(noisy_row["counts"]).sum(axis=1).tolist() == [10, 10, 10] and noisy_row["classes"] == "dark;middle;bright"
    accuracy = kept.row(section="accuracy", noise="gaussian", level=50.0, denoiser="none")["value"]
    assert np.trace(matrix_of(noisy_row["counts"])) / COUNT == pytest.approx(accuracy)

    # Denoisers: KL and spread as the functions of the library give them.
    row = kept.row(section="denoisers", denoiser=TRUSTED, level=25.0)
    unclipped = np.concatenate([add_noise(one[None], "gaussian", 25, seed=i) for i, one in enumerate(clean)])
    assert row["kl"] > 0
    assert row["kl"] == pytest.approx(sample_posterior(denoiser, unclipped, 2).kl.mean(), rel=1e-4)
    assert row["spread"] > 0 and row["pictures"] == COUNT

    # Latents: flat pictures of three brightnesses are told apart by their pixels, at chance 1/3.
    pixels = kept.row(section="latent", denoiser="pixels", noise="none")
    assert (pixels["value"], pixels["purity"], pixels["rand"], pixels["chance"]) == pytest.approx((1, 1, 1, 1 / 3))
    assert len(kept.where(section="latent")) == 2 * 3
    assert features(denoiser, clean[:2]).shape[0] == 2


def test_fewer_pictures_and_another_classifier(study, monkeypatch):
    rows = bench_cifar10(limit=12, say=lambda line: None)
    assert {row["pictures"] for row in rows if "pictures" in row} == {12}
    assert measured.read("cifar10").command == "python -m xai_core bench cifar10 --limit 12"
