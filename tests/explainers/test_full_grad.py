"""FullGrad: closed forms, the split of a network into its constants, completeness over kinds of layers."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.classifiers.cnn2 import build_cnn2
from xai_core.denoisers.neural.unet import build_unet
from xai_core.explainers import explain


def lively(model, seed=0):
    """Biases and statistics that are not zero or one."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(weight + rng.uniform(0, 0.2, weight.shape))
    return model


def parts(found):
    return sum(found.diagnostics[name] for name in ("input_part", "bias_part", "unplaced_part"))


def test_one_convolution_by_hand(rng):
    """S = v . relu(w x + b) summed over a 1 x 1 convolution: each pixel that is on adds v w x and v b."""
    inputs = keras.Input((4, 6, 1))
    maps = layers.Conv2D(2, 1, activation="relu", name="maps")(inputs)
    model = keras.Model(inputs, layers.Dense(1, name="out")(layers.GlobalAveragePooling2D()(maps)))
    model.get_layer("maps").set_weights([np.array([[[[1.0, -2.0]]]]), np.array([-0.3, 1.0])])
    model.get_layer("out").set_weights([np.array([[3.0], [5.0]]), np.array([0.7])])
    x = rng.random((2, 4, 6, 1), np.float32)
    found = explain(model, x, "full_grad", 0)
    first, second = 3 * np.maximum(x[..., 0] - 0.3, 0) / 24, 5 * np.maximum(1 - 2 * x[..., 0], 0) / 24
    np.testing.assert_allclose(found.heatmap, first + second, atol=1e-6)
    np.testing.assert_allclose(found.diagnostics["unplaced_part"], 0.7, atol=1e-6)
    on = 3 * (-0.3) * (x[..., 0] > 0.3) / 24 + 5 * (x[..., 0] < 0.5) / 24
    np.testing.assert_allclose(found.diagnostics["bias_part"], on.sum(axis=(1, 2)), atol=1e-6)
    np.testing.assert_allclose(parts(found), found.diagnostics["score"], rtol=1e-6)


def test_implicit_bias_of_batch_normalisation(rng):
    inputs = keras.Input((5, 5, 3))
    norm = layers.BatchNormalization(epsilon=1e-2, name="norm")
    model = lively(keras.Model(inputs, layers.Flatten()(norm(inputs))))
    gamma, beta, mean, variance = norm.get_weights()
    x = rng.random((1, 5, 5, 3), np.float32)
    found = explain(model, x, "full_grad", 7)  # the pixel at row 0, column 2, channel 1
    expected = beta[1] - gamma[1] * mean[1] / np.sqrt(variance[1] + 1e-2)
    np.testing.assert_allclose(found.diagnostics["bias_part"], expected, rtol=1e-5)
    np.testing.assert_allclose(found.heatmap[0, 0, 2], found.diagnostics["score"][0], rtol=1e-5)


def test_smooth_activation_has_a_constant_part_too(rng):
    inputs = keras.Input((3, 3, 1))
    model = keras.Model(inputs, layers.Flatten()(layers.Activation("sigmoid", name="s")(layers.Rescaling(2.0)(inputs))))
    model = keras.Model(inputs, layers.Rescaling(1.0)(model.outputs[0]))  # else the sigmoid would be taken off as the output's
    x = rng.random((1, 3, 3, 1), np.float32)
    z = 2 * float(x[0, 1, 1, 0])
    a = 1 / (1 + np.exp(-z))
    found = explain(model, x, "full_grad", 4)
    np.testing.assert_allclose(found.diagnostics["bias_part"], a - a * (1 - a) * z, rtol=1e-4)
    np.testing.assert_allclose(found.heatmap[0, 1, 1], a, rtol=1e-5)


@pytest.mark.parametrize("network", ["functional", "sequential", "nested", "subclassed", "transformer", "picture_to_picture"])
@pytest.mark.parametrize("channels", [1, 3])
def test_parts_add_up_for_every_kind_of_network(network, channels, models, rng):
    found = explain(models(network, channels), rng.random((3, 16, 16, channels), np.float32), "full_grad")
    assert found.diagnostics["completeness_residual"].max() < 1e-4
    np.testing.assert_allclose(parts(found), found.diagnostics["score"], rtol=1e-4, atol=1e-5)
    total = found.heatmap.sum(axis=(1, 2)) + found.diagnostics["unplaced_part"]
    np.testing.assert_allclose(total, found.diagnostics["score"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "body",
    [
        [layers.DepthwiseConv2D(3, activation="relu"), layers.SeparableConv2D(5, 3, activation="gelu")],
        [layers.Conv2DTranspose(3, 3, strides=2), layers.AveragePooling2D(2), layers.ReLU(max_value=0.4)],
        [layers.Conv2D(4, 3, strides=2, padding="same"), layers.LeakyReLU(0.1), layers.UpSampling2D(2, interpolation="bilinear")],
        [layers.Conv2D(4, 3), layers.GroupNormalization(2), layers.Activation("swish"), layers.LayerNormalization()],
        [layers.Conv2D(4, 3, activation="elu", name="twice"), layers.Conv2D(4, 1, use_bias=False), layers.PReLU()],
    ],
)
def test_parts_add_up_over_kinds_of_layers(body, rng):
    model = keras.Sequential([keras.Input((12, 14, 3)), *body, layers.Flatten(), layers.Dense(2, activation="softmax")])
    found = explain(lively(model), rng.random((2, 12, 14, 3), np.float32), "full_grad", 1)
    assert found.diagnostics["completeness_residual"].max() < 1e-4
    assert np.abs(found.diagnostics["bias_part"]).min() > 1e-5


def test_shared_layer_counts_at_each_of_its_calls(rng):
    shared = layers.Conv2D(1, 1, name="shared")
    x = inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, layers.GlobalAveragePooling2D()(shared(shared(x))))
    shared.set_weights([np.full((1, 1, 1, 1), 2.0), np.array([0.5])])
    found = explain(model, rng.random((1, 4, 4, 1), np.float32), "full_grad", 0)
    np.testing.assert_allclose(found.diagnostics["bias_part"], 2 * 0.5 + 0.5, rtol=1e-6)


def test_constants_outside_of_layers_are_missed_and_said(rng):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(2, 3)

        def call(self, inputs):
            return keras.ops.mean(self.conv(inputs), axis=(1, 2)) + 1.0

    found = explain(Own(), rng.random((1, 8, 8, 1), np.float32), "full_grad", 0)
    np.testing.assert_allclose(found.diagnostics["score"] - parts(found), 1.0, rtol=1e-5)
    assert found.diagnostics["completeness_residual"][0] == pytest.approx(1 / abs(found.diagnostics["score"][0]), rel=1e-4)


def test_network_without_constants_has_no_bias_part(rng):
    keras.utils.set_random_seed(3)
    model = build_unet(1, (4, 8), guided=False)
    found = explain(model, rng.random((1, 16, 16, 1), np.float32), "full_grad", "pixel:8,8")
    assert abs(found.diagnostics["bias_part"][0]) <= 1e-5 * abs(found.diagnostics["score"][0])
    assert found.diagnostics["completeness_residual"][0] < 1e-4


def test_size_of_the_picture_keeps_the_sum(wrapper, rng):
    model = wrapper(lively(build_cnn2(32)), side=32)
    for size in ((32, 32), (50, 41), (20, 33)):
        found = explain(model, rng.random((2, *size, 3), np.float32), "full_grad", 1)
        total = found.heatmap.sum(axis=(1, 2)) + found.diagnostics["unplaced_part"]
        np.testing.assert_allclose(total, found.diagnostics["score"], rtol=1e-3, atol=1e-4)


def test_network_of_keras_applications(rng):
    keras.utils.set_random_seed(0)
    model = lively(keras.applications.MobileNetV2(weights=None, input_shape=(64, 64, 3), classes=5))
    before = [weight.copy() for weight in model.get_weights()]
    found = explain(model, rng.random((2, 64, 64, 3), np.float32), "full_grad", 3)
    assert found.diagnostics["completeness_residual"].max() < 1e-3
    assert all(layer.activation is keras.activations.softmax for layer in model.layers if layer.name == "predictions")
    assert all("call" not in vars(layer) for layer in model.layers)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
