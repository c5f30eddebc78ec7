"""Castings in a real browser: one of the source's noises, the decision, a planted mistake and its cost, and the link."""

import re

from tests.e2e.looking import READY, at_rest, choose, drawn

START = "dataset=simulated_castings&noise=speckle"


def settled(page) -> None:
    """The run is over and nothing is being computed."""
    page.locator(".slot[aria-label^='Choice'], .slot[aria-label^='As planted']").first.wait_for(timeout=READY)
    page.locator(".slot[aria-label^='Denoised']").first.wait_for(timeout=READY)
    at_rest(page)


def test_noise_decision_mistake_and_link(server, page):
    page.goto(f"{server}/castings?{START}", wait_until="commit")
    page.get_by_role("heading", name="Castings", exact=True).wait_for(timeout=READY)
    settled(page)
    page.get_by_role("button", name="Salt & pepper 10 %").click()
    page.get_by_text(re.compile("Salt & pepper noise, about 10")).wait_for(timeout=READY)
    page.wait_for_url(re.compile("noise=salt_pepper"), timeout=READY)
    settled(page)
    assert any(alt.startswith("Choice: Median filter: 3") for alt, _ in drawn(page))  # over 30 dB

    choose(page, "Treat it as", "Gaussian")
    page.wait_for_url(re.compile("view.treated=gaussian"), timeout=READY)
    page.get_by_text(re.compile(r"The planted kind costs \d")).wait_for(timeout=READY)
    settled(page)
    shown = drawn(page)
    assert any(alt.startswith("As planted: U-Net") for alt, _ in shown)
    cost = page.get_by_text(re.compile(r"The planted kind costs \d")).inner_text()

    other = page.context.new_page()
    other.goto(page.url, wait_until="commit")
    other.get_by_text(re.compile(r"The planted kind costs \d")).wait_for(timeout=READY)
    settled(other)
    assert drawn(other) == shown
    assert other.get_by_text(re.compile(r"The planted kind costs \d")).inner_text() == cost

    page.get_by_role("button", name="Wave of 5 periods").click()
    page.get_by_text(re.compile("Periodic noise, amplitude")).wait_for(timeout=READY)
    settled(page)
