"""Forward and backward products with the Jacobian, against TensorFlow's forward mode and each other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from xai_core.compiled import forward
from xai_core.denoisers.neural.adnet import build_adnet
from xai_core.denoisers.neural.autoencoder import build_autoencoder
from xai_core.denoisers.neural.dncnn import build_dncnn
from xai_core.denoisers.neural.ffdnet import build_ffdnet
from xai_core.denoisers.neural.unet import build_unet
from xai_core.errors import InvalidInput
from xai_core.explainers._gradients import pull_back
from xai_core.explainers._tangents import push_forward


def of_operations():
    """What a network computes between its layers is differentiated too."""
    inputs = keras.Input((8, 8, 2))
    return keras.Model(inputs, keras.ops.tanh(keras.layers.Conv2D(3, 3, activation="gelu")(inputs)) ** 2)


def nested():
    inner = keras.Sequential([keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.MaxPooling2D(2)])
    inputs = keras.Input((8, 8, 2))
    x = keras.layers.LeakyReLU()(inner(inputs))
    return keras.Model(
        inputs, keras.layers.Dense(3, activation="softmax", kernel_initializer="he_normal")(keras.layers.Flatten()(x))
    )


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = keras.layers.Conv2D(3, 3, activation="relu")

    def call(self, inputs, training=None):
        return self.conv(inputs) ** 2


NETWORKS = {
    "unet": (lambda: build_unet(1, (4, 8, 8)), (13, 14, 2)),
    "dncnn": (lambda: build_dncnn(1, 4, 6), (11, 12, 1)),
    "ffdnet": (lambda: build_ffdnet(1, 4, 6), (11, 12, 2)),
    "adnet": (lambda: build_adnet(1, 6), (11, 12, 1)),
    "autoencoder": (build_autoencoder, (28, 28, 1)),
    "operations": (of_operations, (8, 8, 2)),
    "nested": (nested, (8, 8, 2)),
    "subclassed": (Subclassed, (8, 8, 2)),
}


@pytest.fixture(params=NETWORKS)
def case(request, rng):
    """A network whose constants are not zero, pictures, and two sets of tangents."""
    build, shape = NETWORKS[request.param]
    keras.utils.set_random_seed(0)
    model = build()
    model(np.zeros((1, *shape), np.float32))
    kept = [rng.uniform(0.1, 0.3, w.shape) if w.ndim == 1 else w for w in model.get_weights()]
    model.set_weights(kept)
    return model, rng.random((3, *shape), dtype=np.float32), rng.standard_normal((2, 3, *shape)).astype(np.float32)


def test_is_tensorflows_forward_mode(case):
    model, inputs, tangents = case
    outputs, moved = push_forward(model, inputs, tangents)
    np.testing.assert_allclose(outputs, forward(model, inputs), rtol=1e-4, atol=1e-4)
    for index, tangent in enumerate(tangents):
        at = tf.constant(inputs)
        with tf.autodiff.ForwardAccumulator(at, tf.constant(tangent)) as accumulator:
            result = model(at, training=False)
        expected = accumulator.jvp(result).numpy()
        np.testing.assert_allclose(moved[index], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_backward_is_the_adjoint(case, rng):
    model, inputs, tangents = case
    outputs, moved = push_forward(model, inputs, tangents)
    weights = rng.standard_normal(outputs.shape).astype(np.float32)
    back = pull_back(model, inputs, weights)
    assert (back * tangents[0]).sum() == pytest.approx((weights * moved[0]).sum(), rel=1e-3)


def test_tangents_must_fit():
    with pytest.raises(InvalidInput, match="tangents of shape"):
        push_forward(build_dncnn(1, 3, 4), np.zeros((1, 8, 8, 1), np.float32), np.zeros((2, 1, 9, 8, 1), np.float32))
