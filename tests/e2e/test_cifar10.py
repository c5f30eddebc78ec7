"""CIFAR-10 in a real browser: samples, a channel moved, the film stepped and downloaded, a point clicked, the link."""

import io
import re

import pytest

from tests.e2e.looking import READY, at_rest, drawn
from xai_core import weights

START = "dataset=small_photos&view.film=true&view.latents=true"
NEEDED = {"variational-cifar10", "unet-cifar10", "autoencoder-cifar10"}

pytestmark = pytest.mark.skipif(bool(NEEDED - weights.trained_models()), reason="the networks of CIFAR-10 are not trained here")


def settled(page) -> None:
    """The run is over, nothing is being computed, the pictures of the last section are there."""
    page.locator("[data-testid=stMain] .slot[aria-label^='Picture ']").first.wait_for(timeout=READY)
    at_rest(page)


def named(page, start: str) -> list[str]:
    return [src for alt, src in drawn(page) if alt.startswith(start)]


def test_sample_traverse_film_and_neighbours(server, page):
    from PIL import Image

    page.goto(f"{server}/cifar10?{START}", wait_until="commit")
    page.get_by_role("heading", name="CIFAR-10", exact=True).wait_for(timeout=READY)
    settled(page)
    samples = named(page, "Sample ")
    assert len(set(samples)) == 8

    seed = page.get_by_role("spinbutton", name="Seed of the samples")
    seed.fill("7")
    seed.press("Enter")
    page.wait_for_url(re.compile("view.draw=7"), timeout=READY)
    settled(page)
    assert not set(samples) & set(named(page, "Sample "))

    still = named(page, "With the sliders")
    slider = page.get_by_role("slider", name=re.compile("^Channel")).first
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    page.wait_for_url(re.compile(r"view.moved_1=1(&|$)"), timeout=READY)
    settled(page)
    assert named(page, "With the sliders") != still

    last = named(page, "Drawn after epoch")
    page.get_by_role("button", name="Next epoch").click()
    page.locator("[data-testid=stMain] .slot img[alt^='Drawn after epoch 0:']").wait_for(timeout=READY)
    assert named(page, "Drawn after epoch") != last
    assert not page.get_by_text("Play", exact=True).is_visible()  # this person wants no motion
    with page.expect_download() as waiting:
        page.get_by_role("button", name="This picture (GIF)").click()
    with Image.open(io.BytesIO(waiting.value.path().read_bytes())) as film:
        assert film.format == "GIF"
        assert film.n_frames > 2

    before = named(page, "Picture ")
    points = page.locator("[data-testid=stPlotlyChart] .scatterlayer .trace .points path.point")
    points.nth(40).click(force=True)
    page.wait_for_function(
        "before => document.querySelector(\"[data-testid=stMain] .slot img[alt^='Picture ']\")?.src !== before",
        arg=before[0],
        timeout=READY,
    )
    settled(page)

    shown = {start: named(page, start) for start in ("Sample ", "With the sliders")}
    other = page.context.new_page()
    other.goto(page.url, wait_until="commit")
    other.get_by_role("heading", name="CIFAR-10", exact=True).wait_for(timeout=READY)
    settled(other)
    assert {start: named(other, start) for start in shown} == shown
