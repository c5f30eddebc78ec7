"""Random light: range, seed, closed form."""

import numpy as np
import pytest

from xai_core.training.batches import augment
from xai_core.training.light import relight
from xai_core.training.recipe import Augmentation


def test_it_keeps_the_range_and_follows_the_seed(rng):
    images = rng.random((20, 6, 5, 3), np.float32)
    one, again, other = (relight(images, 0.5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.dtype == np.float32 and one.shape == images.shape
    assert one.min() >= 0 and one.max() <= 1
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.array_equal(relight(images, 0, rng), images)


class Largest:
    def uniform(self, low, high, size):
        return np.full(size, high, float)


def test_closed_form_and_one_light_a_picture():
    """Gamma and contrast e^0.2, brightness + 0.1 of one half: 1.2214 (0.5^1.2214 - 0.5) + 0.6."""
    image = np.full((1, 2, 2, 1), 0.5, np.float32)
    assert relight(image, 0.2, Largest()) == pytest.approx(np.exp(0.2) * (0.5 ** np.exp(0.2) - 0.5) + 0.6, abs=1e-6)
    lit = relight(np.repeat(image, 50, 0), 0.3, np.random.default_rng(0))
    assert np.ptp(lit, axis=(1, 2, 3)).max() == 0, "even over a picture"
    assert len(np.unique(lit[:, 0, 0, 0])) == 50, "drawn for each picture"


def test_augmentation_draws_it_last(rng):
    images = rng.random((4, 8, 8, 1), np.float32)
    how = Augmentation(flip_horizontal=True)
    mirrored = augment(images, how, np.random.default_rng(3))
    relit = augment(images, Augmentation(flip_horizontal=True, light=0.3), np.random.default_rng(3))
    assert not np.array_equal(relit, mirrored)
    ranks = [np.argsort(pictures.reshape(4, -1), axis=1) for pictures in (mirrored, relit)]
    assert (ranks[0] == ranks[1]).mean() > 0.8  # light keeps the order of brightness, but where it is cut off
