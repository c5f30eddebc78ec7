"""Logits, wrappers, errors of fit, and what is compiled."""

import gc
import sys
import threading
import warnings
import weakref

import keras
import numpy as np
import pytest
from keras import layers

from xai_core import compiled as _compiled
from xai_core.classifiers.cnn2 import build_cnn2
from xai_core.errors import InvalidInput
from xai_core.explainers import _layers, activations, explain, list_layers
from xai_core.explainers._models import class_scores, examine

METHODS = (("grad_cam", {}), ("integrated_gradients", {"steps": 4}), ("lime", {"samples": 40, "segments": 9}))


def head(last: list[layers.Layer]) -> keras.Model:
    return keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), *last])


@pytest.mark.parametrize("network", ["functional", "nested", "subclassed"])
def test_logits_are_those_before_the_softmax(network, models, rng):
    model, images = models(network, 3), rng.random((4, 16, 16, 3), np.float32)
    logits = class_scores(model, images)
    probabilities = np.asarray(model(images))
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), probabilities, atol=1e-6)
    assert np.abs(np.exp(logits) - probabilities).max() > 0.1


@pytest.mark.parametrize(
    ("last", "units", "of_softmax"),
    [
        ([layers.Dense(3, activation="softmax")], 3, True),
        ([layers.Dense(3), layers.Softmax()], 3, True),
        ([layers.Dense(3), layers.Activation("softmax"), layers.Dropout(0.5)], 3, True),
        ([layers.Dense(3), layers.Activation("log_softmax")], 3, True),
        ([layers.Dense(3, activation="sigmoid")], 3, False),
        ([layers.Dense(1, activation="sigmoid")], 2, False),
        ([layers.Dense(1), layers.Activation("sigmoid", dtype="float64")], 2, False),
    ],
)
def test_logits_are_found_behind_every_kind_of_end(last, units, of_softmax, rng):
    model, images = head(last), rng.random((5, 4, 4, 1), np.float32)
    dense = next(layer for layer in last if isinstance(layer, layers.Dense))
    expected = images.reshape(5, -1) @ np.asarray(dense.kernel) + np.asarray(dense.bias)
    if units == 2:
        expected = np.hstack([-expected, expected])
    np.testing.assert_allclose(class_scores(model, images), expected, atol=1e-5)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_other_ends_are_taken_as_they_are(activation, rng):
    model, images = head([layers.Dense(3, activation=activation)]), rng.random((5, 4, 4, 1), np.float32)
    np.testing.assert_allclose(class_scores(model, images), np.asarray(model(images)), atol=1e-6)


def test_one_sigmoid_unit_has_two_opposite_classes(models, rng):
    model, images = models("sequential", 1), rng.random((2, 16, 16, 1), np.float32)
    first, second = (explain(model, images, "integrated_gradients", index, steps=4) for index in (0, 1))
    np.testing.assert_array_equal(first.heatmap, -second.heatmap)
    probability = np.asarray(model(images))[:, 0]
    np.testing.assert_allclose(1 / (1 + np.exp(-second.diagnostics["score"])), probability, rtol=1e-5)
    predicted = explain(model, images, "grad_cam").target.split(";")
    assert [item == "class:1" for item in predicted] == (probability > 0.5).tolist()
    assert len(set(predicted)) == 2


def test_no_target_takes_the_predicted_class_of_each_image(models, rng):
    model, images = models("functional", 3), rng.standard_normal((20, 16, 16, 3)).astype(np.float32)
    predicted = np.asarray(model(images)).argmax(axis=1)
    assert [target.index for target in examine(model, images).targets] == predicted.tolist()


@pytest.mark.parametrize(("method", "parameters"), METHODS)
def test_cnn2_takes_any_size_through_its_wrapper(method, parameters, wrapper, rng):
    model = wrapper(build_cnn2(32), side=32)
    images = rng.random((2, 50, 41, 3), np.float32)
    found = explain(model, images, method, 1, **parameters)
    assert found.heatmap.shape == (2, 50, 41)
    if method == "integrated_gradients":
        np.testing.assert_allclose(found.heatmap.sum(axis=(1, 2)), found.diagnostics["delta"], rtol=0.05)
    else:
        assert method == "lime" or found.diagnostics["layer"] == "conv_3"


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (np.zeros((2, 28, 28, 3), np.float32), r"\(N, 16, 16, 3\), received \(2, 28, 28, 3\)"),
        (np.zeros((2, 16, 16, 1), np.float32), r"\(N, 16, 16, 3\), received \(2, 16, 16, 1\)"),
        (np.zeros((16, 16), np.float32), r"received \(16, 16\)"),
        (np.zeros((2, 16, 16, 3), np.uint8), "received uint8"),
        (np.full((1, 16, 16, 3), np.nan, np.float32), "NaN"),
        (np.zeros((0, 16, 16, 3), np.float32), "at least one image"),
    ],
)
def test_images_that_a_keras_model_does_not_take(images, sentence, models):
    for call in (lambda model: explain(model, images, "grad_cam", 0), lambda model: activations(model, images)):
        with pytest.raises(InvalidInput, match=sentence):
            call(models("functional", 3))


def test_single_pictures_become_a_batch(models):
    assert explain(models("functional", 3), np.zeros((16, 16, 3), np.float32), "grad_cam", 0).heatmap.shape == (1, 16, 16)
    assert explain(models("functional", 1), np.zeros((16, 16), np.float32), "grad_cam", 0).heatmap.shape == (1, 16, 16)


def test_models_that_cannot_be_explained(wrapper):
    images = np.zeros((1, 4, 4, 1), np.float32)
    one, two = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    flat = layers.Flatten()(one)
    cases = [
        (keras.Model([one, two], layers.Add()([one, two])), "one of 2"),
        (keras.Model(one, [layers.Dense(2)(flat), layers.Dense(3)(flat)]), "one output, received one of 2"),
        (keras.Sequential([keras.Input((4,)), layers.Dense(2)]), r"received input shape \(4,\)"),
        ("cnn", "received str"),
    ]
    for model, sentence in cases:
        with pytest.raises(InvalidInput, match=sentence):
            explain(model, images, "integrated_gradients", 0)
    with pytest.raises(InvalidInput, match="received one of 2"):
        explain(wrapper(cases[0][0]), images, "integrated_gradients", 0)


def test_filter_without_a_network_needs_lime():
    class Median:
        model = None

        def __call__(self, images):
            return images * 0.5

    images = np.random.default_rng(0).random((1, 12, 12, 1), np.float32)
    for method in ("grad_cam", "integrated_gradients"):
        with pytest.raises(InvalidInput, match="this is none. Use LIME"):
            explain(Median(), images, method, "pixel:3,3")
    with pytest.raises(InvalidInput, match="no layers"):
        activations(Median(), images)
    found = explain(Median(), images, "lime", "window:0,0,12,12", samples=50, segments=9, hide="black")
    assert found.diagnostics["r2"] > 0.95
    np.testing.assert_allclose(found.diagnostics["score"], images.mean() / 2, rtol=1e-5)


def test_unbuilt_sequential():
    model = keras.Sequential([layers.Conv2D(3, 3, activation="relu", name="conv"), layers.Flatten(), layers.Dense(2)])
    images = np.random.default_rng(0).random((1, 8, 8, 1), np.float32)
    assert explain(model, images, "grad_cam", 0).diagnostics["layer"] == "conv"


def test_sequential_may_grow_after_an_explanation(rng):
    images = rng.random((1, 4, 4, 1), np.float32)
    model = head([layers.Dense(3)])
    assert class_scores(model, images).shape == (1, 3)
    model.add(layers.Dense(7))
    assert class_scores(model, images).shape == (1, 7)


def test_weights_that_change_are_seen(build, rng):
    model, images = build("functional", 1), rng.random((1, 16, 16, 1), np.float32)
    before = explain(model, images, "integrated_gradients", 1, steps=4).heatmap
    model.get_layer("head").kernel.assign(model.get_layer("head").kernel * 2)
    after = explain(model, images, "integrated_gradients", 1, steps=4).heatmap
    np.testing.assert_allclose(after, 2 * before, rtol=1e-4, atol=1e-7)


def test_nothing_is_traced_twice(build, rng, monkeypatch):
    traced = []
    original = _compiled.trace
    for module in ("_gradients", "_models", "_layers", "lime", "_activations"):
        # by sys.modules, because a method's function hides its module in the package
        there = sys.modules[f"xai_core.explainers.{module}"]
        monkeypatch.setattr(there, "trace", lambda *args: traced.append(args) or original(*args))
    calls = []

    class Counting(layers.Layer):
        def call(self, inputs):
            calls.append(inputs.shape)
            return inputs

    x = inputs = keras.Input((16, 16, 1))
    x = Counting()(layers.Conv2D(3, 3, name="conv")(x))
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.Flatten()(x)))

    def everything(count, target):
        images = rng.random((count, 16, 16, 1), np.float32)
        for method, parameters in METHODS:
            explain(model, images, method, target, **parameters)
        explain(model, images, "integrated_gradients", target, steps=7, baseline="mean")
        explain(model, images, "lime", target, samples=30, segments=20, batch_size=7)
        activations(model, images)

    everything(1, 0)
    warm, runs = len(traced), len(calls)
    assert warm == 6  # outline, scores, layer, line, lime, activations
    for count, target in ((1, 3), (3, 1), (5, [0, 1, 2, 3, 0]), (2, "class:2")):
        everything(count, target)
    assert len(traced) == warm
    assert len(calls) == runs  # nor does TensorFlow trace by itself


def test_compiled_functions_are_bounded_and_go_with_the_model(build, monkeypatch):
    monkeypatch.setattr(_compiled, "MAX_COMPILED", 3)
    model = build("picture_to_picture", 1)
    for side in (4, 5, 4):
        found = explain(model, np.ones((1, side, side, 1), np.float32), "integrated_gradients", "pixel:0,0", steps=1)
        assert found.heatmap.any()
    assert len(vars(model)[_compiled._ATTRIBUTE]) == 3
    dead = weakref.ref(model)
    del model
    gc.collect()
    assert dead() is None


@pytest.mark.parametrize("structure", [list, dict])
def test_model_made_with_a_list_or_a_dictionary(structure, rng):
    image = keras.Input((4, 4, 1), name="image")
    outputs = layers.Dense(3)(layers.Flatten()(image))
    model = keras.Model([image] if structure is list else {"image": image}, outputs)
    assert explain(model, rng.random((2, 4, 4, 1), np.float32), "integrated_gradients", 0, steps=2).heatmap.any()


def test_explained_model_is_left_as_it_was(build, rng, tmp_path):
    model, images = build("nested", 3), rng.random((2, 16, 16, 3), np.float32)
    before = np.asarray(model(images)).tobytes()
    for method, parameters in METHODS:
        explain(model, images, method, 1, **parameters)
    activations(model, images)
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
    assert np.asarray(model(images)).tobytes() == before
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Keras 3.15 saving any model with NumPy 2.4
        model.save(tmp_path / "model.keras")
        again = keras.models.load_model(tmp_path / "model.keras")
    assert np.asarray(again(images)).tobytes() == before


def test_error_while_tracing_leaves_the_layers_alone(build):
    model = build("functional", 1)
    model.get_layer("second").call = None
    with pytest.raises(Exception, match="."):
        list_layers(model)
    assert [layer.name for layer in model.layers if "call" in vars(layer)] == ["second"]


def test_recording_does_not_see_the_calls_of_other_threads(models):
    model = models("functional", 1)
    with _layers.recording(model) as found:
        other = threading.Thread(target=model, args=(np.zeros((1, 16, 16, 1), np.float32),))
        other.start()
        other.join()
        assert not found
        model(np.zeros((1, 16, 16, 1), np.float32))
        assert next(iter(found)) == "first"


def test_several_threads_share_a_model(build, rng):
    model, images = build("nested", 1), rng.random((1, 16, 16, 1), np.float32)
    same = build("nested", 1)
    expected = {name: explain(same, images, name, 1, **parameters).heatmap for name, parameters in METHODS}
    errors = []

    def work(name, parameters):
        try:
            for _ in range(3):
                np.testing.assert_allclose(explain(model, images, name, 1, **parameters).heatmap, expected[name], atol=1e-6)
                model(images)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=job) for job in METHODS * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
