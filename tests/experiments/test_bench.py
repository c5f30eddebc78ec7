"""The bench of denoisers: the published protocol, the table, the file."""

import csv

import numpy as np
import pytest

from xai_core.cli import main
from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.errors import InvalidInput
from xai_core.experiments import LEVELS, PUBLISHED, bench, bench_denoiser, bench_denoisers, noise_levels, quality, sweep
from xai_core.experiments.chain import pictures
from xai_core.noise import add_noise
from xai_core.scene import Scene


def test_the_protocol_by_hand():
    """Noise neither clipped nor rounded, told; output clipped and rounded, peak 255, mean over the pictures."""
    rows = bench_denoiser("total_variation", "photos", (25.0,), limit=3, seed=5)
    denoiser, data = load_denoiser("total_variation"), load_dataset("photos")
    expected = []
    for index in range(3):
        noisy = add_noise(data.image(index), "gaussian", 25, seed=5 + index)
        output = np.round(255 * np.clip(denoiser(noisy, 25), 0, 1).astype(np.float64))
        expected.append(10 * np.log10(255**2 / np.mean((output - np.round(255.0 * data.image(index))) ** 2)))
    [row] = rows
    assert row.psnr == pytest.approx(np.mean(expected), abs=1e-4)
    assert (row.denoiser, row.set, row.level, row.pictures, row.seed) == ("total_variation", "photos", 25.0, 3, 5)
    assert row.parameters == 0 and row.milliseconds > 0 and 0 < row.ssim < 1


@pytest.mark.parametrize("most", [1, 10**9])
def test_batches_change_nothing(most, monkeypatch):
    """Pictures of one size go through a network together, as far as memory allows."""
    monkeypatch.setattr(bench, "BATCH", most)
    psnr = [row.psnr for row in bench_denoiser("autoencoder-mnist", "mnist", (25.0,), limit=7)]
    monkeypatch.undo()
    assert psnr == pytest.approx([row.psnr for row in bench_denoiser("autoencoder-mnist", "mnist", (25.0,), limit=7)], abs=1e-4)


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInput, match="does not take pictures of"):
        bench_denoiser("autoencoder-mnist", "photos")


def test_the_table_goes_on_without_what_is_missing():
    lines = []
    rows = bench_denoisers("photos", ["median", "bm3d", "gaussian"], (15.0, 25.0), limit=1, report=lines.append)
    assert [row.denoiser for row in rows][::2][0] == "median" and rows[-1].denoiser == "gaussian"
    assert len(lines) == 4
    assert f"{rows[0].psnr:.2f} / {rows[0].ssim:.3f}" in lines[1]


def test_published_figures_stand_beside(monkeypatch):
    monkeypatch.setitem(PUBLISHED, "photos", {"Somebody": (31.0, 29.0, 26.0)})
    lines = []
    bench_denoisers("photos", ["median"], (25.0, 40.0), limit=1, report=lines.append)
    assert "Somebody (published)" in lines[-1] and "29.00" in lines[-1] and "31.00" not in lines[-1]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_tables_fall_with_the_noise(name):
    for figures in PUBLISHED[name].values():
        assert len(figures) == len(LEVELS)
        assert list(figures) == sorted(figures, reverse=True)


def test_the_command_writes_a_table(tmp_path, capsys):
    path = tmp_path / "table.csv"
    command = ["bench", "denoisers", "--set", "photos", "--levels", "25", "--only", "median", "--limit", "2", "--csv", str(path)]
    assert main(command) == 0
    assert "Median" in capsys.readouterr().out or path.exists()
    with path.open(newline="") as file:
        [row] = csv.DictReader(file)
    assert row["denoiser"] == "median" and float(row["psnr"]) > 20 and row["pictures"] == "2"


def test_a_sweep_is_its_scenes():
    scene = Scene("photos", 1, denoiser="median").with_parameter("denoiser", "size", 5)
    shares = []
    found = sweep(scene, None, ("median", "gaussian"), (10.0, 50.0), shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]
    own = quality(pictures(Scene("photos", 1, level=50.0, denoiser="median", denoiser_parameters=(("size", 5),))))
    assert found["median"][1].psnr == own.psnr
    assert found["gaussian"][0].psnr == quality(pictures(Scene("photos", 1, level=10.0, denoiser="gaussian"))).psnr
    assert set(noise_levels("gaussian")) >= set(LEVELS)
