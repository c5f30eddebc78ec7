"""Figures of trust: the numbers that are drawn, and what tells the lines apart without colours."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.render import PALETTE, drift_curves, matrix, removal_curves

SHARES = np.linspace(0, 1, 5)
LINES = {name: (SHARES, order - SHARES) for order, name in enumerate(("Clean", "Noisy", "Random map", "Denoised"))}
LEVELS = [0, 10, 20]


def all_figures():
    return {
        "removal": removal_curves(LINES, share="Pixels hidden (%)", score="Score (logit)", control="Random map"),
        "drift": drift_curves({"A": (LEVELS, [1, 0.5, 0.2], [1, 0.8, np.nan])}, value="Rank", level="Level", current=10),
    }


@pytest.mark.parametrize("name", all_figures())
def test_figures_are_theme_neutral_and_named(name):
    layout = all_figures()[name].layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.color is None and layout.title.text is None and layout.width is None
    assert layout.xaxis.title.text and layout.yaxis.title.text


def test_removal_curves_keep_the_colours_of_the_pictures_and_chance_is_grey():
    figure = all_figures()["removal"]
    assert [line.name for line in figure.data] == list(LINES)
    assert [line.line.color for line in figure.data] == [PALETTE[0], PALETTE[1], PALETTE[-1], PALETTE[2]]
    for line, (shares, scores) in zip(figure.data, LINES.values(), strict=True):
        np.testing.assert_array_equal(line.x, shares)
        np.testing.assert_array_equal(line.y, scores)
    with pytest.raises(InvalidInput, match="as many values as positions"):
        removal_curves({"a": ([0, 1], [1])}, share="", score="")


def test_drift_is_solid_for_the_noisy_and_dashed_for_the_denoised_picture():
    figure = all_figures()["drift"]
    assert [(line.name, line.line.dash) for line in figure.data] == [("A, noisy", "solid"), ("A, denoised", "dash")]
    assert figure.data[0].line.color == figure.data[1].line.color
    assert figure.layout.shapes[0].x0 == 10


def test_a_matrix_writes_its_values_around_a_neutral_zero():
    figure = matrix([[1, -0.004], [np.nan, -0.5]], ["a", "b"], ["c", "d"], words="Rank correlation")
    [cells] = figure.data
    assert [list(row) for row in cells.text] == [["1.00", "0.00"], ["", "\u22120.50"]]
    assert (cells.zmin, cells.zmax) == (-1, 1)
    middle = cells.colorscale[len(cells.colorscale) // 2]
    assert middle[0] == 0.5 and min(bytes.fromhex(middle[1][1:])) > 0xE0, "zero is neutral"
    assert list(cells.y) == ["a", "b"] and figure.layout.yaxis.autorange == "reversed"
    with pytest.raises(InvalidInput, match="as many as names"):
        matrix([[1, 2]], ["a", "b"], ["c", "d"], words="")
