"""Label noise: planted mistakes are found, their share is estimated."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.metrics import label_noise, missed_by_all


def planted(rng, flipped, spread, count=4000):
    """Two classes that a network tells apart well; of class 0 a share has the other label. Labels, probabilities, mistakes."""
    truth = np.arange(count) % 2
    margin = np.where(truth == 1, 1, -1) * rng.normal(3, spread, count)
    shares = 1 / (1 + np.exp(-margin))
    wrong = (truth == 0) & (rng.random(count) < flipped)
    return np.where(wrong, 1, truth), np.stack([1 - shares, shares], axis=1), wrong


@pytest.mark.parametrize("flipped", [0.0, 0.1, 0.3])
def test_planted_mistakes_of_a_network_that_is_equally_sure_of_all(rng, flipped):
    """The condition under which the authors prove the estimate to be exact."""
    labels, probabilities, wrong = planted(rng, flipped, 0)
    found = label_noise(labels, probabilities)
    assert found.share == pytest.approx(wrong.mean())
    assert found.joint.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.joint.sum(axis=1), np.bincount(labels) / len(labels))
    assert found.joint[1, 0] == pytest.approx(wrong.mean()), "labelled 1, truly 0"
    assert np.array_equal(found.doubtful, wrong)


@pytest.mark.parametrize("flipped", [0.0, 0.1, 0.3])
def test_planted_mistakes_of_a_network_that_is_sure_of_some(rng, flipped):
    """The estimate is then too low, not too high."""
    labels, probabilities, wrong = planted(rng, flipped, 1)
    found = label_noise(labels, probabilities)
    assert 0.6 * wrong.mean() <= found.share <= wrong.mean() + 0.005
    if flipped:
        assert wrong[found.doubtful].mean() > 0.95


def test_by_hand():
    """Thresholds 0.7 and 0.6: the third picture, labelled 0, is sure of 1; the last is sure of nothing."""
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    found = label_noise(np.array([0, 0, 0, 1, 1]), probabilities)
    assert found.doubtful.tolist() == [False, False, True, False, False]
    np.testing.assert_allclose(found.joint, np.array([[2, 1], [0, 2]]) / 5)
    assert found.share == pytest.approx(0.2)


def test_what_is_refused():
    with pytest.raises(InvalidInput, match="labels .N,. and probabilities"):
        label_noise(np.array([0, 1]), np.ones((3, 2)) / 2)
    with pytest.raises(InvalidInput, match="each of 2 classes, received .2, 0."):
        label_noise(np.array([0, 0]), np.ones((2, 2)) / 2)


def test_missed_by_all():
    labels = np.array([0, 1, 1, 0])
    assert missed_by_all(labels, [np.array([1, 0, 1, 0]), np.array([1, 1, 0, 0])]).tolist() == [True, False, False, False]
