"""Weight files and their manifest: whatever is wrong with them is one sentence that says what to do."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from xai_core import weights
from xai_core.errors import ModelNotFound

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

NAME = "tiny"


def network(filters=3, layers=1):
    import keras

    x = inputs = keras.Input((6, 6, 1), name="image")
    for index in range(layers):
        x = keras.layers.Conv2D(filters, 3, padding="same", name=f"conv_{index}")(x)
    return keras.Model(inputs, keras.layers.Conv2D(1, 1, name="out")(x))


def enter(path, **arguments):
    weights.update_manifest(
        NAME, file=path.name, sha256=weights.sha256_of(path), build=f"{__name__}:network", arguments=arguments, classes=[]
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with one network, made once; and that network."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAI_MODELS_DIR", str(folder))
        model = network()
        enter(weights.save(model, NAME))
    return folder, model


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """A copy to damage."""
    target = tmp_path / "models"
    shutil.copytree(trained[0], target)
    monkeypatch.setenv("XAI_MODELS_DIR", str(target))
    return target


def refused(words):
    """Loading fails with these words and nothing of another exception in the traceback."""
    with pytest.raises(ModelNotFound, match=words) as caught:
        weights.load(NAME)
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__
    assert "\n" not in str(error)
    return str(error)


def test_what_is_saved_is_loaded(folder, trained):
    loaded = weights.load(NAME)
    for one, other in zip(loaded.get_weights(), trained[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert weights.load(NAME) is loaded, "it is read again each time"
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "tiny.weights.h5"]


def test_another_file_under_the_same_name_is_noticed(folder):
    first = weights.load(NAME)
    path = weights.save(network(), NAME)
    weights._load.cache_clear()
    refused("damaged: its checksum is not the one in manifest.json")
    enter(path)
    assert weights.load(NAME) is not first


def test_missing_file(folder):
    (folder / "tiny.weights.h5").unlink()
    sentence = refused("The weight file .*tiny.weights.h5 is missing")
    assert "git checkout models/tiny.weights.h5" in sentence and "python -m xai_core train tiny" in sentence


@pytest.mark.parametrize("damage", ["flipped", "cut off", "empty", "text"])
def test_corrupt_file(folder, damage):
    path = folder / "tiny.weights.h5"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle] ^= 1
    path.write_bytes({"flipped": data, "cut off": data[:middle], "empty": b"", "text": b"hello"}[damage])
    sentence = refused("is damaged: its checksum is not the one in manifest.json")
    assert "git checkout models/tiny.weights.h5" in sentence and "python -m xai_core train tiny" in sentence


@pytest.mark.parametrize("other", [{"filters": 4}, {"layers": 2}, {"layers": 0}])
def test_file_of_another_network(folder, other):
    """Its checksum is right; its layers or shapes are not."""
    path = weights.save(network(**other), NAME)
    enter(path)
    sentence = refused("does not fit the network 'tiny'")
    assert "train it again: python -m xai_core train tiny" in sentence


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_a_file_that_is_no_weight_file(folder, content):
    path = folder / "tiny.weights.h5"
    path.write_bytes(content)
    enter(path)
    refused("does not fit the network 'tiny'")


@pytest.mark.parametrize("arguments", [{"nonsense": 1}, {"filters": "many"}])
def test_a_network_that_cannot_be_built(folder, arguments):
    enter(folder / "tiny.weights.h5", **arguments)
    refused("does not fit the network 'tiny'")


@pytest.mark.parametrize("content", [b"", b"{", b'{"tiny": ', b"[]", b"3", b'{"tiny": 3}', b"\xff\xfe", b"null"])
def test_damaged_manifest(folder, content):
    (folder / "manifest.json").write_bytes(content)
    refused("manifest.json is damaged. Restore it with: git checkout models/manifest.json")


@pytest.mark.parametrize("field", weights.NEEDED)
def test_incomplete_entry(folder, field):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest[NAME][field]
    path.write_text(json.dumps(manifest))
    refused(f"The entry of 'tiny' in .* lacks {field}. Restore it with")


def test_absent_entry(folder):
    (folder / "manifest.json").write_text("{}")
    refused("The model 'tiny' has not been trained on this machine. Run: python -m xai_core train tiny")


def test_no_manifest(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path / "nowhere"))
    assert weights.read_manifest() == {}
    refused("has not been trained on this machine")


def test_the_public_functions_give_the_same_sentences(folder):
    from xai_core.classifiers import load_classifier
    from xai_core.denoisers import load_denoiser

    with pytest.raises(ModelNotFound, match="The model 'cnn-mnist' has not been trained"):
        load_classifier("cnn-mnist")
    with pytest.raises(ModelNotFound, match="The model 'autoencoder-mnist' has not been trained"):
        load_denoiser("autoencoder-mnist")


# Writing


@pytest.mark.parametrize("data", [b"", b"abc", bytes(range(256)) * 1000])
def test_sha256_of(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    assert weights.sha256_of(path) == hashlib.sha256(data).hexdigest()


def test_the_manifest_is_sorted_and_keeps_what_it_has(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path / "models"))  # not there yet
    weights.update_manifest("b", epochs=1, seed=2)
    weights.update_manifest("a", epochs=3)
    weights.update_manifest("b", epochs=4)
    assert list(weights.read_manifest().items()) == [("a", {"epochs": 3}), ("b", {"epochs": 4, "seed": 2})]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["manifest.json"]


def test_an_interruption_leaves_the_manifest_whole(folder, monkeypatch):
    before = (folder / "manifest.json").read_bytes()

    def cut_off(self, *args, **kwargs):
        with self.open("w") as file:
            file.write("{")
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", cut_off)
    with pytest.raises(KeyboardInterrupt):
        weights.update_manifest(NAME, epochs=1)
    assert (folder / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("half", [False, True])
def test_an_interruption_leaves_the_weights_whole(folder, monkeypatch, half):
    """Whichever step of the writing it hits."""
    import h5py

    path = folder / "tiny.weights.h5"
    before = path.read_bytes()

    def cut_off(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(h5py.Group if half else Path, "visititems" if half else "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        weights.save(network(), NAME, half=half)
    assert path.read_bytes() == before
    weights.load(NAME)


def test_models_are_kept_in_the_repository_unless_told(monkeypatch, tmp_path):
    monkeypatch.delenv("XAI_MODELS_DIR", raising=False)
    assert weights.models_dir() == Path(weights.__file__).parents[1] / "models"
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    assert weights.models_dir() == tmp_path
