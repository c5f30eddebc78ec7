"""Area under the ROC curve against its definition, and its interval against repeated draws."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.metrics.ranking import auc, grouped_auc


def by_pairs(truth, scores):
    pairs = scores[truth][:, None] - scores[~truth][None, :]
    return float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


def test_it_is_the_share_of_ordered_pairs(rng):
    for ties in (False, True):
        truth = rng.random(200) < 0.3
        scores = np.round(rng.normal(truth, 1), 1 if ties else 9)
        found = auc(truth, scores)
        assert found.value == pytest.approx(by_pairs(truth, scores), abs=1e-12)
        assert auc(truth, -scores).value == pytest.approx(1 - found.value, abs=1e-12)
        assert auc(truth, np.exp(scores)).value == pytest.approx(found.value, abs=1e-12)


def test_perfect_and_useless():
    truth = np.array([False] * 10 + [True] * 10)
    assert auc(truth, np.arange(20)).value == 1
    found = auc(truth, np.zeros(20))
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_the_interval_holds_the_truth_about_95_times_in_a_hundred(rng):
    from scipy.stats import norm

    truth = np.arange(120) < 50
    inside = 0
    for _ in range(400):
        found = auc(truth, rng.normal(0.8 * truth, 1))
        inside += found.low <= norm.cdf(0.8 / np.sqrt(2)) <= found.high
    assert 0.91 < inside / 400 < 0.98


@pytest.mark.parametrize(
    ("truth", "scores"),
    [([1, 0], [0.1, 0.2, 0.3]), ([1, 1, 1], [1, 2, 3]), ([1, 0, 0], [1, 2, 3]), ([1, 1, 0, 0], [1, 2, np.nan, 4]), ([], [])],
)
def test_what_has_no_curve_gets_a_sentence(truth, scores):
    with pytest.raises(InvalidInput, match="one finite score a picture and two pictures of each class"):
        auc(np.array(truth, bool), np.array(scores, float))


def test_by_group_is_that_of_groups_drawn_one_by_one(rng):
    groups = rng.integers(30, size=240)
    kind = (np.arange(30) % 2)[groups] == 1
    scores = np.round(kind * 0.8 + rng.normal(size=30)[groups] + 0.3 * rng.normal(size=240), 1)  # pictures of a group are alike
    found = grouped_auc(kind, scores, groups, resamples=500)
    alone = auc(kind, scores)
    assert found.value == alone.value
    assert found.high - found.low > 1.5 * (alone.high - alone.low)
    draws = []
    for _ in range(500):
        drawn = np.concatenate([np.flatnonzero(groups == name) for name in rng.integers(30, size=30)])
        draws.append(by_pairs(kind[drawn], scores[drawn]))
    assert (found.low, found.high) == pytest.approx(np.percentile(draws, (2.5, 97.5)), abs=0.04)
    assert grouped_auc(kind, scores, np.arange(240)).low == pytest.approx(alone.low, abs=0.02)
    with pytest.raises(InvalidInput, match="one group a picture"):
        grouped_auc(kind, scores, groups[1:])
