"""The measurement of noise detectors, with a network that always says the same and data sets of two small pictures."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.errors import DataNotFound
from xai_core.experiments import noise_kinds
from xai_core.experiments.noise_kinds import MIXED, NEW, STATED, bench_noise_kinds
from xai_core.noise import NOISES
from xai_core.noise.detection import KINDS
from xai_core.published import readers
from xai_core.training import get_recipe
from xai_core.types import Dataset, Provenance


class Says:
    """Gaussian, whatever the picture."""

    def scores(self, images):
        return np.eye(len(KINDS), dtype=np.float32)[[KINDS.index("gaussian")] * len(images)]


@pytest.fixture
def answers(monkeypatch, tmp_path):
    """The figures returned and the rows kept; the pictures that were asked about; set12 is not here."""
    ramp = np.repeat(np.linspace(20, 230, 40, dtype=np.uint8)[None, :, None, None], 44, axis=2)
    asked = []

    def load_dataset(name, split):
        assert split == (MIXED | NEW)[name]
        if name == "set12":
            raise DataNotFound("not here")
        pixels = np.concatenate([ramp, ramp[:, ::-1]])
        return Dataset(name, split, pixels, np.zeros(2, np.int64), ("one",), Provenance("simulated", "here", "none", "none"))

    def scores(detector, images):
        asked.append(images)
        return Says.scores(detector, images)

    monkeypatch.setattr(noise_kinds, "load_dataset", load_dataset)
    monkeypatch.setattr(noise_kinds, "load_noise_detector", lambda name: type("Spy", (), {"scores": scores})())
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    figures = bench_noise_kinds(report=lambda line: None)
    return figures, measured.read("noise-kinds"), asked


def test_bench(answers):
    figures, kept, asked = answers
    assert len(asked) == 4 * 2 * 6 + 2 * 2 * 5 * 6  # mixed sets once, the two new ones at all levels
    assert all(image.min() >= 0 and image.max() <= 1 for image in asked)
    assert all(np.abs(image * 255 - np.round(image * 255)).max() < 1e-3 for image in asked), "files have 8 bits"
    assert figures["accuracy"] == pytest.approx(1 / 6)
    assert figures["confusion"] == [[0, 8, 0, 0, 0, 0]] * 6
    assert set(figures) >= {"split", "classes", "interval", "also_photos", "also_hubble"} and "also_set12" not in figures
    for method in ("network", "classical"):
        row = kept.row(figure="accuracy", method=method, dataset="mixed")
        assert row["pictures"] == 48 and row["low"] < row["value"] <= row["high"]
        confusion = kept.row(figure="confusion", method=method, dataset="new")
        assert measured.matrix_of(confusion["counts"]).sum(axis=1).tolist() == [20] * 6
        curve = kept.where(figure="curve", method=method, dataset="new", kind="gaussian")
        assert sorted(row["level"] for row in curve) == sorted(STATED["gaussian"])
    assert kept.row(figure="accuracy", method="classical", dataset="mixed")["value"] > 0.6
    assert kept.row(figure="level error", dataset="mixed", kind="gaussian")["median"] < 0.25
    assert kept.row(figure="level error", dataset="mixed", kind="none") is None


def test_what_is_published_beside_it(answers):
    found = readers.kept("noise-kinds", 100, figure="accuracy", method="network", dataset="mixed")()
    assert found.value == pytest.approx(100 / 6) and found.pictures == 48
    assert "casting" in found.split and "hubble" not in found.split


def test_no_pictures(monkeypatch):
    def load_dataset(name, split):
        raise DataNotFound("not here")

    monkeypatch.setattr(noise_kinds, "load_dataset", load_dataset)
    monkeypatch.setattr(noise_kinds, "load_noise_detector", lambda name: Says())
    with pytest.raises(DataNotFound, match="None of casting, bsd68"):
        bench_noise_kinds(report=lambda line: None)


def test_levels_are_those_of_the_training():
    ranges = {kind: (low, high) for kind, low, high in get_recipe("noise-kinds").noise}
    for kind, levels in STATED.items():
        if kind != "none":
            assert (min(levels), max(levels)) == ranges[kind]
            assert all(NOISES.get(kind).parameter("level").check(level) == level for level in levels)
