"""The failure of CNN-1: what is measured, and that it is kept."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.experiments import collapse
from xai_core.training.batches import Part

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def test_steps_and_layers(monkeypatch, tmp_path, rng):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    pictures = rng.integers(0, 256, (96, 32, 32, 3), np.uint8)
    parts = Part(list(pictures[:64]), np.arange(64) % 2), Part(list(pictures[64:]), np.arange(32) % 2)
    monkeypatch.setattr(collapse, "training_data", lambda recipe: parts)
    rows = collapse.bench_collapse(32, 5, report=lambda line: None)

    losses = [row for row in rows if row["section"] == "loss"]
    assert [row["step"] for row in losses] == [1, 2], "two batches of 32 are all there is"
    assert losses[0]["loss"] > 5 * np.log(2), "the first loss is that of an input hundreds of times too large"
    layers = [row["layer"] for row in rows if row["section"] == "layers" and row["when"] == "before"]
    assert layers[0] == "to_255" and layers[-1] == "probabilities"
    assert [row["layer"] for row in rows if row["section"] == "layers" and row["when"] == "after"] == layers
    held_out = rows[-1]
    assert held_out["pictures"] == 32
    assert held_out["low"] <= held_out["accuracy"] <= held_out["high"]
    kept = measured.read(collapse.NAME)
    assert kept.rows == rows
    assert kept.command == "python -m xai_core bench cnn1 --side 32 --limit 5"
