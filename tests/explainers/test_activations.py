"""Activations of every layer, nested ones included."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.errors import UnknownName
from xai_core.explainers import _layers, activations


def test_functional_model_agrees_with_keras(autoencoder, rng):
    model, images = autoencoder, rng.random((3, 28, 28, 1), np.float32)
    found = activations(model, images)
    names = [layer.name for layer in model.layers[1:]]
    assert list(found) == names
    expected = keras.Model(model.input, [model.get_layer(name).output for name in names])(images)
    for name, values in zip(names, expected, strict=True):
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], values, atol=1e-6)


def test_nested_model(models, rng):
    model, images = models("nested", 3), rng.random((2, 16, 16, 3), np.float32)
    found = activations(model, images)
    inner = np.asarray(model.get_layer("rescale")(images))
    np.testing.assert_allclose(found["rescale"], inner, atol=1e-6)
    deep = model.get_layer("base").get_layer("deep")
    np.testing.assert_allclose(found["base/deep"], deep(inner), atol=1e-5)
    np.testing.assert_allclose(found["base"], model.get_layer("base")(inner), atol=1e-5)
    np.testing.assert_array_equal(found["base"], found["base/add"])
    np.testing.assert_allclose(found["softmax"], model(images), atol=1e-6)


@pytest.mark.parametrize("network", ["sequential", "subclassed", "picture_to_picture"])
def test_other_kinds(network, models, rng):
    model, images = models(network, 1), rng.random((2, 16, 16, 1), np.float32)
    found = activations(model, images)
    assert [name for name in found if name.startswith("conv") or name == "wide"]
    if network != "subclassed":  # its softmax is no layer
        np.testing.assert_allclose(list(found.values())[-1], model(images), atol=1e-6)


def test_chosen_layers(models, rng):
    model, images = models("nested", 3), rng.random((2, 16, 16, 3), np.float32)
    found = activations(model, images, ["softmax", "deep"])
    assert list(found) == ["deep", "softmax"]  # in the order in which they run, under the names asked for
    np.testing.assert_array_equal(found["deep"], activations(model, images)["base/deep"])
    assert list(activations(model, images, "base/relu")) == ["base/relu"]
    with pytest.raises(UnknownName, match="layer named 'depe'"):
        activations(model, images, ["depe"])


def test_layer_called_twice_and_layer_of_two_outputs(rng):
    class Halves(layers.Layer):
        def call(self, inputs):
            return inputs[..., :1], inputs[..., 1:]

    shared = layers.Conv2D(2, 3, padding="same", name="shared")
    inputs = keras.Input((8, 8, 2))
    left, right = Halves(name="halves")(shared(shared(inputs)))
    model = keras.Model(inputs, layers.Add(name="add")([left, right]))
    images = rng.random((1, 8, 8, 2), np.float32)
    found = activations(model, images)
    assert list(found) == ["shared", "shared#2", "halves[0]", "halves[1]", "add"]
    np.testing.assert_allclose(found["shared#2"], shared(shared(images)), atol=1e-6)


def test_wrapper_takes_any_size(models, wrapper, rng):
    found = activations(wrapper(models("functional", 3)), rng.random((2, 30, 20, 1), np.float32))
    assert found["first"].shape == (2, 16, 16, 6)


def test_many_images_go_in_batches(build, rng, monkeypatch):
    model, images = build("functional", 1), rng.random((7, 16, 16, 1), np.float32)
    whole = activations(model, images)
    monkeypatch.setattr(_layers, "BATCH_BYTES", 1)
    for name, values in activations(model, images).items():
        assert values.shape == whole[name].shape
        np.testing.assert_allclose(values, whole[name], atol=1e-6)
