"""Bars and intervals: the numbers that are drawn, in their order."""

import pytest

from xai_core.errors import InvalidInput
from xai_core.render.bars import bars, intervals


def test_bars():
    figure = bars({"All black": 80.9, "The noisy picture": 77.4}, title="Accuracy (%)", mark=81.0, mark_text="published")
    (drawn,) = figure.data
    assert list(drawn.x) == [80.9, 77.4]
    assert list(drawn.y) == ["All black", "The noisy picture"]
    assert list(drawn.text) == ["80.9", "77.4"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.xaxis.title.text == "Accuracy (%)"
    assert figure.layout.shapes[0].x0 == 81.0
    assert figure.layout.annotations[0].text == "published"
    assert figure.layout.xaxis.range[0] == 0 and figure.layout.xaxis.range[1] > 81


def test_intervals():
    values = {"Corners": (0.68, 0.65, 0.71), "A very long name that does not fit a telephone": (0.5, 0.4, 0.7)}
    figure = intervals(values, title="AUC", bounds=(0.45, 1.0), special=["Corners"])
    first, second = figure.data
    assert (first.x[0], first.error_x.array[0], first.error_x.arrayminus[0]) == pytest.approx((0.68, 0.03, 0.03))
    assert second.error_x.array[0] == pytest.approx(0.2)
    assert "<br>" in second.y[0] and second.y[0].replace("<br>", " ") == list(values)[1]
    assert first.marker.color != second.marker.color
    assert tuple(figure.layout.xaxis.range) == (0.45, 1.0)


def test_nothing_to_draw_gets_a_sentence():
    with pytest.raises(InvalidInput, match="at least one finite number"):
        bars({}, title="")
    with pytest.raises(InvalidInput, match="at least one finite number"):
        bars({"a": float("nan")}, title="")
    with pytest.raises(InvalidInput, match="at least one number with its interval"):
        intervals({}, title="", bounds=(0, 1))
