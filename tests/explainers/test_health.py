"""The health of layers: closed forms on a network that can be worked out by hand."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.explainers import layer_health, list_layers


def by_hand(bias):
    """2 x 2 grey picture - one unit for its sum, one for minus its sum, rectified - score of two classes."""
    import keras
    from keras import layers

    inputs = keras.Input((2, 2, 1))
    x = layers.Flatten(name="flatten")(inputs)
    x = layers.Dense(2, activation="relu", name="hidden")(x)
    model = keras.Model(inputs, layers.Dense(2, name="scores")(x))
    model.get_layer("hidden").set_weights([np.array([[1, -1]] * 4, np.float32), np.array(bias, np.float32)])
    model.get_layer("scores").set_weights([np.array([[0, 3], [0, 4]], np.float32), np.zeros(2, np.float32)])
    return model


def test_by_hand():
    images = np.stack([np.full((2, 2, 1), 0.25), np.full((2, 2, 1), 0.75)]).astype(np.float32)  # sums 1 and 3
    found = {row.layer.name: row for row in layer_health(by_hand((0, 0)), images, 1)}
    hidden = found["hidden"]
    assert hidden.size == pytest.approx(np.sqrt((1 + 9 + 0 + 0) / 4))
    assert hidden.silent == 0.5, "the unit for minus the sum is silent on both"
    assert hidden.variation == pytest.approx(np.sqrt((1 + 0) / 2) / hidden.size)
    assert hidden.gradient == pytest.approx(5), "the gradient of 3 a + 4 b at (a, b)"
    assert found["flatten"].gradient == pytest.approx(3 * 2), "3 at each of four pixels: the silent unit hands nothing on"


def test_a_dead_network():
    """All hidden units silent: the score says the same of every picture, and nothing before can change that."""
    images = np.random.default_rng(0).random((5, 2, 2, 1), np.float32)
    found = {row.layer.name: row for row in layer_health(by_hand((-10, -10)), images, 1)}
    assert (found["hidden"].silent, found["hidden"].variation, found["scores"].variation) == (1, 0, 0)
    assert found["flatten"].gradient == 0 < found["hidden"].gradient
    assert found["flatten"].variation > 0


@pytest.mark.parametrize("network", ["functional", "nested", "subclassed", "transformer"])
def test_every_layer_has_a_row(network, models, rng):
    model = models(network, 3)
    found = layer_health(model, rng.random((3, 16, 16, 3), np.float32))
    assert [row.layer.name for row in found] == [layer.name for layer in list_layers(model, side=16)]
    assert np.isfinite([(row.size, row.silent, row.variation, row.gradient) for row in found]).all()


@pytest.mark.parametrize("count", [1, 65])
def test_number_of_pictures(count, models, rng):
    with pytest.raises(InvalidInput, match=f"2 to 64 pictures, received {count}"):
        layer_health(models("functional", 1), rng.random((count, 16, 16, 1), np.float32))
