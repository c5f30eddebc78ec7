"""Where the noise is removed, over many pictures: the shares, their interval, and that they are kept."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.errors import InvalidInput
from xai_core.experiments import noise_split
from xai_core.types import Dataset, Provenance


@pytest.fixture
def study(monkeypatch, tmp_path):
    """Grey squares; one denoiser halves the distance to grey, where the noise of the rest was."""
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    pixels = np.full((30, 12, 12, 1), 100, np.uint8)
    pixels[:, 3:9, 3:9] = 160
    data = Dataset("mnist", "test", pixels, np.zeros(30, int), ("a",), Provenance("simulated", "here", "none", "none"))

    class Halved:
        model = None

        def at(self, level):
            self.level = level
            return self

        def __call__(self, images):
            return data.images[: len(images)] + 0.5 * (images - data.images[: len(images)])

    monkeypatch.setattr(noise_split, "load_dataset", lambda name: data)
    monkeypatch.setattr(noise_split, "load_denoiser", lambda name: Halved())
    monkeypatch.setattr(noise_split, "NOISE_LEVELS", {"gaussian": 10})
    monkeypatch.setattr(noise_split, "BATCH", 7)


def test_shares_and_interval(study):
    rows = noise_split.bench_noise_split(["mnist"], count=20, report=lambda line: None)
    assert [row["region"] for row in rows] == 2 * ["on the object", "on edges", "off the object", "everywhere"]
    assert sum(row["noise_share"] for row in rows[:3]) == pytest.approx(1)
    for row in rows:
        assert row["low"] <= row["value"] <= row["high"] and row["value"] == pytest.approx(0.5, abs=1e-3)
        assert row["removed"] == pytest.approx(0.75, abs=1e-3) and row["leaked"] == pytest.approx(0.25, abs=1e-3)
        assert row["pictures"] == 20
    assert rows[3]["psnr_denoised"] - rows[3]["psnr_noisy"] == pytest.approx(20 * np.log10(2), abs=0.01)
    kept = measured.read(noise_split.NAME)
    assert len(kept.rows) == len(rows) and kept.command == "python -m xai_core bench noise-split --limit 20"
    table = noise_split.noise_split_markdown(kept.rows).splitlines()
    assert len(table) == 2 + 2 and "50.0%" in table[2]


def test_a_region_without_noise_has_no_share(study, monkeypatch):
    monkeypatch.setattr(noise_split, "clip", lambda images: np.where(np.arange(12)[:, None] < 6, images, 100 / 255))
    monkeypatch.setattr(noise_split, "LEAST", 0.5)
    rows = noise_split.bench_noise_split(["mnist"], count=20, report=lambda line: None)
    assert any(row["value"] is None for row in rows) and "no noise there" in noise_split.noise_split_markdown(rows)


def test_other_data_sets_are_refused(study):
    with pytest.raises(InvalidInput, match="Expected data sets of mnist, fashion_mnist"):
        noise_split.bench_noise_split(["cifar10"])
