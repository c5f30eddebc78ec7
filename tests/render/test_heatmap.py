"""Ranges, smoothing and overlays against closed forms."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.images import GREY_WEIGHTS
from xai_core.render import SMOOTHINGS, apply, colour_bar, limits, overlay, smooth


def total_variation(image: np.ndarray) -> float:
    return float(np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum())


@pytest.fixture
def signed_map() -> np.ndarray:
    return np.random.default_rng(3).normal(0.5, 1, (40, 30)).astype(np.float32)


def test_signed_limits_are_symmetric_and_the_percentile_of_the_strength(signed_map):
    ((low, high),) = limits([signed_map], signed=True)
    assert low == -high
    assert high == pytest.approx(np.percentile(np.abs(signed_map), 99.5))
    assert high < np.abs(signed_map).max()
    assert limits([signed_map], signed=True, clip_percentile=100)[0][1] == pytest.approx(np.abs(signed_map).max())


def test_linked_maps_share_one_range_and_unlinked_do_not(signed_map):
    linked = limits([signed_map, 10 * signed_map], signed=True, clip_percentile=100)
    assert linked[0] == linked[1] == limits([10 * signed_map], signed=True, clip_percentile=100)[0]
    own = limits([signed_map, 10 * signed_map], signed=True, linked=False)
    assert own[1][1] == pytest.approx(10 * own[0][1])


def test_unsigned_limits_start_at_zero_unless_there_is_less():
    values = np.linspace(2, 5, 1000)
    ((low, high),) = limits([values], signed=False)
    assert low == 0
    assert high == pytest.approx(np.percentile(values, 99.5))
    assert limits([values - 4], signed=False)[0][0] == pytest.approx(-2)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("constant", [0.0, 3.0, -3.0])
def test_blank_and_constant_maps_have_a_range_and_draw_without_nan(constant, signed):
    flat = np.full((5, 5), constant, np.float32)
    ((low, high),) = limits([flat], signed)
    assert low < high
    assert low <= constant <= high
    for method in SMOOTHINGS:
        np.testing.assert_array_equal(smooth(flat, method), flat)
    assert np.isfinite(overlay(np.zeros((5, 5, 1)), flat, low=low, high=high)).all()


def test_a_single_strong_pixel_is_not_lost_to_the_percentile():
    values = np.zeros((100, 100))
    values[3, 4] = 7
    assert limits([values], signed=False) == [(0, 7)]
    assert limits([-values], signed=True) == [(-7, 7)]
    assert limits([], signed=True) == []


@pytest.mark.parametrize("method", ["tv", "gaussian", "median"])
def test_smoothing_reduces_total_variation_and_keeps_the_scale(signed_map, method):
    smoothed = smooth(signed_map, method)
    assert smoothed.shape == signed_map.shape
    assert smoothed.dtype == np.float32
    assert total_variation(smoothed) < 0.7 * total_variation(signed_map)
    assert smoothed.mean() == pytest.approx(signed_map.mean(), abs=0.1)
    # The same picture in another unit is smoothed in the same way.
    np.testing.assert_allclose(smooth(1000 * signed_map, method), 1000 * smoothed, rtol=1e-3, atol=1)
    np.testing.assert_array_equal(smooth(signed_map, "none"), signed_map)


def test_tv_weight_and_edge():
    step = np.zeros((32, 32), np.float32)
    step[:, 16:] = 4
    noisy = step + np.random.default_rng(0).normal(0, 0.3, step.shape).astype(np.float32)
    assert np.abs(smooth(noisy, "tv") - step).mean() < 0.5 * np.abs(noisy - step).mean()
    variations = [total_variation(smooth(noisy, "tv", weight=weight)) for weight in (0.02, 0.1, 0.5)]
    assert variations == sorted(variations, reverse=True)
    # An edge stays where a Gaussian blurs it.
    assert np.diff(smooth(noisy, "tv").mean(axis=0)).max() > 1.5 * np.diff(smooth(noisy, "gaussian").mean(axis=0)).max()


def test_smoothing_refuses_what_it_cannot_do(signed_map):
    with pytest.raises(InvalidInput, match="tv"):
        smooth(signed_map, "bilateral")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        smooth(np.full((4, 4), np.nan))
    with pytest.raises(InvalidInput):
        smooth(signed_map[None])


def test_overlay_at_both_ends_of_alpha(signed_map):
    picture = np.random.default_rng(1).random((40, 30, 3)).astype(np.float32)
    grey = np.repeat((picture @ GREY_WEIGHTS)[..., None], 3, axis=-1)
    np.testing.assert_allclose(overlay(picture, signed_map, low=-1, high=3, alpha=0), grey, atol=1e-6)
    colours = apply(signed_map, "jet", -1, 3)
    np.testing.assert_allclose(overlay(picture, signed_map, low=-1, high=3, alpha=1, colormap="jet"), colours, atol=1e-6)
    np.testing.assert_allclose(
        overlay(picture, signed_map, low=-1, high=3, colormap="jet"), 0.4 * grey + 0.6 * colours, atol=1e-6
    )


def test_overlay_of_signed_maps_leaves_the_picture_where_there_is_no_evidence():
    picture = np.full((1, 3, 1), 0.3, np.float32)
    evidence = np.array([[0.0, 0.5, -2.0]], np.float32)
    drawn = overlay(picture, evidence, low=-2, high=2, colormap="diverging")
    np.testing.assert_allclose(drawn[0, 0], 0.3, atol=1e-6)
    blue, orange = apply([-0.75, 0.75], "diverging", -1, 1)
    np.testing.assert_allclose(drawn[0, 1], 0.85 * 0.3 + 0.15 * orange, atol=1e-6)  # 0.6 x a quarter of the limit
    np.testing.assert_allclose(drawn[0, 2], 0.4 * 0.3 + 0.6 * blue, atol=1e-6)
    np.testing.assert_allclose(drawn, overlay(picture, evidence, low=-2, high=2, colormap="diverging_dark"))
    faded = overlay(picture, evidence, low=0, high=1, colormap="viridis", fade=True)
    np.testing.assert_allclose(faded[0, 1], 0.7 * 0.3 + 0.3 * apply(0.5, "viridis"), atol=1e-6)
    flat = overlay(picture, evidence, low=-2, high=2, colormap="diverging", fade=False)
    assert not np.allclose(flat[0, 0], 0.3)


def test_overlay_stays_within_the_range_of_a_picture(signed_map):
    wild = np.random.default_rng(2).normal(0.5, 1, (40, 30, 1)).astype(np.float32)  # unclipped noise
    drawn = overlay(wild, signed_map, low=-1, high=1)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    for options in ({"alpha": 1.5}, {"alpha": -0.1}):
        with pytest.raises(InvalidInput):
            overlay(wild, signed_map, low=-1, high=1, **options)
    with pytest.raises(InvalidInput, match=r"\(40, 30\)"):
        overlay(wild, signed_map[1:], low=-1, high=1)


def test_colour_bar_says_what_both_ends_mean():
    bar = colour_bar("diverging", -2, 2, low_word="against", high_word="evidence for Elliptical", unit="logit")
    assert (bar.low, bar.high, bar.unit) == (-2.0, 2.0, "logit")
    assert bar.colours[16] == "#f7f7f7"
    assert len(bar.colours) == 33
