"""Bootstrap intervals against closed forms and a plain implementation; McNemar's test against published numbers."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.metrics import bootstrap_mean, bootstrap_report, classification_report, grouped_difference, paired

NAMES = ("Elliptical", "Other")


def sample(count=300, seed=0, classes=2):
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=count)
    wrong = rng.random(count) < 0.2
    return truth, np.where(wrong, rng.integers(classes, size=count), truth)


def test_values_are_those_of_the_report():
    truth, predicted = sample(classes=3)
    names = ("a", "b", "c")
    plain, found = classification_report(truth, predicted, names), bootstrap_report(truth, predicted, names)
    assert found.accuracy.value == plain.accuracy and found.drawn == "pictures"
    np.testing.assert_array_equal(found.confusion, plain.confusion)
    for one, other in zip(found.classes, plain.classes, strict=True):
        for figure in ("precision", "recall", "f1", "specificity"):
            estimate = getattr(one, figure)
            assert estimate.value == getattr(other, figure)
            assert estimate.low < estimate.value < estimate.high
        assert (one.support, one.name, one.sensitivity) == (other.support, other.name, one.recall)


def test_intervals_are_those_of_pictures_drawn_one_by_one():
    truth, predicted = sample()
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(2000):
        chosen = rng.integers(len(truth), size=len(truth))
        first = classification_report(truth[chosen], predicted[chosen], NAMES).classes[0]
        draws.append((first.precision, first.recall, first.f1, first.specificity))
    low, high = np.percentile(draws, (2.5, 97.5), axis=0)
    found = bootstrap_report(truth, predicted, NAMES).classes[0]
    estimates = (found.precision, found.recall, found.f1, found.specificity)
    np.testing.assert_allclose([one.low for one in estimates], low, atol=0.01)
    np.testing.assert_allclose([one.high for one in estimates], high, atol=0.01)


def test_specificity_by_hand():
    """Two classes: the specificity of one is the recall of the other."""
    truth, predicted = sample()
    first, second = classification_report(truth, predicted, NAMES).classes
    assert (first.specificity, second.specificity) == pytest.approx((second.recall, first.recall))


def test_the_same_seed_gives_the_same_interval():
    truth, predicted = sample()
    assert bootstrap_report(truth, predicted, NAMES).classes == bootstrap_report(truth, predicted, NAMES).classes
    assert bootstrap_report(truth, predicted, NAMES).classes != bootstrap_report(truth, predicted, NAMES, seed=1).classes


def test_pictures_of_one_source_are_drawn_together():
    """A hundred photographs of 20 equal pieces tell as much as a hundred pictures: the interval is sqrt(20) times as wide."""
    truth, predicted = sample(100)
    many, once = np.repeat([truth, predicted], 20, axis=1), bootstrap_report(truth, predicted, NAMES).accuracy
    groups = np.repeat([f"photograph {i}" for i in range(100)], 20)
    found, apart = bootstrap_report(*many, NAMES, groups=groups), bootstrap_report(*many, NAMES)
    assert found.drawn == "groups"
    width, expected, narrow = (one.high - one.low for one in (found.accuracy, once, apart.accuracy))
    assert width == pytest.approx(expected, rel=0.1)
    assert width / narrow == pytest.approx(20**0.5, rel=0.1)


def test_two_surveys_are_no_sample_of_surveys():
    truth, predicted = sample()
    found = bootstrap_report(truth, predicted, NAMES, groups=np.where(np.arange(300) < 100, "a", "b"))
    assert found.drawn == "pictures"
    assert found.accuracy == bootstrap_report(truth, predicted, NAMES).accuracy


def test_nothing_measured_has_the_widest_interval():
    found = bootstrap_report(np.zeros(0, int), np.zeros(0, int), NAMES)
    assert (found.accuracy.low, found.accuracy.high) == (0, 1)
    one = bootstrap_report(np.zeros(5, int), np.zeros(5, int), NAMES).classes[1]
    assert (one.support, one.recall.low, one.recall.high) == (0, 0, 1)


def test_the_mean_has_its_standard_error():
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = bootstrap_mean(values)
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - 1.96 * 0.1, values.mean() + 1.96 * 0.1), abs=0.02)
    assert np.isnan(bootstrap_mean([]).value)


def test_mcnemar_by_hand():
    """1 gained and 9 lost of 10 that differ: 2 * (1 + 10) / 2^10."""
    first = np.array([True] * 9 + [False] + [True] * 90)
    second = np.array([False] * 9 + [True] + [True] * 90)
    found = paired(first, second)
    assert (found.gained, found.lost) == (1, 9)
    assert found.p == pytest.approx(22 / 1024)
    assert found.difference.value == pytest.approx(-0.08)
    assert found.difference.low < -0.08 < found.difference.high < 0


def test_equal_pictures_are_no_difference():
    found = paired([True, False], [True, False])
    assert (found.p, found.difference.low, found.difference.high) == (1, 0, 0)


@pytest.mark.parametrize(("first", "second"), [([], []), ([True], [True, False])])
def test_other_pictures_get_a_sentence(first, second):
    with pytest.raises(InvalidInput, match="the same pictures twice"):
        paired(first, second)


def test_difference_by_group_is_that_of_groups_drawn_one_by_one():
    rng = np.random.default_rng(0)
    groups = rng.integers(40, size=300)
    first = rng.random(300) < 0.7
    second = np.where(rng.random(40)[groups] < 0.3, True, first)  # whole groups get better
    found = grouped_difference(first, second, groups)
    assert found.value == pytest.approx(second.mean() - first.mean())
    change, names, draws = second.astype(int) - first, np.unique(groups), []
    for _ in range(1000):
        drawn = np.concatenate([np.flatnonzero(groups == name) for name in rng.choice(names, len(names))])
        draws.append(change[drawn].mean())
    assert (found.low, found.high) == pytest.approx(np.percentile(draws, (2.5, 97.5)), abs=0.012)
    alone = paired(first, second).difference
    assert found.high - found.low > 1.3 * (alone.high - alone.low), "groups that change together count as one"
    with pytest.raises(InvalidInput, match="and their groups"):
        grouped_difference(first, second, groups[1:])
