"""The main job in a real browser: pick galaxies, add noise, see the explanations, hand out the link."""

import re

from tests.e2e.looking import READY, choose

ROWS = ("Activations", "Grad-CAM", "LIME", "Integrated gradients")
DECODED = "images => images.length > 0 && images.every(image => image.complete && image.naturalWidth > 0)"


def settled(page) -> None:
    """The run is over and LIME has come."""
    page.get_by_text("How well a sum over superpixels describes the network here").first.wait_for(timeout=READY)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=READY)


def drawn(page) -> list[str]:
    """Every picture on the page, as it is drawn; not those in closed sections."""
    images = page.locator("[data-testid=stMain] .slot img >> visible=true")
    page.wait_for_function("() => document.readyState === 'complete'")
    assert images.evaluate_all(DECODED)
    return images.evaluate_all("images => images.map(image => image.src)")


def test_pick_galaxies_add_noise_explain_and_share(server, page):
    page.goto(f"{server}/classify?dataset=mnist&explainer.lime.samples=100", wait_until="commit")
    page.get_by_role("heading", name="Classify", exact=True).wait_for(timeout=READY)
    settled(page)

    choose(page, "Data set", "Simulated galaxies")
    page.get_by_text("Simulated galaxies: simulated").first.wait_for(timeout=READY)
    settled(page)
    before = drawn(page)

    slider = page.locator("[data-testid=stSidebar]").get_by_role("slider").first
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    page.wait_for_url(re.compile("level=35"), timeout=READY)
    settled(page)
    after = drawn(page)
    assert len(after) == 3 * (1 + len(ROWS))  # prediction and four explanations, each clean, noisy, denoised
    assert after[0] == before[0]  # the clean picture
    assert after[1] != before[1]  # the noisy one
    for row in ROWS:
        assert page.get_by_role("heading", name=row, exact=True).is_visible()

    other = page.context.new_page()
    other.goto(page.url, wait_until="commit")
    settled(other)
    assert drawn(other) == after


def test_the_zoom_of_one_row_is_that_of_all_and_works_by_keyboard(server, page):
    page.goto(f"{server}/denoise?dataset=photos&index=1", wait_until="commit")
    button = page.get_by_role("button", name="Zoom in").first
    button.wait_for(timeout=READY)
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Reset").first.wait_for()
    assert page.get_by_role("button", name="Zoom out").first.is_enabled()
