"""Points that can be clicked: what they hand over, how classes are told apart, both themes."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.render import PALETTE, projection

POINTS = np.arange(24).reshape(12, 2)
KINDS = np.arange(12) % 10
NAMES = [f"class {index}" for index in range(11)]


def test_a_click_hands_over_the_picture():
    figure = projection(POINTS, KINDS, NAMES, indices=100 + np.arange(12), chosen=103)
    *classes, ring = figure.data
    for trace in classes:
        for x, y, (picture,) in zip(trace.x, trace.y, trace.customdata, strict=True):
            assert (x, y) == tuple(POINTS[picture - 100])
            assert trace.name == NAMES[KINDS[picture - 100]]
    assert sum(len(trace.x) for trace in classes) == 12
    assert (ring.x[0], ring.y[0]) == tuple(POINTS[3]) and ring.hoverinfo == "skip"


def test_ten_classes_are_told_apart_without_colour_alone():
    traces = projection(POINTS, KINDS, NAMES).data
    assert [trace.name for trace in traces] == NAMES[:10], "a class without pictures has no line in the legend"
    looks = {(trace.marker.color, trace.marker.symbol) for trace in traces}
    assert len(looks) == 10 and {colour for colour, _ in looks} <= set(PALETTE[:-1])


def test_theme_neutral_and_named():
    layout = projection(POINTS, KINDS, NAMES).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.color is None and layout.title.text is None and layout.width is None
    assert layout.xaxis.title.text and layout.yaxis.title.text and "select" in layout.clickmode


@pytest.mark.parametrize(
    ("points", "kinds", "words"),
    [
        (POINTS, KINDS[:3], "N kinds"),
        (POINTS * np.nan, KINDS, "finite points"),
        (POINTS, KINDS + 5, "kinds from 0 to 10"),
        (POINTS[:0], KINDS[:0], "N kinds"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(points, kinds, words):
    with pytest.raises(InvalidInput, match=words):
        projection(points, kinds, NAMES)
