"""Activation maximisation: the best picture of a linear network, every kind of network, what stays as it was."""

import keras
import numpy as np
import pytest
from keras import layers

import xai_core as xc
from xai_core.denoisers.neural.unet import build_unet
from xai_core.errors import Cancelled, InvalidInput
from xai_core.explainers import activation_maximisation


def test_linear_network_has_the_best_picture_of_all(rng):
    """S = w x is highest at white where w > 0 and black elsewhere."""
    model = keras.Sequential([keras.Input((6, 5, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")])
    kernel = rng.choice([-1.0, 1.0], (30, 2)) * rng.uniform(0.5, 1, (30, 2))
    model.layers[-1].set_weights([kernel, np.zeros(2)])
    found = activation_maximisation(model, 1, steps=100, smoothness=0)
    np.testing.assert_allclose(found.image.ravel(), kernel[:, 1] > 0, atol=0.02)
    assert found.score == pytest.approx(np.maximum(kernel[:, 1], 0).sum(), rel=0.02)


@pytest.mark.parametrize("network", ["functional", "sequential", "nested", "subclassed", "transformer"])
@pytest.mark.parametrize("channels", [1, 3])
def test_score_rises_for_every_kind_of_network(network, channels, models):
    model = models(network, channels)
    found = activation_maximisation(model, 1, steps=15, smoothness=0.1, shape=(16, 16, channels))
    assert found.image.shape == (1, 16, 16, channels)
    assert found.image.dtype == np.float32
    assert 0 <= found.image.min() < found.image.max() <= 1
    assert found.score > found.start
    reached = xc.explain(model, found.image, "saliency", 1).diagnostics["score"][0]
    assert found.score == pytest.approx(reached, abs=1e-5)


def test_pixel_of_a_denoiser_and_a_wrapper(models, wrapper):
    found = activation_maximisation(models("picture_to_picture", 1), "pixel:3,4", steps=10, shape=(20, 20, 1))
    assert found.image.shape == (1, 20, 20, 1)
    assert found.score > found.start
    assert activation_maximisation(wrapper(models("functional", 3)), 0, steps=3).image.shape == (1, 16, 16, 3)


def test_same_seed_same_bytes(models):
    model = models("functional", 3)
    first, again, other = (activation_maximisation(model, 2, steps=5, seed=seed) for seed in (4, 4, 5))
    assert first.image.tobytes() == again.image.tobytes()
    assert first.score == again.score
    assert first.image.tobytes() != other.image.tobytes()
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    activation_maximisation(model, 2, steps=2)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_smoothness_smooths(models):
    def roughness(smoothness):
        image = activation_maximisation(models("functional", 1), 0, steps=60, smoothness=smoothness).image
        return np.abs(np.diff(image, axis=1)).mean() + np.abs(np.diff(image, axis=2)).mean()

    assert roughness(0.5) < 0.7 * roughness(0)


@pytest.mark.parametrize("network", ["functional", "sequential", "nested"])
def test_network_is_left_as_it_was(network, build):
    model = build(network, 3)
    config, weights = model.get_config(), [weight.copy() for weight in model.get_weights()]
    images = np.linspace(0, 1, 16 * 16 * 3, dtype=np.float32).reshape(1, 16, 16, 3)
    outputs = np.asarray(model(images))
    activation_maximisation(model, 0, steps=5)
    assert model.get_config() == config
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(np.asarray(model(images)), outputs)


def test_progress_and_cancel(models):
    shares: list[float] = []
    activation_maximisation(models("functional", 1), 0, steps=4, progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]

    def stop(share: float) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        activation_maximisation(models("functional", 1), 0, steps=4, progress=stop)


def test_what_it_refuses(models):
    class Guided:
        model = build_unet(1, (4, 8))
        guides = 1

    with pytest.raises(InvalidInput, match="noise level"):
        activation_maximisation(Guided(), "pixel:1,1")
    with pytest.raises(InvalidInput, match="needs a neural network"):
        activation_maximisation(lambda images: images, 0)
    with pytest.raises(InvalidInput, match="at least 1 step"):
        activation_maximisation(models("functional", 1), 0, steps=0)
    with pytest.raises(InvalidInput, match="from 0 to 2"):
        activation_maximisation(models("functional", 1), 3)


def test_public_name():
    assert xc.activation_maximisation is activation_maximisation
