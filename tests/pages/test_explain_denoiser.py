"""Explain a denoiser: the pixel, its filters, and each section, on the embedded data."""

import numpy as np
import pytest

from ui import cache, explain_denoiser
from ui.viewer import Box, Click
from xai_core.denoisers import load_denoiser
from xai_core.experiments import pictures
from xai_core.explainers.denoiser import ablate, effective_filter, split_noise
from xai_core.images import clip
from xai_core.metrics import psnr
from xai_core.scene import Scene

SCENE = Scene("mnist", denoiser="unet-mnist", level=40.0)
SECTIONS = ("split", "layers", "region", "invented", "chain")


@pytest.fixture
def opened(visit):
    """Open the page on a digit under a U-Net, wait until nothing is computed any more."""

    def start(*sections, **query):
        known = {"dataset": "mnist", "denoiser": "unet-mnist", "level": 40} | query
        page = visit("explain_denoiser", **known, **{f"view.{name}": "true" for name in sections})
        return page.settled()

    return start


def values(picture):
    """The numbers behind a drawn map."""
    import base64

    sent = picture["values"]
    levels = np.frombuffer(base64.b64decode(sent["levels"]), "<u2" if sent["bytes"] == 2 else np.uint8)
    return (sent["low"] + sent["step"] * levels.astype(float)).reshape(picture["height"], picture["width"])


def test_nothing_is_computed_for_what_is_closed(opened):
    page = opened()
    assert not page.errors
    assert set(page.rows()) - {"thumbnails-mnist-0"} == {"spot", "filters-0", "filters-1"}
    assert [expander.label for expander in page.app.expander if "noise" in expander.label.lower()][:1]
    assert page.query.keys() == {"dataset", "denoiser", "level", "classifier"}


def test_the_filters_are_those_of_the_library_on_one_scale(opened):
    page = opened(spot="pixel:13,12")
    found = pictures(SCENE)
    first, second = page.row("filters-0"), page.row("filters-1")
    assert [picture["title"] for picture in first] == ["Sigma 20", "Sigma 40", "Sigma 80"]
    one = effective_filter(load_denoiser("unet-mnist").at(found.level), found.noisy, 13, 12)
    assert first[1]["caption"] == f"sum {one.total:.2f} · width {one.width:.1f} px\n95 % within {one.radius:.1f} px"
    half = first[1]["width"] // 2
    expected = one.weights[13 - half : 14 + half, 12 - half : 13 + half, 0]
    np.testing.assert_allclose(values(first[1]), expected, atol=2 * np.ptp(expected) / 65535)
    # A Gaussian filter has one kernel whatever the noise, and its weights sum to 1.
    assert all(picture["caption"].startswith("sum 1.00") for picture in second)
    bar = page.bar("filters-1")
    assert bar["low"] == -bar["high"]
    drawn = [*first, *second]
    assert bar["high"] == pytest.approx(max(np.abs(values(one)).max() for one in drawn), rel=1e-3)


def test_a_click_and_a_box_move_the_spot(opened, monkeypatch):
    page = opened("region")
    assert "spot" not in page.query
    before = page.drawn("region")
    chosen, draw = [Click(1, 20, 9), Box(0, 4, 5, 6, 8)], explain_denoiser.viewer

    def picked(shown, *, key, **options):
        draw(shown, key=key, **options)
        return chosen.pop() if key == "spot" and chosen else None

    monkeypatch.setattr(explain_denoiser, "viewer", picked)
    page.run().settled()
    # Both came in one run after the other: the box first, then the click.
    assert page.query["spot"] == "pixel:20,9"
    assert page.rows()["spot"]["mark"] == {"x": 9.5 / 28, "y": 20.5 / 28}
    assert page.drawn("region") != before
    other = opened("region", spot="window:4,5,6,8")
    assert other.rows()["spot"]["mark"] == {"x": 5 / 28, "y": 4 / 28, "width": 8 / 28, "height": 6 / 28}
    assert "the box of 6 x 8 pixels from row 4, column 5" in other.captions


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("pixel:99,99", (27.5, 27.5, None)),
        ("window:20,20,50,50", (20, 20, 8)),
        ("window:0,0,0,0", (14.5, 14.5, None)),
        ("pixel:x", (14.5, 14.5, None)),
        ("window:1", (14.5, 14.5, None)),
    ],
)
def test_a_spot_of_a_link_lies_in_the_picture(opened, text, mark):
    page = opened(spot=text)
    assert not page.errors
    sent = page.rows()["spot"]["mark"]
    assert (sent["y"] * 28, sent["x"] * 28) == pytest.approx(mark[:2])
    assert sent.get("width") == (mark[2] and pytest.approx(mark[2] / 28))


def test_every_section_opens_and_the_link_keeps_it(opened):
    page = opened(*SECTIONS)
    assert not page.errors
    for label in ("Find what else", "Plant it at five", "Turn each of the"):
        next(button for button in page.app.button if button.label.startswith(label)).click()
    page.run().settled()
    assert not page.errors
    rows = page.rows()
    assert {"split", "carriers", "ablated", "region", "residual", "posterior", "planted", "chain"} <= set(rows)
    assert {name: page.query[f"view.{name}"] for name in SECTIONS} == dict.fromkeys(SECTIONS, "true")
    code = next(block.value for block in page.app.get("code") if "import xai_core" in block.value)
    for name in (
        "effective_filter",
        "split_noise",
        "noise_through_layers",
        "integrated_gradients",
        "posterior_directions",
        "chain(",
    ):
        assert name in code
    compile(code, "snippet", "exec")

    page.app.slider(key="control:view:deviations").set_value(-2.5)
    page.run()
    assert page.query["view.deviations"] == "-2.5"
    assert page.drawn("posterior")[3] != rows["posterior"]["pictures"][3]["src"]
    page.app.session_state["control:view:split"] = False
    page.run()
    assert "split" not in page.rows()
    assert "view.split" not in page.query


def test_the_split_adds_up(opened):
    page = opened("split")
    found = pictures(SCENE)
    split = split_noise(load_denoiser("unet-mnist").at(found.level), found.clean, found.noisy)
    shown = page.row("split")
    np.testing.assert_allclose(values(shown[2]), 255 * split.noise[0, ..., 0], atol=0.01)
    np.testing.assert_allclose(values(shown[3]), 255 * split.added[0, ..., 0], atol=0.01)
    table = page.table("Removed")
    assert list(table["Region"]) == ["On the object", "On edges", "Off the object", "Everywhere"]
    assert table["Share of the noise"][:3].sum() == pytest.approx(1)


def test_channels_that_are_off(opened):
    page = opened("layers", denoiser_layer="head")
    assert page.texts("ablated")[1].endswith("(+0.0 dB)")
    assert page.drawn("ablated")[0] == page.drawn("ablated")[1]
    picker = page.app.multiselect(key="control:ablated:unet-mnist:head")
    strongest = int(picker.options[0].partition(" ")[0])
    picker.set_value([strongest])
    page.run().settled()
    assert page.query["ablated"] == f"head:{strongest}"
    found = pictures(SCENE)
    without = clip(ablate(load_denoiser("unet-mnist").at(found.level), found.noisy, {"head": [strongest]}))
    assert page.texts("ablated")[1].startswith(f"{psnr(found.clean, without)[0]:.1f} dB")
    other = opened("layers", denoiser_layer="head", ablated=f"head:{strongest}")
    assert other.row("ablated") == page.row("ablated")
    assert other.app.multiselect(key="control:ablated:unet-mnist:head").value == [strongest]


@pytest.mark.parametrize("text", ["head:999", "nowhere:1", "head:x", ":", "head"])
def test_channels_of_a_link_that_are_not_there(opened, text):
    page = opened("layers", denoiser_layer="head", ablated=text)
    assert not page.errors
    assert page.texts("ablated")[1].endswith("(+0.0 dB)")
    assert "ablated" not in page.query


@pytest.mark.parametrize(
    ("method", "measure", "more"),
    [
        ("saliency", "residual", {}),
        ("integrated_gradients", "detail", {"view.baseline": "clean"}),
        ("integrated_gradients", "value", {"view.baseline": "denoised"}),
        ("integrated_gradients", "value", {"view.baseline": "blurred"}),
        ("grad_cam", "value", {}),
        ("full_grad", "detail", {}),
        ("lime", "value", {}),
        ("occlusion", "psnr", {}),
        ("lam", "psnr", {}),
        ("lam", "detail", {"view.path": "noise"}),
        ("lam", "residual", {"view.path": "denoised"}),
    ],
)
def test_every_method_explains_a_box(opened, method, measure, more):
    page = opened("region", spot="window:9,9,8,6", **{"view.method": method, "view.measure": measure}, **more)
    assert not page.errors
    picture = page.row("region")[1]
    assert picture["caption"].startswith("diffusion index")
    assert np.ptp(values(picture)) > 0
    if method == "integrated_gradients":
        assert page.app.selectbox(key="control:view:baseline").value == more["view.baseline"]


def test_a_filter_has_no_layers_and_one_click_leads_to_a_network(visit):
    page = visit("explain_denoiser", dataset="mnist", denoiser="median", **{f"view.{name}": "true" for name in SECTIONS})
    page.settled()
    assert not page.errors
    assert len([note for note in page.notes if "is a filter without layers" in note]) == 3
    assert {"split", "residual"} <= set(page.rows())
    assert page.row("filters-0")[0]["alt"].startswith("Effective filter of Median")
    page.press("Explain Autoencoder (MNIST) instead")
    page.settled()
    assert page.query["denoiser"] == "autoencoder-mnist"
    assert not [note for note in page.notes if "is a filter without layers" in note]


def test_an_untrained_network_fails_in_words(opened):
    page = opened("invented", **{"view.untrained": "true"})
    page.press("Plant it at five heights, 8 draws of the noise each")
    page.settled()
    assert [text.value for text in page.app.warning if text.value.startswith("Fails:")]


def test_a_stopped_job_waits_for_a_click(nothing_computed, opened):
    """What a person stopped does not start again by itself."""
    page = opened()
    page.app.session_state["stopped_jobs"] = {key for key in cache.results()._kept if key.startswith("filters-")}
    cache.results().clear()
    page.run()
    assert not {"filters-0", "filters-1"} & set(page.rows())
    assert [button.label for button in page.app.button].count("Compute it") == 2
    page.press("Compute it")
    page.settled()
    assert "filters-0" in page.rows()


def test_photographs_and_galaxies(visit):
    for dataset, denoiser in (("photos", "unet-colour"), ("simulated_galaxies", "gaussian")):
        page = visit("explain_denoiser", dataset=dataset, denoiser=denoiser, **{"view.split": "true"}).settled()
        assert not page.errors
        assert len(page.row("filters-0")) == len(page.row("filters-1")) == 3
