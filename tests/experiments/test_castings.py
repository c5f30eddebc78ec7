"""The denoising of castings on two drawn ones: every choice and alternative is measured, the right filter wins."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.denoisers.routing import ROUTES
from xai_core.experiments import castings
from xai_core.experiments.castings import bench_castings
from xai_core.experiments.inspection_pictures import NOISES, some_of_each


@pytest.fixture
def rows(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    monkeypatch.setattr(castings, "trained_models", frozenset)  # filters alone: quick
    monkeypatch.setitem(ROUTES, "gaussian", ("total_variation", "median"))
    found = bench_castings("simulated_castings", limit=2, report=lambda line: None)
    kept = measured.read("castings")
    assert [dict(row) for row in kept.rows] == [dict(row) for row in found]
    assert kept.command.endswith("bench castings --limit 2")
    return kept


def test_each_noise_has_its_rows(rows):
    for noise, _, _ in NOISES:
        names = [row["denoiser"] for row in rows.where(section="quality", noise=noise, figure="ssim")]
        assert {"noisy", "automatic"} < set(names)
        assert rows.row(section="detection", noise=noise, figure="accuracy")["value"] in (0, 0.5, 1)
        for row in rows.where(section="quality", noise=noise):
            assert row["low"] <= row["value"] <= row["high"]
            assert (row["pictures"], row["photographs"], row["split"]) == (2, 2, "simulated_castings val")


@pytest.mark.parametrize(
    ("noise", "denoiser"), [("salt_pepper", "median"), ("periodic", "notch"), ("gaussian", "total_variation")]
)
def test_the_choice_helps(rows, noise, denoiser):
    before, after = (rows.row(noise=noise, denoiser=name, figure="psnr")["value"] for name in ("noisy", denoiser))
    assert after > before + 5


def test_pictures_of_a_photograph_are_limited():
    photographs = np.repeat(["a", "b", "c"], [20, 3, 9])
    chosen = some_of_each(photographs, 8, seed=0)
    assert [int((photographs[chosen] == name).sum()) for name in "abc"] == [8, 3, 8]
    assert np.array_equal(chosen, some_of_each(photographs, 8, seed=0))
    assert not np.array_equal(chosen, some_of_each(photographs, 8, seed=1))
