"""Explainers beside other libraries: the table, with stand-ins for the calls."""

import keras
import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.experiments import bench_explainers as bench


@pytest.fixture
def small(monkeypatch):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((12, 12, 3)), keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(2)])
    monkeypatch.setattr(bench, "_network", lambda name: (model, np.full((1, 12, 12, 3), 0.5, np.float32)))
    for peer in ("_xplique", "_lime"):
        monkeypatch.setattr(bench, peer, lambda *given: None)


# tf-keras-vis hands a list to a model of one input.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_task_has_our_time_and_its_peers(small):
    lines = []
    rows = bench.bench_explainers("resnet50", repeats=1, report=lines.append)
    assert {row.task for row in rows if row.library == "NoiseLens"} == {row.task for row in rows}
    assert {row.library for row in rows} == {"NoiseLens", "passes", "tf-keras-vis"}
    assert all(row.seconds > 0 and row.network == "resnet50" for row in rows)
    assert len(lines) == 5
    assert all("NoiseLens" in line and "(1.00 x)" in line for line in lines)


@pytest.mark.parametrize("given", [("resnet", 3), ("resnet50", 0)])
def test_what_cannot_be_measured_gets_a_sentence(given):
    with pytest.raises(InvalidInput, match="Expected a network of galaxy-cnn2, resnet50"):
        bench.bench_explainers(given[0], repeats=given[1])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_some_tasks_alone(small):
    rows = bench.bench_explainers("resnet50", repeats=1, only=["grad-cam"], report=lambda line: None)
    assert {row.task for row in rows} == {"Grad-CAM"}
    with pytest.raises(InvalidInput, match="Expected words of Grad-CAM; .*, received shap"):
        bench.bench_explainers("resnet50", only=["shap"])
