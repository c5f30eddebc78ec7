"""What journeys over several pages share: waiting until a page is at rest, and the pictures on it."""

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
