"""Shortcuts measured on pictures whose shortcuts are planted, and on simulated galaxies, whose outline is known."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from xai_core import cli, measured, shortcuts
from xai_core.classifiers import CLASSIFIERS, Classifier
from xai_core.datasets import load_dataset
from xai_core.datasets.simulated_castings import outline
from xai_core.errors import InvalidInput
from xai_core.shortcuts import casting_mask, castings, corners, galaxy_mask, measure
from xai_core.types import Dataset, Provenance

QUIET = {"report": lambda line: None}


def pictures(count, seed, *, leak=0.0, groups=False, side=96):
    """Grey noise with a disc in the middle; `leak`: how much brighter the sky of class 1 is, in its own spread."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    sky = 40 + 5 * (rng.normal(size=count) + leak * labels)
    pixels = rng.normal(sky[:, None, None, None], 4, (count, side, side, 3))
    rows, columns = np.indices((side, side))
    pixels[:, np.hypot(rows - side / 2, columns - side / 2) < side / 6] += 120
    where = np.where((labels == 1) & (np.arange(count) % 3 == 0), "other telescope", "telescope") if groups else None
    return Dataset(
        "made",
        "val",
        np.clip(np.round(pixels), 0, 255).astype(np.uint8),
        labels.astype(np.int64),
        ("a", "b"),
        Provenance("simulated", "", "", ""),
        groups=where,
    )


# The outline


def test_the_outline_of_simulated_galaxies():
    data = load_dataset("simulated_galaxies")
    found = [galaxy_mask(data.image(index)[0]) for index in range(60)]
    covered = [(mask & data.masks[index]).sum() / data.masks[index].sum() for index, mask in enumerate(found)]
    assert np.mean(covered) > 0.98
    assert min(covered) > 0.85
    assert np.mean([mask.mean() for mask in found]) < 2.5 * data.masks[:60].mean(), "the margin swallows the sky"


def disc(side, row, column, radius):
    rows, columns = np.indices((side, side))
    return np.hypot(rows - row, columns - column) < radius


def test_the_part_in_the_middle_counts():
    picture = np.full((128, 128, 3), 0.1, np.float32)
    picture[disc(128, 64, 64, 12)] = 0.6
    picture[disc(128, 20, 100, 14)] = 0.9  # a brighter neighbour
    mask = galaxy_mask(picture)
    assert mask[disc(128, 64, 64, 12)].all()
    assert not mask[disc(128, 20, 100, 14)].any()
    assert mask.sum() < disc(128, 64, 64, 24).sum()


def test_a_ring_is_filled_and_an_empty_sky_has_none(rng):
    picture = np.full((128, 128, 1), 0.1, np.float32)
    picture[disc(128, 64, 64, 20) & ~disc(128, 64, 64, 12)] = 0.6
    assert galaxy_mask(picture)[64, 64]
    assert not galaxy_mask(np.full((64, 64, 3), 0.3, np.float32)).any()
    corner = np.full((128, 128, 1), 0.1, np.float32)
    corner[disc(128, 20, 20, 10)] = 0.6
    assert not galaxy_mask(corner).any()


def test_the_outline_of_simulated_castings():
    """0.971 of all 120 castings, 0.914 of the worst (intersection over union)."""
    data = load_dataset("simulated_castings")
    pairs = [(casting_mask(data.image(index)[0]), outline(data.pixels.seeds[index])) for index in range(40)]
    shares = [(found & true).sum() / (found | true).sum() for found, true in pairs]
    assert np.mean(shares) > 0.96
    assert min(shares) > 0.9


def test_a_casting_is_its_cavity_enlarged():
    picture = np.full((120, 120, 1), 0.7, np.float32)
    assert not casting_mask(picture).any(), "nothing is dark"
    picture[disc(120, 62, 57, 28) & ~disc(120, 62, 57, 9)] = 0.05
    picture[:, :6] = 0.0  # a shadow at the edge
    expected = disc(120, 62, 57, 28 * 1.79)
    found = casting_mask(picture)
    assert (found & expected).sum() / (found | expected).sum() > 0.96


# The corners


def test_corners_are_the_corners():
    pixels = np.zeros((2, 100, 90, 3), np.uint8)
    for value, (row, column) in enumerate([(0, 0), (0, -1), (-1, 0), (-1, -1)], 1):
        pixels[:, row, column] = value
    data = replace(pictures(2, 0), pixels=pixels)
    found = corners.corners(data)
    assert found.shape == (2, 4, 32, 32, 3)
    tips = [found[0, 0, 0, 0, 0], found[0, 1, 0, -1, 0], found[0, 2, -1, 0, 0], found[0, 3, -1, -1, 0]]
    assert np.round(np.array(tips) * 255).tolist() == [1, 2, 3, 4]
    assert np.array_equal(corners.corners(data, [1]), found[1:])


@pytest.mark.parametrize("size", [0.6, 1.0, 1.6])
def test_grain_is_the_width_of_the_blur(size, rng):
    """Closed form: noise blurred by a Gaussian of s pixels has the grain s."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(rng.normal(size=(5, 4, 64, 64)), (0, 0, size, size))
    slope = np.linspace(0, 3, 64)[:, None] + np.linspace(0, 2, 64)  # a gradient of the sky is no grain
    patches = (noise + slope)[:, :, 16:48, 16:48, None].astype(np.float32)
    assert corners.grain(patches) == pytest.approx(size, rel=0.12)


@pytest.mark.parametrize("way", [corners.logistic, corners.trees, corners.network], ids=lambda way: way.__name__)
def test_corner_classifiers_find_what_leaks_and_nothing_else(way):
    from xai_core.metrics.ranking import auc

    truth = pictures(120, 2).labels == 1

    def score(leak):
        train, val = pictures(160, 1, leak=leak), pictures(120, 2, leak=leak)
        return way(corners.corners(train), train.labels, corners.corners(val), 0)

    leaking = score(3.0)
    assert auc(truth, leaking).value > 0.9
    clean = auc(truth, score(0.0))
    assert clean.low < 0.5 < clean.high
    assert np.array_equal(leaking, score(3.0)), "the same seed gives other scores"


# The figures


@pytest.fixture
def fast(monkeypatch):
    """The quick one of the three ways in place of the others, on few numbers."""
    monkeypatch.setattr(corners, "network", corners.logistic)
    monkeypatch.setattr(corners, "trees", corners.logistic)


def test_shortcuts_of_the_data(fast):
    train, val = pictures(120, 1, leak=3, groups=True), pictures(90, 2, leak=3, groups=True)
    rows = measure.data_shortcuts(train, val, **QUIET)
    by = {(row.section, row.what, row.on, row.figure): row for row in rows}
    assert {row.section for row in rows} == {"source", "corners", "zoom"}
    assert {row.on for row in rows} == {"all", "telescope"}, "a source with one class has no figures of its own"
    assert all(row.low <= row.value <= row.high for row in rows)
    guess = by["source", measure.BY_SOURCE, "all", "accuracy"]
    assert guess.value == pytest.approx(np.mean((val.groups == "other telescope") == (val.labels == 1)))
    assert by["source", measure.COMMONEST, "all", "accuracy"].value == pytest.approx(0.5)
    inside = val.groups == "telescope"
    assert by["source", measure.COMMONEST, "telescope", "accuracy"].value == pytest.approx((val.labels[inside] == 0).mean())
    assert by["corners", "corners: boosted trees", "all", "AUC"].value > 0.9
    assert by["corners", "corners: boosted trees", "telescope", "AUC"].pictures == inside.sum()
    assert measure.data_shortcuts(train, val, **QUIET) == rows


def test_pictures_of_another_kind_get_a_sentence():
    unknown = replace(pictures(10, 0), labels=np.full(10, -1))
    with pytest.raises(InvalidInput, match="two known classes"):
        measure.data_shortcuts(unknown, unknown, **QUIET)


def reader(region):
    """A classifier whose logit is the brightness of a part of the picture: (rows, columns) of 96 x 96."""
    weights = np.zeros((96, 96, 3), np.float32)
    weights[region] = 1 / weights[region].size
    inputs = keras.layers.Input((96, 96, 3))
    flat = keras.layers.Flatten()(inputs)
    logit = keras.layers.Dense(1, name="logit")
    outputs = keras.layers.Activation("sigmoid")(logit(flat))
    model = keras.Model(inputs, outputs)
    logit.set_weights([20 * weights.reshape(-1, 1), np.array([-20 * 45 / 255], np.float32)])
    return Classifier(CLASSIFIERS.get("galaxy-cnn2"), model, ("a", "b"))


def test_a_classifier_that_reads_the_background_is_found_out(monkeypatch):
    """Gradient maps of a linear classifier lie where it reads: all outside the galaxy, or all on it."""
    monkeypatch.setattr(measure, "METHODS", ("saliency", "random_map"))
    val = replace(pictures(60, 3, leak=3, groups=True), subtypes=np.array(["bright", "dark"])[np.arange(60) % 2])
    outside, inside = reader((slice(0, 20), slice(0, 20))), reader((slice(44, 52), slice(44, 52)))
    rows = measure.classifier_shortcuts(outside, val, pictures=20, **QUIET)
    shares = {row.what: row for row in rows if row.section == "background"}
    assert shares["Saliency"].value > 0.99
    assert shares["Random map (control)"].value == pytest.approx(shares["area"].value, abs=0.02)
    assert shares["area"].pictures == 20
    on_it = {row.what: row.value for row in measure.classifier_shortcuts(inside, val, pictures=20, **QUIET)}
    assert on_it["Saliency"] < 0.01
    accuracies = {row.on: row.value for row in rows if row.figure == "accuracy"}
    right = outside(val.images).argmax(axis=1) == val.labels
    assert accuracies["all"] == pytest.approx(right.mean())
    assert accuracies["bright"] == pytest.approx(right[val.subtypes == "bright"].mean())
    assert accuracies["other telescope"] == pytest.approx(right[val.groups == "other telescope"].mean())


def test_true_outlines_are_used_where_they_are_known(monkeypatch):
    monkeypatch.setattr(measure, "METHODS", ("random_map",))
    val = pictures(12, 3)
    val = replace(val, masks=np.repeat(disc(96, 48, 48, 5)[None], 12, axis=0))
    area = next(row for row in measure.classifier_shortcuts(reader((slice(0, 20),) * 2), val, **QUIET) if row.what == "area")
    assert area.value == pytest.approx(1 - disc(96, 48, 48, 5).mean())


def photographs(count, each):
    """Castings: photographs of `each` pictures of one class, with a dark cavity; one corner tells the class."""
    labels = np.repeat(np.arange(count) % 2, each)
    pixels = np.random.default_rng(5).normal(90, 4, (len(labels), 96, 96, 3)).round().astype(np.uint8)
    pixels[labels == 1, :40, :40] += 30
    pixels[:, disc(96, 48, 48, 20)] = 5
    names = np.repeat([f"p{index}" for index in range(count)], each)
    return replace(pictures(2, 0), name="casting", pixels=pixels, labels=labels.astype(np.int64), groups=names)


def test_castings_are_measured_by_photograph(fast, monkeypatch):
    monkeypatch.setattr(castings, "families", lambda: {f"p{index}": f"f{index}" for index in range(40)})
    data = photographs(40, 3)
    some = np.arange(len(data)) < 60
    train, val = (
        replace(data, pixels=data.pixels[part], labels=data.labels[part], groups=data.groups[part]) for part in (some, ~some)
    )
    rows = castings.casting_shortcuts(train, val, **QUIET)
    assert {row.pictures for row in rows} == {120} and {row.on for row in rows} == {"all"}
    leaking = next(row for row in rows if row.figure == "AUC")
    assert leaking.value > 0.95 and leaking.low <= leaking.value <= leaking.high
    chance = next(row for row in rows if row.what == measure.COMMONEST)
    assert chance.value == pytest.approx(0.5)
    assert chance.high - chance.low == pytest.approx(4 * 0.5 / np.sqrt(40), rel=0.15), "40 photographs, not 120 pictures"
    with pytest.raises(InvalidInput, match="name their photograph"):
        castings.casting_shortcuts(replace(train, groups=None), val, **QUIET)


def test_maps_of_castings_are_weighed_against_the_casting(monkeypatch):
    """Also where masks mark defects, which are no outline."""
    monkeypatch.setattr(measure, "METHODS", ("saliency",))
    data = replace(photographs(12, 3), masks=np.repeat(disc(96, 60, 60, 3)[None], 36, axis=0))
    rows = measure.classifier_shortcuts(reader((slice(0, 10), slice(0, 10))), data, **QUIET)
    found = {row.what: row for row in rows}
    assert found["area"].value == pytest.approx(1 - disc(96, 48, 48, 20 * 1.79).mean(), abs=0.03)
    assert found["Saliency"].value > 0.99
    assert [row.on for row in rows if row.section == "sources"] == ["all"], "a photograph has no row of its own"
    with pytest.raises(InvalidInput, match="No casting was found"):
        measure.classifier_shortcuts(
            reader((slice(0, 10),) * 2), replace(data, pixels=np.full((36, 96, 96, 3), 9, np.uint8)), **QUIET
        )


def test_no_outline_gets_a_sentence():
    val = replace(pictures(4, 3), pixels=np.full((4, 96, 96, 3), 9, np.uint8))
    with pytest.raises(InvalidInput, match="No galaxy was found"):
        measure.classifier_shortcuts(reader((slice(0, 20),) * 2), val, **QUIET)


def test_the_command_keeps_the_figures(tmp_path, monkeypatch, capsys):
    """Two files, one for the data and one for the classifier, each with its command."""
    row = measure.Row("corners", "w", "all", "AUC", 0.6, 0.5, 0.7, 9)
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    monkeypatch.setattr(shortcuts, "load_classifier", lambda name: name)
    monkeypatch.setattr(shortcuts, "load_dataset", lambda name, split: (name, split))
    monkeypatch.setattr(shortcuts, "data_shortcuts", lambda train, val, **others: (row,))
    monkeypatch.setattr(shortcuts, "classifier_shortcuts", lambda one, val, **given: (replace(row, pictures=given["pictures"]),))
    assert cli.main(["bench", "shortcuts", "--classifier", "galaxy-vit", "--limit", "7", "--seed", "2"]) == 0
    assert measured.names() == ("shortcuts", "shortcuts-galaxy-vit")
    found = measured.read(shortcuts.name_of("galaxy-vit"))
    assert found.command == "python -m xai_core bench shortcuts --classifier galaxy-vit --limit 7 --seed 2"
    assert (found.seed, found.rows[0]["pictures"]) == (2, 7)
    assert "shortcuts-galaxy-vit.json" in capsys.readouterr().out
    monkeypatch.setattr(shortcuts, "casting_shortcuts", lambda train, val, **others: (replace(row, value=0.9),))
    assert cli.main(["bench", "shortcuts", "--classifier", "casting-cnn"]) == 0
    assert measured.read("casting-shortcuts").rows[0]["value"] == 0.9
    assert measured.read("shortcuts").rows[0]["value"] == 0.6, "the galaxies' figures stay"
    assert shortcuts.measured_for("galaxies") == ("galaxy-vit",) and shortcuts.measured_for("casting") == ("casting-cnn",)
