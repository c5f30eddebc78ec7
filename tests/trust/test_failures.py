"""Every kind of failure on a case made to have it, and none on healthy maps."""

from dataclasses import replace

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.explainers import EXPLAINERS, explain
from xai_core.trust.failures import Failure, failures, untrained
from xai_core.types import Explanation

SIDE = 32


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """One picture with structure at all scales, (1, 32, 32, 3)."""
    return np.random.default_rng(4).random((1, SIDE, SIDE, 3), np.float32)


@pytest.fixture(scope="module")
def heatmap() -> np.ndarray:
    """A map with both signs that has nothing to do with the picture, (1, 32, 32)."""
    return np.random.default_rng(5).normal(0, 1, (1, SIDE, SIDE)).astype(np.float32)


def made(heatmap, method, **diagnostics) -> Explanation:
    """An explanation as `explain` returns it; numbers become (N,) arrays."""
    figures = {
        name: value if isinstance(value, str) else np.full(len(heatmap), value, np.float64) for name, value in diagnostics.items()
    }
    signed = bool(EXPLAINERS.get(method).supports["signed"])
    return Explanation(heatmap if signed else np.abs(heatmap), method, "class:1", {}, signed, figures)


def codes(found, images, model=None) -> list[list[str]]:
    return [[failure.code for failure in row] for row in failures(found, images, model)]


def network(*, kernel=None, bias=0.0, gain=1.0, side=SIDE, pools=0):
    """Convolution "conv" with ReLU, pools, mean, two logits gain * (-m, m), softmax; kernel: of the convolution, (3, 3, 3, C)."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    kernel = np.random.default_rng(2).normal(0, 1, (3, 3, 3, 4)) if kernel is None else kernel
    x = inputs = keras.Input((side, side, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="early")(x)
    for _ in range(pools):
        x = layers.MaxPooling2D(2)(x)
    conv = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")
    if not pools:
        x = inputs
    x = conv(x)
    x = layers.GlobalAveragePooling2D()(x)
    head = layers.Dense(2, name="head")
    model = keras.Model(inputs, layers.Softmax()(head(x)))
    if not pools:
        conv.set_weights([kernel, np.full(4, bias)])
    head.set_weights([gain * np.array([[-1.0, 1.0]] * 4), np.zeros(2)])
    return model


@pytest.fixture(scope="module")
def healthy():
    return network(gain=0.1)


@pytest.mark.parametrize(
    "method", [spec.name for spec in EXPLAINERS if not (spec.supports.get("slow") or spec.supports.get("attention"))]
)
def test_a_healthy_network_has_healthy_maps(healthy, picture, method):
    parameters = {"layer": "conv"} if any(p.name == "layer" for p in EXPLAINERS.get(method).parameters) else {}
    found = explain(healthy, picture, method, 1, **parameters)
    assert codes(found, picture, healthy) == [[]]


@pytest.mark.parametrize(
    ("method", "figures"),
    [
        ("lime", {"r2": 0.9, "segment_count": 40, "score": 2.0}),
        ("integrated_gradients", {"completeness_residual": 0.01, "delta": 3.0, "score": 2.0}),
        ("occlusion", {"score": 2.0}),
        ("smoothgrad", {"score": 2.0}),
        ("random_map", {}),
    ],
)
def test_healthy_figures_say_nothing(heatmap, picture, method, figures):
    assert codes(made(heatmap, method, **figures), picture) == [[]]


def test_the_reason_of_a_blank_cam_is_told(picture):
    """Features that are there but speak against the class, and a layer that is silent."""
    opposed = network(gain=0.1)
    found = explain(opposed, picture, "grad_cam", 0, layer="conv")
    assert found.diagnostics["blank"].all()
    assert codes(found, picture, opposed) == [["blank_cam"]]
    assert codes(found, picture) == [["blank_cam"]]  # the map alone says as much
    [[failure]] = failures(found, picture, opposed)
    assert "layer conv" in failure.sentence
    assert failure.grave

    dead = network(gain=0.1, bias=-100.0)
    found = explain(dead, picture, "layer_cam", 1, layer="conv")
    [[failure]] = failures(found, picture, dead)
    assert failure.code == "dead_layer"
    assert "all its 4 channels are zero" in failure.sentence


def test_channels_that_are_mostly_silent_are_good_to_know(picture):
    kernel = np.random.default_rng(2).random((3, 3, 3, 4))
    kernel[..., 1:] *= -1  # pictures are positive: three of four channels never fire
    model = network(gain=0.1, kernel=kernel)
    [[failure]] = failures(explain(model, picture, "grad_cam", 1, layer="conv"), picture, model)
    assert (failure.code, failure.grave) == ("silent_channels", False)
    assert "3 of 4" in failure.sentence


@pytest.mark.parametrize(
    ("method", "figures", "words"),
    [
        ("saliency", {"score": 1.0}, "gradient is zero"),
        ("integrated_gradients", {"completeness_residual": 0.0, "delta": 0.0, "score": 1.0}, "baseline"),
        ("occlusion", {"score": 1.0}, "hiding parts"),
        ("lime", {"segment_count": 30, "r2": 1.0}, "hiding parts"),
        ("edges", {}, "no edges"),
    ],
)
def test_other_blank_maps(picture, method, figures, words):
    [[failure]] = failures(made(np.zeros((1, SIDE, SIDE), np.float32), method, **figures), picture)
    assert failure.code == "blank"
    assert words in failure.sentence


def test_a_target_that_does_not_depend_on_the_picture(picture):
    model = network(gain=0.0)
    for method in ("saliency", "integrated_gradients"):
        assert codes(explain(model, picture, method, 1), picture, model) == [["blank"]]


def test_a_picture_that_is_its_own_baseline(healthy):
    black = np.zeros((1, SIDE, SIDE, 3), np.float32)
    [[failure]] = failures(explain(healthy, black, "integrated_gradients", 1), black, healthy)
    assert "baseline" in failure.sentence


@pytest.mark.parametrize(("count", "code"), [(1, "one_superpixel"), (2, "few_superpixels"), (7, "few_superpixels"), (8, None)])
def test_lime_with_few_superpixels(heatmap, picture, count, code):
    values = np.full_like(heatmap, 0.4) if count == 1 else heatmap
    assert codes(made(values, "lime", segment_count=count, r2=0.9), picture) == [[code] if code else []]


def test_lime_on_one_superpixel_of_a_real_network(healthy, picture):
    found = explain(healthy, picture, "lime", 1, samples=20, segments=np.zeros((SIDE, SIDE), np.int64))
    assert codes(found, picture, healthy) == [["one_superpixel"]]


def test_lime_that_fits_nothing(heatmap, picture):
    assert codes(made(heatmap, "lime", segment_count=40, r2=0.19), picture) == [["poor_fit"]]
    assert codes(made(heatmap, "lime", segment_count=40, r2=0.21), picture) == [[]]


def test_parts_that_do_not_add_up(heatmap, picture):
    def codes_of(residual, delta):
        return codes(made(heatmap, "integrated_gradients", completeness_residual=residual, delta=delta, score=2.0), picture)

    assert codes_of(0.06, 3.0) == [["incomplete"]]
    assert codes_of(0.04, 3.0) == [[]]
    assert codes_of(0.5, 1e-4) == [["no_difference"]]


def test_a_saturated_gradient(picture):
    """Logits that a sigmoid before them has flattened."""
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.GlobalAveragePooling2D()(inputs)
    x = layers.Dense(2, activation="tanh", kernel_initializer=keras.initializers.Constant(15.0))(x)
    model = keras.Model(inputs, layers.Softmax()(layers.Dense(2, kernel_initializer=keras.initializers.Constant(0.5))(x)))
    bright = picture * 0.1 + np.float32(0.9) * (1 + 0.01 * picture)
    found = explain(model, bright, "saliency", 1)
    found = replace(
        found, heatmap=found.heatmap + np.linspace(0, 1e-9, SIDE, dtype=np.float32)
    )  # rounding, so that it is not blank
    assert codes(found, bright, model) == [["flat_gradient"]]
    assert codes(replace(found, heatmap=found.heatmap + np.float32(0.1) * picture[..., 0]), bright, model) == [[]]


@pytest.mark.parametrize(("gain", "target", "bound"), [(100.0, 1, "above 0.999"), (100.0, 0, "below 0.001")])
def test_a_saturated_softmax(picture, gain, target, bound):
    model = network(gain=gain)
    [[failure]] = failures(explain(model, picture, "saliency", target), picture, model)
    assert (failure.code, failure.grave) == ("saturated", False)
    assert bound in failure.sentence
    assert "logit" in failure.advice
    found = explain(model, picture, "saliency", target)
    [[failure]] = failures(replace(found, method="score_cam"), picture, model)  # which weighs by probability
    assert failure.grave


@pytest.mark.parametrize(("bias", "found"), [(5.0, []), (9.0, ["saturated"])])
def test_a_saturated_sigmoid(picture, bias, found):
    """One unit z has the probability 1 / (1 + exp(-z)), not the softmax over (-z, z), which would be sure at z = 5."""
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 3))
    keras.utils.set_random_seed(0)
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    unit = layers.Dense(1, activation="sigmoid", kernel_initializer="zeros", bias_initializer=keras.initializers.Constant(bias))
    model = keras.Model(inputs, unit(x))
    unit.kernel.assign(np.full((4, 1), 0.1))
    assert codes(explain(model, picture, "saliency", 1), picture, model) == [found]


def test_a_map_that_shows_the_edges(picture):
    from skimage.filters import sobel

    edges = sobel(picture[0].mean(axis=-1))[None].astype(np.float32)
    assert codes(made(edges**3, "saliency", score=1.0), picture) == [["edges"]]  # the order counts, not the values
    assert codes(made(-edges, "occlusion", score=1.0), picture) == [["edges"]]
    assert codes(made(edges, "edges"), picture) == [[]]  # the control itself
    # An empty background alone does not make a map like the edges.
    dark = picture * (np.arange(SIDE) < 10)[:, None, None].astype(np.float32)
    noise = np.random.default_rng(1).random((1, SIDE, SIDE), np.float32) * (np.arange(SIDE) < 11)[:, None]
    assert codes(made(noise.astype(np.float32), "saliency", score=1.0), dark) == [[]]


def test_a_layer_of_two_by_two(picture):
    model = network(gain=0.1, pools=4)
    found = explain(model, picture, "grad_cam", int(np.asarray(model(picture)).argmax()), layer="conv")
    [coarse] = [failure for failure in failures(found, picture, model)[0] if failure.code in ("coarse_layer", "blank_cam")]
    assert coarse.code == "coarse_layer"
    assert "2 x 2" in coarse.sentence
    assert "early" in coarse.advice


def test_a_layer_without_rows_and_columns_is_refused_with_the_usable_ones(healthy, picture):
    with pytest.raises(InvalidInput, match="Usable layers: conv"):
        explain(healthy, picture, "grad_cam", 1, layer="head")


@pytest.mark.parametrize(("correlation", "said"), [(0.95, True), (0.8, False), (0.2, False), (float("nan"), False)])
def test_same_as_for_an_untrained_network(correlation, said):
    failure = untrained(correlation)
    assert (failure is not None) == said
    if failure:
        assert "untrained network" in failure.sentence


def test_each_picture_of_a_batch_has_its_own(heatmap, picture):
    batch = np.concatenate([heatmap, np.zeros_like(heatmap), heatmap])
    found = made(batch, "lime", segment_count=40, r2=0.9)
    found.diagnostics["r2"][2] = 0.0
    assert codes(found, np.repeat(picture, 3, axis=0)) == [[], ["blank"], ["poor_fit"]]


def test_targets_of_their_own_and_functions_without_a_network(healthy, picture):
    pair = np.concatenate([picture, picture[:, ::-1]])
    assert codes(explain(healthy, pair, "saliency", [0, 1]), pair, healthy) == [[], []]

    def brightness(images):
        return np.stack([images.mean(axis=(1, 2, 3)), images[:, :16].mean(axis=(1, 2, 3))], axis=-1)

    found = explain(brightness, picture, "occlusion", 1)
    assert codes(found, picture, brightness) == [[]]


def test_the_grave_come_first_and_every_text_is_a_sentence(picture):
    model = network(gain=100.0)
    from skimage.filters import sobel

    found = replace(explain(model, picture, "saliency", 1), heatmap=sobel(picture[0].mean(axis=-1))[None].astype(np.float32))
    rows = failures(found, picture, model)
    assert [failure.code for failure in rows[0]] == ["edges", "saturated"]
    for failure in (*rows[0], untrained(0.9)):
        assert isinstance(failure, Failure)
        assert failure.sentence.endswith(".")
        assert failure.advice.endswith(".")
