"""The files that a trained model is exported to: other programs read them without this library."""

import json
from dataclasses import replace

import cv2
import keras
import numpy as np
import pytest

from xai_core import weights
from xai_core.compiled import forward
from xai_core.errors import DataNotFound, ModelNotFound, UnknownName
from xai_core.noise import add_noise
from xai_core.training import exports, train
from xai_core.training.film import STRIP

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def quiet(line):
    """Instead of print."""


@pytest.fixture
def trained(tiny, monkeypatch):
    """A variational denoiser of the tiny data set, after an epoch."""
    recipe = replace(
        tiny.denoiser,
        name="tiny-variational",
        build="xai_core.denoisers.neural.variational:build_variational",
        arguments=(("channels", 1), ("side", 8), ("widths", (4, 6)), ("latent", 3)),
        noise=(("gaussian", 0, 75),),
        epochs=2,
    )
    monkeypatch.setattr(exports, "get_recipe", {recipe.name: recipe, "tiny-classifier": tiny.classifier}.__getitem__)
    monkeypatch.setattr(exports, "load_dataset", lambda name: tiny.data)
    train(recipe, runs=tiny.runs, report=quiet)
    return recipe


def test_what_is_exported(tiny, trained, tmp_path):
    files = exports.export(trained.name, tmp_path / "out")
    assert [file.name for file in files] == [
        "architecture.json",
        "tiny-variational.weights.h5",
        "curve.png",
        "reconstructions.png",
        "feature_maps.npz",
    ]
    assert sorted((tmp_path / "out").iterdir()) == sorted(files)

    # Another program: architecture and weights alone give the network.
    again = keras.models.model_from_json(files[0].read_text())
    again.load_weights(files[1])
    model = weights.load(trained.name)
    clean = tiny.data.images[:8]
    noisy = add_noise(clean, "gaussian", 25, seed=0)
    assert np.array_equal(again(noisy), model(noisy))

    with np.load(files[4]) as stored:
        assert set(stored.files) == {"clean", "noisy", "denoised", "latent_mean", "latent_log_variance", "latent"}
        assert np.array_equal(stored["clean"], clean) and np.array_equal(stored["noisy"], noisy)
        np.testing.assert_allclose(stored["denoised"], np.clip(forward(model, noisy), 0, 1), atol=1e-6)
        assert stored["latent_mean"].shape == (8, 2, 2, 3)
        assert np.array_equal(stored["latent"], stored["latent_mean"]), "at inference the latent is its mean"
        first = stored["clean"][0]

    shown = cv2.imread(str(files[3]))[..., ::-1]
    corner = shown[2 * STRIP, 4, 0]  # of the first picture
    assert corner == round(first[0, 0, 0] * 255)
    assert cv2.imread(str(files[2])).shape == (300, 480, 3)
    assert "Sampling" in {layer["class_name"] for layer in json.loads(files[0].read_text())["config"]["layers"]}


def test_the_training_curve_is_drawn():
    """From the left upper corner of the frame to the right lower one where the loss falls by the same factor each epoch."""
    rows = [{"epoch": i + 1, "loss": 10.0**-i, "held_out_loss": 10.0**-i} for i in range(5)]
    picture = exports.curve(rows).astype(int)
    orange = np.argwhere(np.abs(picture - (255, 127, 14)).sum(axis=-1) < 30)
    orange = orange[orange[:, 0] > 24]  # without the legend
    y, x = orange[orange[:, 1].argsort()].T
    assert x[0] <= 72 and y[0] <= 28 and x[-1] >= 453 and y[-1] >= 257
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(1, abs=0.01)
    assert exports.curve([]).shape == exports.curve(rows[:1]).shape == (300, 480, 3)


def test_a_classifier_has_no_reconstructions(tiny, trained, tmp_path):
    train(tiny.classifier, epochs=1, runs=tiny.runs, report=quiet)
    names = [file.name for file in exports.export("tiny-classifier", tmp_path)]
    assert names == ["architecture.json", "tiny-classifier.weights.h5", "curve.png"]


def test_other_pictures_where_its_own_are_not_here(tiny, trained, tmp_path, monkeypatch):
    def load_dataset(name):
        if name == "tiny":
            raise DataNotFound("Not here.")
        assert name == exports.INSTEAD
        return replace(tiny.data, pixels=np.full((2, 32, 32, 3), 51, np.uint8), labels=np.zeros(2, np.int64))

    monkeypatch.setattr(exports, "load_dataset", load_dataset)
    with np.load(exports.export(trained.name, tmp_path)[-1]) as stored:
        np.testing.assert_allclose(stored["clean"], np.full((2, 8, 8, 1), 0.2), atol=1e-6)


def test_what_cannot_be_exported_gets_a_sentence(tiny):
    with pytest.raises(UnknownName, match="no trainable model named 'autoencoder-mnits'. Did you mean"):
        exports.export("autoencoder-mnits")
    with pytest.raises(ModelNotFound, match="has not been trained"):
        exports.export("autoencoder-mnist")
