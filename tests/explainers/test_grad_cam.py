"""Grad-CAM: against tf-keras-vis, the formula, layers in nested models, errors."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.classifiers.cnn2 import build_cnn2
from xai_core.classifiers.cnn_small import build_cnn_small
from xai_core.errors import InvalidInput, UnknownName
from xai_core.explainers import EXPLAINERS, default_layer, explain, list_layers, spatial_layers
from xai_core.explainers._gradients import layer_gradients
from xai_core.explainers._models import examine
from xai_core.explainers.grad_cam import grad_cam


def linear_cnn(channels: int) -> keras.Model:
    """A functional model whose output is the logits: tf-keras-vis explains the output as it is."""
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((24, 20, channels))
    x = layers.Conv2D(6, 3, activation="relu", name="first")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Conv2D(9, 3, activation="relu", name="second")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, layers.Dense(4, name="logits")(x))


def smallest_to_largest(maps):
    """tf-keras-vis stretches each map from its smallest to its largest value, with an epsilon of 1e-7 below."""
    low, high = (f(maps, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    return (maps - low) / (high - low + 1e-7)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layer", ["first", "second"])
def test_agrees_with_tf_keras_vis(layer, channels, rng):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports a name that SciPy moved
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.scores import CategoricalScore
    model, images = linear_cnn(channels), rng.random((3, 24, 20, channels), np.float32)
    oracle = Gradcam(model, clone=False)
    for target in ([0, 0, 0], [3, 1, 2]):
        ours = grad_cam(examine(model, images, target), layer=layer).maps
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it hands a list to a model of one input
            theirs = oracle(CategoricalScore(target), images, penultimate_layer=layer, expand_cam=False, normalize_cam=False)
            normalised = oracle(CategoricalScore(target), images, penultimate_layer=layer, expand_cam=False)
        np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())
        np.testing.assert_allclose(smallest_to_largest(ours), normalised, atol=1e-4)
        assert np.max(normalised) > 0.99


def test_formula_by_hand(rng):
    inputs = keras.Input((5, 5, 1))
    maps = layers.Conv2D(2, 1, use_bias=False, name="maps")(inputs)
    model = keras.Model(inputs, layers.Dense(1, use_bias=False, name="out")(layers.GlobalAveragePooling2D()(maps)))
    model.get_layer("maps").kernel.assign([[[[1.0, -2.0]]]])
    model.get_layer("out").kernel.assign([[3.0], [1.0]])
    images = rng.random((2, 5, 5, 1), np.float32)
    found = explain(model, images, "grad_cam", 0)
    # S = 3 mean(x) + 1 mean(-2 x): dS/dA = (3, 1) / 25 everywhere, so the map is (3 x - 2 x) / 25
    np.testing.assert_allclose(found.heatmap, images[..., 0] / 25, rtol=1e-5)
    assert found.diagnostics["blank"].tolist() == [False, False]


def test_blank_map_is_said(rng):
    model = linear_cnn(1)
    found = explain(model, np.stack([np.zeros((24, 20, 1), np.float32), rng.random((24, 20, 1), np.float32)]), "grad_cam", 0)
    assert found.diagnostics["blank"].tolist() == [True, False]
    assert not found.heatmap[0].any()


def test_default_layers(autoencoder):
    assert default_layer(build_cnn2(32)) == "conv_3"
    assert default_layer(build_cnn_small()) == "relu_3_2"  # past the normalisation
    assert default_layer(autoencoder) == "decode_2"  # not the reconstruction: that is the output


def test_default_layer_of_every_kind(models):
    assert default_layer(models("nested", 3)) == "base/deeper"
    assert default_layer(models("picture_to_picture", 3)) == "wide"
    assert default_layer(models("subclassed", 3), side=16) == "conv"


def test_layer_inside_a_nested_model(models, rng):
    """The same network without nesting has the same maps."""
    model, images = models("nested", 3), rng.random((2, 16, 16, 3), np.float32)
    base, inner = model.get_layer("base"), model.get_layer("head")
    x = inputs = keras.Input((16, 16, 3))
    x = model.get_layer("rescale")(x)
    x = deep = base.get_layer("deep")(x)
    x = base.get_layer("relu")(x)
    x = base.get_layer("add")([x, base.get_layer("deeper")(x)])
    for layer in inner.layers:
        x = layer(x)
    flat = keras.Model(inputs, [deep, x])
    import tensorflow as tf

    cut = examine(model, images, 2)
    activation, gradient, score = layer_gradients(cut, "base/deep")
    with tf.GradientTape() as tape:
        expected, logits = flat(images)
        tape.watch(expected)
        y = base.get_layer("relu")(expected)
        y = base.get_layer("add")([y, base.get_layer("deeper")(y)])
        for layer in inner.layers:
            y = layer(y)
        chosen = y[:, 2]
    np.testing.assert_allclose(activation, expected, atol=1e-6)
    np.testing.assert_allclose(gradient, tape.gradient(chosen, expected), atol=1e-6)
    np.testing.assert_allclose(score, logits[:, 2], atol=1e-6)
    by_end, by_path = (explain(model, images, "grad_cam", 2, layer=name) for name in ("deep", "base/deep"))
    assert by_end.diagnostics["layer"] == "base/deep"
    np.testing.assert_array_equal(by_end.heatmap, by_path.heatmap)


def test_layer_that_hands_on_its_input_has_its_own_gradient(rng):
    """At inference dropout returns its input itself; the branch beside it must not count."""
    inputs = keras.Input((4, 4, 1))
    x = layers.Conv2D(2, 1, name="conv")(inputs)
    dropped = layers.Dropout(0.5, name="dropped")(x)
    total = layers.Add()([layers.GlobalAveragePooling2D()(dropped), layers.GlobalAveragePooling2D()(x)])
    model = keras.Model(inputs, total)
    subject = examine(model, rng.random((1, 4, 4, 1), np.float32), 0)
    np.testing.assert_allclose(layer_gradients(subject, "dropped")[1][..., 0], 1 / 16, rtol=1e-6)
    np.testing.assert_allclose(layer_gradients(subject, "conv")[1][..., 0], 2 / 16, rtol=1e-6)


@pytest.mark.parametrize("target", ["pixel:12,7", "window:4,4,8,8", None])
def test_autoencoder(target, autoencoder, rng):
    model, images = autoencoder, rng.random((2, 28, 28, 1), np.float32)
    found = explain(model, images, "grad_cam", target)
    assert found.heatmap.shape == (2, 28, 28)
    assert found.diagnostics["layer"] == "decode_2"
    assert explain(model, images, "grad_cam", target, layer="code").diagnostics["layer"] == "code"


def test_layers_that_cannot_be_used(models):
    images = np.zeros((1, 16, 16, 3), np.float32)
    with pytest.raises(InvalidInput, match=r"'average' has shape \(8,\). Usable layers: first, pool, second"):
        explain(models("functional", 3), images, "grad_cam", 0, layer="average")
    with pytest.raises(UnknownName, match="Did you mean 'second'"):
        explain(models("functional", 3), images, "grad_cam", 0, layer="secnd")
    dense = keras.Sequential([keras.Input((16, 16, 3)), layers.Flatten(), layers.Dense(2)])
    with pytest.raises(InvalidInput, match="this network has none"):
        explain(dense, images, "grad_cam", 0)
    x = inputs = keras.Input((16, 16, 3))
    aside = layers.Conv2D(2, 3, name="aside")(x)
    useless = layers.Lambda(lambda pair: pair[0], name="first_only")([layers.Conv2D(4, 3, name="used")(x), aside])
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(useless)))
    with pytest.raises(InvalidInput, match="does not depend on the layer 'aside'"):
        explain(model, images, "grad_cam", 0, layer="aside")


def test_lists_for_a_layer_picker(models):
    every = list_layers(models("nested", 3))
    assert [layer.name for layer in every] == [
        "rescale",
        "base/deep",
        "base/relu",
        "base/deeper",
        "base/add",
        "base",
        "head/average",
        "head/scores",
        "head",
        "softmax",
    ]
    assert (every[1].kind, every[1].shape) == ("Conv2D", (16, 16, 6))
    assert [layer.name for layer in spatial_layers(models("nested", 3))] == [layer.name for layer in every[:6]]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layer", ["first", "second"])
@pytest.mark.parametrize("method", ["grad_cam_plus_plus", "layer_cam"])
def test_the_family_agrees_with_tf_keras_vis(method, layer, channels, rng):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
        from tf_keras_vis.layercam import Layercam
        from tf_keras_vis.utils.scores import CategoricalScore
    model, images = linear_cnn(channels), rng.random((3, 24, 20, channels), np.float32)
    oracle = {"grad_cam_plus_plus": GradcamPlusPlus, "layer_cam": Layercam}[method](model, clone=False)
    targets = [3, 1, 2]
    ours = EXPLAINERS.get(method).load()(examine(model, images, targets), layer=layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = oracle(CategoricalScore(targets), images, penultimate_layer=layer, expand_cam=False, normalize_cam=False)
    factor = np.exp(ours.diagnostics["score"])[:, None, None] if method == "grad_cam_plus_plus" else 1
    assert np.max(theirs) > 0
    np.testing.assert_allclose(factor * ours.maps, theirs, atol=1e-4 * np.abs(theirs).max())


@pytest.mark.parametrize("channels", [1, 3])
def test_score_cam_agrees_with_tf_keras_vis(channels, rng):
    """At a layer of the input's size, because the two enlarge differently."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from tf_keras_vis.scorecam import Scorecam
        from tf_keras_vis.utils.scores import CategoricalScore
    keras.utils.set_random_seed(3)
    inputs = keras.Input((12, 14, channels))
    x = layers.Conv2D(6, 3, activation="relu", padding="same", name="first")(inputs)
    model = keras.Model(inputs, layers.Dense(4)(layers.Flatten()(x)))
    images, targets = rng.random((2, 12, 14, channels), np.float32), [3, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = [
            Scorecam(model, clone=False)(
                CategoricalScore(target), image[None], penultimate_layer="first", expand_cam=False, normalize_cam=False
            )[0]
            for image, target in zip(images, targets, strict=True)
        ]
    ours = EXPLAINERS.get("score_cam").load()(examine(model, images, targets), channels=0)
    assert ours.diagnostics["channels"] == 6
    np.testing.assert_allclose(ours.maps, theirs, atol=1e-4 * np.abs(theirs).max())
