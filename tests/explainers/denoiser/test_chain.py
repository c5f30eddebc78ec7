"""The chain: its gradient is that of the composed network, its maps add up, the way back through a resize is exact."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from xai_core.denoisers import load_denoiser
from xai_core.errors import InvalidInput
from xai_core.explainers import explain
from xai_core.explainers.denoiser._prepare import prepared, unprepared
from xai_core.explainers.denoiser.chain import METHODS, chain
from xai_core.explainers.denoiser.removed_evidence import removed_evidence
from xai_core.images import resize
from xai_core.noise import add_noise

SIDE = 24


def classifier(channels, side=SIDE, bias=True):
    """A small network with smooth units, so that rules of integration converge, behind the library's way to prepare pictures."""
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((side, side, channels))
    x = keras.layers.Conv2D(6, 5, strides=2, activation="silu", use_bias=bias)(x)
    x = keras.layers.Conv2D(8, 3, activation="silu", use_bias=bias)(x)
    x = keras.layers.Flatten()(x)
    outputs = keras.layers.Dense(3, activation="softmax", use_bias=bias)(x)
    model = keras.Model(inputs, outputs)
    return SimpleNamespace(model=model, prepare=lambda images: prepared(images, (side, side, channels)))


def logits(model, pictures):
    """The network without its softmax, applied layer by layer."""
    for layer in model.layers[1:-1]:
        pictures = layer(pictures)
    return pictures @ model.layers[-1].kernel + (model.layers[-1].bias if model.layers[-1].use_bias else 0)


def smooth_denoiser(channels=1):
    """A network with biases and smooth units."""
    keras.utils.set_random_seed(5)
    x = inputs = keras.Input((None, None, channels))
    x = keras.layers.Conv2D(6, 3, padding="same", activation="tanh", bias_initializer="random_normal")(x)
    x = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=keras.initializers.RandomNormal(0, 0.02))(x)
    return keras.Model(inputs, keras.layers.Add()([inputs, x]))


def noisy_picture(rng, height, width, channels, level=25):
    rows, columns = np.mgrid[:height, :width] / 12
    clean = np.clip(0.5 + 0.7 * np.sin(rows + 1) * np.cos(2 * columns), 0, 1)  # in places at a limit, which noise exceeds
    picture = np.repeat(clean[None, ..., None], channels, axis=-1) * rng.uniform(0.8, 1, channels)
    return add_noise(picture.astype(np.float32), "gaussian", level, seed=1)


def composed_gradient(denoise, resized, model, index, noisy):
    """dS/dy of everything together, by one tape of TensorFlow."""
    y = tf.constant(noisy)
    with tf.GradientTape() as tape:
        tape.watch(y)
        number = logits(model, resized(tf.clip_by_value(denoise(y), 0, 1)))[:, index]
    return tape.gradient(number, y).numpy()


def assert_equal_to_rounding(found, expected):
    assert np.linalg.norm(found - expected) / np.linalg.norm(expected) < 1e-6


def with_level(y):
    return tf.concat([y, tf.fill(tf.shape(y[..., :1]), 25 / 255)], axis=-1)


@pytest.mark.parametrize("target", [0, 2])
def test_its_gradient_is_that_of_the_composed_network(target, rng):
    """Guided U-Net, limits of [0, 1], twice smaller for the classifier (a mean of 2 x 2)."""
    noisy = noisy_picture(rng, 2 * SIDE, 2 * SIDE, 1)
    network, second = load_denoiser("unet-grey").at(25), classifier(1)
    found = chain(network, second, noisy, target, "gradient")
    assert ((found.denoised == 0) | (found.denoised == 1)).any(), "some pixels are beyond the limits"
    expected = composed_gradient(
        lambda y: network.model(with_level(y)), lambda x: tf.nn.avg_pool2d(x, 2, 2, "VALID"), second.model, target, noisy
    )
    assert_equal_to_rounding(found.through, expected)
    np.testing.assert_allclose(found.denoised, network(noisy), atol=1e-6)
    assert found.target == f"class:{target}"


def test_a_grey_network_takes_the_channels_of_a_colour_picture_one_by_one(rng):
    """A guided network, three channels, a picture smaller than the classifier's (bilinear)."""
    noisy = noisy_picture(rng, 18, 16, 3)
    network, second = load_denoiser("ffdnet").at(25), classifier(3)

    def denoise(y):
        return tf.concat([network.model(with_level(y[..., channel, None])) for channel in range(3)], axis=-1)

    expected = composed_gradient(denoise, lambda x: tf.image.resize(x, (SIDE, SIDE)), second.model, 1, noisy)
    found = chain(network, second, noisy, 1, "gradient")
    assert_equal_to_rounding(found.through, expected)
    np.testing.assert_allclose(found.denoised, network(noisy), atol=1e-6)


def test_a_colour_picture_before_a_grey_classifier_and_the_other_way_round(rng):
    weights = tf.constant([0.299, 0.587, 0.114])
    network = smooth_denoiser()
    second = classifier(1)
    noisy = noisy_picture(rng, SIDE, SIDE, 3)
    expected = composed_gradient(
        lambda y: tf.concat([network(y[..., channel, None]) for channel in range(3)], axis=-1),
        lambda x: tf.reduce_sum(x * weights, axis=-1, keepdims=True),
        second.model,
        0,
        noisy,
    )
    assert_equal_to_rounding(chain(network, second, noisy, 0, "gradient").through, expected)
    second = classifier(3)
    noisy = noisy[..., :1]
    expected = composed_gradient(network, lambda x: tf.repeat(x, 3, axis=-1), second.model, 0, noisy)
    assert_equal_to_rounding(chain(network, second, noisy, 0, "gradient").through, expected)


@pytest.mark.parametrize(
    ("size", "to"),
    [
        ((40, 40), (24, 24)),
        ((31, 50), (24, 24)),
        ((17, 13), (24, 24)),
        ((48, 12), (24, 24)),
        ((24, 24), (24, 24)),
        ((64, 9), (32, 9)),
    ],
)
@pytest.mark.parametrize(("channels", "network_channels"), [(3, 1), (1, 3), (3, 3)])
def test_the_way_back_through_a_resize_is_its_transpose(size, to, channels, network_channels, rng):
    pictures = rng.standard_normal((2, *size, channels)).astype(np.float32)
    weights = rng.standard_normal((2, *to, network_channels)).astype(np.float32)
    there = prepared(pictures, (*to, network_channels))
    back = unprepared(weights, (*size, channels))
    assert float((there * weights).sum(dtype=np.float64)) == pytest.approx(
        float((pictures * back).sum(dtype=np.float64)), rel=1e-5, abs=1e-4
    )
    if channels == network_channels:  # and not only in this product: one pixel after the other
        unit = np.zeros((1, *size, channels), np.float32)
        unit[0, size[0] // 2, size[1] // 3] = 1
        picked = np.zeros((1, *to, channels), np.float32)
        picked[0, to[0] // 2, to[1] // 3] = 1
        column, row = resize(unit, *to), unprepared(picked, (*size, channels))
        assert column[0, to[0] // 2, to[1] // 3, 0] == pytest.approx(row[0, size[0] // 2, size[1] // 3, 0], abs=1e-6)


def test_gradient_times_input(rng):
    noisy = noisy_picture(rng, 30, 30, 1)
    network, second = load_denoiser("unet-grey").at(25), classifier(1)
    plain, times = (chain(network, second, noisy, 1, method) for method in METHODS[:2])
    np.testing.assert_allclose(times.through, plain.through * noisy, atol=1e-6)
    np.testing.assert_allclose(times.own, plain.own * plain.denoised, atol=1e-6)
    assert np.isnan(times.through_residual).all() and plain.level_share == 0 and times.level_share != 0


def test_a_homogeneous_chain_adds_up_by_gradient_times_input(rng):
    """Without constants anywhere S(y, s) = y dS/dy + s dS/ds (Euler), where no output is limited."""
    noisy = 0.5 + 0.3 * (noisy_picture(rng, 30, 30, 1) - 0.5)
    second = classifier(1, bias=False)
    for layer in second.model.layers[1:3]:
        layer.activation = keras.activations.relu
    found = chain(load_denoiser("unet-grey").at(25), second, noisy, 1, "gradient_x_input")
    assert found.denoised.min() > 0 and found.denoised.max() < 1
    assert found.through.sum(dtype=np.float64) + found.level_share[0] == pytest.approx(float(found.score[0]), rel=1e-4)


@pytest.mark.parametrize("denoiser", ["unet-grey", "unet-blind", "ffdnet", "smooth"])
def test_integrated_gradients_add_up(denoiser, rng):
    """Networks with and without constants, which go two ways."""
    network = smooth_denoiser() if denoiser == "smooth" else load_denoiser(denoiser).at(25)
    noisy = np.concatenate([noisy_picture(rng, 32, 28, 1), noisy_picture(rng, 32, 28, 1, level=40)])
    second = classifier(1)
    steps = 150 if denoiser == "ffdnet" else 50  # its rectifiers switch along the way
    found = chain(network, second, noisy, [0, 1], "integrated_gradients", steps=steps)
    assert (found.through_residual < 0.01).all() and (found.own_residual < 0.01).all()
    # The figures themselves, from the scores of the network.
    score = logits(second.model, second.prepare(found.denoised)).numpy()[[0, 1], [0, 1]]
    nothing = logits(second.model, np.zeros((1, SIDE, SIDE, 1), np.float32)).numpy()[0, [0, 1]]
    np.testing.assert_allclose(found.own.sum(axis=(1, 2, 3)), score - nothing, rtol=0.01, atol=1e-4)
    if denoiser.startswith("unet"):
        total = found.through.sum(axis=(1, 2, 3)) + found.level_share
        np.testing.assert_allclose(total, score - nothing, rtol=0.01, atol=1e-4)
    assert (found.level_share != 0).all() == (denoiser in ("unet-grey", "ffdnet"))


def test_its_own_map_is_that_of_explain(rng):
    noisy = noisy_picture(rng, SIDE, SIDE, 1)
    second = classifier(1)
    found = chain(smooth_denoiser(), second, noisy, 1, "integrated_gradients")
    expected = explain(second.model, found.denoised, "integrated_gradients", 1)
    np.testing.assert_allclose(found.own[..., 0], expected.heatmap, atol=1e-5)


def test_the_identity_in_front_changes_nothing(rng):
    identity = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Activation("linear")])
    noisy = np.clip(noisy_picture(rng, 30, 30, 1), 0, 1)
    for method in METHODS:
        found = chain(identity, classifier(1), noisy, 2, method)
        np.testing.assert_allclose(found.through, found.own, atol=1e-5)
        assert (found.removed.values == 0).all() and found.removed.change == 0


def test_removed_evidence_adds_up_to_what_the_denoiser_changed(rng):
    noisy = noisy_picture(rng, 32, 28, 1)
    denoised = load_denoiser("gaussian")(noisy)
    second = classifier(1)
    found = removed_evidence(second, noisy, denoised, 1)
    before, after = (float(logits(second.model, second.prepare(x)).numpy()[0, 1]) for x in (noisy, denoised))
    assert found.change == pytest.approx(after - before, rel=1e-4)
    assert found.values.sum(dtype=np.float64) == pytest.approx(after - before, rel=0.01)
    assert found.residual < 0.01
    assert found.raised > 0 > found.lowered and found.raised + found.lowered == pytest.approx(found.values.sum(), rel=1e-3)


def test_a_linear_classifier_tells_what_was_removed(rng):
    """S = <w, x>: the evidence in the removed part is w times the change, number for number."""
    model = keras.Sequential([keras.Input((8, 9, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    noisy, denoised = rng.random((2, 1, 8, 9, 1)).astype(np.float32)
    found = removed_evidence(model, noisy, denoised, 1, steps=3)
    weights = model.layers[-1].kernel.numpy()[:, 1].reshape(8, 9, 1)
    np.testing.assert_allclose(found.values[0], weights * (denoised - noisy)[0], atol=1e-6)


def test_the_predicted_class_is_that_of_the_denoised_picture(rng):
    noisy = noisy_picture(rng, 30, 30, 1)
    network, second = load_denoiser("unet-blind"), classifier(1)
    found = chain(network, second, noisy)
    assert found.target == f"class:{int(logits(second.model, second.prepare(network(noisy))).numpy().argmax())}"


def test_progress_comes(rng):
    shares = []
    network = load_denoiser("unet-blind")
    chain(network, classifier(1), noisy_picture(rng, 24, 24, 1), 0, "integrated_gradients", steps=9, progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1) and len(shares) > 9


def test_mistakes_are_named(rng):
    noisy, second = noisy_picture(rng, 24, 24, 1), classifier(1)
    with pytest.raises(InvalidInput, match="a method of gradient"):
        chain(load_denoiser("unet-blind"), second, noisy, 0, "lime")
    with pytest.raises(InvalidInput, match="denoiser.at"):
        chain(load_denoiser("unet-grey"), second, noisy, 0)
    with pytest.raises(InvalidInput, match="Choose a network"):
        chain(load_denoiser("median"), second, noisy, 0)
    with pytest.raises(InvalidInput, match="at least 1 step"):
        chain(load_denoiser("unet-blind"), second, noisy, 0, steps=0)
    with pytest.raises(InvalidInput, match="of one shape"):
        removed_evidence(second, noisy, noisy[:, 1:], 0)
    with pytest.raises(InvalidInput, match="with a neural network"):
        removed_evidence(lambda images: np.zeros((len(images), 2), np.float32), noisy, noisy, 0)
    own_way = SimpleNamespace(model=second.model, prepare=lambda images: 1 - prepared(images, (SIDE, SIDE, 1)))
    with pytest.raises(InvalidInput, match="a way of its own"):
        removed_evidence(own_way, noisy, noisy, 0)
