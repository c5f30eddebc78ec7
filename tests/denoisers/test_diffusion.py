"""The network of the diffusion model: what its preconditioning promises at no noise and at any level, and its level features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from xai_core.denoisers.neural.diffusion import SMALLEST_SIGMA, LevelWaves, Modulate, Precondition, ScaleInput, build_diffusion
from xai_core.noise import with_level

MEAN, DEVIATION = 0.3, 0.35


@pytest.fixture(scope="module")
def model():
    """A small network whose inside says something: its last convolution is not as small as it starts, its level counts."""
    keras.utils.set_random_seed(0)
    model = build_diffusion(side=8, widths=(8, 16), mean=MEAN, deviation=DEVIATION)
    for layer in model.layers:
        if layer.name == "found" or isinstance(layer, keras.layers.Dense):
            kernel, bias = layer.get_weights()
            layer.set_weights([np.random.default_rng(1).normal(0, 0.2, kernel.shape), bias])
    return model


def test_without_noise_the_picture_comes_back(model, rng):
    """Exactly, whatever the network inside says."""
    images = 3 * rng.random((2, 8, 8, 1), np.float32) - 1
    np.testing.assert_array_equal(model(with_level(images, 0)), images)


@pytest.mark.parametrize("sigma", [0.01, 0.1, 1.0, 4.0])
def test_a_silent_network_is_wieners_filter(rng, sigma):
    """F = 0: the best linear guess for pixels of mean m and deviation d, m + d^2 / (s^2 + d^2) (y - m)."""
    images = rng.random((2, 4, 4, 1), np.float32)
    given = np.concatenate([images, np.full_like(images, sigma)], axis=-1)
    found = Precondition(MEAN, DEVIATION)([given, np.zeros_like(images)])
    expected = MEAN + DEVIATION**2 / (sigma**2 + DEVIATION**2) * (images - MEAN)
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("sigma", [0.01, 0.1, 1.0, 4.0])
def test_the_network_inside_sees_and_seeks_unit_variance(sigma):
    """At every level, for pictures of that mean and deviation (Karras et al. 2022, appendix B.6)."""
    rng = np.random.default_rng(3)
    clean = rng.normal(MEAN, DEVIATION, (40, 40, 40, 1))
    noisy = clean + sigma * rng.normal(size=clean.shape)
    given = np.concatenate([noisy, np.full_like(noisy, sigma)], axis=-1).astype(np.float32)
    seen = np.asarray(ScaleInput(MEAN, DEVIATION)(given))
    zero, one = (np.asarray(Precondition(MEAN, DEVIATION)([given, np.full_like(given[..., :1], f)])) for f in (0, 1))
    sought = (clean - zero) / (one - zero)
    for values in (seen, sought):
        assert values.mean() == pytest.approx(0, abs=0.02)
        assert values.std() == pytest.approx(1, abs=0.02)


def test_the_levels_weight_is_that_of_the_network_inside(model, rng):
    """w (D - x)^2 is the squared error of F, w = (s^2 + d^2) / (s d)^2: what `batches` gives each picture."""
    from xai_core.training.batches import _level_weights

    images = rng.random((3, 8, 8, 1), np.float32)
    noisy = with_level(images, [5, 50, 500])
    inside = keras.Model(model.input, model.get_layer("found").output)(noisy)
    silent = Precondition(MEAN, DEVIATION)([noisy, np.zeros_like(images)])
    weights = _level_weights(noisy, DEVIATION)
    assert weights.shape == (3, 1, 1)
    np.testing.assert_allclose(weights[..., None] * (model(noisy) - silent) ** 2, inside**2, rtol=2e-3, atol=1e-5)


def test_the_level_reaches_the_network_inside(model, rng):
    images = rng.random((1, 8, 8, 1), np.float32)
    inside = keras.Model(model.input, model.get_layer("down_0_modulated").output)
    assert not np.allclose(inside(with_level(images, 20)), inside(with_level(images, 21)), atol=1e-4)


def test_waves_of_the_level(rng):
    given = with_level(rng.random((4, 5, 5, 1), np.float32), [0, 255 * SMALLEST_SIGMA, 25, 900])
    waves = np.asarray(LevelWaves(3)(given))
    angles = np.log([25 / 255, 900 / 255])[:, None] / [1, 2, 4]
    np.testing.assert_allclose(waves[2:], np.concatenate([np.sin(angles), np.cos(angles)], axis=-1), atol=1e-5)
    np.testing.assert_allclose(waves[0], waves[1], atol=1e-5)  # below the smallest level nothing changes
    assert np.isfinite(waves).all()


def test_modulation(rng):
    features, numbers = rng.random((2, 3, 3, 4), np.float32), rng.random((2, 8), np.float32)
    expected = features * (1 + numbers[:, None, None, :4]) + numbers[:, None, None, 4:]
    np.testing.assert_allclose(Modulate()([features, numbers]), expected, rtol=1e-6)


def test_forward_mode_agrees_with_a_difference(model, rng):
    """What the split into signal and noise and the effective filters stand on."""
    given = tf.constant(with_level(rng.random((1, 8, 8, 1), np.float32), 60))
    direction = tf.constant(with_level(rng.normal(size=(1, 8, 8, 1)).astype(np.float32), 0))
    with tf.autodiff.ForwardAccumulator(given, direction) as forward:
        output = model(given)
    difference = (model(given + 1e-2 * direction) - model(given - 1e-2 * direction)) / 2e-2
    found = forward.jvp(output)
    assert np.abs(found - difference).max() < 0.01 * np.abs(found).max()


@pytest.mark.parametrize(
    "layer", [ScaleInput(MEAN, DEVIATION), Precondition(MEAN, DEVIATION), LevelWaves(3), Modulate()], ids=lambda layer: layer.name
)
def test_layers_are_saved_by_name(layer):
    assert keras.saving.get_registered_name(type(layer)) == f"xai_core>{type(layer).__name__}"
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
