"""Targets: their link form, their labels, their numbers, their errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core.errors import InvalidInput
from xai_core.explainers import TARGETS, ClassLogit, Pixel, WindowMean, explain, parse_target
from xai_core.explainers.base import as_targets, resize_nearest, resize_sum

number = st.integers(0, 5000)
any_target = st.one_of(
    st.builds(ClassLogit, number),
    st.builds(Pixel, number, number, st.none() | number),
    st.builds(WindowMean, number, number, number, number),
)


@given(any_target)
def test_link_form_round_trip(target):
    assert parse_target(str(target)) == target
    assert target.label()


@given(st.text(max_size=20))
def test_any_text_is_a_target_or_a_sentence(text):
    try:
        target = parse_target(text)
    except InvalidInput as error:
        assert "class:1" in str(error)
    else:
        assert isinstance(target, TARGETS)


@pytest.mark.parametrize(
    "text", ["", "class", "class:", "class:-1", "class:1,2", "pixel:1", "window:1,2,3", "halo:1", "pixel:1,x"]
)
def test_nonsense_in_a_link(text):
    with pytest.raises(InvalidInput, match="Expected"):
        parse_target(text)


def test_forms_and_labels():
    assert [str(ClassLogit(1)), str(Pixel(12, 7)), str(Pixel(1, 2, 0))] == ["class:1", "pixel:12,7", "pixel:1,2,0"]
    assert str(WindowMean(4, 4, 8, 8)) == "window:4,4,8,8"
    assert ClassLogit(1).label(("Elliptical", "Other")) == "class Other"
    assert WindowMean(4, 5, 8, 2).label() == "mean of rows 4-11, columns 5-6"
    assert as_targets(np.int64(3), 2) == (ClassLogit(3), ClassLogit(3))
    assert as_targets("class:1;class:0", 2) == (ClassLogit(1), ClassLogit(0))


def test_scores_are_those_of_the_formula(rng):
    outputs = rng.random((3, 6, 5, 2), np.float32)
    targets = [Pixel(4, 1), Pixel(0, 4, 1), Pixel(5, 0, 0)]
    got = Pixel.score(outputs, None, np.stack([target.arguments() for target in targets]))
    np.testing.assert_allclose(got, [outputs[0, 4, 1].mean(), outputs[1, 0, 4, 1], outputs[2, 5, 0, 0]], rtol=1e-6)
    windows = [WindowMean(0, 0, 6, 5), WindowMean(2, 1, 3, 4), WindowMean(5, 4, 1, 1)]
    got = WindowMean.score(outputs, None, np.stack([target.arguments() for target in windows]))
    np.testing.assert_allclose(got, [outputs[0].mean(), outputs[1, 2:5, 1:5].mean(), outputs[2, 5, 4].mean()], rtol=1e-6)


@pytest.mark.parametrize(
    ("network", "target", "sentence"),
    [
        ("functional", 12, "a class from 0 to 2, received class 12"),
        ("sequential", 2, "a class from 0 to 1, received class 2"),
        ("functional", "pixel:1,1", "which have no pixel. Choose a class"),
        ("functional", WindowMean(0, 0, 2, 2), "which have no window"),
        ("picture_to_picture", 1, "Choose a pixel or a window"),
        ("picture_to_picture", "pixel:16,3", "within the 16 x 16 output of the model, received row 16, column 3"),
        ("picture_to_picture", "pixel:1,1,1", "a channel from 0 to 0, received 1"),
        ("picture_to_picture", "window:10,0,7,4", "received 7 x 4 from row 10"),
        ("picture_to_picture", "window:1,1,0,4", "at least 1 x 1 pixel"),
        ("functional", [0, 1], "received 2"),
        ("functional", 1.5, "a class number"),
        ("functional", True, "a class number"),
        ("functional", -1, "whole number from 0"),
    ],
)
def test_target_that_the_model_does_not_have(network, target, sentence, models):
    with pytest.raises(InvalidInput, match=sentence):
        explain(models(network, 1), np.zeros((1, 16, 16, 1), np.float32), "grad_cam", target)


def test_mixture_of_kinds():
    with pytest.raises(InvalidInput, match="one kind"):
        as_targets([ClassLogit(0), Pixel(1, 1)], 2)


sides = st.integers(1, 40)


@given(sides, sides, sides, sides)
def test_resize_sum_keeps_the_sum_and_a_constant(h, w, height, width):
    rng = np.random.default_rng(h * w)
    maps = rng.standard_normal((2, h, w)).astype(np.float32)
    resized = resize_sum(maps, height, width)
    assert resized.shape == (2, height, width)
    np.testing.assert_allclose(resized.sum(axis=(1, 2)), maps.sum(axis=(1, 2)), atol=1e-4 * h * w)
    flat = resize_sum(np.ones((1, h, w), np.float32), height, width)
    np.testing.assert_allclose(flat, h * w / (height * width), rtol=1e-4)


@given(sides, sides, sides, sides)
def test_resize_nearest_up_and_back(h, w, more_rows, more_columns):
    labels = np.arange(h * w).reshape(1, h, w)
    larger = resize_nearest(labels, h + more_rows, w + more_columns)
    np.testing.assert_array_equal(resize_nearest(larger, h, w), labels)
