"""Compare: tiles, order, table, curves."""

import time

import numpy as np
import pytest

from ui import cache, compare
from xai_core.denoisers import load_denoiser
from xai_core.experiments import noise_levels
from xai_core.metrics import gradient_similarity, ms_ssim, psnr, ssim
from xai_core.noise import NOISES
from xai_core.scene import Scene, denoisers_for

THREE = "median,total_variation,bilateral"


def until(page, there):
    """A browser's timer would ask again and again; AppTest has none."""
    end = time.monotonic() + 300
    while not there(page):
        assert time.monotonic() < end and not page.errors
        time.sleep(0.05)
        page.run()
    return page


def all_there(page):
    return "tiles" in page.rows() and not any(text in ("waits", "failed") for text in page.texts("tiles"))


@pytest.fixture
def photo(visit):
    def start(**query):
        return until(visit("compare", dataset="photos", index=1, **({"compared": THREE} | query)), all_there)

    return start


def test_every_tile_shows_its_denoiser_and_its_figures(photo):
    page = photo(level=40)
    assert [tile["title"] for tile in page.row("tiles")] == [
        *("Clean", "Noisy"),
        *("Median filter", "Total variation", "Bilateral filter"),
    ]
    found = cache.pictures(Scene("photos", 1, level=40.0, denoiser="total_variation"), None)
    expected = np.round(255 * np.clip(found.denoised[0], 0, 1))
    assert np.abs(page.pixels("tiles", 3) - expected).max() <= 1
    table = page.table("Whiteness")
    row = table[table["Denoiser"] == "Total variation"].iloc[0]
    assert row["PSNR (dB)"] == pytest.approx(psnr(found.clean, found.denoised)[0])
    assert row["SSIM"] == pytest.approx(ssim(found.clean, found.denoised)[0])
    assert row["MS-SSIM"] == pytest.approx(ms_ssim(found.clean, found.denoised)[0])
    assert row["Edge damage"] == pytest.approx(gradient_similarity(found.clean, found.denoised).deviation[0])
    assert 0 < row["Whiteness"] <= 1
    assert f"{row['PSNR (dB)']:.1f} dB" in page.texts("tiles")[3]


def test_the_first_view_compares_the_networks_of_the_data_set_and_filters(visit):
    page = until(visit("compare", dataset="mnist"), all_there)
    names = page.app.multiselect(key="control:compared:mnist").value
    assert names[:2] == ["autoencoder-mnist", "unet-mnist"]
    assert len(names) == len(set(names)) == 8
    assert set(names) <= set(denoisers_for((28, 28, 1), "mnist"))
    assert "compared" not in page.query


def test_a_choice_is_kept_in_the_link(photo):
    page = photo()
    page.set("multiselect", "compared:photos", ["median"])
    assert page.query["compared"] == "median"
    until(page, all_there)
    assert len(page.row("tiles")) == 3
    page.set("multiselect", "compared:photos", [])
    assert any("Choose at least one denoiser" in note for note in page.notes)


@pytest.mark.parametrize(("figure", "best"), [("PSNR", max), ("SSIM", max), ("whiteness", max)])
def test_the_order_of_the_tiles(photo, figure, best):
    page = photo(noise="salt_pepper", level=0.2)
    page.set("selectbox", "tile_order", figure)
    column = {"PSNR": "PSNR (dB)", "SSIM": "SSIM", "whiteness": "Whiteness"}[figure]
    values = list(page.table("Whiteness")[column])
    assert values == sorted(values, reverse=True)
    assert values[0] == best(values)
    assert [tile["title"] for tile in page.row("tiles")][2:] == list(page.table("Whiteness")["Denoiser"])


def test_what_was_removed_and_its_spectrum(photo):
    page = photo()
    pictures = page.drawn("tiles")
    page.app.get("button_group")[0]  # the segmented control is there
    for tile, first in (("removed", "Noisy"), ("spectrum", "Spectrum of the picture")):
        other = photo(tile=tile)
        assert [one["title"] for one in other.row("tiles")][:2][0] == first
        assert not set(other.drawn("tiles")[2:]) & set(pictures)
        assert all(text.startswith("whiteness 0.") for text in other.texts("tiles")[2:])
        assert all(one["bar"] for one in other.row("tiles")[2:])


def test_a_denoiser_that_fails_leaves_the_others(photo, visit, monkeypatch, nothing_computed):
    from xai_core.errors import InvalidInput

    quality = cache.quality

    def fails(scene, upload):
        if scene.denoiser == "median":
            raise InvalidInput("Not today.")
        return quality(scene, upload)

    monkeypatch.setattr(compare.cache, "quality", fails)
    page = visit("compare", dataset="photos", index=1, compared=THREE)
    end = time.monotonic() + 60
    while not page.errors or "tiles" not in page.rows() or "waits" in page.texts("tiles"):
        assert time.monotonic() < end
        time.sleep(0.05)
        page.run()
    assert page.errors == ["Not today."]
    assert page.texts("tiles")[2] == "failed"
    assert len(page.table("Whiteness")) == 2


def test_curves_are_measured_on_demand(photo):
    page = photo(compared="median,gaussian")
    assert not page.app.get("plotly_chart")
    page.press("Measure the curves")
    until(page, lambda page: len(page.app.get("plotly_chart")) == 2)
    assert "Click a point" in page.captions
    assert "trained on" in page.captions


@pytest.mark.parametrize("noise", NOISES.names)
def test_levels_of_the_curves_are_levels_of_the_slider(noise):
    levels = noise_levels(noise)
    parameter = NOISES.get(noise).parameter("level")
    assert 5 <= len(levels) <= 8
    assert list(levels) == sorted(levels)
    assert all(parameter.check(level) == level for level in levels)


def test_a_click_on_a_curve_moves_the_slider(photo):
    page = photo(compared="median")
    page.press("Measure the curves")
    until(page, lambda page: len(page.app.get("plotly_chart")) == 2)

    class Clicked:
        class selection:
            points = ({"x": 35.0, "y": 20.0},)

    import streamlit as st

    state = {"curve-psnr": Clicked}
    original = st.session_state
    try:
        st.session_state = state
        compare._move(Scene(), "curve-psnr")
    finally:
        st.session_state = original
    assert state["control:level:gaussian"] == 35.0


def test_tiles_agree_with_the_library(photo):
    """The figure under a tile is that of the library's own call."""
    page = photo(compared="bilateral", clip="false")
    found = cache.pictures(Scene("photos", 1, denoiser="bilateral", clip=False), None)
    own = load_denoiser("bilateral")(found.noisy, found.true_sigma)
    assert page.table("Whiteness")["PSNR (dB)"][0] == pytest.approx(psnr(found.clean, own)[0])
