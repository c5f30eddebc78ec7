"""The networks: parameter counts of their papers, pictures of any size, tiles, the bias-free identity."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from xai_core.denoisers import DENOISERS, Denoiser, _tiles, fits, load_denoiser
from xai_core.denoisers.neural._layers import CropLike, DepthToSpace, PadToMultiple, SpaceToDepth
from xai_core.denoisers.neural.adnet import build_adnet
from xai_core.denoisers.neural.dncnn import build_dncnn
from xai_core.denoisers.neural.ffdnet import build_ffdnet
from xai_core.denoisers.neural.unet import build_unet
from xai_core.errors import InvalidInput, ModelNotFound
from xai_core.explainers import explain, summarise_layers
from xai_core.noise import add_noise
from xai_core.registry import Spec

BIAS_FREE = [spec.name for spec in DENOISERS if spec.name.startswith("unet")]
GUIDED = [name for name in BIAS_FREE if DENOISERS.get(name).supports.get("guided")]


def trained(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


@pytest.fixture(scope="module")
def small():
    """An untrained guided U-Net for grey pictures of any size, as a denoiser."""
    keras.utils.set_random_seed(0)
    model = build_unet(1, widths=(8, 12, 16))
    for layer in model.layers:  # larger than they start, so that the network does something
        layer.set_weights([3 * weight for weight in layer.get_weights()] if layer.name == "found" else layer.get_weights())
    spec = Spec("small", "Small U-Net", "", "", supports={"neural": True, "channels": 1, "guided": True, "reach": 64})
    return Denoiser(spec, model)


# Papers


@pytest.mark.parametrize(
    ("build", "count"),
    [(build_dncnn, 556_032), (build_ffdnet, 485_316), (build_adnet, 519_171)],  # ../shared/DENOISERS.md, section 1.1
    ids=["DnCNN", "FFDNet", "ADNet"],
)
def test_parameters_of_the_papers(build, count):
    assert trained(build()) == count


def test_adnet_has_its_dilations_and_its_attention():
    model = build_adnet()
    convolutions = [layer for layer in model.layers if layer.name.startswith("conv_")]
    assert len(convolutions) == 16
    assert [i for i, layer in enumerate(convolutions, 1) if layer.dilation_rate == (2, 2)] == [2, 5, 9, 12]
    assert model.get_layer("attention").kernel_size == (1, 1)


def test_the_order_of_ffdnets_parts_is_the_authors():
    """Column by column, as MATLAB counts; `ops.space_to_depth` goes row by row, which costs 3 dB with the authors' weights."""
    parts = SpaceToDepth()(np.arange(8, dtype=np.float32).reshape(1, 2, 4, 1))
    np.testing.assert_array_equal(parts, [[[[0, 4, 1, 5], [2, 6, 3, 7]]]])


def test_depth_to_space_is_the_inverse(rng):
    images = rng.random((2, 6, 10, 3), np.float32)
    np.testing.assert_array_equal(DepthToSpace()(SpaceToDepth()(images)), images)


@pytest.mark.parametrize(("multiple", "height", "width"), [(8, 9, 16), (16, 8, 6)], ids=["once", "twice"])
def test_pad_and_crop(rng, multiple, height, width):
    """Sides that are known while the graph is made and sides that are not; a side shorter than what it lacks."""
    images = rng.random((2, height, width, 3), np.float32)
    expected = np.pad(images, ((0, 0), (0, -height % multiple), (0, -width % multiple), (0, 0)), mode="reflect")
    layer = PadToMultiple(multiple)
    unknown = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)], autograph=False)
    for padded in (layer(images), unknown(images)):
        np.testing.assert_array_equal(padded, expected)
        np.testing.assert_array_equal(CropLike()([padded, images]), images)


@pytest.mark.parametrize("layer", [PadToMultiple(4), CropLike(), SpaceToDepth(), DepthToSpace()], ids=lambda layer: layer.name)
def test_layers_are_saved_by_name(layer):
    name = keras.saving.get_registered_name(type(layer))
    assert name == f"xai_core>{type(layer).__name__}"
    assert type(type(layer).from_config(layer.get_config())) is type(layer)


@pytest.mark.parametrize(
    ("model", "channels"),
    [(lambda: build_unet(3), 4), (lambda: build_unet(1, guided=False), 1), (build_dncnn, 1), (build_ffdnet, 2), (build_adnet, 1)],
    ids=["unet", "blind unet", "dncnn", "ffdnet", "adnet"],
)
@pytest.mark.parametrize("size", [(8, 9), (16, 16), (33, 50)])
def test_any_size_comes_back_at_its_size(model, channels, size, rng):
    images = rng.random((1, *size, channels), np.float32)
    output = np.asarray(model()(images))
    assert output.shape[:3] == (1, *size)
    assert np.isfinite(output).all()


# Bias-free


def load(name):
    try:
        return load_denoiser(name)
    except ModelNotFound as error:
        pytest.skip(f"not trained on this machine: {error}")


def guided_inputs(denoiser, rng):
    channels = denoiser.spec.supports["channels"]
    shape = denoiser.spec.supports.get("shape", (37, 50, channels))
    noisy = add_noise(rng.random((2, *shape), np.float32), "gaussian", 25)
    return tf.constant(denoiser.at(25).prepare(noisy))


def jacobian_times_by_forward_mode(model, at, direction):
    with tf.autodiff.ForwardAccumulator(at, direction) as tangent:
        output = model(at, training=False)
    return tangent.jvp(output), output


def jacobian_times_by_reverse_mode(model, at, direction):
    """The transpose of the transpose: v -> J^T v is linear, and its own reverse mode is J."""
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(at)
            output = model(at, training=False)
            cotangent = tf.zeros_like(output)
            outer.watch(cotangent)
        transposed = inner.gradient(output, at, output_gradients=cotangent)
    return outer.gradient(transposed, cotangent, output_gradients=direction), output


@pytest.mark.parametrize("name", BIAS_FREE)
@pytest.mark.parametrize("product", [jacobian_times_by_forward_mode, jacobian_times_by_reverse_mode])
def test_the_output_is_the_jacobian_times_the_input(name, product, rng):
    """f = J_y y + J_s s, for picture and level together: the input itself as the direction."""
    denoiser = load(name)
    inputs = guided_inputs(denoiser, rng)
    found, output = product(denoiser.model, inputs, inputs)
    assert np.abs(found - output).max() / np.abs(output).max() < 1e-5


@pytest.mark.parametrize("name", GUIDED)
def test_the_parts_of_picture_and_level_add_up(name, rng):
    """The same with two products: one for the picture, one for the level; neither is zero."""
    denoiser = load(name)
    inputs = guided_inputs(denoiser, rng).numpy()
    output, parts = None, []
    for channels in (slice(None, -1), slice(-1, None)):
        direction = np.zeros_like(inputs)
        direction[..., channels] = inputs[..., channels]
        part, output = jacobian_times_by_forward_mode(denoiser.model, tf.constant(inputs), tf.constant(direction))
        assert np.abs(part).max() > 1e-3
        parts.append(part.numpy())
    assert np.abs(sum(parts) - output).max() / np.abs(output).max() < 1e-5


@pytest.mark.parametrize("name", BIAS_FREE)
@pytest.mark.parametrize("factor", [0.1, 0.5, 3.0, 10.0])
def test_scale_equivariance(name, factor, rng):
    denoiser = load(name)
    inputs = guided_inputs(denoiser, rng)
    scaled, output = denoiser.model(factor * inputs), denoiser.model(inputs)
    assert np.abs(scaled - factor * output).max() / np.abs(factor * output).max() < 1e-5


def test_no_network_of_ours_adds_a_constant():
    assert all(not getattr(layer, "use_bias", False) for layer in build_unet(3).layers)


# The wrapper


def test_tiles_are_without_a_seam(small, rng, monkeypatch):
    """The same picture whole and in tiles, at sides that are multiples of nothing."""
    noisy = rng.random((1, 301, 213, 1), np.float32)
    whole = small(noisy, 25)
    monkeypatch.setattr(_tiles, "LARGEST", 10_000)
    monkeypatch.setattr(_tiles, "TILE", 160)
    np.testing.assert_allclose(small(noisy, 25), whole, atol=1e-5)


@pytest.mark.parametrize("margin", [17, 53, 64])
@pytest.mark.parametrize("length", [897, 1000, 1001, 1663, 1664, 1665, 2000, 5000])
def test_tiles_cover_a_side_once_and_keep_their_margins(length, margin):
    spans = _tiles._spans(length, margin)
    covered = np.zeros(length, int)
    for begin, kept in spans:
        covered[kept] += 1
        assert begin % _tiles.STEP == 0
        assert kept.start - begin >= (margin if begin else 0)
        end = begin + _tiles.TILE
        assert end >= length or end - kept.stop >= margin
    assert (covered == 1).all()


def test_a_grey_network_takes_colours_one_by_one(small, rng):
    noisy = rng.random((2, 20, 30, 3), np.float32)
    expected = np.concatenate([small(noisy[..., i, None], 30) for i in range(3)], axis=-1)
    np.testing.assert_allclose(small(noisy, 30), expected, atol=1e-6)
    with pytest.raises(InvalidInput, match="takes grey pictures"):
        small.prepare(noisy)


def test_the_level_is_told_by_the_call_or_by_the_denoiser(small, rng):
    noisy = rng.random((1, 24, 24, 1), np.float32)
    assert np.array_equal(small.at(40)(noisy), small(noisy, 40))
    assert np.array_equal(small.at(40)(noisy, 10), small(noisy, 10))
    assert not np.array_equal(small(noisy, 40), small(noisy, 10))
    assert small.at(40).prepare(noisy)[0, 0, 0, 1] == pytest.approx(40 / 255)


def test_unclipped_is_clipped_by_the_call(small, rng):
    noisy = 3 * rng.random((1, 24, 24, 1), np.float32) - 1
    free = small.unclipped(noisy, 30)
    assert free.min() < 0 and free.max() > 1
    assert np.array_equal(np.clip(free, 0, 1), small(noisy, 30))


def test_what_networks_of_any_size_take(small):
    grey, colour = small.spec, Spec("c", "C", "", "", supports={"neural": True, "channels": 3})
    assert fits(grey, (8, 8, 1)) and fits(grey, (2000, 9, 3)) and fits(colour, (8, 8, 3))
    assert not fits(grey, (7, 100, 1)) and not fits(colour, (8, 8, 1))
    with pytest.raises(InvalidInput, match="at least 8 x 8 pixels; received"):
        small(np.zeros((1, 5, 30, 1), np.float32), 25)


# Explanations of a guided network


@pytest.mark.parametrize("method", ["integrated_gradients", "grad_cam", "lime"])
def test_a_guided_network_is_explained_at_its_level(small, method, rng):
    """Maps of the picture; what the level adds is not spread over the pixels."""
    noisy = rng.random((2, 18, 21, 1), np.float32)
    options = {"samples": 20, "segments": 4} if method == "lime" else {}
    maps = explain(small.at(30), noisy, method, "pixel:5,7", **options)
    assert maps.heatmap.shape == (2, 18, 21)
    other = explain(small.at(90), noisy, method, "pixel:5,7", **options)
    assert not np.allclose(maps.heatmap, other.heatmap)
    if method == "integrated_gradients":
        assert (maps.diagnostics["completeness_residual"] < 0.02).all()


def test_layers_of_a_guided_network(small, rng):
    summaries = summarise_layers(small.at(30), rng.random((3, 18, 21, 1), np.float32))
    assert next(one.layer.shape for one in summaries if one.layer.name == "head") == (20, 24, 8)


def test_fused_batch_normalisation_is_keras_s(rng):
    """Outputs, gradients and running statistics of one training step, and the outputs afterwards."""
    from xai_core.denoisers.neural._layers import BatchNormalization

    x = tf.constant(rng.normal(0.3, 2, (4, 6, 5, 3)).astype(np.float32))
    found = []
    for kind in (BatchNormalization, keras.layers.BatchNormalization):
        layer = kind(momentum=0.9)
        layer.build(x.shape)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(y**3)
        gradients = tape.gradient(loss, [x, layer.gamma.value, layer.beta.value])
        found.append([y, layer(x, training=False), *gradients, layer.moving_mean, layer.moving_variance])
    for ours, theirs in zip(*found, strict=True):
        # The fused operation keeps the unbiased variance: 120 values, a factor of 120 / 119 on a tenth of the new one.
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=2e-3, atol=2e-3)
