"""Saliency, SmoothGrad, occlusion, RISE: closed forms on linear models, early stop, masks."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.explainers import explain
from xai_core.explainers.rise import smooth_masks

SIDE = 12


@pytest.fixture(scope="module")
def linear():
    """S_k = sum w_k x + b_k: a network without anything else, and its weights (H, W, C, k)."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(inputs, layers.Dense(2, bias_initializer="ones", name="scores")(layers.Flatten()(inputs)))
    return model, model.get_layer("scores").kernel.numpy().reshape(SIDE, SIDE, 3, 2)


@pytest.mark.parametrize("method", ["saliency", "smoothgrad"])
def test_gradient_of_a_linear_network(linear, method, rng):
    model, weights = linear
    found = explain(model, rng.random((2, SIDE, SIDE, 3), np.float32), method, 1)
    np.testing.assert_allclose(found.heatmap[0], np.abs(weights[..., 1]).max(axis=-1), atol=1e-6)


def test_smoothgrad_is_the_mean_over_noise(models, rng):
    """The same by hand: the noise of the same generator, gradients by TensorFlow."""
    import tensorflow as tf

    model, image = models("nested", 1), rng.random((1, 16, 16, 1), np.float32)
    # A first round of five, then the rest, each with the number of its first sample in its seed.
    draws = [tf.random.stateless_normal((count, 16, 16, 1), (4, start)) for start, count in ((0, 5), (5, 2))]
    noise = 0.2 * np.ptp(image) * np.concatenate(draws)
    logits = keras.Model(model.inputs, model.get_layer("head").output)
    rows = tf.constant(image + noise)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        number = tf.reduce_sum(logits(rows)[:, 2])
    expected = np.abs(tape.gradient(number, rows).numpy().mean(axis=0)).max(axis=-1)
    found = explain(model, image, "smoothgrad", 2, samples=7, spread=0.2, seed=4)
    np.testing.assert_allclose(found.heatmap[0], expected, atol=1e-5 * expected.max())


@pytest.mark.parametrize("hide", ["black", "mean"])
def test_occlusion_of_a_linear_network(linear, hide, rng):
    """One patch a pixel, side 1: exactly weight times what was hidden."""
    model, weights = linear
    image = rng.random((1, SIDE, SIDE, 3), np.float32)
    found = explain(model, image, "occlusion", 0, share=0.02, overlap=1, hide=hide)
    assert found.diagnostics["patch"] == 1
    gone = image[0] - (image[0].mean(axis=(0, 1)) if hide == "mean" else 0)
    np.testing.assert_allclose(found.heatmap[0], (weights[..., 0] * gone).sum(axis=-1), atol=2e-6)


def test_patches_cover_every_pixel(linear, rng):
    model, weights = linear
    image = np.ones((1, SIDE, SIDE, 3), np.float32)
    found = explain(model, image, "occlusion", 0, share=0.4, overlap=3, hide="black")
    # Side 5 in steps of 1: the mean over patches of the sum of weights in the patch.
    summed = weights[..., 0].sum(axis=-1)
    total, count = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for top in range(SIDE - 4):
        for left in range(SIDE - 4):
            total[top : top + 5, left : left + 5] += summed[top : top + 5, left : left + 5].sum()
            count[top : top + 5, left : left + 5] += 1
    np.testing.assert_allclose(found.heatmap[0], total / count, atol=1e-5)


def test_rise_of_a_function_that_looks_at_one_place(rng):
    """The score is the mean of a small window: the map is highest there, and centred."""

    def function(images):
        window = images[:, 4:8, 12:16].mean(axis=(1, 2, 3))
        return np.stack([window, -window], axis=-1)

    found = explain(function, np.ones((1, 24, 24, 1), np.float32), "rise", 0, samples=2000)
    row, column = np.unravel_index(found.heatmap[0].argmax(), (24, 24))
    assert 3 <= row <= 8
    assert 11 <= column <= 16
    assert abs(found.heatmap[0].mean()) < 0.1 * np.ptp(found.heatmap[0])
    opposite = explain(function, np.ones((1, 24, 24, 1), np.float32), "rise", 1, samples=2000)
    np.testing.assert_allclose(opposite.heatmap, -found.heatmap, atol=1e-6)


def test_rise_error_is_what_differs_between_seeds(models, rng):
    model, image = models("functional", 1), rng.random((1, 16, 16, 1), np.float32)
    found = [explain(model, image, "rise", 0, samples=400, seed=seed) for seed in range(12)]
    maps = np.stack([one.heatmap[0] for one in found])
    spread = maps.std(axis=0, ddof=1).mean() / np.ptp(maps.mean(axis=0))
    stated = np.mean([one.diagnostics["relative_error"][0] for one in found])
    assert stated == pytest.approx(spread, rel=0.4)


@pytest.mark.parametrize("method", ["rise", "smoothgrad", "lime"])
def test_a_tolerance_stops_early(method, models, rng):
    model, image = models("functional", 1), rng.random((1, 16, 16, 1), np.float32)
    shares = []
    full = explain(model, image, method, 0, samples=1000)
    loose = explain(model, image, method, 0, samples=1000, tolerance=0.9, progress=shares.append)
    assert full.diagnostics["samples"][0] == 1000
    assert loose.diagnostics["samples"][0] < 1000
    assert loose.diagnostics["relative_error"][0] < 0.9
    assert shares[-1] == 1
    assert full.diagnostics["relative_error"][0] < loose.diagnostics["relative_error"][0]


def test_masks_are_smooth_and_half_visible(rng):
    grids = (rng.random((300, 7, 7)) < 0.5).astype(np.float32)
    masks = smooth_masks(grids, rng.random((300, 2)), 50, 33).dense()
    assert masks.shape == (300, 50, 33)
    assert masks.min() >= 0
    assert masks.max() <= 1 + 1e-6
    assert masks.mean() == pytest.approx(0.5, abs=0.03)
    assert np.abs(np.diff(masks, axis=1)).max() < 0.3


def test_masks_are_grids_enlarged_and_cut_out(rng):
    """As the paper makes them, with OpenCV's bilinear enlargement."""
    import cv2

    grids, shifts = rng.random((9, 5, 5), np.float32), rng.random((9, 2))
    masks = smooth_masks(grids, shifts, 23, 31).dense()
    for mask, grid, (down, right) in zip(masks, grids, shifts, strict=True):
        large = cv2.resize(grid, (6 * 7, 6 * 5), interpolation=cv2.INTER_LINEAR)
        top, left = int(down * 5), int(right * 7)
        np.testing.assert_allclose(mask, large[top : top + 23, left : left + 31], atol=1e-5)


def test_a_control_does_not_look_at_the_network(models, rng):
    image = rng.random((1, 16, 16, 1), np.float32)
    for method in ("random_map", "edges"):
        one, other = (explain(models(name, 1), image, method, 0).heatmap for name in ("functional", "nested"))
        np.testing.assert_array_equal(one, other)
