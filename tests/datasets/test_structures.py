"""Structures to plant: their place is known, their shape is what its name says."""

import numpy as np
import pytest

from xai_core.datasets.structures import STRUCTURES, THICKNESS, _arm, _scratch, draw_structure
from xai_core.errors import InvalidInput


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("size", [(28, 28), (40, 90), (16, 17)])
def test_a_structure_lies_within_the_picture(kind, size):
    for seed in range(20):
        found = draw_structure(kind, *size, seed)
        assert found.profile.shape == found.mask.shape == size and found.profile.dtype == np.float32
        assert found.profile.max() == 1 and found.profile.min() == 0
        assert (found.profile[~found.mask] == 0).all() and (found.profile[found.mask] > 0.04).all()
        if size != (16, 17):  # its ends, too
            assert not found.mask[[0, -1]].any() and not found.mask[:, [0, -1]].any()


@pytest.mark.parametrize("kind", STRUCTURES)
def test_a_seed_is_a_shape(kind):
    one, again, other = (draw_structure(kind, 48, 48, seed).profile.tobytes() for seed in (3, 3, 4))
    assert one == again != other


def test_an_arm_is_a_logarithmic_spiral():
    for seed in range(10):
        rows, columns = _arm(np.random.default_rng(seed)).T
        radius, angle = np.log(np.hypot(rows, columns)), np.unwrap(np.arctan2(rows, columns))
        slopes = np.diff(radius) / np.diff(angle)
        np.testing.assert_allclose(slopes, slopes[0], rtol=1e-6)
        assert 15 <= np.degrees(np.arctan(abs(slopes[0]))) <= 25, "the pitch angle"
        assert np.ptp(angle) == pytest.approx(1.2 * np.pi)


def test_across_a_scratch_it_is_a_gaussian():
    """Of a line as long as this one, the sum of squares is sqrt(pi) w times its length, and a little for the round ends."""
    found = draw_structure("scratch", 200, 200, 1)
    length = np.linalg.norm(np.diff(_scratch(np.random.default_rng(1))[[0, -1]], axis=0)) * 200
    width = THICKNESS["scratch"]
    assert np.square(found.profile).sum() == pytest.approx(np.sqrt(np.pi) * width * length + np.pi * width**2, rel=0.06)


def test_mistakes_are_named():
    with pytest.raises(InvalidInput, match="arm, stroke, scratch"):
        draw_structure("ring", 64, 64)
    with pytest.raises(InvalidInput, match="at least 16 x 16"):
        draw_structure("arm", 64, 15)
