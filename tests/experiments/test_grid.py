"""The value behind an experiment: what is accepted, what a cell is, when two are the same."""

import json
from dataclasses import replace

import pytest

from xai_core.classifiers import CLASSIFIERS
from xai_core.errors import InvalidInput, ModelNotFound, NoiseLensError, UnknownName
from xai_core.experiments import CLEAN, NONE, PRESETS, Condition, Grid, get_preset, grid_of, usual_scene
from xai_core.scene import Scene
from xai_core.weights import trained_models

SCENE = Scene(seed=7, denoiser="median", denoiser_parameters=(("size", 5),))
GRID = Grid(
    SCENE, (CLEAN, ("gaussian", 25), ("laplace", 50.0)), (NONE, "median", "bilateral"), ("galaxy-cnn2",), images=5, drift=2
)


def test_conditions_are_all_combinations_in_the_order_of_the_work():
    assert len(GRID.conditions) == 9 == len(set(GRID.conditions))
    assert GRID.conditions[0] == Condition(NONE, 0.0, NONE, "galaxy-cnn2")
    assert GRID.conditions[-1] == Condition("laplace", 50.0, "bilateral", "galaxy-cnn2")
    assert len(list(GRID.cells(120))) == 45


def test_a_cell_is_a_scene_with_a_seed_of_its_own():
    scene = GRID.scene_of(Condition("gaussian", 25.0, "median", "galaxy-cnn2"), 11)
    assert (scene.index, scene.seed, scene.noise, scene.level, scene.denoiser) == (11, 18, "gaussian", 25.0, "median")
    assert scene.denoiser_parameters == (("size", 5),), "the scene's own settings of its own denoiser"
    other = GRID.scene_of(Condition("gaussian", 25.0, "bilateral", "galaxy-cnn2"), 11)
    assert (other.denoiser, other.denoiser_parameters, other.level_source) == ("bilateral", (), "known")
    found, notices = Scene.from_query(scene.to_query())
    assert found == scene and not notices


def test_a_clean_cell_adds_nothing_and_its_denoiser_estimates_the_noise():
    scene = GRID.scene_of(Condition(NONE, 0.0, "bilateral", "galaxy-cnn2"), 3)
    assert (scene.noise, scene.level, scene.level_source) == ("gaussian", 0.0, "estimated")
    assert Scene.from_query(scene.to_query()) == (scene, [])


def test_pictures_are_drawn_once_for_all_numbers():
    few, more = GRID.indices(120), replace(GRID, images=20).indices(120)
    assert len(few) == 5 and set(few) < set(more) and list(more) == sorted(set(more))
    assert GRID.drifting(120) < set(few) and len(GRID.drifting(120)) == 2
    assert replace(GRID, images=0).indices(7) == tuple(range(7))
    assert replace(GRID, images=50).indices(7) == tuple(range(7))


def test_display_settings_do_not_make_another_experiment():
    other = replace(GRID, scene=replace(SCENE, index=9, colormap="magma", level=3.0, noise="speckle", compared=("mean",)))
    assert other == GRID and other.key() == GRID.key()


@pytest.mark.parametrize(
    "change",
    [
        {"scene": replace(SCENE, seed=8)},
        {"scene": replace(SCENE, clip=False)},
        {"scene": replace(SCENE, denoiser_parameters=())},
        {"noises": (CLEAN,)},
        {"noises": (CLEAN, ("gaussian", 26), ("laplace", 50.0))},
        {"denoisers": (NONE,)},
        {"images": 6},
        {"drift": 0},
        {"methods": ("saliency",)},
        {"split": "train"},
    ],
)
def test_whatever_decides_a_result_changes_the_key(change):
    assert replace(GRID, **change).key() != GRID.key()


def test_the_key_follows_the_weights(monkeypatch):
    before = GRID.key()
    monkeypatch.setattr("xai_core.weights.entry", lambda name: {"sha256": "other"})
    assert GRID.key() != before


def test_it_survives_json():
    assert Grid.from_dict(json.loads(json.dumps(GRID.to_dict()))) == GRID


@pytest.mark.parametrize("values", [{}, {"scene": {}}, {**GRID.to_dict(), "more": 1}, {**GRID.to_dict(), "noises": [1]}])
def test_anything_else_gets_a_sentence(values):
    with pytest.raises(InvalidInput, match="no description of an experiment"):
        Grid.from_dict(values)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"scene": replace(SCENE, dataset="upload"), "split": ""}, InvalidInput, "needs many pictures"),
        ({"scene": replace(SCENE, dataset="mnist"), "split": ""}, InvalidInput, "does not know the classes of mnist.*cnn-mnist"),
        ({"split": "test"}, InvalidInput, "Expected a split of train, val"),
        ({"noises": ()}, InvalidInput, "at least one noise"),
        ({"noises": (CLEAN, CLEAN)}, InvalidInput, "each once"),
        ({"noises": (("gaussian", 500),)}, InvalidInput, "between 0 and 100"),
        ({"noises": (("gausian", 5),)}, UnknownName, "gaussian"),
        ({"denoisers": ("medain",)}, UnknownName, "median"),
        ({"classifiers": ("galaxy-cnn3",)}, UnknownName, "galaxy-cnn2"),
        ({"methods": ("gradcam",)}, UnknownName, "grad_cam"),
        ({"images": -1}, InvalidInput, "Expected numbers of pictures"),
        ({"chunk": 65}, InvalidInput, "pieces of 1 to 64"),
    ],
)
def test_what_cannot_be_computed_gets_a_sentence(change, error, sentence):
    with pytest.raises(error, match=sentence):
        replace(GRID, **change)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets(preset):
    """Each is a grid; a classifier that is not there is named, and no other takes its place without being asked to."""
    missing = [name for name in preset.classifiers if name not in trained_models()]
    if missing:
        with pytest.raises(ModelNotFound, match=f"train {missing[0]}"):
            grid_of(preset).key()
    chosen = preset.classifiers[:1] or ("galaxy-cnn2",)
    grid = grid_of(preset, classifiers=chosen, images=7)
    assert grid.images == 7 and CLEAN in grid.noises and NONE in grid.denoisers and grid.classifiers == chosen
    assert set(preset.published) <= set(grid.denoisers)
    assert preset.dataset in ("", grid.scene.dataset)
    assert bool(preset.published) == bool(preset.source)


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "planted", "hubble"])
@pytest.mark.parametrize("name", ["small", "drift"])
def test_presets_of_any_data_set_follow_the_scene(dataset, name):
    grid = grid_of(get_preset(name), replace(usual_scene(dataset), noise="poisson"))
    assert grid.scene.dataset == dataset and grid.classifiers[0] in CLASSIFIERS.names
    assert {kind for kind, _ in grid.noises} == {NONE, "poisson"}


def test_a_preset_of_nobody():
    with pytest.raises(UnknownName, match="Did you mean 'small'"):
        get_preset("smal")


def test_a_data_set_without_a_classifier_gets_a_sentence():
    with pytest.raises(NoiseLensError, match="at least one classifier"):
        grid_of(get_preset("small"), Scene(dataset="photos"))
