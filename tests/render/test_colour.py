"""Colour maps: ends, middle, neutrality, and that numbers outside the range do no harm."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput, UnknownName
from xai_core.render import DIVERGING, JET_WARNING, LABELS, apply, css_colours
from xai_core.render.colour import indices, lookup_table

# First, middle (entry 128) and last colour as matplotlib 3.10 gives them: round(255 * colormaps[name](i)[:3]).
PUBLISHED = {
    "viridis": ((68, 1, 84), (33, 145, 140), (253, 231, 37)),
    "cividis": ((0, 34, 78), (125, 124, 120), (254, 232, 56)),
    "magma": ((0, 0, 4), (183, 55, 121), (252, 253, 191)),
}


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB (IEC 61966-2-1), for colours in [0, 1]."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("name", LABELS)
def test_apply_gives_the_tables_ends_and_middle(name):
    table = lookup_table(name)
    coloured = apply(np.array([[-3.0, 2.0, 7.0]]), name, low=-3, high=7)
    assert coloured.shape == (1, 3, 3)
    assert coloured.dtype == np.float32
    np.testing.assert_array_equal(coloured[0], table[[0, 128, 255]])


@pytest.mark.parametrize("name", LABELS)
def test_tables_hold_256_different_colours_in_range(name):
    table = lookup_table(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.float32
    assert table.min() >= 0
    assert table.max() <= 1
    assert len(np.unique(table, axis=0)) >= 250  # published tables repeat a few
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0  # shared by all callers


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_colours(name):
    levels = np.round(lookup_table(name)[[0, 128, 255]] * 255)
    np.testing.assert_allclose(levels, PUBLISHED[name], atol=1)


@pytest.mark.parametrize("name", ["viridis", "cividis", "magma", "grey"])
def test_sequential_maps_grow_lighter_throughout(name):
    assert (np.diff(luminance(lookup_table(name))) > -2e-3).all()


@pytest.mark.parametrize(("name", "sign"), [("diverging", -1), ("diverging_dark", 1)])
def test_diverging_maps_are_neutral_at_zero_and_grow_stronger_both_ways(name, sign):
    zero = apply(0.0, name, -2.5, 2.5)
    assert np.ptp(zero) < 0.03  # grey: no hue
    light = luminance(lookup_table(name)) * sign
    assert (np.diff(light[128:]) > -1e-4).all()
    assert (np.diff(light[:128]) < 1e-4).all()
    below, above = apply([-2.0, 2.0], name, -2.5, 2.5)
    assert below[2] > below[0]
    assert above[0] > above[2]
    assert DIVERGING == ("diverging", "diverging_dark")


def test_outside_the_range_is_the_nearer_end():
    np.testing.assert_array_equal(indices([-9, 0, 1, 9], 0, 1), [0, 0, 255, 255])


def test_indices_round_to_the_nearest_entry():
    np.testing.assert_array_equal(indices(np.arange(256) / 255 + 0.4 / 255, 0, 1), np.arange(256))


def test_no_range_is_the_first_colour_and_wrong_values_are_refused():
    np.testing.assert_array_equal(indices([3, 3], 3, 3), [0, 0])
    for values, low, high in [([np.nan], 0, 1), ([0], 0, np.inf), ([0], 1, 0)]:
        with pytest.raises(InvalidInput):
            indices(values, low, high)
    with pytest.raises(UnknownName, match="viridis"):
        apply([0], "virids")


def test_css_colours():
    assert css_colours("grey", 3) == ("#000000", "#808080", "#ffffff")
    assert css_colours("viridis", 2) == ("#440154", "#fde725")


def test_jet_comes_with_a_warning_that_is_true():
    assert "colour blindness" in JET_WARNING
    light = luminance(lookup_table("jet"))
    assert (np.diff(light) < -2e-3).any()  # it grows darker again, which looks like an edge
