"""Figures of a classifier against scikit-learn, and the interval against published values."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core.errors import InvalidInput
from xai_core.metrics import classification_report, wilson_interval


@given(st.integers(2, 5), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_report_is_scikit_learns(classes, count, seed):
    """On random labels, classes without a picture or a prediction included: 0 there, and no warning."""
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(classes, size=(2, count))
    names = [f"class {i}" for i in range(classes)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = classification_report(truth, predicted, names)
    labels = np.arange(classes)
    expected = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    given_figures = [(item.precision, item.recall, item.f1, item.support) for item in report.classes]
    np.testing.assert_allclose(given_figures, np.transpose(expected), atol=1e-12)
    assert [item.name for item in report.classes] == names
    assert np.array_equal(report.confusion, confusion_matrix(truth, predicted, labels=labels)), "rows are the true classes"
    assert report.accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert report.interval == wilson_interval(int((truth == predicted).sum()), count)


def test_report_by_hand():
    """Two of three elliptical galaxies found, one other taken for elliptical."""
    report = classification_report(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1]), ("Elliptical", "Other"))
    first, second = report.classes
    assert (first.precision, first.recall, first.f1, first.support) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert (second.precision, second.recall, second.f1, second.support) == pytest.approx((0.5, 0.5, 0.5, 2))
    assert report.accuracy == 0.6
    plain = report.as_dict()
    assert plain["confusion"] == [[2, 1], [1, 1]]
    assert plain["classes"][0]["name"] == "Elliptical"
    assert plain["interval"] == list(report.interval)


def test_report_of_nothing():
    report = classification_report(np.empty(0, np.int64), np.empty(0, np.int64), ("a", "b"))
    assert (report.accuracy, report.interval) == (0, (0, 1))
    assert all(item.support == 0 and item.f1 == 0 for item in report.classes)


@pytest.mark.parametrize(("truth", "predicted"), [([0, -1], [0, 1]), ([0, 1], [0, 2])])
def test_labels_that_are_no_class_get_a_sentence(truth, predicted):
    with pytest.raises(InvalidInput, match="Expected labels from 0 to 1, received"):
        classification_report(np.array(truth), np.array(predicted), ("a", "b"))


def test_unequal_numbers_of_labels_get_a_sentence():
    with pytest.raises(InvalidInput, match="as many predicted as true labels, received 1 and 2"):
        classification_report(np.array([0, 1]), np.array([0]), ("a", "b"))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_as_published(successes, trials, low, high):
    """Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_wilson_interval_is_scipys(case):
    from scipy.stats import binomtest

    expected = binomtest(*case).proportion_ci(method="wilson")
    assert wilson_interval(*case) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_wilson_interval_of_nothing_is_everything():
    assert wilson_interval(0, 0) == (0, 1)
