"""The noise through the layers: closed forms, planted channels, and the layers' own outputs as an oracle."""

import keras
import numpy as np
import pytest

from xai_core.denoisers import load_denoiser
from xai_core.errors import InvalidInput
from xai_core.explainers import activations, list_layers, summarise_layers
from xai_core.explainers.denoiser import noise_through_layers
from xai_core.explainers.denoiser.noise_through_layers import noise_at_sizes
from xai_core.noise import add_noise


@pytest.fixture
def pair(rng):
    clean = np.broadcast_to(np.linspace(0.1, 0.9, 24, dtype=np.float32)[:, None, None], (2, 24, 20, 1))
    return clean, add_noise(clean, "gaussian", 25, seed=3)


def network(*layers, side=(None, None), channels=1):
    return keras.Sequential([keras.Input((*side, channels)), *layers])


def test_the_identity_has_the_distance_of_the_pictures(pair):
    clean, noisy = pair
    (found,) = noise_through_layers(network(keras.layers.Identity(name="same")), clean, noisy)
    noise, size = (np.sqrt(np.square(one, dtype=np.float64).sum(axis=(1, 2, 3))) for one in (noisy - clean, clean))
    np.testing.assert_allclose(found.distance, noise / size, rtol=1e-6)
    np.testing.assert_allclose(found.snr, 20 * np.log10(size / noise), rtol=1e-6)
    np.testing.assert_allclose(found.change, 1, atol=1e-6)
    expected = [np.corrcoef(noisy[i].ravel(), (noisy - clean)[i].ravel())[0, 1] for i in range(2)]
    np.testing.assert_allclose(found.activation[:, 0], expected, rtol=1e-4)


def planted():
    """One convolution: the picture, its mean over 3 x 3 pixels, nothing, the picture less that mean, a constant."""
    same, mean = np.zeros((3, 3)), np.full((3, 3), 1 / 9)
    same[1, 1] = 1
    kernel = np.stack([same, mean, 0 * same, same - mean, 0 * same], axis=-1)[:, :, None]
    layer = keras.layers.Conv2D(5, 3, padding="valid", name="planted")
    model = network(layer)
    layer.set_weights([kernel, np.array([0, 0, 0, 0, 0.3])])
    return model


def test_the_channel_that_copies_the_noise_comes_first(pair):
    """Of a ramp, which has no detail of its own, the picture less its mean is the noise."""
    (found,) = noise_through_layers(planted(), *pair)
    assert found.carriers[0] == 3
    assert found.noise_share[3] == pytest.approx(8 / 9, abs=0.02)  # variance of n over that of n - mean of 9
    assert found.noise_share[0] < 0.5
    np.testing.assert_allclose(found.change[:, 0], 1, atol=1e-6)
    np.testing.assert_array_equal(found.change[:, [2, 4]], 0)
    np.testing.assert_array_equal(found.activation[:, [2, 4]], 0)


def test_it_agrees_with_the_outputs_themselves(pair, rng):
    """A network that halves the picture and ends without rows and columns."""
    clean, noisy = pair
    keras.utils.set_random_seed(0)
    model = network(
        keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="full"),
        keras.layers.MaxPooling2D(2, name="half"),
        keras.layers.GlobalAveragePooling2D(name="flat"),
        keras.layers.Dense(3, name="dense"),
    )
    shares = []
    found = noise_through_layers(model, clean, noisy, progress=shares.append)
    assert [one.layer.name for one in found] == [layer.name for layer in list_layers(model)]
    assert shares == [0.5, 1]
    before, after = activations(model, clean), activations(model, noisy)
    noise = noisy - clean
    halved = noise.reshape(2, 12, 2, 10, 2).mean(axis=(2, 4))
    for entry, truth in zip(found, (noise[..., 0], halved, None, None), strict=True):
        a, b = before[entry.layer.name], after[entry.layer.name]
        for i in range(2):
            assert entry.distance[i] == pytest.approx(np.linalg.norm(b[i] - a[i]) / np.linalg.norm(a[i]), rel=1e-4)
            summary = summarise_layers(model, np.stack([clean[i], noisy[i]]))
            assert entry.distance[i] == pytest.approx(next(one for one in summary if one.layer == entry.layer).change[1])
            if truth is None:
                assert entry.change.shape == entry.activation.shape == (2, 0)
                assert entry.carriers.size == 0
                continue
            for channel in range(4):
                for got, values in ((entry.change, b - a), (entry.activation, b)):
                    expected = np.corrcoef(values[i, ..., channel].ravel(), truth[i].ravel())[0, 1]
                    assert got[i, channel] == pytest.approx(expected, abs=1e-4)


def test_colour_noise_is_the_mean_of_its_channels(rng):
    clean = np.full((1, 12, 12, 3), 0.5, np.float32)
    noisy = add_noise(clean, "gaussian", 25, seed=0)
    layer = keras.layers.Conv2D(1, 1, use_bias=False, name="grey")
    model = network(layer, channels=3)
    layer.set_weights([np.full((1, 1, 3, 1), 1 / 3)])
    np.testing.assert_allclose(noise_through_layers(model, clean, noisy)[0].change, 1, atol=1e-6)


def test_a_layer_that_only_the_noise_excites(pair):
    clean, noisy = pair
    model = network(keras.layers.Rescaling(1.0, offset=-0.95, name="down"), keras.layers.ReLU(name="relu"))
    silent = noise_through_layers(model, clean, noisy)[1]
    assert np.isinf(silent.distance).all()
    assert (silent.snr == -np.inf).all()
    still = noise_through_layers(model, clean, clean)[1]
    assert (still.distance == 0).all()
    assert not still.change.any()


def test_a_guided_network_is_told_one_level(pair):
    """The estimate of the noisy picture goes with the clean one too: nothing changes but the picture."""
    clean, noisy = (one[:1] for one in pair)
    denoiser = load_denoiser("unet-grey")
    by_estimate = noise_through_layers(denoiser, clean, noisy)
    inputs = denoiser.prepare(noisy)
    told = denoiser.at(float(inputs[0, 0, 0, 1]) * 255)
    np.testing.assert_allclose(
        [one.distance[0] for one in by_estimate], [one.distance[0] for one in noise_through_layers(told, clean, noisy)]
    )
    first, *_, last = by_estimate
    before, after = (activations(told, one) for one in (clean, noisy))
    for entry in (first, last):
        a, b = before[entry.layer.name], after[entry.layer.name]
        assert entry.distance[0] == pytest.approx(np.linalg.norm(b - a) / np.linalg.norm(a), rel=1e-3)
    assert last.distance[0] < np.linalg.norm(noisy - clean) / np.linalg.norm(clean)  # it denoises


def test_noise_at_the_sizes_of_layers(rng):
    noise = rng.standard_normal((8, 12)).astype(np.float32)
    same, shrunk, inner, grown = noise_at_sizes(noise, [(8, 12), (4, 3), (6, 10), (16, 24)])
    np.testing.assert_array_equal(same, noise)
    np.testing.assert_allclose(shrunk, noise.reshape(4, 2, 3, 4).mean(axis=(1, 3)), atol=1e-6)
    np.testing.assert_array_equal(inner, noise[1:-1, 1:-1])  # convolutions without a border
    assert grown.shape == (16, 24)
    (halved,) = noise_at_sizes(noise[:7, :11], [(4, 6)])
    assert halved[0, 0] == pytest.approx(noise[:2, :2].mean())


def test_noise_of_a_network_that_mirrors_the_picture(rng):
    """18 x 21 pixels as a U-Net of three scales meets them: 24 x 24, 12 x 12, 6 x 6, 3 x 3, and its output."""
    noise = rng.standard_normal((18, 21)).astype(np.float32)
    sizes = [(24, 24), (12, 12), (6, 6), (3, 3), (18, 21)]
    mirrored = np.pad(noise, ((0, 6), (0, 3)), mode="reflect")
    *inside, output = noise_at_sizes(noise, sizes)
    np.testing.assert_array_equal(output, noise)
    for (side, _), found in zip(sizes, inside, strict=False):
        step = 24 // side
        np.testing.assert_allclose(found, mirrored.reshape(side, step, side, step).mean(axis=(1, 3)), atol=1e-6)
    picture = np.full((1, 18, 21, 1), 0.5, np.float32)
    found = noise_through_layers(load_denoiser("unet-blind"), picture, picture + noise[..., None] / 10)
    padded = next(one for one in found if one.layer.shape == (24, 24, 1))
    assert padded.change[0, 0] == pytest.approx(1, abs=1e-5)


def test_what_does_not_fit(pair):
    clean, noisy = pair
    with pytest.raises(InvalidInput, match="of one shape"):
        noise_through_layers(planted(), clean[:1], noisy)
    with pytest.raises(InvalidInput, match="needs a neural network"):
        noise_through_layers(load_denoiser("median"), clean, noisy)
