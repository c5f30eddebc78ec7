"""The study of the diffusion model with a denoiser whose error is known: the rows, and a spread that tells the error."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.denoisers import Denoiser
from xai_core.experiments import diffusion
from xai_core.experiments.diffusion import LEVELS, STUDIED, bench_diffusion
from xai_core.registry import Spec
from xai_core.types import Dataset, Provenance


class HalfSure(Denoiser):
    """Knows the left half of a picture, which is black, and shrinks the right half towards grey."""

    def unclipped(self, images, level=None):
        out = np.zeros_like(images)
        sigma = level / 255
        out[:, :, 8:] = (0.2**2 * images[:, :, 8:] + sigma**2 * 0.5) / (0.2**2 + sigma**2)
        return out


@pytest.fixture
def rows(monkeypatch, tmp_path):
    pixels = np.zeros((6, 16, 16, 1), np.uint8)
    pixels[:, :, 8:] = np.random.default_rng(0).normal(127, 51, (6, 16, 8, 1)).clip(0, 255)
    data = Dataset("fashion_mnist", "test", pixels, np.zeros(6, int), ("a",), Provenance("simulated", "", "", ""))
    denoiser = HalfSure(Spec("half", "Half", "", "", supports={"guided": True}))
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    monkeypatch.setattr(diffusion, "load_dataset", lambda name: data)
    monkeypatch.setattr(diffusion, "load_denoiser", lambda name: denoiser)
    bench_diffusion(limit=4, report=lambda line: None)
    return measured.read("diffusion")


def test_every_figure_is_there(rows):
    for level in LEVELS:
        quality = {row["what"]: row for row in rows.where(section="quality", level=level)}
        assert set(quality) == {"noisy", "U-Net", "one step", "one sample", "mean of 16 samples"}
        assert all(row["low"] <= row["value"] <= row["high"] and row["pictures"] == 4 for row in quality.values())
        assert quality["one step"]["value"] == quality["U-Net"]["value"] > quality["noisy"]["value"] + 3
        assert quality["mean of 16 samples"]["value"] > quality["one sample"]["value"] + 1
        assert [row["what"] for row in rows.where(section="steps", level=level, figure="psnr")] == [str(n) for n in STUDIED]


def test_the_spread_tells_where_the_error_is(rows):
    for level in LEVELS:
        found = {row["what"]: row["value"] for row in rows.where(section="uncertainty", level=level)}
        assert found["each picture"] > 0.6 and found["all pixels"] > 0.6
        assert found["within two deviations"] > 0.85  # 95 % less what ten steps and sixteen samples leave out of the spread
    assert rows.row(section="steps", what="1", level=25.0, figure="spearman")["value"] == 0, "one step has no spread"
