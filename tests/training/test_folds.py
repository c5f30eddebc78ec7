"""Cross-validation: what is judged, what it leaves, how it goes on."""

from dataclasses import replace

import numpy as np
import pytest

from xai_core import weights
from xai_core.errors import InvalidInput
from xai_core.training import batches, cross_validate, folds, train

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def quiet(line):
    """Instead of print."""


def test_each_fold_is_judged_by_a_network_that_never_saw_it(tiny, monkeypatch):
    seen = []
    real = folds.fit

    def fit(recipe, parts, *arguments, **options):
        seen.append({picture.tobytes() for part in parts for picture in part.pictures})
        return real(recipe, parts, *arguments, **options)

    monkeypatch.setattr(folds, "fit", fit)
    summary = cross_validate(tiny.classifier, 3, epochs=1, runs=tiny.runs, report=quiet)
    judged = [{picture.tobytes() for picture in batches.training_data(tiny.classifier, (i, 3))[2].pictures} for i in range(3)]
    assert all(not (ours & theirs) for ours, theirs in zip(seen, judged, strict=True))
    assert summary["mean"] == pytest.approx(np.mean(summary["folds"]))
    assert summary["deviation"] == pytest.approx(np.std(summary["folds"], ddof=1))
    assert all(0 <= accuracy <= 1 for accuracy in summary["folds"])
    assert set(tiny.splits) == {"train"}
    assert not list(tiny.runs.iterdir()) and not tiny.models.exists()


def test_it_goes_on_with_the_fold_where_it_stopped(tiny):
    whole = cross_validate(tiny.classifier, 2, epochs=2, runs=tiny.runs, report=quiet)

    def interrupt(line):
        if "fold 1/2" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cross_validate(tiny.classifier, 2, epochs=2, runs=tiny.runs, report=interrupt)
    lines = []
    assert cross_validate(tiny.classifier, 2, epochs=2, runs=tiny.runs, report=lines.append) == whole
    assert sum("starts untrained" in line for line in lines) == 1, "the first fold was trained again"


def test_the_summary_is_kept_with_the_model(tiny):
    train(tiny.classifier, epochs=1, runs=tiny.runs, report=quiet)
    kept = weights.entry(tiny.classifier.name)
    summary = cross_validate(tiny.classifier, 2, epochs=1, runs=tiny.runs, report=quiet)
    assert weights.entry(tiny.classifier.name) == kept | {"cross_validation": summary}


def test_what_is_refused(tiny):
    with pytest.raises(InvalidInput, match="at least 2 folds, received 1"):
        cross_validate(tiny.classifier, 1, runs=tiny.runs)
    with pytest.raises(InvalidInput, match="is a denoiser"):
        cross_validate(replace(tiny.denoiser), 2, runs=tiny.runs)


def test_groups_stay_whole_and_each_part_has_every_class():
    groups = np.repeat(list("abcdefg"), [5, 1, 1, 4, 2, 2, 3])
    labels = np.repeat([0, 1], [7, 11])
    part = folds.stratified_folds(labels, groups, 3, seed=1)
    assert all(len(set(part[groups == name])) == 1 for name in "abcdefg")
    assert all(set(labels[part == fold]) == {0, 1} for fold in range(3))
    assert sorted(np.bincount(part[labels == 1])) == [3, 4, 4], "of equal size, as far as groups allow"
    assert np.array_equal(part, folds.stratified_folds(labels, groups, 3, seed=1))
    with pytest.raises(InvalidInput, match="at least 4 groups of each class, received 3 of class 0"):
        folds.stratified_folds(labels, groups, 4)
    with pytest.raises(InvalidInput, match="has pictures of two"):
        folds.stratified_folds(np.arange(18) % 2, groups, 2)
