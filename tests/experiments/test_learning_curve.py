"""The learning curve: nested parts, the same number of steps, a law that is kept, a run that goes on."""

from pathlib import Path

import numpy as np
import pytest

from xai_core import measured
from xai_core.errors import InvalidInput
from xai_core.experiments import learning_curve
from xai_core.training import RECIPES
from xai_core.training.batches import Part
from xai_core.types import Dataset, Provenance

COUNT = 400


@pytest.fixture
def study(monkeypatch, tmp_path):
    """A training whose network is right on a share of the val pictures that grows with what it was trained on."""
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path / "measured"))
    pixels = np.arange(COUNT, dtype=np.uint16)[:, None, None, None].astype(np.uint8)
    data = Dataset("galaxies", "val", pixels, np.zeros(COUNT, int), ("a", "b"), Provenance("simulated", "here", "none", "none"))
    pictures = [np.full((2, 2, 3), index, np.uint8) for index in range(160)]
    parts = Part(pictures, np.arange(160) % 2), Part(pictures[:10], np.arange(10) % 2)
    fitted = []

    def fit(recipe, parts, folder, *, epochs, report):
        folder.mkdir(parents=True)
        different = {int(picture[0, 0, 0]) for picture in parts[0].pictures}
        fitted.append((different, len(parts[0].pictures), epochs))
        return len(different), None

    def probabilities(classifier, data):
        wrong = round(COUNT * 2 * classifier.model**-0.5)  # a law of scale 2 and exponent 1/2
        return np.eye(2)[(np.arange(COUNT) < wrong).astype(int)]

    monkeypatch.setattr(learning_curve, "training_data", lambda recipe: parts)
    monkeypatch.setattr(learning_curve, "load_dataset", lambda name, split: data)
    monkeypatch.setattr(learning_curve, "fit", fit)
    monkeypatch.setattr(learning_curve, "probabilities", probabilities)
    return fitted


def run(folder: Path, **others):
    return learning_curve.bench_learning_curve(
        shares=(0.25, 0.5, 1), epochs=4, resamples=50, runs=folder, report=lambda line: None, **others
    )


def test_parts_and_law(study, tmp_path):
    rows = run(tmp_path / "runs", goals=(0.9,))
    curve = [row for row in rows if row["section"] == "curve"]
    assert [row["trained_on"] for row in curve] == [40, 80, 160]
    assert curve[0]["low"] < curve[0]["value"] < curve[0]["high"] < curve[-1]["high"]
    (small, _, _), (middle, _, _), (large, _, _) = study
    assert small < middle < large, "each part lies within the next"
    assert [(count, epochs) for _, count, epochs in study] == 3 * [(160, 4)], "as many steps for all"
    found = {row["what"]: row for row in rows if row["section"] != "curve"}
    assert found["exponent"]["value"] == pytest.approx(0.5, abs=0.01)
    assert found["error factor of twice as many"]["value"] == pytest.approx(2**-0.5, abs=0.01)
    assert found[0.9]["value"] == pytest.approx(400, rel=0.05) and found[0.9]["low"] < found[0.9]["value"] < found[0.9]["high"]
    kept = measured.read(learning_curve.NAME)
    assert kept.rows == rows and kept.command == "python -m xai_core bench curve --classifier galaxy-vgg16"
    assert not list((tmp_path / "runs").iterdir()), "what has ended leaves nothing behind"


def test_goes_on_after_the_parts_that_are_done(study, tmp_path):
    done = tmp_path / "runs" / "galaxy-vgg16-curve-40"
    done.mkdir(parents=True)
    np.save(done / learning_curve.RIGHT, np.arange(COUNT) < 100)
    rows = run(tmp_path / "runs")
    assert len(study) == 2 and rows[0]["value"] == 0.25


@pytest.mark.parametrize("others", [{"name": next(r.name for r in RECIPES if r.kind == "denoiser")}])
def test_a_denoiser_has_none(study, tmp_path, others):
    with pytest.raises(InvalidInput, match="Expected a classifier"):
        run(tmp_path / "runs", **others)


def test_one_size_is_no_curve(tmp_path):
    with pytest.raises(InvalidInput, match="at least two shares"):
        learning_curve.bench_learning_curve(shares=(0.5,), runs=tmp_path)
