"""What goes wrong is one plain sentence in the place where it went wrong; everything else lives on."""

import json
import shutil
from pathlib import Path

import pytest

from xai_core import weights

ROWS = {"layer-grid", "maps-grad_cam", "maps-integrated_gradients"}
QUICK = {"explainer.lime.samples": 20, "explainer.lime.segments": 8, "explainer.integrated_gradients.steps": 4}


@pytest.fixture
def models(tmp_path, monkeypatch, nothing_computed) -> Path:
    """A copy of the trained models, to be damaged."""
    folder = shutil.copytree(weights.models_dir(), tmp_path / "models")
    monkeypatch.setenv("XAI_MODELS_DIR", str(folder))
    return folder


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def lie(folder: Path, name: str, other: str) -> None:
    """The weights of another network in the place of this one's, checksum and all."""
    manifest = json.loads((folder / "manifest.json").read_text())
    shutil.copy(folder / manifest[other]["file"], folder / manifest[name]["file"])
    manifest[name]["sha256"] = manifest[other]["sha256"]
    (folder / "manifest.json").write_text(json.dumps(manifest))


def one_sentence(page, *words):
    """Exactly one error on the page, a sentence that says all these words and what to do."""
    [text] = page.errors
    for word in words:
        assert word in text
    assert "Error" not in text
    assert "Errno" not in text
    assert text.endswith((".", "mnist", "fashion", "cnn2"))
    return text


WRONG = {
    "a flipped bit": (lambda folder, name, file: damage(file), "its checksum is not the one in manifest.json"),
    "an empty file": (lambda folder, name, file: file.write_bytes(b""), "its checksum is not the one in manifest.json"),
    "no file": (lambda folder, name, file: file.unlink(), "is missing"),
    "another network": (lambda folder, name, file: lie(folder, name, "cnn-fashion"), "does not fit the network"),
}


@pytest.mark.parametrize("kind", list(WRONG))
def test_bad_weights_of_a_classifier(visit, models, kind):
    spoil, words = WRONG[kind]
    spoil(models, "cnn-mnist", models / weights.entry("cnn-mnist")["file"])
    page = visit("classify", dataset="mnist", denoiser="median", **QUICK)
    text = one_sentence(page, words, "python -m xai_core train cnn-mnist", "git checkout models/")
    assert str(models) in text
    assert not ROWS & set(page.rows())
    # Everything that does not need this network works: the next pages, the same session.
    page.go("home")
    assert len(page.row("chain")) == 3
    one_sentence(page, words)
    page.go("denoise")
    assert not page.errors
    assert len(page.row("pictures")) == 4
    page.go("classify").set("selectbox", "dataset", "simulated_galaxies")
    assert not page.errors
    assert set(page.rows()) >= ROWS


@pytest.mark.parametrize("kind", list(WRONG))
def test_bad_weights_of_a_denoiser(visit, models, kind):
    spoil, words = WRONG[kind]
    spoil(models, "autoencoder-mnist", models / weights.entry("autoencoder-mnist")["file"])
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    one_sentence(page, words, "python -m xai_core train autoencoder-mnist")
    page.set("selectbox", "denoiser", "median")
    assert not page.errors
    assert len(page.row("pictures")) == 4


@pytest.mark.parametrize("kind", ["a flipped bit", "no file"])
def test_bad_weights_do_not_hide_the_rest_of_the_cards(visit, models, kind):
    spoil, words = WRONG[kind]
    spoil(models, "cnn-mnist", models / weights.entry("cnn-mnist")["file"])
    page = visit("models").set("pills", "model", "cnn-mnist")
    one_sentence(page, words)
    assert "python -m xai_core train cnn-mnist" in "\n".join(code.value for code in page.app.code)
    page.set("pills", "model", "cnn-fashion")
    assert not page.errors


def test_a_damaged_manifest(visit, models):
    (models / "manifest.json").write_text('{"cnn-mnist": ')
    for name in ("models", "classify", "denoise", "home"):
        page = visit(name, dataset="mnist", denoiser="autoencoder-mnist")
        assert page.errors
        assert all("manifest.json is damaged. Restore it with: git checkout models/manifest.json" in e for e in page.errors)
    assert page.set("selectbox", "denoiser", "median").row("chain")


def test_no_model_at_all(visit, models):
    (models / "manifest.json").unlink()
    page = visit("models")
    assert not page.errors
    assert "No model has been trained yet. Run: python -m xai_core train cnn-mnist" in page.notes
    page.go("classify").set("selectbox", "dataset", "mnist")
    one_sentence(page, "'cnn-mnist' has not been trained on this machine. Run: python -m xai_core train")
    page.go("denoise")  # a filter stands in for the network
    assert not page.errors
    assert len(page.row("pictures")) == 4
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    one_sentence(page, "'autoencoder-mnist' has not been trained on this machine. Run: python -m xai_core train")


@pytest.mark.parametrize("name", ["home", "denoise", "classify", "compare", "noise", "models"])
def test_a_data_set_that_is_not_there(visit, name):
    page = visit(name, dataset="galaxies")
    sentences = [*page.errors, *(element.value for element in page.app.warning)]
    assert sentences
    assert len(set(sentences)) == 1
    assert len(page.errors) == (name != "models")  # in the pictures' place; the column on the left says it as well
    assert "galaxies" in sentences[0].lower()
    page.set("selectbox", "dataset", "mnist")
    assert not page.errors
    assert not page.app.warning


def test_a_damaged_data_file(visit, monkeypatch, tmp_path, nothing_computed):
    from ui import cache
    from xai_core import datasets

    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04 no archive")
    datasets._load.cache_clear()
    try:
        page = visit("denoise", dataset="mnist")
        assert page.errors
        assert all("is not the complete MNIST file" in text and "datasets --download mnist" in text for text in page.errors)
        page.set("selectbox", "dataset", "photos")
        assert not page.errors
    finally:
        datasets._load.cache_clear()
        cache._cached_origin.clear()


@pytest.mark.parametrize("section", ["activations", "grad_cam", "integrated_gradients", "lime"])
def test_a_section_that_breaks_does_not_take_the_others_with_it(visit, monkeypatch, section):
    from ui import classify

    def broken(*arguments):
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(classify, section, broken)
    page = visit("classify", broken=True, dataset="mnist", denoiser="median", **QUICK)
    [text] = page.errors
    assert text.startswith("This part of the page failed and was left out.")
    assert "secret" not in text
    assert "ZeroDivision" not in text
    left_out = {"activations": "layer-grid", "grad_cam": "maps-grad_cam", "integrated_gradients": "maps-integrated_gradients"}
    assert ROWS - set(page.rows()) == {left_out[name] for name in left_out if name == section}
    assert len(page.row("pictures")) == 3
    assert page.app.sidebar.selectbox


def test_a_column_of_controls_that_breaks_leaves_the_page(visit, monkeypatch):
    from ui import sidebar

    def broken():
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(sidebar, "_noise", broken)
    page = visit("denoise", broken=True, dataset="mnist", denoiser="median")
    [text] = page.errors
    assert text.startswith("This part of the page failed")
    assert len(page.row("pictures")) == 4
