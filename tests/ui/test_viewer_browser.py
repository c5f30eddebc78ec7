"""The viewer in a real browser: one zoom for all pictures, no call to the server for it, nothing asked of other machines."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

REPOSITORY = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)")

PAGE = """
import numpy as np
import streamlit as st

from ui.viewer import Picture, viewer
from xai_core.render import apply, colour_bar

st.set_page_config(layout="wide")
st.session_state.runs = st.session_state.get("runs", 0) + 1
other = st.toggle("Other picture")
ramp = np.arange(28 * 28, dtype=np.float32).reshape(28, 28) / 1000
clean = (1 - ramp if other else ramp)[..., None]
signed = ramp - 0.4
pictures = [
    Picture("Clean", clean, "reference"),
    Picture("Noisy", np.round(clean), "17.0 dB"),
    Picture("Denoised", np.repeat(clean / 2, 3, axis=-1), "20.1 dB"),
    Picture("Residual", apply(signed, "diverging", -0.4, 0.4), values=signed),
]
bar = colour_bar("diverging", -0.4, 0.4, low_word="too dark", high_word="too bright")
click = viewer(pictures, key="row", bar=bar, clickable=True, group="all", mark=(3, 20))
if click:
    st.session_state.click = click
viewer(pictures[:2], key="second", group="all", toolbar=False)
if st.query_params.get("boxes"):
    chosen = st.session_state.get("chosen")
    mark = (chosen.top, chosen.left, chosen.height, chosen.width) if hasattr(chosen, "top") else (3, 20)
    chosen = viewer(pictures[:2], key="boxes", boxes=True, divided=True, mark=mark)
    if chosen:
        st.session_state.chosen = chosen
        st.rerun()
    st.text(f"chosen {st.session_state.get('chosen')}")
st.text(f"runs {st.session_state.runs}, click {st.session_state.get('click')}")
st.html("<div style='height: 2000px'></div>")
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.py").write_text(PAGE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "page.py"), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.fileWatcherType", "none"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait(server, f"http://127.0.0.1:{port}", folder / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (requirements-dev.txt)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: "Browser", address: str) -> Iterator[Callable[..., "Page"]]:
    """Open the page in a window of its own; fail afterwards on any error in it or request to another machine."""
    wrong: list[str] = []
    contexts = []

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            wrong.append(f"asked another machine: {url}")

    def open_page(width: int = 1300, height: int = 900, query: str = "", **options: Any) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda channel: asked(channel.url))
        page.on("console", lambda message: message.type == "error" and wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.goto(f"{address}/?{query}")
        page.locator(".slot img").nth(5).wait_for()
        page.get_by_text("runs 1,").wait_for()
        page.evaluate("() => document.fonts.ready.then(() => null)")  # a font that comes late moves the page
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def sizes(page: "Page") -> list[float]:
    return [round(box["width"], 1) for image in page.locator(".slot img").all() if (box := image.bounding_box())]


def places(page: "Page") -> list[tuple[float, float]]:
    """Where each image begins in its slot."""
    script = """images => images.map(image => {
        const box = image.getBoundingClientRect(), slot = image.parentElement.getBoundingClientRect();
        return [box.left - slot.left, box.top - slot.top];
    })"""
    return [(round(x, 1), round(y, 1)) for x, y in page.locator(".slot img").evaluate_all(script)]


def slot(page: "Page", index: int) -> "Locator":
    return page.locator(".slot").nth(index)


def wheel(page: "Page", delta: int, *, control: bool = False) -> None:
    if control:
        page.keyboard.down("Control")
    page.mouse.wheel(0, delta)
    if control:
        page.keyboard.up("Control")
    page.wait_for_timeout(200)


def test_zooming_one_picture_zooms_all_and_asks_nothing_of_the_server(visit):
    page = visit()
    start = sizes(page)
    assert len(start) == 6
    assert all(size % 28 == 0 and size >= 196 for size in start)  # whole screen pixels a pixel, and large
    assert page.locator(".slot img").evaluate_all("all => all.map(i => getComputedStyle(i).imageRendering)") == ["pixelated"] * 6

    page.get_by_role("button", name="Zoom in").first.click()
    assert sizes(page) == pytest.approx([1.5 * size for size in start])
    slot(page, 2).hover(position={"x": 10, "y": 10})
    wheel(page, -100, control=True)
    zoomed = sizes(page)
    assert zoomed[0] > 2 * start[0]
    assert zoomed == pytest.approx([zoomed[0] / start[0] * size for size in start], abs=0.2)
    assert page.locator(".level").first.inner_text().endswith("×")

    before = places(page)
    box = slot(page, 2).bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] - 30, box["y"] - 20, steps=4)
    page.mouse.up()
    moved = [(after[0] - first[0], after[1] - first[1]) for first, after in zip(before, places(page), strict=True)]
    assert moved[0][0] == pytest.approx(-40, abs=2)
    assert moved[0][1] == pytest.approx(-30, abs=2)
    for shift in moved[1:4]:
        assert shift == pytest.approx(moved[0], abs=1)

    page.get_by_role("button", name="Reset").first.click()
    assert sizes(page) == start
    assert page.get_by_text("runs 1, click None").is_visible()


def test_a_double_click_shows_the_whole_picture_again(visit):
    page = visit()
    start = sizes(page)
    page.get_by_role("button", name="Zoom in").first.click()
    slot(page, 4).dblclick()
    assert sizes(page) == start


def test_the_view_survives_a_rerun_with_other_pictures_and_nothing_flickers_or_moves(visit):
    page = visit()
    slot(page, 0).hover(position={"x": 40, "y": 60})
    wheel(page, -100, control=True)
    sources = "all => all.map(image => image.src)"
    first = page.locator(".slot img").evaluate_all(sources)
    view = sizes(page), places(page)
    slots = [box.bounding_box() for box in page.locator(".slot").all()]
    # Whenever an image comes or goes: there is one in the slot, and it is loaded before it comes.
    page.evaluate("""() => {
        window.swaps = window.holes = 0;
        for (const host of document.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
            for (const slot of host.shadowRoot.querySelectorAll(".slot")) {
                new MutationObserver(() => {
                    const images = slot.querySelectorAll("img");
                    window.swaps += 1;
                    if (images.length !== 1 || !images[0].complete || !images[0].naturalWidth) window.holes += 1;
                }).observe(slot, { childList: true });
            }
        }
    }""")
    page.get_by_text("Other picture").click()
    page.get_by_text("runs 2,").wait_for()
    page.wait_for_timeout(300)
    second = page.locator(".slot img").evaluate_all(sources)
    assert [a != b for a, b in zip(first, second, strict=True)] == [True, True, True, False, True, True]
    assert (sizes(page), places(page)) == view
    assert [box.bounding_box() for box in page.locator(".slot").all()] == slots
    assert page.evaluate("[window.swaps, window.holes]") == [5, 0]


def test_the_cursor_reads_the_same_pixel_in_all_pictures(visit):
    page = visit()
    unit = slot(page, 0).bounding_box()["width"] / 28
    slot(page, 1).hover(position={"x": 20.3 * unit, "y": 10.8 * unit})
    # ramp[10, 20] = (10 * 28 + 20) / 1000 = 0.3
    page.get_by_text("Row 10, column 20").first.wait_for()
    assert page.locator(".value").all_inner_texts() == ["0.30", "0.00", "0.15 0.15 0.15", "\u22120.100", "0.30", "0.00"]
    cells = [box.bounding_box() for box in page.locator(".cell").all()]
    for index, cell in enumerate(cells):
        box = slot(page, index).bounding_box()
        own = box["width"] / 28
        assert cell["x"] - box["x"] + cell["width"] / 2 == pytest.approx(20.5 * own, abs=1)
        assert cell["y"] - box["y"] + cell["height"] / 2 == pytest.approx(10.5 * own, abs=1)
    page.mouse.move(0, 0)
    page.get_by_text("28 × 28 pixels").first.wait_for()
    assert page.locator(".value").all_inner_texts() == [""] * 6


def test_a_click_gives_the_pixel_once_also_when_zoomed(visit):
    page = visit()
    unit = slot(page, 2).bounding_box()["width"] / 28
    slot(page, 2).click(position={"x": 3.2 * unit, "y": 25.8 * unit})
    page.get_by_text("runs 2, click Click(picture=2, row=25, column=3)").wait_for()
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").first.click()
    # Enlarged 2.25 times about the middle: the middle of the slot is the corner of pixel (14, 14).
    slot(page, 0).click(position={"x": 14 * unit + 3.4 * 2.25 * unit, "y": 14 * unit - 0.5 * 2.25 * unit})
    page.get_by_text("runs 3, click Click(picture=0, row=13, column=17)").wait_for()
    slot(page, 4).click(position={"x": 5, "y": 5})  # the second row of pictures is not clickable
    page.wait_for_timeout(400)
    assert page.get_by_text("runs 3,").is_visible()


def test_the_wheel_scrolls_the_page_unless_zoom_is_asked_for(visit):
    page = visit(height=700)
    main = page.locator("[data-testid=stMain]")
    start = sizes(page)
    slot(page, 0).hover()
    wheel(page, 120)
    assert sizes(page) == start
    assert main.evaluate("element => element.scrollTop") > 0
    assert page.locator(".status").first.inner_text() == "Ctrl + wheel zooms"
    main.evaluate("element => element.scrollTo(0, 0)")

    slot(page, 0).hover()
    wheel(page, -100, control=True)
    zoomed = sizes(page)
    assert zoomed[0] > start[0]
    wheel(page, 60)  # enlarged but not focused: the page scrolls
    assert sizes(page) == zoomed
    main.evaluate("element => element.scrollTo(0, 0)")
    slot(page, 0).focus()
    slot(page, 0).hover()
    wheel(page, -60)
    assert sizes(page)[0] > zoomed[0]
    assert main.evaluate("element => element.scrollTop") == 0


def test_keyboard(visit):
    page = visit()
    start = sizes(page)
    slot(page, 0).focus()
    page.keyboard.press("ArrowRight")
    assert slot(page, 1).evaluate("element => element.matches(':focus')")
    for _ in range(3):
        page.keyboard.press("+")
    assert sizes(page) == pytest.approx([size * 1.5**3 for size in start], abs=0.2)
    before = places(page)
    page.keyboard.press("ArrowDown")
    assert all(after[1] < first[1] and after[0] == first[0] for first, after in zip(before, places(page), strict=True))
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert sizes(page) == start
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.get_by_text("Row 13, column 15").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("runs 2, click Click(picture=1, row=13, column=15)").wait_for()


def test_rows_wrap_evenly_and_nothing_is_wider_than_the_window(visit):
    page = visit()
    for width, columns in ((1300, 4), (800, 4), (700, 2), (390, 2), (360, 1), (1300, 4)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        boxes = [box.bounding_box() for box in page.locator(".slot").all()][:4]
        assert len({round(box["x"]) for box in boxes}) == columns
        assert len({round(box["y"]) for box in boxes}) == 4 // columns
        assert max(box["x"] + box["width"] for box in boxes) <= width
        assert page.locator("[data-testid=stMain]").evaluate("element => element.scrollWidth <= element.clientWidth")


def test_two_fingers_zoom_and_one_drags(visit):
    page = visit(width=390, height=800, has_touch=True, is_mobile=True, device_scale_factor=2)
    start = sizes(page)
    box = slot(page, 0).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": px, "y": py, "id": index} for index, (px, py) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    send("touchStart", (x - 20, y), (x + 20, y))
    for spread in (25, 30, 35, 40):
        send("touchMove", (x - spread, y), (x + spread, y))
    send("touchEnd")
    assert sizes(page) == pytest.approx([2 * size for size in start], rel=0.02)
    before = places(page)
    send("touchStart", (x, y))
    for step in (10, 20, 30):
        send("touchMove", (x, y - step))
    send("touchEnd")
    assert places(page)[0][1] < before[0][1] - 15
    assert page.locator("[data-testid=stMain]").evaluate("element => element.scrollTop") == 0
    assert page.get_by_text("runs 1,").count() == 1


def test_names_for_people_who_do_not_see_the_pictures(visit):
    page = visit(color_scheme="dark")
    images = page.locator(".slot img").evaluate_all("all => all.map(image => image.alt)")
    assert images[:4] == ["Clean: reference", "Noisy: 17.0 dB", "Denoised: 20.1 dB", "Residual"]
    assert page.get_by_role("toolbar", name="Zoom of all pictures").count() == 1
    assert page.get_by_role("group", name="Denoised").count() == 1
    bar = page.get_by_role("img", name="Colours from \u22120.4 too dark to 0.4 too bright")
    assert bar.count() == 1
    # Text follows the theme: light on dark.
    colour = page.locator(".title").first.evaluate("element => getComputedStyle(element).color")
    assert min(int(level) for level in colour.removeprefix("rgb(").rstrip(")").split(",")) > 180


def divided(page: "Page") -> "Locator":
    """The slot of the two pictures that lie over each other."""
    divider = page.get_by_role("slider", name="Divider between Clean and Noisy")
    divider.scroll_into_view_if_needed()
    return page.locator(".slot").filter(has=divider)


def drag(page: "Page", start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def test_before_and_after_in_one_picture(visit):
    """The divider drags and moves by keyboard, and shows one picture on its left, the other on its right."""
    page = visit(query="boxes=1")
    place = divided(page)
    assert place.locator("img").count() == 2
    line = place.get_by_role("slider")
    cut = "image => getComputedStyle(image).clipPath"
    unit = place.bounding_box()["width"] / 28
    assert place.locator("img").nth(1).evaluate(cut) == f"inset(0px 0px 0px {14 * unit:g}px)"
    assert line.get_attribute("aria-valuenow") == "50"
    line.focus()
    for key in ("ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert line.get_attribute("aria-valuenow") == "61"
    assert line.get_attribute("aria-valuetext") == "61 % Clean, 39 % Noisy"
    box = place.bounding_box()
    drag(page, (box["x"] + 0.61 * box["width"], box["y"] + 40), (box["x"] + 7 * unit, box["y"] + 90))
    assert line.get_attribute("aria-valuenow") == "25"
    assert place.locator("img").nth(1).evaluate(cut) == f"inset(0px 0px 0px {7 * unit:g}px)"
    page.mouse.move(box["x"] + 20.5 * unit, box["y"] + 10.5 * unit)
    value = page.locator(".viewer").filter(has=line).locator(".value").inner_text()
    assert value == "0.30 | 0.00"  # both pictures, wherever the line is
    page.keyboard.press("Home")
    assert line.get_attribute("aria-valuenow") == "0"
    assert page.get_by_text("runs 1,").is_visible()
    # On the left of the line the first picture is picked, on the right the second.
    page.keyboard.press("End")
    place.click(position={"x": 3.5 * unit, "y": 4.5 * unit})
    page.get_by_text("chosen Click(picture=0, row=4, column=3)").wait_for()


def test_a_dragged_box_is_returned_and_outlined(visit):
    page = visit(query="boxes=1")
    place = divided(page)
    viewer = page.locator(".viewer").filter(has=page.get_by_role("slider"))
    unit = place.bounding_box()["width"] / 28

    def at(row: float, column: float) -> tuple[float, float]:
        box = place.bounding_box()  # a click may have scrolled the page
        return box["x"] + column * unit, box["y"] + row * unit

    drag(page, at(20.5, 3.5), at(24.5, 9.5))  # without Shift or the button: not even a click
    page.wait_for_timeout(300)
    assert page.get_by_text("chosen None").is_visible()

    page.keyboard.down("Shift")
    drag(page, at(24.5, 9.5), at(20.5, 3.5))  # from the lower right
    page.keyboard.up("Shift")
    page.get_by_text("chosen Box(picture=0, top=20, left=3, height=5, width=7)").wait_for()
    mark = viewer.locator(".mark").first.bounding_box()
    assert mark["x"] == pytest.approx(at(20, 3)[0], abs=1)
    assert (mark["width"], mark["height"]) == pytest.approx((7 * unit, 5 * unit), abs=1)
    assert viewer.locator(".draft").first.is_hidden()

    button = viewer.get_by_role("button", name="Draw a box")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    drag(page, at(1.5, 18.5), at(3.5, 40))  # beyond the border
    page.get_by_text("chosen Box(picture=1, top=1, left=18, height=3, width=10)").wait_for()
    place.click(position={"x": 5.5 * unit, "y": 6.5 * unit})  # a click is still a pixel
    page.get_by_text("chosen Click(picture=0, row=6, column=5)").wait_for()
    # No other viewer has the button.
    assert page.get_by_role("button", name="Draw a box").count() == 1


def test_a_box_by_keyboard(visit):
    page = visit(query="boxes=1")
    place = divided(page)
    viewer = page.locator(".viewer").filter(has=page.get_by_role("slider"))
    place.focus()
    page.keyboard.press("ArrowDown")  # from the chosen pixel (3, 20)
    assert viewer.locator(".status").inner_text() == "Row 4, column 20"
    page.keyboard.press("Shift+ArrowDown")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowLeft")
    assert viewer.locator(".status").inner_text() == "Box 2 × 3 at row 4, column 18"
    page.keyboard.press("Escape")
    assert viewer.locator(".status").inner_text() == "Row 5, column 18"
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_text("chosen Box(picture=1, top=4, left=18, height=2, width=1)").wait_for()
    page.keyboard.press("b")
    assert viewer.get_by_role("button", name="Draw a box").get_attribute("aria-pressed") == "true"


def test_a_finger_draws_a_box(visit):
    page = visit(width=390, height=800, has_touch=True, is_mobile=True, device_scale_factor=2, query="boxes=1")
    place = divided(page)
    page.get_by_role("button", name="Draw a box").tap()
    box = place.bounding_box()
    unit = box["width"] / 28
    touch = page.context.new_cdp_session(page)
    for kind, row, column in (("touchStart", 2.5, 2.5), ("touchMove", 4.5, 3.5), ("touchMove", 6.5, 5.5), ("touchEnd", 0, 0)):
        point = {"x": box["x"] + column * unit, "y": box["y"] + row * unit}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else [point]})
    page.get_by_text("chosen Box(picture=0, top=2, left=2, height=5, width=4)").wait_for()
