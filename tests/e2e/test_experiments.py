"""Experiments in a real browser: start, watch, stop, go on, and open a mistake from the confusion matrix."""

import re

import pytest

from tests.e2e.looking import READY, choose


@pytest.fixture(scope="module")
def server(start_server, tmp_path_factory):
    """With the embedded data alone, and an empty folder for what is measured."""
    return start_server(XAI_DATA_DIR=str(tmp_path_factory.mktemp("no_data")), XAI_RUNS_DIR=str(tmp_path_factory.mktemp("runs")))


def button(page, name):
    # Not Streamlit's own button in the header, which is named Stop while a script runs.
    return page.locator("[data-testid=stMainBlockContainer]").get_by_role("button", name=name, exact=True)


def done(page) -> int:
    """Cells that the progress bar counts."""
    text = page.locator("[data-testid=stProgress]").inner_text()
    return int(re.search(r"(\d+) of 192 cells", text).group(1))


def test_start_watch_stop_go_on_and_open_a_mistake(server, page):
    page.goto(f"{server}/experiments?denoiser=median&seed=5", wait_until="commit")
    page.get_by_text("Explanation drift", exact=True).first.click(timeout=READY)
    page.get_by_text(re.compile("192 cells.*heat maps.*About")).wait_for(timeout=READY)
    button(page, "Run").click()

    page.get_by_text(re.compile(r"[1-9]\d* of 192 cells, .* left")).wait_for(timeout=READY)
    first = done(page)
    page.locator("[data-testid=stPlotlyChart]").first.wait_for(timeout=READY)  # what is there so far
    button(page, "Stop").click()
    button(page, "Go on").wait_for(timeout=READY)
    kept = page.get_by_text(re.compile("cells are done and kept"))
    kept.wait_for(timeout=READY)
    assert first <= int(re.search(r"(\d+) cells are done", kept.inner_text()).group(1)) < 192

    button(page, "Go on").click()
    button(page, "Stop").wait_for(timeout=READY)
    button(page, "Stop").wait_for(state="detached", timeout=READY)
    page.get_by_text(re.compile("the surest first")).wait_for(timeout=READY)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=READY)
    assert button(page, "Stop").count() == button(page, "Go on").count() == 0

    choose(page, "Condition", re.compile("^Gaussian 50 → CNN-2"))
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=READY)
    page.wait_for_timeout(1000)  # the run that follows a choice may not have begun
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=READY)
    matrix = page.locator("[data-testid=stPlotlyChart]").last
    matrix.evaluate("chart => chart.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(300)
    right = matrix.locator(".scatterlayer .point").nth(3).bounding_box()
    page.mouse.click(right["x"] + right["width"] / 2, right["y"] + right["height"] / 2)
    page.get_by_text(re.compile("Other named Other")).wait_for(timeout=READY)
    wrong = matrix.locator(".scatterlayer .point").nth(2).bounding_box()
    page.mouse.click(wrong["x"] + wrong["width"] / 2, wrong["y"] + wrong["height"] / 2)
    page.get_by_text(re.compile("Other named Elliptical")).wait_for(timeout=READY)

    picture = page.locator("[data-testid=stMain] .slot").first
    title = page.locator("[data-testid=stMain]").get_by_text(re.compile(r"^Picture \d+$")).first.inner_text()
    number = int(title.split()[1])
    picture.click()
    page.get_by_role("heading", name="Classify", exact=True).wait_for(timeout=READY)
    page.wait_for_url(re.compile(rf"classify\?(?=.*seed={5 + number})(?=.*level=50)(?=.*denoiser=median)"), timeout=READY)
    assert f"index={number}" in page.url or number == 0
    column = page.locator("[data-testid=stSidebar]")
    assert column.get_by_label("Seed").input_value() == str(5 + number)
