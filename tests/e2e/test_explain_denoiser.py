"""Explain a denoiser in a real browser: click a pixel, draw a box, turn a channel off, and hand out the link."""

import re

from tests.e2e.looking import READY, at_rest, choose, drawn

START = "dataset=mnist&denoiser=unet-mnist&level=40&denoiser_layer=head"


def settled(page) -> None:
    """The run is over, nothing is being computed, both rows of filters are there."""
    page.locator("[data-testid=stMain] .slot[aria-label='Sigma 80']").nth(1).wait_for(timeout=READY)
    at_rest(page)


def filters(page) -> list[str]:
    return [src for alt, src in drawn(page) if alt.startswith("Effective filter")]


def show(page, title: str) -> None:
    page.get_by_text(title, exact=False).first.click()
    page.wait_for_timeout(500)
    settled(page)


def test_click_drag_ablate_and_share(server, page):
    page.goto(f"{server}/explain_denoiser?{START}", wait_until="commit")
    page.get_by_role("heading", name="Explain a denoiser").wait_for(timeout=READY)
    settled(page)
    picture = page.locator("[data-testid=stMain] .slot").first
    before = filters(page)
    assert len(before) == 6

    unit = picture.bounding_box()["width"] / 28
    picture.click(position={"x": 9.5 * unit, "y": 13.5 * unit})
    page.wait_for_url(re.compile("spot=pixel%3A13%2C9"), timeout=READY)
    settled(page)
    clicked = filters(page)
    assert clicked[:3] != before[:3]  # the network weighs otherwise there

    page.get_by_role("button", name="Draw a box", exact=True).click()
    box = picture.bounding_box()
    page.mouse.move(box["x"] + 8.5 * unit, box["y"] + 10.5 * unit)
    page.mouse.down()
    page.mouse.move(box["x"] + 12.5 * unit, box["y"] + 12.5 * unit)
    page.mouse.move(box["x"] + 15.5 * unit, box["y"] + 15.5 * unit)
    page.mouse.up()
    page.wait_for_url(re.compile("spot=window%3A10%2C8%2C6%2C8"), timeout=READY)
    settled(page)

    show(page, "Noise through the layers")
    page.get_by_role("combobox", name=re.compile("Turn channels off")).wait_for(timeout=READY)
    settled(page)
    choose(page, "Turn channels off", re.compile(r"\(noise"))  # not the one that turns all off
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("ablated=head%3A"), timeout=READY)
    page.get_by_text("1 channel off").first.wait_for(timeout=READY)
    show(page, "What a region depends on")
    page.get_by_text("completeness residual").first.wait_for(timeout=READY)
    shown = drawn(page)
    assert {"All channels on", "Integrated gradients alone"} <= {alt.partition(":")[0] for alt, _ in shown}

    other = page.context.new_page()
    other.goto(page.url, wait_until="commit")
    other.get_by_text("completeness residual").first.wait_for(timeout=READY)
    settled(other)
    assert drawn(other) == shown
    assert "the box of 6 x 8 pixels from row 10, column 8" in other.locator("[data-testid=stMain]").inner_text()
