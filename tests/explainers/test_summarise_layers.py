"""summarise_layers against the outputs that `activations` returns."""

import keras
import numpy as np
import pytest

from xai_core.explainers import _layers, activations, list_layers, summarise_layers


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(3, 3, name="conv"),
            keras.layers.ReLU(name="relu"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(4, name="dense"),
        ]
    )


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).random((5, 8, 8, 1), np.float32)


@pytest.mark.parametrize("batch_bytes", [_layers.BATCH_BYTES, 1])
def test_it_agrees_with_the_outputs_themselves(network, images, batch_bytes, monkeypatch):
    """In one batch, and in batches of two that each hold the first image again."""
    monkeypatch.setattr(_layers, "BATCH_BYTES", batch_bytes)
    outputs = activations(network, images)
    summaries = summarise_layers(network, images)
    assert [one.layer for one in summaries] == list(list_layers(network))
    for one in summaries:
        values = outputs[one.layer.name].reshape(5, -1)
        assert one.low == pytest.approx(values.min(), abs=1e-6)
        assert one.high == pytest.approx(values.max(), abs=1e-6)
        expected = np.linalg.norm(values - values[0], axis=1) / np.linalg.norm(values[0])
        np.testing.assert_allclose(one.change, expected, rtol=1e-5, atol=1e-7)


def test_a_silent_layer_has_changed_by_nothing(network, images):
    summaries = summarise_layers(network, np.zeros_like(images[:2]))
    assert all(np.isfinite(one.change).all() for one in summaries)
    assert next(one for one in summaries if one.layer.name == "conv").change == (0.0, 0.0)


def test_one_image_is_enough(network, images):
    assert all(one.change == (0.0,) for one in summarise_layers(network, images[:1]))
