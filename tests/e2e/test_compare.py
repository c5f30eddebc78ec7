"""Compare in a real browser: tiles come one by one, the page stays usable, a click on a curve moves the slider."""

import re

from tests.e2e.looking import READY


def test_compare_denoisers_and_pick_a_level_from_the_curve(server, page):
    page.goto(f"{server}/compare?dataset=photos&index=1&compared=median,total_variation,non_local_means", wait_until="commit")
    tiles = page.locator("[data-testid=stMain] .slot img")
    page.get_by_text(re.compile(r"dB · SSIM .* ms")).nth(2).wait_for(timeout=READY)
    assert tiles.count() == 5

    before = tiles.nth(2).get_attribute("src")
    page.get_by_text("what was removed", exact=True).click()
    page.get_by_text(re.compile("whiteness 0")).nth(2).wait_for(timeout=READY)
    assert tiles.nth(2).get_attribute("src") != before

    page.get_by_role("button", name="Measure the curves").click()
    page.get_by_text("Click a point to set the noise to its level.").wait_for(timeout=READY)
    chart = page.locator("[data-testid=stPlotlyChart]").first
    chart.scroll_into_view_if_needed()
    chart.locator(".scatterlayer .point").first.wait_for(timeout=READY)
    point = chart.locator(".scatterlayer .point").nth(4).bounding_box()  # the fifth level, sigma 35
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_url(re.compile("level=35"), timeout=60_000)
