"""A server of the product and a headless Chromium to visit it.

`start_server(XAI_DATA_DIR=..., ...)` gives a server's address; `server` is one that has only the embedded data. `page` is a new
page in a browser of its own; its test fails if the page reports an error or asks anything of another machine.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

REPOSITORY = Path(__file__).resolve().parents[2]
START_LIMIT = 120  # seconds until the server must answer
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without the background flags Chromium asks its maker's machines at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

StartServer = Callable[..., str]


@pytest.fixture(scope="package")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start the product, or another script, with extra environment variables; returns its address. All end with the tests."""
    running: list[subprocess.Popen[bytes]] = []

    def start(script: str | Path = "app.py", **environment: str) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = tmp_path_factory.mktemp("server") / "log.txt"
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.fileWatcherType", "none"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=REPOSITORY, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        running.append(process)
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(process, address, log)
        return address

    yield start
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"The server ended with status {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"The server did not answer within {START_LIMIT} s:\n{log.read_text()}")


@pytest.fixture(scope="package")
def server(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the product on a machine that has only the embedded data."""
    return start_server(XAI_DATA_DIR=str(tmp_path_factory.mktemp("no_data")))


# Not for the whole session: while Playwright runs, an event loop runs in this thread, which other tests must not meet.
@pytest.fixture(scope="package")
def browser() -> Iterator["Browser"]:
    """Headless Chromium of this machine."""
    executable = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium), so no journey in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    """A browser window without history. Afterwards: no error was reported, nothing was asked of another machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    wrong: list[str] = []

    def elsewhere(url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")

    def asked(url: str) -> None:
        if elsewhere(url):
            wrong.append(f"asked another machine: {url}")

    def watch(page: "Page") -> None:
        page.on("websocket", lambda websocket: asked(websocket.url))

    def answered(response: "Response") -> None:
        # Opened at /denoise, Streamlit's script looks for its server below that path first, then at the root.
        probing = response.status == 404 and re.search(r"/[^/]+/_stcore/(health|host-config)$", urlsplit(response.url).path)
        if response.status >= 400 and not probing:
            wrong.append(f"status {response.status}: {response.url}")

    def failed(request: "Request") -> None:
        # A request that the page itself gave up, because the person went elsewhere, is no failure.
        if "ERR_ABORTED" not in (request.failure or ""):
            wrong.append(f"failed: {request.url} ({request.failure})")

    def said(message: "ConsoleMessage") -> None:
        # "Failed to load resource" repeats what `answered` and `failed` see.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            wrong.append(f"console: {message.text}")

    context.on("page", watch)
    context.on("request", lambda request: asked(request.url))
    context.on("response", answered)
    context.on("requestfailed", failed)
    context.on("console", said)
    context.on("weberror", lambda error: wrong.append(f"script: {error.error}"))
    yield context
    context.close()
    if wrong:
        pytest.fail("The page went wrong:\n" + "\n".join(dict.fromkeys(wrong)))


@pytest.fixture
def page(context: "BrowserContext") -> "Page":
    """A new page; `page.context.new_page()` opens a second tab that is watched as well."""
    return context.new_page()
