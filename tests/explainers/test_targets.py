"""Targets: their link form, their labels, their numbers, their errors."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xai_core.errors import InvalidInput
from xai_core.explainers import (
    TARGETS,
    ClassLogit,
    Pixel,
    Psnr,
    ResidualEnergy,
    WindowDetail,
    WindowMean,
    explain,
    parse_target,
)
from xai_core.explainers._gradients import input_gradients
from xai_core.explainers._models import examine, scores
from xai_core.explainers.base import resize_nearest, resize_sum
from xai_core.explainers.targets import as_targets
from xai_core.metrics import psnr

number = st.integers(0, 5000)
any_target = st.one_of(
    st.builds(ClassLogit, number),
    st.builds(Pixel, number, number, st.none() | number),
    st.builds(WindowMean, number, number, number, number),
    st.builds(WindowDetail, number, number, number, number),
    st.builds(ResidualEnergy),
    st.builds(ResidualEnergy, number, number, number, number),
    st.builds(Psnr),
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
    "text",
    [
        "",
        "class",
        "class:",
        "class:-1",
        "class:1,2",
        "pixel:1",
        "window:1,2,3",
        "halo:1",
        "pixel:1,x",
        "detail",
        "residual:1,2",
        "psnr:1",
    ],
)
def test_nonsense_in_a_link(text):
    with pytest.raises(InvalidInput, match="Expected"):
        parse_target(text)


def test_forms_and_labels():
    assert [str(ClassLogit(1)), str(Pixel(12, 7)), str(Pixel(1, 2, 0))] == ["class:1", "pixel:12,7", "pixel:1,2,0"]
    assert str(WindowMean(4, 4, 8, 8)) == "window:4,4,8,8"
    assert ClassLogit(1).label(("Elliptical", "Other")) == "class Other"
    assert WindowMean(4, 5, 8, 2).label() == "mean of rows 4-11, columns 5-6"
    assert [str(ResidualEnergy()), str(ResidualEnergy(1, 2, 3, 4))] == ["residual", "residual:1,2,3,4"]
    assert str(Psnr(np.zeros((4, 4, 1)))) == "psnr"
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


def test_detail_is_the_mean_length_of_the_gradient(rng):
    ramp = np.broadcast_to((3 * np.arange(6)[:, None] + 4 * np.arange(5))[None, ..., None], (1, 6, 5, 2)).astype(np.float32)
    assert detail(ramp, WindowDetail(0, 0, 5, 4)) == pytest.approx([5])
    assert detail(ramp, WindowDetail(5, 0, 1, 4)) == pytest.approx([4])  # nothing below the last row
    picture = rng.random((1, 6, 5, 2), np.float32)
    below, beside = picture[:, 3:5, 2:4] - picture[:, 2:4, 2:4], picture[:, 2:4, 3:5] - picture[:, 2:4, 2:4]
    assert detail(picture, WindowDetail(2, 2, 2, 2)) == pytest.approx([np.hypot(below, beside).mean()])


def detail(outputs, target):
    return np.asarray(WindowDetail.score(outputs, None, target.arguments()[None]))


def test_residual_leaves_the_level_of_a_guided_network_out(rng):
    outputs, inputs = rng.random((2, 6, 5, 1), np.float32), rng.random((2, 6, 5, 2), np.float32)
    targets = [ResidualEnergy(), ResidualEnergy(1, 2, 3, 2)]
    squares = (outputs - inputs[..., :1]) ** 2
    expected = [squares[0].mean(), squares[1, 1:4, 2:4].mean()]
    got = ResidualEnergy.score(outputs, inputs, np.stack([target.arguments() for target in targets]))
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_residual_of_a_network_that_changes_the_size():
    with pytest.raises(InvalidInput, match="needs an output of the input's shape"):
        explain(lambda images: images[:, ::2], np.zeros((1, 16, 16, 1), np.float32), "occlusion", "residual")


def test_psnr_is_that_of_the_metric_and_finite_for_equal_pictures(rng):
    clean, outputs = rng.random((3, 6, 5, 3), np.float32), rng.random((3, 6, 5, 3), np.float32)
    outputs[2] = clean[2]
    targets = [Psnr(one) for one in clean]
    got = Psnr.score(outputs, None, np.stack([target.arguments() for target in targets]))
    np.testing.assert_allclose(got, [*psnr(clean[:2], outputs[:2]), 100], rtol=1e-6)
    assert targets[0] == Psnr(clean[0]) != targets[1]
    assert len({*targets, Psnr(clean[0])}) == 3
    with pytest.raises(InvalidInput, match="one clean picture, received 3"):
        Psnr(clean)


def image_targets(clean):
    return [WindowDetail(2, 3, 9, 8), ResidualEnergy(), ResidualEnergy(1, 1, 4, 6), Psnr(clean)]


@pytest.mark.parametrize("index", range(4))
def test_gradient_is_that_of_finite_differences(index, rng):
    """Of a network without kinks, along ten directions."""
    image, clean = rng.random((1, 16, 16, 1), np.float32), rng.random((16, 16, 1), np.float32)
    subject = examine(smooth(), image, image_targets(clean)[index])
    gradient, _ = input_gradients(subject, image, subject.arguments)
    directions = rng.standard_normal((10, 16, 16, 1)).astype(np.float32)
    step = np.float32(1e-3)
    arguments = np.repeat(subject.arguments, 10, axis=0)
    ahead, behind = (scores(subject, image + sign * step * directions, arguments).astype(np.float64) for sign in (1, -1))
    slopes = (ahead - behind) / (2 * step)
    np.testing.assert_allclose((gradient * directions).sum(axis=(1, 2, 3)), slopes, atol=2e-3 * np.abs(slopes).max())


def test_detail_of_a_flat_picture_has_a_gradient_of_zero(models):
    image = np.zeros((1, 16, 16, 1), np.float32)
    subject = examine(identity(), image, WindowDetail(0, 0, 16, 16))
    gradient, number = input_gradients(subject, image, subject.arguments)
    assert not gradient.any()
    assert not number.any()


def identity():
    inputs = keras.Input((16, 16, 1))
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def smooth():
    keras.utils.set_random_seed(0)
    convolution = keras.layers.Conv2D(1, 3, padding="same", activation="tanh")
    return keras.Sequential([keras.Input((16, 16, 1)), convolution])


def test_one_compiled_function_serves_all_clean_pictures(build, rng):
    model, images, clean = build("picture_to_picture", 1), rng.random((2, 16, 16, 1), np.float32), rng.random((2, 16, 16, 1))
    both = explain(model, images, "saliency", [Psnr(one) for one in clean])
    kept = dict(vars(model)["_noiselens_compiled"])
    alone = explain(model, images[1:], "saliency", Psnr(clean[1]))
    assert vars(model)["_noiselens_compiled"] == kept
    assert both.target == "psnr"
    np.testing.assert_allclose(alone.heatmap[0], both.heatmap[1], atol=1e-5 * both.heatmap.max())
    other = explain(model, images[1:], "saliency", Psnr(clean[0]))
    assert not np.allclose(other.heatmap, alone.heatmap)


@pytest.mark.parametrize("index", range(4))
def test_full_grad_adds_up_for_targets_that_are_not_linear(index, models, rng):
    image, clean = rng.random((1, 16, 16, 1), np.float32), rng.random((16, 16, 1), np.float32)
    found = explain(models("picture_to_picture", 1), image, "full_grad", image_targets(clean)[index])
    assert found.diagnostics["completeness_residual"].max() < 1e-4


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
        ("picture_to_picture", "detail:0,10,4,7", "received 4 x 7 from row 0, column 10"),
        ("picture_to_picture", "residual:0,10,4,7", "received 4 x 7 from row 0, column 10"),
        ("picture_to_picture", "psnr", r"Give it: Psnr\(clean\)"),
        ("picture_to_picture", Psnr(np.zeros((8, 16, 1))), r"shape \(16, 16, 1\), received \(8, 16, 1\)"),
        ("functional", "detail:0,0,2,2", "which have no detail"),
        ("functional", "residual", "which have no residual"),
        ("functional", Psnr(np.zeros((16, 16, 1))), "which have no psnr"),
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
