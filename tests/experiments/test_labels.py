"""How far labels bound accuracy: two networks and labels that both contradict."""

import numpy as np
import pytest

from xai_core import measured
from xai_core.errors import InvalidInput
from xai_core.experiments import labels
from xai_core.types import Dataset, Provenance

COUNT = 100


@pytest.fixture
def study(monkeypatch, tmp_path):
    """Brightness is the true class; the first ten dark pictures have a wrong label. One network has a mistake of its own."""
    truth = np.arange(COUNT) % 2
    given = truth.copy()
    given[0:20:2] = 1
    pixels = np.repeat(truth, 4).reshape(COUNT, 2, 2, 1).astype(np.uint8) * 200
    kinds = np.array(["first" if index < 20 else "rest" for index in range(COUNT)])
    where = Provenance("simulated", "here", "none", "none")
    data = Dataset("galaxies", "val", pixels, given, ("dark", "bright"), where, subtypes=kinds)
    seen = []

    def load_classifier(name):
        def classify(images):
            bright = images.mean((1, 2, 3)) > 0.3
            if name == "sloppy":
                bright = bright ^ (np.arange(len(images)) == 41)
            if name == "hopeless":
                bright = ~bright
            shares = np.where(bright, 0.9, 0.1)
            return np.stack([1 - shares, shares], axis=1)

        return classify

    monkeypatch.setattr(labels, "load_dataset", lambda name, split: data)
    monkeypatch.setattr(labels, "load_classifier", load_classifier)
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    return seen


def run(*names):
    return {(row["section"], row["what"]): row for row in labels.bench_labels(names=names, report=lambda line: None)}


def test_what_both_contradict(study):
    rows = run("good", "sloppy")
    assert rows["networks", "good"]["value"] == pytest.approx(0.9)
    assert rows["networks", "sloppy"]["value"] == pytest.approx(0.89)
    assert rows["labels", "contradicted by every network"]["value"] == pytest.approx(0.1)
    assert rows["labels", "doubtful"]["value"] == pytest.approx(0.1, abs=0.02)
    assert rows["missed", "first"]["value"] == pytest.approx(0.5) and rows["missed", "rest"]["value"] == 0
    assert rows["missed", "first"]["low"] < 0.5 < rows["missed", "first"]["high"]
    kept = measured.read(labels.NAME)
    assert kept.command == "python -m xai_core bench labels --only good sloppy"
    assert len(kept.rows) == len(rows)


def test_one_network_is_not_enough(study):
    with pytest.raises(InvalidInput, match="at least two trained classifiers of galaxies, received 1"):
        run("good")


def test_networks_that_know_little_are_left_out(study, monkeypatch):
    from xai_core.registry import Registry, Spec

    specs = tuple(Spec(name, name, "", "", supports={"datasets": ("galaxies",)}) for name in ("good", "sloppy", "hopeless"))
    monkeypatch.setattr(labels, "CLASSIFIERS", Registry("classifier", specs))
    monkeypatch.setattr(labels, "trained_models", lambda: frozenset({"good", "sloppy", "hopeless"}))
    rows = run()
    assert ("networks", "good") in rows and ("networks", "hopeless") not in rows
