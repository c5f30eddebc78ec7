"""Link, code and files: what a person takes away is what the page shows."""

import ast
import io
import json
import zipfile

import cv2
import numpy as np
import pytest

from ui import panels
from xai_core.experiments import pictures
from xai_core.scene import Scene

SCENE = Scene("mnist", 6, level=40.0, denoiser="autoencoder-mnist", classifier="cnn-mnist", colormap="magma")
ADDRESS = "http://localhost:8501/denoise?dataset=mnist"


@pytest.fixture
def shown():
    found = pictures(SCENE)
    return [("clean", found.clean[0]), ("noisy", found.noisy[0]), ("denoised", found.denoised[0])]


def test_png_holds_the_pictures_side_by_side_in_whole_pixels(shown):
    image = cv2.imdecode(np.frombuffer(panels._png(shown), np.uint8), cv2.IMREAD_COLOR)
    scale = 256 // 28
    assert image.shape == (28 * scale, 3 * 28 * scale + 2 * 8, 3)
    for index, (_, picture) in enumerate(shown):
        left = index * (28 * scale + 8)
        tile = image[::scale, left : left + 28 * scale : scale, 0]
        np.testing.assert_array_equal(tile, np.round(255 * picture[..., 0]).astype(np.uint8))
    assert (image[:, 28 * scale : 28 * scale + 8] == 255).all()


def test_pictures_of_other_sizes_and_grey_beside_colour():
    image = panels._png([("a", np.zeros((300, 200, 3))), ("b", np.ones((28, 28, 1)))])
    assert cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR).shape == (300, 200 + 8 + 28, 3)


def test_npz_holds_the_numbers(shown):
    with np.load(io.BytesIO(panels.npz(dict(shown) | {"probabilities": [0.1, 0.9]}))) as stored:
        assert sorted(stored.files) == ["clean", "denoised", "noisy", "probabilities"]
        for name, picture in shown:
            np.testing.assert_array_equal(stored[name], picture)
            assert stored[name].dtype == np.float32


def test_zip_holds_everything_and_its_manifest_comes_last(shown):
    from xai_core import weights

    with zipfile.ZipFile(io.BytesIO(panels._zip(dict(shown), shown, SCENE, ADDRESS))) as file:
        assert file.testzip() is None
        assert file.namelist() == ["clean.png", "noisy.png", "denoised.png", "arrays.npz", "code.py", "manifest.json"]
        with np.load(io.BytesIO(file.read("arrays.npz"))) as stored:
            np.testing.assert_array_equal(stored["noisy"], dict(shown)["noisy"])
        for name, picture in shown:
            drawn = cv2.imdecode(np.frombuffer(file.read(f"{name}.png"), np.uint8), cv2.IMREAD_GRAYSCALE)
            np.testing.assert_array_equal(drawn, np.round(255 * picture[..., 0]).astype(np.uint8))
        ast.parse(file.read("code.py"))
        manifest = json.loads(file.read("manifest.json"))
    assert Scene.from_query(manifest["scene"]) == (SCENE, [])
    assert manifest["link"] == ADDRESS
    assert manifest["weights_sha256"] == {name: weights.entry(name)["sha256"] for name in ("autoencoder-mnist", "cnn-mnist")}
    assert set(manifest["versions"]) >= {"tensorflow", "keras", "numpy"}


def test_a_zip_of_pictures_that_need_no_network_needs_none(shown, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    scene = Scene("photos", denoiser="median")
    with zipfile.ZipFile(io.BytesIO(panels._zip({}, shown, scene, ADDRESS))) as file:
        assert json.loads(file.read("manifest.json"))["weights_sha256"] == {"median": ""}


@pytest.fixture
def shared(monkeypatch):
    """What the page hands to the corner of actions, as long as the page's run lasts and after it."""
    calls, share = [], panels.share

    def kept(arrays, shown):
        calls.append((arrays, shown))
        share(arrays, shown)

    monkeypatch.setattr(panels, "share", kept)
    return calls


def test_the_files_of_denoise_are_those_of_the_view(visit, shared):
    visit("denoise", **SCENE.to_query())
    arrays, shown = shared[-1]
    found = pictures(SCENE)
    for name in ("clean", "noisy", "denoised", "residual"):
        np.testing.assert_array_equal(arrays()[name], getattr(found, name)[0])
    assert [name for name, _ in shown] == ["clean", "noisy", "denoised"]


def test_the_files_of_classify_hold_the_maps_on_the_page_and_no_older_ones(visit, shared):
    quick = {"explainer.integrated_gradients.steps": 4, "explainer.lime.samples": 20}
    page = visit("classify", **SCENE.to_query(), **quick)
    before = shared[-1][0]()
    assert {"clean", "noisy", "denoised", "probabilities", "heatmap_grad_cam", "heatmap_integrated_gradients"} <= set(before)
    assert before["probabilities"].shape == (3, 10)
    assert before["heatmap_grad_cam"].shape == (3, 28, 28)
    page.set("selectbox", "dataset", "simulated_galaxies")
    after = shared[-1][0]()
    side = after["clean"].shape[0]
    assert all(maps.shape == (3, side, side) for name, maps in after.items() if name.startswith("heatmap_"))


def test_link_and_code_follow_the_controls_of_the_page_at_once(visit):
    page = visit("classify", dataset="mnist", denoiser="median", **{"explainer.lime.samples": 20})
    page.app.context = {"url": "http://lab.example:8501/classify?dataset=photos#top"}
    page.set("selectbox", "target:cnn-mnist", "class:3")
    link, code = page.app.code[:2]
    expected = "dataset=mnist&denoiser=median&classifier=cnn-mnist&target=class%3A3&explainer.lime.samples=20"
    assert link.value == f"http://lab.example:8501/classify?{expected}"
    assert "target = 'class:3'" in code.value
    ast.parse(code.value)


def test_downloads_are_made_when_asked_for_and_outside_the_session(visit, monkeypatch):
    """Streamlit makes them in another thread, where the session's state cannot be asked for."""
    import streamlit as st

    made = {}

    def button(label, data, name, *arguments, **options):
        made[label] = data, name

    monkeypatch.setattr(st, "download_button", button)
    visit("denoise", **SCENE.to_query())
    assert list(made) == ["Pictures (PNG)", "Arrays (.npz)", "All, with a manifest (.zip)"]
    starts = {"Pictures (PNG)": b"\x89PNG", "Arrays (.npz)": b"PK", "All, with a manifest (.zip)": b"PK"}
    for label, (data, name) in made.items():
        assert data().startswith(starts[label])
        assert name.startswith(f"noiselens-{SCENE.key()[:8]}.")
