"""Figures of experiments: numbers, intervals, what a click hands over, and that both themes can draw them."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.render import PALETTE, confusion_difference, confusion_matrix, interval_curves

LINES = {
    "none": ([0, 25, 50], [0.9, 0.8, 0.6], [0.8, 0.7, 0.5], [0.95, 0.9, 0.7]),
    "U-Net": ([0, 50], [0.9, np.nan], [0.8, 0], [1, 1]),
}
COUNTS = [[8, 2], [0, 5]]


def all_figures():
    return {
        "curves": interval_curves(
            LINES, value="Accuracy", level="Level", share=True, current=25, reference=0.9, reference_name="clean"
        ),
        "difference": confusion_difference(COUNTS, [[9, 1], [1, 4]], ("Elliptical", "Other")),
        "matrix": confusion_matrix(COUNTS, ("Elliptical", "Other"), chosen=(0, 1)),
    }


@pytest.mark.parametrize("name", all_figures())
def test_figures_are_theme_neutral_and_named(name):
    layout = all_figures()[name].layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.color is None and layout.title.text is None and layout.width is None
    assert layout.xaxis.title.text and layout.yaxis.title.text


def test_bars_end_where_the_intervals_do():
    first, second = all_figures()["curves"].data
    np.testing.assert_allclose(first.y + first.error_y.array, LINES["none"][3])
    np.testing.assert_allclose(first.y - first.error_y.arrayminus, LINES["none"][2])
    assert (first.line.color, second.line.color) == PALETTE[:2]
    assert first.line.dash != second.line.dash and first.marker.symbol != second.marker.symbol
    assert ":.1%" in first.hovertemplate


def test_the_level_and_the_clean_pictures_are_marked():
    figure = all_figures()["curves"]
    assert [(shape.x0, shape.y0) for shape in figure.layout.shapes] == [(0, 0.9), (25, 0)]
    assert figure.layout.annotations[0].text == "clean"


@pytest.mark.parametrize("lines", [{}, {"a": ([0, 1], [1], [1], [1])}, {"a": ([0], [1], [1, 2], [1])}])
def test_lines_that_do_not_fit_get_a_sentence(lines):
    with pytest.raises(InvalidInput, match="Expected"):
        interval_curves(lines, value="", level="")


def test_a_click_on_a_cell_hands_over_its_place():
    """Columns to the right, rows downwards, as in the table."""
    [points] = all_figures()["matrix"].data
    assert [tuple(place) for place in points.customdata] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert list(zip(points.y, points.x, strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    low, high = all_figures()["matrix"].layout.yaxis.range
    assert low > high


def test_cells_show_their_share_of_the_row():
    figure = all_figures()["matrix"]
    assert [one.text for one in figure.layout.annotations] == ["8<br>80%", "2<br>20%", "0<br>0%", "5<br>100%"]
    right, wrong, none, all_of_them = (shape.fillcolor for shape in figure.layout.shapes)
    assert right.startswith("rgba(0, 114, 178") and wrong.startswith("rgba(199, 119, 0")
    assert none.endswith(" 0.000)") and all_of_them.endswith(" 1.000)")
    assert [shape.line.width for shape in figure.layout.shapes] == [1, 3, 1, 1]


def test_ten_classes_fit():
    figure = confusion_matrix(np.eye(10, dtype=int), [str(digit) for digit in range(10)])
    assert figure.layout.height <= 520
    assert figure.layout.annotations[0].text == "1"


def test_other_shapes_get_a_sentence():
    with pytest.raises(InvalidInput, match="as many as names"):
        confusion_matrix(COUNTS, ("a",))


def test_a_difference_shows_what_came_and_went():
    figure = confusion_difference([[8, 2], [0, 5]], [[9, 1], [5, 0]], ("a", "b"), chosen=(1, 0))
    assert [one.text for one in figure.layout.annotations] == ["+1", "\u22121", "+5", "\u22125"]
    more, fewer, most, none = (shape.fillcolor for shape in figure.layout.shapes)
    assert more.startswith("rgba(199, 119, 0") and most.startswith("rgba(199, 119, 0") and most.endswith(" 1.000)")
    assert fewer.startswith("rgba(0, 114, 178") and none.startswith("rgba(0, 114, 178")
    assert [shape.line.width for shape in figure.layout.shapes] == [1, 1, 3, 1]
    assert [tuple(place) for place in figure.data[0].customdata] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    same = confusion_difference(COUNTS, COUNTS, ("a", "b"))
    assert all(one.text == "" for one in same.layout.annotations)
    assert all(shape.fillcolor.endswith(" 0.000)") for shape in same.layout.shapes)


def test_a_difference_of_other_pictures_gets_a_sentence():
    with pytest.raises(InvalidInput, match="same pictures twice"):
        confusion_difference(COUNTS, [[8, 3], [0, 5]], ("a", "b"))
