"""Effective filters: a linear filter gives back its kernel, a row is what finite differences say, a crop changes nothing."""

import keras
import numpy as np
import pytest

from xai_core.denoisers import DENOISERS, load_denoiser
from xai_core.errors import InvalidInput
from xai_core.explainers._gradients import pull_back
from xai_core.explainers.denoiser import effective_filter
from xai_core.noise import add_noise
from xai_core.weights import trained_models

ANY_SIZE = tuple(spec.name for spec in DENOISERS if spec.supports.get("reach") and spec.name in trained_models())
NETWORKS = (*ANY_SIZE, "autoencoder-mnist", "unet-mnist")


def noisy_picture(name, rng, side=24):
    """A noisy picture that the denoiser takes, smooth and bright enough to be within [0, 1]."""
    supports = DENOISERS.get(name).supports
    shape = supports.get("shape") or (side, side, supports.get("channels", 1))
    rows, columns = np.mgrid[: shape[0], : shape[1]] / side
    clean = np.repeat((0.5 + 0.3 * np.sin(5 * rows) * np.cos(4 * columns))[..., None], shape[2], axis=-1).astype(np.float32)
    return add_noise(clean[None], "gaussian", 25, seed=int(rng.integers(100)))


def in_double_precision(model):
    """The same network, which then can take steps too small to cross the kink of a rectifier."""

    def double(layer):
        config = layer.get_config()
        return type(layer).from_config(config | {"dtype": "float64"} if isinstance(layer, keras.layers.Layer) else config)

    inputs = keras.Input(model.input_shape[1:], dtype="float64")
    twice = keras.models.clone_model(model, input_tensors=inputs, clone_function=double)
    twice.set_weights(model.get_weights())
    return twice


@pytest.mark.parametrize("name", NETWORKS)
def test_a_row_is_what_finite_differences_say(name, rng):
    denoiser = load_denoiser(name).at(25)
    noisy = noisy_picture(name, rng)
    row, column = noisy.shape[1] // 2, noisy.shape[2] // 2
    found = effective_filter(denoiser, noisy, row, column)
    assert found.output == pytest.approx(float(denoiser.unclipped(noisy)[0, row, column].mean()), abs=1e-5)
    network, inputs = in_double_precision(denoiser.model), denoiser.prepare(noisy).astype(np.float64)
    places = [(row, column), (row + 1, column), (row - 2, column + 1), (row, column - 4)]
    changed = np.repeat(inputs, 2 * len(places), axis=0)
    for index, place in enumerate(places):
        changed[(2 * index, *place, 0)] += 1e-7
        changed[(2 * index + 1, *place, 0)] -= 1e-7
    outputs = np.asarray(network(changed))[:, row, column].mean(axis=-1)
    slopes = (outputs[::2] - outputs[1::2]) / 2e-7
    assert [found.weights[(*place, 0)] for place in places] == pytest.approx(list(slopes), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("name", ANY_SIZE)
def test_the_part_that_is_seen_gives_the_same_row(name, rng):
    denoiser = load_denoiser(name).at(25)
    noisy = noisy_picture(name, rng, side=203)  # no multiple of a stride
    for row, column in ((101, 66), (0, 202), (198, 3)):
        found = effective_filter(denoiser, noisy, row, column)
        inputs = denoiser.prepare(noisy)
        picked = np.zeros((1, *noisy.shape[1:]), np.float32)
        picked[0, row, column] = 1 / noisy.shape[-1]
        whole = pull_back(denoiser.model, inputs, picked)[0, ..., : noisy.shape[-1]]
        np.testing.assert_allclose(found.weights, whole, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name.startswith("unet")])
def test_bias_free_networks_leave_no_remainder(name, rng):
    found = effective_filter(load_denoiser(name).at(25), noisy_picture(name, rng), 11, 12)
    assert abs(found.remainder) < 1e-5
    assert (found.level_share == 0) == bool(DENOISERS.get(name).supports.get("blind"))


def test_constants_are_the_remainder(rng):
    found = effective_filter(load_denoiser("autoencoder-mnist"), noisy_picture("autoencoder-mnist", rng), 14, 14)
    assert abs(found.remainder) > 1e-3 and found.level_share == 0


def test_a_linear_network_gives_back_its_kernel():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 5, padding="same")(inputs))
    model.layers[-1].bias.assign([0.25])
    found = effective_filter(model, np.full((20, 22, 1), 0.5, np.float32), 9, 12)
    kernel = model.layers[-1].kernel.numpy()[..., 0]
    np.testing.assert_allclose(found.weights[7:12, 10:15], kernel, atol=1e-6)
    assert np.count_nonzero(found.weights) == 25
    assert found.remainder == pytest.approx(0.25, abs=1e-6) and found.window is None


def test_a_gaussian_filter_gives_back_the_gaussian(rng):
    denoiser = load_denoiser("gaussian", width=1.2)
    found = effective_filter(denoiser, rng.random((40, 41, 1), dtype=np.float32), 20, 19)
    distance = np.square(np.arange(40)[:, None] - 20) + np.square(np.arange(41)[None] - 19)
    expected = np.exp(-distance / (2 * 1.2**2))
    np.testing.assert_allclose(found.weights[..., 0], expected / expected.sum(), atol=1e-3)
    assert found.total == pytest.approx(1, abs=1e-3) and abs(found.remainder) < 1e-3
    assert found.width == pytest.approx(1.2 * np.sqrt(2), rel=0.03), "root mean square distance of a Gaussian in two dimensions"
    assert found.window == 8


def test_a_median_takes_one_pixel(rng):
    found = effective_filter(load_denoiser("median"), rng.random((30, 30, 1), dtype=np.float32), 12, 17)
    assert np.count_nonzero(np.abs(found.weights) > 1e-3) == 1 and found.total == pytest.approx(1, abs=1e-3)
    assert found.diffusion_index == pytest.approx(0, abs=0.5)


def test_the_identity_is_one_weight():
    found = effective_filter(lambda images: images, np.full((9, 9, 3), 0.5, np.float32), 4, 5, 1)
    expected = np.zeros((9, 9))
    expected[4, 5] = 1
    np.testing.assert_allclose(found.weights.sum(axis=-1), expected, atol=1e-4)
    assert found.width == 0 and found.radius == 0
    assert found.remainder == pytest.approx(0, abs=1e-4)


def test_what_a_filter_adds_is_the_remainder(rng):
    picture = rng.random((20, 20, 3), dtype=np.float32)
    found = effective_filter(lambda images: 0.5 * images + 0.25, picture, 10, 10)
    assert found.remainder == pytest.approx(0.25, abs=1e-3) and found.total == pytest.approx(0.5, abs=1e-3)
    assert found.output == pytest.approx(0.5 * picture[10, 10].mean() + 0.25, abs=1e-6)


def test_sizes_of_known_weights():
    weights = np.zeros((21, 21, 1), np.float32)
    weights[10, 13] = weights[10, 7] = 0.5
    found = effective_filter(lambda images: images, np.zeros((21, 21, 1), np.float32), 10, 10)
    known = type(found)(weights, 10, 10, 0, 0, 0)
    assert known.width == pytest.approx(3) and known.radius == pytest.approx(3) and known.total == pytest.approx(1)


def test_mistakes_are_named(rng):
    noisy = noisy_picture("unet-grey", rng)
    with pytest.raises(InvalidInput, match="within the 24 x 24 picture"):
        effective_filter(load_denoiser("unet-grey").at(25), noisy, 24, 0)
    with pytest.raises(InvalidInput, match="denoiser.at"):
        effective_filter(load_denoiser("non_local_means"), noisy, 3, 3)
    with pytest.raises(InvalidInput, match="channel from 0 to 0"):
        effective_filter(load_denoiser("unet-grey").at(25), noisy, 3, 3, 1)
    with pytest.raises(InvalidInput, match="one picture, received 2"):
        effective_filter(load_denoiser("unet-grey").at(25), np.repeat(noisy, 2, axis=0), 3, 3)
