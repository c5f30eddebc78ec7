"""Nearest neighbours and clusters: closed forms, and chance where there is nothing to find."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.metrics import cluster_scores, knn_accuracy, nearest

LINE = np.array([[0.0], [1.0], [2.0], [10.0], [11.0]])


def test_neighbours_on_a_line():
    found = nearest(LINE, [0, 1, 1, 2, 2], [[0.1], [9.0]], 3)
    assert found.indices.tolist() == [[0, 1, 2], [3, 4, 2]]
    assert found.predicted.tolist() == [1, 2]
    assert nearest(LINE, [0, 1, 1, 2, 2], [[0.1]], 2).predicted.tolist() == [0], "of equals the nearest one's class"
    assert knn_accuracy(LINE, [0, 1, 1, 2, 2], [[0.1], [9.0]], [1, 0], 3) == 0.5


def test_shuffled_classes_are_found_as_often_as_by_chance(rng):
    features, labels = rng.normal(size=(3000, 5)), rng.integers(0, 4, 3000)
    # 0.25 with a standard deviation of sqrt(0.25 * 0.75 / 1000) = 0.014.
    assert knn_accuracy(features[:2000], labels[:2000], features[2000:], labels[2000:], 5) == pytest.approx(0.25, abs=0.05)


def test_clusters_by_hand():
    same = cluster_scores([0, 0, 1, 1, 2, 2], [5, 5, 0, 0, 1, 1])
    assert (same.purity, same.rand, same.information) == pytest.approx((1, 1, 1))
    one = cluster_scores([0, 0, 0, 1], [0, 0, 0, 0])
    assert one.purity == one.chance == 0.75
    assert (one.rand, one.information) == pytest.approx((0, 0))
    assert cluster_scores([0, 0, 1, 1], [0, 0, 0, 1]).purity == 0.75


def test_clusters_that_know_nothing_are_as_pure_as_chance(rng):
    found = cluster_scores(rng.integers(0, 5, 4000), rng.integers(0, 5, 4000))
    assert found.purity == pytest.approx(found.chance, abs=0.02)
    assert found.rand == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    "arguments", [(LINE, [0], LINE, 1), (LINE, [0] * 5, [[0, 1]], 1), (LINE, [0] * 5, LINE, 6), (LINE, [-1] * 5, LINE, 1)]
)
def test_what_does_not_fit_gets_a_sentence(arguments):
    with pytest.raises(InvalidInput, match="Expected features of the same width"):
        nearest(*arguments)


def test_labels_that_do_not_fit_get_a_sentence():
    with pytest.raises(InvalidInput, match="classes of the test pictures"):
        knn_accuracy(LINE, [0] * 5, LINE, [0], 1)
    with pytest.raises(InvalidInput, match="a class and a cluster"):
        cluster_scores([0, 1], [0])
    with pytest.raises(InvalidInput, match="finite features"):
        nearest(LINE * np.nan, [0] * 5, LINE, 1)
