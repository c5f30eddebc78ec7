"""Inspection before and after denoising: folds, the same pictures everywhere, figures, going on, what is refused."""

import keras
import numpy as np
import pytest

from xai_core import measured
from xai_core.errors import InvalidInput
from xai_core.experiments import inspection, inspection_pictures
from xai_core.experiments.inspection_pictures import CLEAN, DENOISED, NOISY, conditions, under_conditions
from xai_core.registry import Registry, Spec
from xai_core.training.recipe import Recipe
from xai_core.types import Dataset, Provenance

SIDE, PHOTOGRAPHS, EACH = 16, 40, 3
QUIET = {"report": lambda line: None}


def network():
    x = inputs = keras.Input((8, 8, 3), name="image")
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(1, name="logits", kernel_initializer="zeros")(x)
    return keras.Model(inputs, keras.layers.Activation("sigmoid", name="probabilities")(x))


RECIPE = Recipe(
    "tiny-inspector",
    "Tiny inspector",
    "classifier",
    f"{__name__}:network",
    ("casting",),
    8,
    3,
    epochs=3,
    batch=4,
    learning_rate=0.02,
    by_group=True,
)


def split(first, count):
    """Photographs `first` to `first + count`, three pictures each; the defective (two of three) have a bright half."""
    photographs = np.repeat(np.arange(first, first + count), EACH)
    labels = (photographs % 3 > 0).astype(np.int64)
    rng = np.random.default_rng(first)
    pixels = rng.integers(60, 100, (len(labels), SIDE, SIDE, 1)).astype(np.uint8)
    pixels[labels == 1, :8] += 120
    where = Provenance("simulated", "here", "none", "none")
    return Dataset("casting", "x", pixels, labels, ("OK", "Defective"), where, groups=photographs.astype(str))


@pytest.fixture
def study(monkeypatch, tmp_path):
    """A data set, a denoiser that gives back the clean half (bright or not), a recipe; `fits` lists the trainings."""
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path / "measured"))
    splits = {"train": split(0, 30), "val": split(30, 10)}
    monkeypatch.setattr(inspection_pictures, "load_dataset", lambda name, which: splits[which])
    # Photograph 3 and 6 show one casting.
    monkeypatch.setattr(inspection_pictures, "families", lambda: {str(i): str(3 if i == 6 else i) for i in range(PHOTOGRAPHS)})
    monkeypatch.setattr(inspection_pictures, "load_denoiser", lambda name, kind: lambda image: np.round(image))
    monkeypatch.setattr(inspection, "get_recipe", lambda name: RECIPE)
    monkeypatch.setattr(inspection, "CLASSIFIERS", Registry("classifier", (Spec(RECIPE.name, "x", RECIPE.build, ""),)))
    fits = []
    real = inspection.fold_results

    def fold_results(recipe, folds, prepare, **others):
        def noted(fold):
            parts, judge = prepare(fold)
            fits.append(parts)
            return parts, judge

        return real(recipe, folds, noted, **others)

    monkeypatch.setattr(inspection, "fold_results", fold_results)
    return fits


def test_the_table(study, tmp_path):
    rows = inspection.bench_inspection(["tiny-inspector"], runs=tmp_path / "runs", **QUIET)
    found = {(row.noise, row.condition, row.figure): row for row in rows}
    clean = found["none", CLEAN, "accuracy"]
    assert clean.value > 0.95 and clean.drawn == "photographs"
    assert (clean.pictures, clean.photographs) == (120, 40)
    assert measured.matrix_of(clean.confusion).sum() == 120
    (sound, false), (missed, caught) = measured.matrix_of(found["all three", NOISY, "f1"].confusion).tolist()
    assert sound + false + missed + caught == 360
    assert found["all three", NOISY, "accuracy"].value == pytest.approx((sound + caught) / 360)
    assert found["all three", NOISY, "sensitivity"].value == pytest.approx(caught / (caught + missed))
    assert found["all three", NOISY, "specificity"].value == pytest.approx(sound / (sound + false))
    assert found["all three", NOISY, "f1"].value == pytest.approx(2 * caught / (2 * caught + missed + false))
    for noise in ("salt_pepper", "gaussian", "periodic", "all three"):
        before, after = (found[noise, condition, "accuracy"].value for condition in (NOISY, DENOISED))
        change = found[noise, "denoised less noisy", "accuracy"]
        assert change.value == pytest.approx(after - before) and change.low <= change.value <= change.high
    kept = measured.read("inspection")
    assert len(kept.rows) == len(rows) == 40
    assert kept.row(classifier="tiny-inspector", noise="none", figure="accuracy")["value"] == clean.value

    trained = len(study)
    assert trained == 4
    assert inspection.bench_inspection(["tiny-inspector"], runs=tmp_path / "runs", **QUIET) == rows
    assert len(study) == trained, "finished folds are trained again"


def test_no_photograph_is_judged_by_a_network_that_saw_it(study, tmp_path):
    castings = inspection.all_castings()
    part = inspection.stratified_folds(castings.labels, castings.families, 4)
    assert len(set(part[np.isin(castings.photographs, ["3", "6"])])) == 1, "one casting's photographs"
    inspection.bench_inspection(["tiny-inspector"], epochs=1, runs=tmp_path / "runs", **QUIET)

    def small(index):
        return (
            np.round(inspection.resize(inspection.to_channels(castings.image(index), 3), 8, 8)[0] * 255)
            .astype(np.uint8)
            .tobytes()
        )

    for fold, parts in enumerate(study):
        seen = [{picture.tobytes() for picture in one.pictures} for one in parts]
        assert not seen[0] & seen[1]
        assert {small(index) for index in np.flatnonzero(part != fold)} == seen[0] | seen[1]
        assert all(len(np.unique(one.labels)) == 2 for one in parts)


def test_the_same_pictures_under_all_conditions(study, tmp_path):
    castings = inspection.all_castings()
    chosen = castings.some(2, 0)
    assert np.bincount(castings.photographs[chosen].astype(int)).tolist() == [2] * PHOTOGRAPHS
    assert np.array_equal(chosen, castings.some(2, 0)) and not np.array_equal(chosen, castings.some(2, 1))
    found = under_conditions(castings, chosen, tmp_path, **QUIET)
    assert tuple(found) == conditions()
    clean = found["none", CLEAN]
    assert np.array_equal(clean[5], np.round(castings.image(int(chosen[5]))[0] * 255))
    for kind in ("salt_pepper", "gaussian", "periodic"):
        noisy = found[kind, NOISY].astype(float)
        assert 0.02 < np.abs(noisy - clean).mean() / 255 < 0.3
        assert np.array_equal(found[kind, DENOISED], np.round(found[kind, NOISY] / 255).astype(np.uint8) * 255)
    few = under_conditions(castings, chosen[3:], tmp_path, **QUIET)
    assert np.array_equal(few["gaussian", NOISY], found["gaussian", NOISY][3:]), "a picture's noise depends on the others"


def test_other_networks_stay_and_other_recipes_are_refused(study, tmp_path, monkeypatch):
    measured.write(
        "inspection", [{"classifier": "casting-old", "value": 1}, {"classifier": "tiny-inspector", "value": 2}], command="x"
    )
    inspection.bench_inspection(["tiny-inspector"], epochs=1, runs=tmp_path / "runs", **QUIET)
    kept = measured.read("inspection")
    assert len(kept.where(classifier="casting-old")) == 1 and len(kept.rows) == 41
    monkeypatch.setattr(inspection, "get_recipe", lambda name: inspection.replace(RECIPE, datasets=("galaxies",)))
    with pytest.raises(InvalidInput, match="no classifier of castings"):
        inspection.bench_inspection(["galaxy-cnn2"], runs=tmp_path, **QUIET)
