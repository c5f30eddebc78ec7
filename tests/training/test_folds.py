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
