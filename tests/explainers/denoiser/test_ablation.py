"""Channels that are turned off: closed forms, and networks whose weights are zero there as an oracle."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.compiled import forward
from xai_core.denoisers import load_denoiser
from xai_core.errors import Cancelled, InvalidInput, UnknownName
from xai_core.explainers import _layers, list_layers
from xai_core.explainers.denoiser import ablate, ablation, channel_effects
from xai_core.metrics import psnr


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(6, 3, padding="same", name="wide"),
            layers.ReLU(name="relu"),
            layers.Conv2D(1, 3, padding="same", name="out", bias_initializer="ones"),
        ]
    )


@pytest.fixture
def images(rng):
    return rng.random((2, 9, 12, 1), np.float32)


@pytest.mark.parametrize("name", ["unet-grey", "dncnn", "ffdnet", "adnet", "autoencoder-mnist"])
def test_no_channel_changes_nothing_exactly(name, rng):
    denoiser, noisy = load_denoiser(name).at(25), rng.random((2, 28, 28, 1), np.float32)
    layer = next(one.name for one in list_layers(denoiser, side=28) if one.spatial)
    for channels in ({}, {layer: ()}):
        assert ablate(denoiser, noisy, channels).tobytes() == denoiser.unclipped(noisy).tobytes()
    opened = ablation._open(denoiser, noisy)
    info = ablation._ablatable(opened, layer, "zero")
    none = np.zeros((2, info.shape[-1]), bool)
    np.testing.assert_allclose(
        ablation._outputs(opened, [info], opened.inputs, [none], "zero"), denoiser.unclipped(noisy), atol=1e-6
    )
    assert np.abs(ablate(denoiser, noisy, {layer: [0]}) - denoiser.unclipped(noisy)).max() > 1e-6


def test_without_any_channel_the_bias_is_left(network, images):
    np.testing.assert_array_equal(ablate(network, images, {"relu": range(6)}), 1)
    np.testing.assert_array_equal(ablate(network, images, {"out": [0]}), 0)


@pytest.mark.parametrize("channels", [[2], [0, 5], range(6)])
def test_a_channel_off_is_a_weight_of_zero(network, images, channels):
    found = ablate(network, images, {"relu": channels})
    kernel, bias = network.get_layer("out").get_weights()
    kernel[:, :, list(channels)] = 0
    network.get_layer("out").set_weights([kernel, bias])
    np.testing.assert_allclose(found, forward(network, images), atol=1e-6)


def test_mean_keeps_the_mean_of_the_channel(images):
    inputs = keras.Input((None, None, 1))
    twice = layers.Conv2D(2, 1, use_bias=False, name="twice")
    model = keras.Model(inputs, layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="sum")(twice(inputs)))
    twice.set_weights([np.array([2.0, 3.0], np.float32).reshape(1, 1, 1, 2)])
    found = ablate(model, images, {"twice": [1]}, fill="mean")
    np.testing.assert_allclose(found, 2 * images + 3 * images.mean(axis=(1, 2), keepdims=True), rtol=1e-5)


def test_layers_together_nested_and_called_twice(images):
    block = keras.Sequential(
        [keras.Input((None, None, 2)), layers.Conv2D(2, 1, name="deep", kernel_initializer="ones")], name="block"
    )
    inputs = keras.Input((None, None, 1))
    x = layers.Conv2D(2, 1, name="first", kernel_initializer="ones")(inputs)
    model = keras.Model(inputs, block(block(x)))
    x = images[..., 0]
    whole = forward(model, images)
    np.testing.assert_allclose(whole[..., 0], 4 * x, rtol=1e-5)
    np.testing.assert_allclose(ablate(model, images, {"first": [0]})[..., 0], 2 * x, rtol=1e-5)
    once = ablate(model, images, {"block/deep": [1], "block/deep#2": [0]})
    np.testing.assert_allclose(once, np.stack([0 * x, 2 * x], axis=-1), rtol=1e-5)
    both = ablate(model, images, {"deep#2": [1], "block/deep#2": [0]})  # two names of one layer
    assert not both.any()


def test_one_compiled_function_serves_all_channels(network, images):
    ablate(network, images, {"relu": [0], "wide": [1]})
    kept = dict(vars(network)["_noiselens_compiled"])
    ablate(network, images[:1], {"wide": [5, 3], "relu": [4]}, fill="mean")
    assert vars(network)["_noiselens_compiled"] == kept


def test_channels_of_a_dense_layer(rng):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(name="flat"), layers.Dense(3, name="dense")])
    images = rng.random((2, 4, 4, 1), np.float32)
    found = ablate(model, images, {"dense": [1]})
    np.testing.assert_allclose(found, forward(model, images) * [1, 0, 1], atol=1e-6)
    with pytest.raises(InvalidInput, match="no rows and columns to take a mean of"):
        ablate(model, images, {"dense": [1]}, fill="mean")


@pytest.mark.parametrize("fill", ["zero", "mean"])
@pytest.mark.parametrize("small", [False, True])
def test_effects_are_those_of_each_channel_alone(network, images, rng, fill, small, monkeypatch):
    clean = rng.random(images.shape, np.float32)
    if small:
        monkeypatch.setattr(_layers, "BATCH_BYTES", 4 * 4 * _layers.outline(network, (9, 12, 1)).numbers)
    shares = []
    found = channel_effects(network, images, clean, "relu", fill=fill, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert found.layer.name == "relu"
    whole = forward(network, images)
    np.testing.assert_allclose(found.psnr, psnr(clean, np.clip(whole, 0, 1)))
    for channel in range(6):
        alone = ablate(network, images, {"relu": [channel]}, fill=fill)
        change = psnr(clean, np.clip(alone, 0, 1)) - found.psnr
        np.testing.assert_allclose(found.psnr_change[:, channel], change, atol=1e-4)
        np.testing.assert_allclose(
            found.output_change[:, channel], np.sqrt(((alone - whole) ** 2).mean(axis=(1, 2, 3))), atol=1e-6
        )
    some = channel_effects(network, images, clean, "relu", [4, 1], fill=fill)
    assert some.channels.tolist() == [4, 1]
    np.testing.assert_allclose(some.psnr_change, found.psnr_change[:, [4, 1]], atol=1e-4)


def test_effects_in_a_guided_network(rng):
    """At the level that it is told; its PSNR is that of the denoiser as it is called. Progress may stop it."""
    clean = np.broadcast_to(np.linspace(0.2, 0.8, 16, dtype=np.float32)[:, None, None], (1, 16, 16, 1))
    noisy = clean + rng.normal(0, 25 / 255, clean.shape).astype(np.float32)
    denoiser = load_denoiser("unet-grey").at(25)
    found = channel_effects(denoiser, noisy, clean, "head")
    np.testing.assert_allclose(found.psnr, psnr(clean, denoiser(noisy)), atol=1e-3)
    assert found.psnr_change.shape == found.output_change.shape == (1, found.layer.shape[-1])
    assert (found.output_change > 0).any()

    def stop(share):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        channel_effects(denoiser, noisy, clean, "head", progress=stop)


def test_what_does_not_fit(network, images):
    with pytest.raises(UnknownName, match="Did you mean 'relu'"):
        ablate(network, images, {"rel": [0]})
    for wrong in (6, -1, 0.5, True):
        with pytest.raises(InvalidInput, match="channels of 'relu' from 0 to 5"):
            ablate(network, images, {"relu": [wrong]})
    with pytest.raises(InvalidInput, match="zero, mean, received 'noise'"):
        ablate(network, images, {"relu": [0]}, fill="noise")
    with pytest.raises(InvalidInput, match="needs a neural network"):
        ablate(load_denoiser("median"), images, {"relu": [0]})
    with pytest.raises(InvalidInput, match="of the output's shape"):
        channel_effects(network, images, images[:1], "relu")
