"""The split into signal, noise and the rest adds up, agrees with rows of the Jacobian, and with filters that are known."""

import keras
import numpy as np
import pytest

from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.errors import InvalidInput
from xai_core.explainers._gradients import pull_back
from xai_core.explainers.denoiser import noise_by_region, regions, split_noise
from xai_core.noise import add_noise


@pytest.fixture
def pair(rng):
    clean = load_dataset("simulated_galaxies").image(0).mean(axis=-1, keepdims=True)[:, 30:70, 30:71]
    return clean, add_noise(clean, "gaussian", 25, seed=3)


@pytest.mark.parametrize("name", ["unet-grey", "unet-blind", "dncnn", "ffdnet", "adnet", "median", "non_local_means"])
def test_the_parts_add_up_to_the_output(name, pair):
    clean, noisy = pair
    denoiser = load_denoiser(name).at(25)
    split = split_noise(denoiser, clean, noisy)
    np.testing.assert_allclose(split.signal + split.noise + split.added, split.output, atol=1e-5)
    np.testing.assert_allclose(split.output, denoiser.unclipped(noisy), atol=1e-4)


def test_a_blind_bias_free_network_adds_nothing(pair):
    split = split_noise(load_denoiser("unet-blind"), *pair)
    assert np.abs(split.added).max() < 1e-5
    assert np.abs(split.noise).max() > 1e-2


def test_a_guided_bias_free_network_adds_what_its_level_map_gives(pair):
    """Against rows of the Jacobian: J_s s of four pixels, by backward products."""
    clean, noisy = pair
    denoiser = load_denoiser("unet-grey").at(25)
    split = split_noise(denoiser, clean, noisy)
    inputs = denoiser.prepare(noisy)
    for row, column in ((3, 5), (20, 20), (39, 0), (11, 30)):
        picked = np.zeros(noisy.shape, np.float32)
        picked[0, row, column] = 1
        weights = pull_back(denoiser.model, inputs, picked)
        assert float((weights[..., 1] * inputs[..., 1]).sum()) == pytest.approx(split.added[0, row, column, 0], abs=1e-5)
        assert float((weights[..., :1] * clean).sum()) == pytest.approx(split.signal[0, row, column, 0], abs=1e-5)


def test_the_identity_keeps_picture_and_noise(pair):
    clean, noisy = pair
    for identity in (lambda images: images, keras.Sequential([keras.Input((None, None, 1)), keras.layers.Activation("linear")])):
        split = split_noise(identity, clean, noisy)
        np.testing.assert_allclose(split.signal, clean, atol=1e-4)
        np.testing.assert_allclose(split.noise, noisy - clean, atol=1e-4)
        np.testing.assert_allclose(split.added, 0, atol=1e-4)


def test_biases_are_what_is_added(pair):
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", bias_initializer="ones")(inputs))
    split = split_noise(model, *pair)
    np.testing.assert_allclose(split.added, 1, atol=1e-5)
    assert split.energy["added"] == pytest.approx(1, abs=1e-4)


def test_regions_cover_the_picture_without_overlap():
    picture = np.zeros((1, 12, 12, 1), np.float32)
    picture[0, 3:9, 3:9] = 1
    found = regions(picture)
    assert (found.object.astype(int) + found.edges + found.off == 1).all()
    assert found.object.sum() == 16 and found.object[0, 4:8, 4:8].all(), "a square of six, without its outermost pixels"
    assert found.edges.sum() == 64 - 16 and found.off.sum() == 144 - 64
    given = regions(picture, mask=picture[..., 0] > 0.5)
    assert all((one == other).all() for one, other in zip(given.named.values(), found.named.values(), strict=True))


def test_a_picture_of_one_brightness_has_no_object():
    assert regions(np.full((1, 6, 6, 1), 0.3, np.float32)).off.all()


def test_share_of_the_noise_that_is_removed(rng):
    clean = np.full((1, 12, 12, 1), 0.3, np.float32)
    clean[0, 3:9, 3:9] = 0.7
    noisy = (clean + rng.uniform(-0.2, 0.2, clean.shape)).astype(np.float32)
    where = regions(clean)
    shares = noise_by_region(split_noise(lambda images: clean + 0.5 * (images - clean), clean, noisy), clean, noisy, where)
    assert list(shares) == [*where.named, "everywhere"]
    for one in shares.values():
        assert one.found_share == pytest.approx(0.5, abs=0.02), (
            "half of the noise is removed (a little more: the output is limited)"
        )
        assert one.removed_share == pytest.approx(0.75, abs=1e-3) and one.leaked_share == pytest.approx(0.25, abs=1e-3)
    parts = [shares[name].noise for name in where.named]
    np.testing.assert_allclose(sum(parts), shares["everywhere"].noise)


def test_what_is_removed_elsewhere_is_not_counted(pair):
    clean, noisy = pair
    where = regions(clean)
    off = where.off[..., None]
    shares = noise_by_region(split_noise(lambda images: np.where(off, clean, images), clean, noisy), clean, noisy, where)
    assert shares["off the object"].found_share == pytest.approx(1) and shares["off the object"].leaked_share < 1e-6
    assert shares["on the object"].found_share == pytest.approx(0, abs=0.02)


def test_without_noise_there_is_no_share(pair):
    clean, _ = pair
    shares = noise_by_region(split_noise(lambda images: images, clean, clean), clean, clean, regions(clean))
    assert all(np.isnan(one.found_share) and np.isnan(one.removed_share) for one in shares.values())


def test_mistakes_are_named(pair):
    clean, noisy = pair
    with pytest.raises(InvalidInput, match="of one shape"):
        split_noise(load_denoiser("unet-blind"), clean[:, 1:], noisy)
    with pytest.raises(InvalidInput, match="a mask of shape"):
        regions(clean, np.zeros((1, 3, 3), bool))
