"""Calibration by hand, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core.errors import InvalidInput
from xai_core.metrics import calibration


def test_as_right_as_sure_has_no_error():
    """Ten pictures at 80 %, eight of them right."""
    shares = np.tile([0.8, 0.2], (10, 1))
    found = calibration(shares, [0] * 8 + [1] * 2)
    assert found.error == pytest.approx(0)
    assert found.brier == pytest.approx(0.8 * 2 * 0.04 + 0.2 * 2 * 0.64)
    assert found.count.tolist() == [0] * 11 + [10] + [0] * 3  # 0.8 = 12 / 15 ends the twelfth bin
    assert (found.accuracy[11], found.confidence[11]) == pytest.approx((0.8, 0.8))
    assert np.isnan(found.accuracy[0])


def test_sure_and_wrong_is_the_worst():
    found = calibration([[1, 0], [1, 0]], [1, 1])
    assert (found.error, found.brier) == (1, 2)
    assert calibration([[1, 0], [1, 0]], [0, 0]).error == calibration([[1, 0]], [0]).brier == 0


def test_two_bins_by_hand():
    """A third at 0.9, all right; two thirds at 0.6, half right: 1/3 * 0.1 + 2/3 * 0.1."""
    shares = [[0.9, 0.1]] * 2 + [[0.6, 0.4]] * 4
    assert calibration(shares, [0, 0, 0, 0, 1, 1]).error == pytest.approx(0.1)


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_brier_of_two_classes_is_twice_scikit_learns(count, seed):
    from sklearn.metrics import brier_score_loss

    rng = np.random.default_rng(seed)
    share, truth = rng.random(count), rng.integers(2, size=count)
    expected = brier_score_loss(truth, share, pos_label=1)
    assert calibration(np.stack([1 - share, share], axis=1), truth).brier == pytest.approx(2 * expected)


@pytest.mark.parametrize(("shares", "truth"), [([[1.0]], [0, 0]), ([], []), ([[0.5, 0.5]], [2]), ([[0.5, 0.5]], [-1])])
def test_what_does_not_fit_gets_a_sentence(shares, truth):
    with pytest.raises(InvalidInput, match="Expected"):
        calibration(shares, truth)
