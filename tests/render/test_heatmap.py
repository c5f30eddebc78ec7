"""Ranges, smoothing and overlays against closed forms."""

import numpy as np
import pytest

from xai_core import scene
from xai_core.errors import InvalidInput, UnknownName
from xai_core.explainers import EXPLAINERS
from xai_core.images import GREY_WEIGHTS
from xai_core.render import SMOOTHINGS, apply, bar_note, colour_bar, limits, overlay, reordering, smooth, unit
from xai_core.types import Explanation

FILTERS = tuple(name for name in SMOOTHINGS.names if name != "none")


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
    for method in SMOOTHINGS.names:
        np.testing.assert_array_equal(smooth(flat, method), flat)
    assert np.isfinite(overlay(np.zeros((5, 5, 1)), flat, low=low, high=high)).all()


def test_a_single_strong_pixel_is_not_lost_to_the_percentile():
    values = np.zeros((100, 100))
    values[3, 4] = 7
    assert limits([values], signed=False) == [(0, 7)]
    assert limits([-values], signed=True) == [(-7, 7)]
    assert limits([], signed=True) == []


@pytest.mark.parametrize("method", FILTERS)
def test_smoothing_reduces_total_variation_and_keeps_the_scale(signed_map, method):
    # Much of this map's range is noise, more than the usual grain.
    options = {"level": 0.15} if "level" in {parameter.name for parameter in SMOOTHINGS.get(method).parameters} else {}
    smoothed = smooth(signed_map, method, **options)
    assert smoothed.shape == signed_map.shape
    assert smoothed.dtype == np.float32
    assert total_variation(smoothed) < 0.7 * total_variation(signed_map)
    assert smoothed.mean() == pytest.approx(signed_map.mean(), abs=0.1)
    # The same picture in another unit is smoothed in the same way.
    np.testing.assert_allclose(smooth(1000 * signed_map, method, **options), 1000 * smoothed, rtol=1e-3, atol=2)
    np.testing.assert_array_equal(smooth(signed_map, "none"), signed_map)
    np.testing.assert_array_equal(smooth(signed_map, method, **options), smoothed)


@pytest.mark.parametrize("method", FILTERS)
def test_smoothing_prefers_no_sign_and_leaves_zero_where_it_is(signed_map, method):
    """f(-m) = -f(m) and f(m + c) = f(m) + c: neither sign gains, and no level is special."""
    grain = signed_map - np.float32(0.5)
    smoothed = smooth(grain, method)
    close = {"atol": 3e-3 * np.ptp(grain)}  # the bilateral filter looks its weights up in a table
    np.testing.assert_allclose(smooth(-grain, method), -smoothed, **close)
    np.testing.assert_allclose(smooth(grain + 2, method), smoothed + 2, **close)
    # Far from all evidence nothing appears; a map without evidence against gets none.
    spot = np.zeros((40, 40), np.float32)
    spot[4:9, 4:9] = grain[:5, :5]
    np.testing.assert_allclose(smooth(spot, method)[25:, 25:], 0, atol=2e-3 * np.ptp(spot))
    assert smooth(np.abs(spot), method).min() >= 0
    assert smooth(spot, method).max() <= spot.max()


@pytest.mark.parametrize("method", SMOOTHINGS.names)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (3, 5), (28, 28)])
def test_smoothing_takes_maps_of_any_size(method, shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    smoothed = smooth(values, method)
    assert smoothed.shape == shape
    assert np.isfinite(smoothed).all()
    np.testing.assert_array_equal(smooth(np.zeros(shape), method), 0)


def test_the_smoothings_of_the_slides_are_there_and_a_link_knows_them():
    assert set(SMOOTHINGS.names) == {"none", "gaussian", "median", "bilateral", "nlm", "wavelet", "tv"}
    assert SMOOTHINGS.names == scene.SMOOTHINGS


def test_tv_weight_and_edge():
    step = np.zeros((32, 32), np.float32)
    step[:, 16:] = 4
    noisy = step + np.random.default_rng(0).normal(0, 0.3, step.shape).astype(np.float32)
    assert np.abs(smooth(noisy, "tv") - step).mean() < 0.5 * np.abs(noisy - step).mean()
    variations = [total_variation(smooth(noisy, "tv", level=weight)) for weight in (0.02, 0.1, 0.5)]
    assert variations == sorted(variations, reverse=True)
    # An edge stays where a Gaussian blurs it.
    assert np.diff(smooth(noisy, "tv").mean(axis=0)).max() > 1.5 * np.diff(smooth(noisy, "gaussian").mean(axis=0)).max()
    # The weight is the slides' 0.1 on a range of 1.
    from skimage.restoration import denoise_tv_chambolle

    span = np.ptp(noisy)
    np.testing.assert_allclose(smooth(noisy, "tv"), denoise_tv_chambolle(noisy / span, 0.1) * span, atol=1e-4)


def test_smoothing_refuses_what_it_cannot_do(signed_map):
    with pytest.raises(UnknownName, match="tv"):
        smooth(signed_map, "tw")
    with pytest.raises(InvalidInput, match="Weight"):
        smooth(signed_map, "tv", level=2)
    with pytest.raises(InvalidInput):
        smooth(np.full((4, 4), np.nan))
    with pytest.raises(InvalidInput):
        smooth(signed_map[None])


def test_a_warning_where_smoothing_reorders_the_pixels(signed_map):
    rows, columns = np.mgrid[:64, :64]
    hill = np.exp(-((rows - 30) ** 2 + (columns - 36) ** 2) / 400).astype(np.float32)
    grain = np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32)
    flat = np.zeros((64, 64), np.float32)
    for method in FILTERS:
        assert reordering([hill, flat], [smooth(hill, method), smooth(flat, method)], ["Clean", "Noisy"]) == "", method
    text = reordering([hill, grain, flat], [smooth(one, "tv") for one in (hill, grain, flat)], ["Clean", "Noisy", "Denoised"])
    assert "noisy 0." in text
    assert "clean" not in text
    assert "denoised" not in text
    assert "raw map" in text
    assert reordering([grain], [-grain], ["Clean"]).count("-1.00") == 1
    assert reordering([grain], [grain], ["Clean"]) == ""


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


def test_the_bar_of_a_signed_overlay_fades_as_the_overlay_does():
    bar = colour_bar("diverging", -2, 2, fade=True)
    assert [colour[7:] for colour in (bar.colours[0], bar.colours[16], bar.colours[32])] == ["ff", "00", "ff"]
    assert bar.colours[8][7:] == "80"  # half the strength, half the opacity
    black = np.zeros((1, 2, 3), np.float32)
    ends = overlay(black, np.array([[-2.0, 2.0]]), low=-2, high=2, colormap="diverging", alpha=1)[0]
    for end, colour in zip(ends, (bar.colours[0], bar.colours[-1]), strict=True):
        np.testing.assert_allclose(255 * end, list(bytes.fromhex(colour[1:7])), atol=1)
    assert colour_bar("viridis", 0, 2, fade=True) == colour_bar("viridis", 0, 2)


def test_the_bars_note_counts_the_pixels_beyond_its_ends_and_says_whose_scale_it_is(signed_map):
    maps = [signed_map, 10 * signed_map]
    own = limits(maps, True, linked=False)
    share = np.mean(np.abs(signed_map) > own[0][1])
    assert f"{100 * share:.1f} % of the pixels" in bar_note(maps, own)
    assert "scale of its own" in bar_note(maps, own)
    both = bar_note(maps, limits(maps, True), unit="logit")
    assert both.startswith("Unit: logit. ")
    assert both.endswith("One scale for the row.")
    assert bar_note([signed_map], limits([signed_map], True, clip_percentile=100)) == ""
    assert bar_note([np.zeros((4, 4))], [(0.0, 1.0)]) == ""
    many = np.zeros(100_000)
    many[:10] = 2
    assert bar_note([many], [(0.0, 1.0)]).startswith("Less than 0.1 %")


def test_the_unit_follows_method_and_target():
    def of(method, target):
        return unit(Explanation(np.zeros((1, 2, 2), np.float32), method, target, {}, True))

    assert of("integrated_gradients", "class:1") == "class score (logit) per pixel"
    assert of("integrated_gradients", "pixel:3,4") == "brightness of the output (0 to 1) per pixel"
    assert of("lime", "class:1;class:0") == "class score (logit) per superpixel"
    assert of("grad_cam", "class:1") == ""
    for name in EXPLAINERS.names:
        assert "{" not in of(name, "class:1")
