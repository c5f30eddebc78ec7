"""Integrated gradients: closed form on a linear model, completeness, baselines."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.errors import InvalidInput
from xai_core.explainers import _layers, explain
from xai_core.explainers._models import examine
from xai_core.explainers.integrated_gradients import along_line, baselines, blurred, stages, strongest_blur


@pytest.mark.parametrize("channels", [1, 3])
def test_linear_model_has_the_closed_form(channels, rng):
    model = keras.Sequential([keras.Input((6, 5, channels)), layers.Flatten(), layers.Dense(4, activation="softmax")])
    weights = np.asarray(model.layers[-1].kernel)[:, 2].reshape(6, 5, channels)
    images, baseline = rng.random((2, 6, 5, channels), np.float32), rng.random((6, 5, channels), np.float32)
    for steps in (1, 2, 50):
        found = explain(model, images, "integrated_gradients", 2, steps=steps, baseline=baseline)
        np.testing.assert_allclose(found.heatmap, ((images - baseline) * weights).sum(axis=-1), atol=1e-6)
        assert found.diagnostics["completeness_residual"].max() < 1e-4
    assert found.signed
    assert found.heatmap.min() < 0 < found.heatmap.max()


def test_quadratic_model_has_the_closed_form(rng):
    inputs = keras.Input((3, 4, 1))
    model = keras.Model(inputs, layers.Flatten()(layers.Multiply()([inputs, inputs])))
    images = rng.random((1, 3, 4, 1), np.float32)
    found = explain(model, images, "integrated_gradients", 5, steps=3)
    expected = np.zeros(12, np.float32)
    expected[5] = images.ravel()[5] ** 2  # the midpoint rule is exact for a linear gradient
    np.testing.assert_allclose(found.heatmap.ravel(), expected, atol=1e-6)


@pytest.mark.parametrize("baseline", ["black", "white", "mean", "blurred"])
def test_completeness_on_a_random_cnn(baseline, models, rng):
    model, images = models("nested", 3), rng.random((3, 16, 16, 3), np.float32)
    found = explain(model, images, "integrated_gradients", 1, steps=200, baseline=baseline)
    score, delta = found.diagnostics["score"], found.diagnostics["delta"]
    np.testing.assert_allclose(found.heatmap.sum(axis=(1, 2)), delta, atol=2e-3 * np.abs(delta).max())
    assert found.diagnostics["completeness_residual"].shape == (3,)
    before_softmax = keras.Model(model.input, model.layers[-1].input)
    np.testing.assert_allclose(score, np.asarray(before_softmax(images))[:, 1], atol=1e-5)


def test_baselines(models, rng):
    images = rng.random((2, 16, 16, 3), np.float32)
    subject = examine(models("nested", 3), images, 0)
    assert (baselines(subject, "black") == 0).all()
    assert (baselines(subject, "white") == 1).all()
    flat = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    np.testing.assert_allclose(baselines(subject, "mean"), flat, rtol=1e-6)
    blurred = baselines(subject, "blurred")
    assert 0.1 < blurred.std() / images.std() < 0.6
    np.testing.assert_allclose(blurred.mean(), images.mean(), rtol=0.02)


def test_residual_falls_with_steps(models, rng):
    model, images = models("functional", 3), rng.random((4, 16, 16, 3), np.float32)
    few, many = (
        explain(model, images, "integrated_gradients", 1, steps=steps).diagnostics["completeness_residual"] for steps in (2, 128)
    )
    assert many.max() < few.max() / 10


def test_image_equal_to_its_baseline(models):
    found = explain(models("functional", 3), np.zeros((1, 16, 16, 3), np.float32), "integrated_gradients", 1, steps=3)
    assert not found.heatmap.any()
    assert found.diagnostics["completeness_residual"] == 0


def test_small_batches_give_the_same_map(build, rng, monkeypatch):
    model, images = build("functional", 3), rng.random((1, 16, 16, 3), np.float32)
    whole = explain(model, images, "integrated_gradients", 1, steps=50).heatmap
    monkeypatch.setattr(_layers, "BATCH_BYTES", 7 * 4 * _layers.outline(model, (16, 16, 3)).numbers)
    assert _layers.batch_size(model, (16, 16, 3)) == 7
    np.testing.assert_allclose(explain(model, images, "integrated_gradients", 1, steps=50).heatmap, whole, atol=1e-6)


def test_wrapper_keeps_completeness_at_another_size(models, wrapper, rng):
    model = wrapper(models("nested", 3), channels=3)
    for size in ((16, 16), (33, 50), (9, 12)):
        found = explain(model, rng.random((2, *size, 1), np.float32), "integrated_gradients", 1, steps=200)
        np.testing.assert_allclose(found.heatmap.sum(axis=(1, 2)), found.diagnostics["delta"], rtol=0.02, atol=1e-3)


def test_wrapper_prepares_a_baseline_image_too(models, wrapper, rng):
    images = rng.random((2, 40, 40, 3), np.float32)
    found = explain(wrapper(models("nested", 3)), images, "integrated_gradients", 1, steps=3, baseline=images)
    assert not found.heatmap.any()
    assert found.parameters["baseline"] == "given"


def test_baseline_of_another_shape(models, rng):
    images = rng.random((3, 16, 16, 3), np.float32)
    with pytest.raises(InvalidInput, match="one for each of the 3 images"):
        explain(models("nested", 3), images, "integrated_gradients", 1, baseline=images[:2])
    with pytest.raises(InvalidInput, match="black, white, mean, blurred"):
        explain(models("nested", 3), images, "integrated_gradients", 1, baseline="pink")


def test_autoencoder_pixel_and_window(autoencoder, rng):
    model, images = autoencoder, rng.random((1, 28, 28, 1), np.float32)
    for target, rows, columns in (("pixel:14,14", 14, 14), ("window:4,4,8,8", slice(4, 12), slice(4, 12))):
        found = explain(model, images, "integrated_gradients", target, steps=40)
        outputs, black = np.asarray(model(images)), np.asarray(model(np.zeros_like(images)))
        np.testing.assert_allclose(found.diagnostics["score"], outputs[:, rows, columns].mean(), rtol=1e-4)
        delta = outputs[:, rows, columns].mean() - black[:, rows, columns].mean()
        np.testing.assert_allclose(found.heatmap.sum(), delta, rtol=0.02)


def test_stages_triple_and_end_at_a_thousand():
    assert stages(50) == (50, 150, 450, 1000)
    assert stages(1) == (1, 3, 9, 27, 81, 243, 729, 1000)
    assert stages(1000) == (1000,)
    assert stages(400) == (400, 1000)


def test_points_used_again_give_the_map_of_all_points(models, rng):
    model, images = models("functional", 3), rng.random((1, 16, 16, 3), np.float32)
    subject = examine(model, images, 1)
    for steps, found in along_line(subject, 0, np.zeros_like(images[0]), (5, 15, 45, 50), lambda share: None):
        fresh = explain(model, images, "integrated_gradients", 1, steps=steps)
        np.testing.assert_allclose(found, fresh.heatmap[0], atol=1e-6)
        assert fresh.diagnostics["steps"].tolist() == [steps]


@pytest.mark.parametrize("path", ["straight", "blur"])
def test_steps_grow_until_the_residual_is_below_the_tolerance(path, models, rng):
    model, images = models("functional", 3), rng.random((4, 16, 16, 3), np.float32)
    how = {"steps": 2, "path": path}
    few = explain(model, images, "integrated_gradients", 1, **how)
    found = explain(model, images, "integrated_gradients", 1, tolerance=0.01, **how)
    residual, steps = found.diagnostics["completeness_residual"], found.diagnostics["steps"]
    assert few.diagnostics["completeness_residual"].max() > 0.01
    assert residual.max() < 0.01
    assert set(steps.tolist()) <= set(stages(2))
    assert steps.max() > 2
    alone = explain(model, images[:1], "integrated_gradients", 1, path=path, steps=int(steps[0]))
    np.testing.assert_allclose(alone.heatmap[0], found.heatmap[0], atol=1e-6)
    loose = explain(model, images, "integrated_gradients", 1, tolerance=1.0, **how)
    np.testing.assert_array_equal(loose.diagnostics["steps"][few.diagnostics["completeness_residual"] < 1], 2)


def test_steps_end_at_a_thousand(models, rng):
    found = explain(models("functional", 1), rng.random((1, 16, 16, 1), np.float32), "integrated_gradients", 1, tolerance=1e-9)
    assert found.diagnostics["steps"].tolist() == [1000]
    assert found.diagnostics["completeness_residual"][0] > 1e-9


def test_path_of_blurs_on_a_linear_model_has_the_closed_form(rng):
    model = keras.Sequential([keras.Input((12, 9, 3)), layers.Flatten(), layers.Dense(2, activation="softmax")])
    weights = np.asarray(model.layers[-1].kernel)[:, 1].reshape(12, 9, 3)
    images = rng.random((2, 12, 9, 3), np.float32)
    strongest = np.stack([blurred(image, strongest_blur(image)) for image in images])
    for steps in (1, 7, 70):  # 70: more than are in memory at once
        found = explain(model, images, "integrated_gradients", 1, steps=steps, path="blur")
        np.testing.assert_allclose(found.heatmap, ((images - strongest) * weights).sum(axis=-1), atol=1e-5)
    assert strongest.std() < 0.3 * images.std()


def test_path_of_blurs_goes_through_blurs_only(rng):
    """Of S = x_p^2 a blur's way gives the integral of 2 B(t) B'(t), which is x_p^2 - b_p^2, to the pixel itself."""
    inputs = keras.Input((9, 9, 1))
    model = keras.Model(inputs, layers.Flatten()(layers.Multiply()([inputs, inputs])))
    image = rng.random((1, 9, 9, 1), np.float32)
    found = explain(model, image, "integrated_gradients", 40, steps=3, path="blur")
    expected = np.zeros(81)
    expected[40] = image.ravel()[40] ** 2 - blurred(image[0], strongest_blur(image[0])).ravel()[40] ** 2
    np.testing.assert_allclose(found.heatmap.ravel(), expected, atol=1e-5)


@pytest.mark.parametrize("network", ["functional", "nested", "picture_to_picture"])
def test_completeness_on_the_path_of_blurs(network, models, rng):
    model, images = models(network, 3), rng.random((2, 16, 16, 3), np.float32)
    found = explain(model, images, "integrated_gradients", None, steps=100, path="blur")
    delta = found.diagnostics["delta"]
    np.testing.assert_allclose(found.heatmap.sum(axis=(1, 2)), delta, atol=0.01 * np.abs(delta).max() + 1e-6)


def test_path_of_blurs_has_a_baseline_of_its_own(models, rng):
    images = rng.random((1, 16, 16, 3), np.float32)
    with pytest.raises(InvalidInput, match="the baseline is the strongest blur"):
        explain(models("functional", 3), images, "integrated_gradients", 0, path="blur", baseline=images)
    with pytest.raises(InvalidInput, match="straight, blur"):
        explain(models("functional", 3), images, "integrated_gradients", 0, path="round")
    flat = explain(models("functional", 3), np.full((1, 16, 16, 3), 0.3, np.float32), "integrated_gradients", 0, path="blur")
    assert np.abs(flat.heatmap).max() < 1e-6
