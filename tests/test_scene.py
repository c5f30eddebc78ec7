"""The Scene: its link, its cache key, its code."""

import dataclasses
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core import scene as scene_module
from xai_core import weights
from xai_core.classifiers import CLASSIFIERS
from xai_core.datasets import DATASETS
from xai_core.denoisers import DENOISERS, fits
from xai_core.errors import InvalidInput, UnknownName
from xai_core.experiments import pictures
from xai_core.explainers import EXPLAINERS
from xai_core.noise import NOISES
from xai_core.scene import (
    COLORMAPS,
    LEVEL_SOURCES,
    SCALES,
    SMOOTHINGS,
    TILES,
    UPLOAD,
    VIEW,
    Scene,
    classifiers_for,
    denoisers_for,
    usual_denoiser,
)
from xai_core.types import Explanation
from xai_core.weights import trained_models

REPOSITORY = Path(__file__).resolve().parents[1]
FIELDS = [field.name for field in dataclasses.fields(Scene)]


def value_of(parameter):
    """Any value that a parameter allows."""
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.kind == "bool":
        return st.booleans()
    if parameter.kind == "int":
        return st.integers(int(parameter.low), int(parameter.high))
    return st.floats(parameter.low, parameter.high)


def some_of(parameters, prefix=""):
    """A few of these parameters with values, as a Scene holds them."""
    usable = [parameter for parameter in parameters if parameter.default is not None]
    chosen = st.fixed_dictionaries({}, optional={f"{prefix}{parameter.name}": value_of(parameter) for parameter in usable})
    return chosen.map(lambda values: tuple(sorted(values.items())))


@st.composite
def scenes(draw):
    noise = NOISES.get(draw(st.sampled_from(NOISES.names)))
    denoiser = DENOISERS.get(draw(st.sampled_from(DENOISERS.names)))
    methods = draw(st.lists(st.sampled_from(EXPLAINERS.names), unique=True))
    explained = [draw(some_of(EXPLAINERS.get(method).parameters, f"{method}.")) for method in methods]
    text = st.text(max_size=200)
    return Scene(
        dataset=draw(st.sampled_from([*DATASETS.names, UPLOAD])),
        index=draw(st.integers(0, 10**9 - 1)),
        upload=draw(text),
        noise=noise.name,
        level=draw(st.none() | value_of(noise.parameters[0])),
        seed=draw(st.integers(0, 10**9 - 1)),
        noise_parameters=draw(some_of(noise.parameters[1:])),
        clip=draw(st.booleans()),
        denoiser=denoiser.name,
        denoiser_parameters=draw(some_of(denoiser.parameters)),
        level_source=draw(st.sampled_from(LEVEL_SOURCES)),
        classifier=draw(st.sampled_from(CLASSIFIERS.names)),
        target=draw(text),
        spot=draw(text),
        explainers=tuple(methods),
        explainer_parameters=tuple(sorted(pair for pairs in explained for pair in pairs)),
        layer=draw(text),
        denoiser_layer=draw(text),
        cam_layer=draw(text),
        compared=tuple(draw(st.lists(st.sampled_from(DENOISERS.names), unique=True))),
        tile=draw(st.sampled_from(TILES)),
        ablated=draw(text),
        view_parameters=draw(some_of(VIEW.parameters)),
        colormap=draw(st.sampled_from(COLORMAPS)),
        alpha=draw(st.floats(0, 1)),
        smoothing=draw(st.sampled_from(SMOOTHINGS)),
        linked=draw(st.booleans()),
        scale=draw(st.sampled_from(SCALES)),
    )


# The link


def test_the_default_scene_has_an_empty_link():
    assert Scene().to_query() == {}
    assert Scene.from_query({}) == (Scene(), [])


@given(scenes())
def test_a_link_leads_back_to_its_scene(scene):
    query = scene.to_query()
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in query.items())
    assert Scene.from_query(query) == (scene, [])


def test_every_field_is_drawn_above():
    """A new field of the Scene must be given a strategy, so that its link is tested."""
    code = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"\n        {name}=" not in code] == []


def test_a_link_by_hand():
    """Golden: what the README shows and people type."""
    scene = Scene(dataset="galaxies", index=7, noise="speckle", level=4.0, explainers=("lime",), clip=False)
    scene = scene.with_parameter("explainer", "lime.samples", 200).with_parameter("denoiser", "strength", 0.8)
    assert scene.to_query() == {
        "dataset": "galaxies",
        "index": "7",
        "noise": "speckle",
        "level": "4",
        "explainers": "lime",
        "clip": "false",
        "explainer.lime.samples": "200",
        "denoiser.strength": "0.8",
    }


NUMBERS = st.sampled_from(["-1", "1e999", "nan", "0x10", "1e3", "٣", "²", "1_0", " 5", "", "true", "None", "25", "0.5"])
KEYS = st.one_of(
    st.sampled_from(FIELDS),
    st.builds(
        "{}.{}".format,
        st.sampled_from(["noise", "denoiser", "explainer", "view"]),
        st.sampled_from(["salt", "strength", "size", "lime.samples", "lime.hide", "grad_cam.layer", ".", "a.b.c"]),
    ),
    st.text(max_size=30),
)
VALUES = st.one_of(
    NUMBERS,
    st.sampled_from([*NOISES.names, *DENOISERS.names, *DATASETS.names, *EXPLAINERS.names, "black", "grey"]),
    st.text(max_size=300),
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_nonsense_in_a_link_is_noticed_never_an_error(query):
    """Whatever comes, a valid scene and whole sentences come of it; what is unknown is named."""
    scene, notices = Scene.from_query(query)
    assert all("was ignored: " in notice and notice.endswith((".", "'")) for notice in notices)
    unknown = [key for key in query if key not in FIELDS and "." not in key]
    assert len(notices) >= len(unknown)
    assert Scene.from_query(scene.to_query()) == (scene, [])
    assert len(scene.key()) == 64
    compile(scene.code(), "snippet", "exec")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("dataset", "mnits", "Did you mean 'mnist'"),
        ("noise", "", "There is no noise named ''"),
        ("index", "-1", "expected a whole number, 0 or more"),
        ("seed", "1.5", "expected a whole number"),
        ("level", "loud", "expected a number"),
        ("level", "nan", "expected a finite number"),
        ("level", "500", "expected a value between 0 and 100"),
        ("alpha", "2", "between 0 and 1"),
        ("clip", "yes", "expected true or false"),
        ("colormap", "rainbow", "expected one of viridis"),
        ("explainers", "lime,shap", "no explanation method named 'shap'"),
        ("target", "x" * 201, "too long"),
        ("denoiser.strength", "9", "between 0.2 and 2"),
        ("denoiser.sharpness", "1", "named 'sharpness'"),
        ("noise.salt", "0.5", "named 'salt'"),  # Gaussian noise has none
        ("explainer.lime.samples", "many", "expected a number"),
        ("explainer.shap.samples", "1", "no explanation method named 'shap'"),
        ("view.method", "magic", "expected one of saliency"),
        ("view.split", "perhaps", "expected true or false"),
        ("view.magic", "1", "named 'magic'"),
        ("noise_parameters", "()", "there is no such setting"),
        ("colour", "red", "there is no such setting"),
    ],
)
def test_each_wrong_value_gets_a_sentence_and_the_default(key, value, words):
    scene, notices = Scene.from_query({key: value})
    assert scene == Scene()
    assert len(notices) == 1 and words in notices[0] and key in notices[0]


def test_the_rest_of_a_link_is_kept():
    scene, notices = Scene.from_query({"index": "3", "noise": "nonsense", "level": "30"})
    assert (scene, len(notices)) == (Scene(index=3, level=30.0), 1)


def test_the_level_is_no_parameter_of_the_noise():
    scene, notices = Scene.from_query({"noise.level": "30"})
    assert (scene, len(notices)) == (Scene(), 1)


def test_a_method_is_shown_once():
    assert Scene.from_query({"explainers": "lime,lime"})[0].explainers == ("lime",)


def test_parameters():
    scene = Scene(noise="periodic").with_parameter("noise", "angle", 45).with_parameter("noise", "angle", 50)
    assert scene.noise_parameters == (("angle", 50.0),)
    scene = scene.with_parameter("explainer", "lime.seed", 3).with_parameter("explainer", "integrated_gradients.steps", 9)
    assert (scene.parameters_of("lime"), scene.parameters_of("grad_cam")) == ({"seed": 3}, {})
    with pytest.raises(InvalidInput, match="between 0 and 180"):
        scene.with_parameter("noise", "angle", 181)
    with pytest.raises(UnknownName, match="no explanation method named 'anchors'"):
        scene.with_parameter("explainer", "anchors.masks", 1)


def test_settings_of_a_page():
    scene = Scene().with_parameter("view", "split", True).with_parameter("view", "method", "lam")
    assert (scene.view("split"), scene.view("method"), scene.view("baseline")) == (True, "lam", "black")
    assert scene.to_query() == {"view.split": "true", "view.method": "lam"}


# The key


def test_the_key_is_the_same_in_another_process():
    """Strings hash differently in each process; the key does not."""
    scene = Scene(dataset="photos", level=12.5, explainers=("lime",), noise="periodic", noise_parameters=(("angle", 5.0),))
    code = f"from xai_core.scene import Scene; print(({scene!r}).key(), ({scene!r}).key('noise', 'level'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [scene.key(), scene.key("noise", "level")]


def other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return (*value, "more") if not value or isinstance(value[0], str) else value[1:]
    return f"{value}x" if isinstance(value, str) else (value or 0) + 1


@pytest.mark.parametrize("name", FIELDS)
def test_the_key_sees_each_field(name):
    scene = Scene()
    changed = replace(scene, **{name: other(getattr(scene, name))})
    assert changed.key() != scene.key()
    assert changed.key(name) != scene.key(name)
    rest = [field for field in FIELDS if field != name]
    assert changed.key(*rest) == scene.key(*rest)


def test_the_key_changes_with_the_version(monkeypatch):
    before = Scene().key()
    monkeypatch.setattr("xai_core.scene.__version__", "another")
    assert Scene().key() != before


# What fits


def test_denoisers_for(monkeypatch):
    """All that take the pictures: networks made for them first, those without weights last."""
    monkeypatch.setattr(scene_module, "trained_models", lambda: {"autoencoder-fashion", "unet-fashion", "unet-grey"})
    grey, colour = denoisers_for((28, 28, 1), "fashion_mnist"), denoisers_for((128, 128, 3), "simulated_galaxies")
    assert grey[:2] == ("autoencoder-fashion", "unet-fashion")
    assert set(grey) == {spec.name for spec in DENOISERS if fits(spec, (28, 28, 1))}
    assert set(colour) == {spec.name for spec in DENOISERS if not spec.supports.get("shape")}
    assert set(colour[-2:]) == {"unet-colour", "skip-autoencoder"}, "they have no weights here"
    assert len(grey) == len(set(grey))


def test_usual_denoiser(monkeypatch):
    trained = {"autoencoder-mnist", "unet-colour"}
    monkeypatch.setattr(scene_module, "trained_models", lambda: trained)
    assert usual_denoiser((28, 28, 1), "mnist", "median") == "autoencoder-mnist"
    assert usual_denoiser((96, 96, 3), "hubble", "median") == "unet-colour"
    trained.clear()
    assert usual_denoiser((96, 96, 3), "hubble", "median") == "median"
    assert usual_denoiser((96, 96, 3), "hubble", "autoencoder-mnist") == Scene().denoiser


def test_classifiers_for():
    assert classifiers_for("mnist") == ("cnn-mnist",)
    assert classifiers_for("hubble")[0] == "galaxy-cnn2"
    assert classifiers_for("photos") == ()
    assert set(classifiers_for(UPLOAD)) == set(CLASSIFIERS.names) & trained_models()


def test_classifiers_without_weights_are_offered_where_there_is_no_other(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    assert classifiers_for("mnist") == ("cnn-mnist",)


# The code


def run(code):
    names = {}
    exec(compile(code, "snippet", "exec"), names)
    return names


@pytest.mark.parametrize(
    "scene",
    [
        Scene(index=3, classifier="cnn-mnist"),
        Scene(
            noise="salt_pepper",
            noise_parameters=(("salt", 0.25),),
            denoiser="median",
            denoiser_parameters=(("size", 5),),
            classifier="cnn-mnist",
        ),
        Scene(level=33.3333333, seed=5, clip=False, denoiser="total_variation", level_source="estimated", classifier="cnn-mnist"),
    ],
    ids=["default", "parameters", "estimated"],
)
def test_the_code_gives_the_pictures_of_the_page(scene, capsys):
    names = run(scene.code())
    shown = pictures(scene)
    np.testing.assert_array_equal(names["clean"], shown.clean)
    np.testing.assert_array_equal(names["noisy"], shown.noisy)
    np.testing.assert_allclose(names["denoised"], shown.denoised, atol=1e-6)
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert "classifier" not in names


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_the_code_explains(monkeypatch, tmp_path):
    """With a small untrained network under the classifier's name: three maps a method, with the scene's parameters."""
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    spec = CLASSIFIERS.get("galaxy-cnn2")
    path = weights.save(spec.load()(side=24), spec.name)
    record = {"sha256": weights.sha256_of(path), "build": spec.function, "arguments": {"side": 24}, "classes": ["a", "b"]}
    weights.update_manifest(spec.name, file=path.name, **record)

    scene = Scene(denoiser="median", cam_layer="conv_1").with_parameter("explainer", "integrated_gradients.steps", 2)
    for name, value in (("samples", 10), ("segments", 4)):
        scene = scene.with_parameter("explainer", f"lime.{name}", value)
    names = run(scene.code())
    for method in scene.explainers:
        assert len(names[method]) == 3
        assert all(isinstance(one, Explanation) and one.heatmap.shape == (1, 128, 128) for one in names[method])
    assert names["grad_cam"][0].parameters["layer"] == "conv_1"
    assert names["integrated_gradients"][0].parameters["steps"] == 2
    segments = [one.diagnostics["segments"] for one in names["lime"]]
    assert np.array_equal(segments[0], segments[1]) and np.array_equal(segments[0], segments[2])


@given(scenes())
def test_the_code_of_every_scene_is_python(scene):
    compile(scene.code(), "snippet", "exec")


def test_the_code_of_an_upload_reads_the_file(monkeypatch, tmp_path):
    from xai_core.datasets.upload import from_bytes
    from xai_core.images import encode_png

    data = encode_png(np.random.default_rng(0).random((16, 20, 3), np.float32))
    (tmp_path / "my_picture.png").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    scene = Scene(dataset=UPLOAD, denoiser="median", explainers=(), classifier="cnn-mnist")
    lines = scene.code().split("\nclassifier = ")[0]  # its network is not needed here
    np.testing.assert_array_equal(run(lines)["denoised"], pictures(scene, from_bytes(data, "mine")).denoised)
