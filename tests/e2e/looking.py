"""What journeys over several pages share: waiting until a page is at rest, choosing from a list, the pictures on a page."""

import re

from playwright.sync_api import TimeoutError as TooLate

READY = 240_000  # milliseconds: the first visit of a busy machine loads TensorFlow and traces every network


def at_rest(page) -> None:
    """The run is over and nothing is being computed."""
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stMain] [data-testid=stProgress]')"
        " && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'",
        timeout=READY,
    )
    page.wait_for_timeout(500)


def drawn(page) -> list[tuple[str, str]]:
    """Every visible picture and its words, as they are drawn."""
    images = page.locator("[data-testid=stMain] .slot img >> visible=true")
    return [tuple(pair) for pair in images.evaluate_all("images => images.map(image => [image.alt, image.src])")]


def choose(page, label: str, option: str | re.Pattern) -> None:
    """Pick from a box; a page that is still being drawn closes its list again. option: all of its words, or a pattern."""
    for _ in range(30):
        page.get_by_role("combobox", name=re.compile(label)).first.click()
        try:
            page.get_by_role("option", name=option, exact=True).first.click(timeout=2000)
            return
        except TooLate:
            continue
    raise AssertionError(f"{label} has no {option}")
