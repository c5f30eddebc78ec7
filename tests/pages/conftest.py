"""The whole product without a browser: `app.py` run by Streamlit's AppTest on a machine that has only the embedded data.

`visit("denoise", dataset="mnist", level=40)` opens a page as a link does and gives a `Visit`: its widgets are those of
AppTest (`visit.app`), its pictures are read from what the image viewer was sent.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

REPOSITORY = Path(__file__).resolve().parents[2]
LIMIT = 300  # seconds for one run of a page: the first loads TensorFlow, and machines are busy
FAILED = "This part of the page failed"


class Visit:
    """One session of one person. broken: a section may fail for a reason that the product did not foresee."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.app = AppTest.from_file(REPOSITORY / "app.py", default_timeout=LIMIT)
        self.app.context = {"url": "http://localhost:8501/"}

    def go(self, page: str) -> "Visit":
        self.app.switch_page(f"pages/{page}.py").run()
        return self.fine()

    def run(self) -> "Visit":
        self.app.run()
        return self.fine()

    def set(self, kind: str, key: str, value: Any) -> "Visit":
        """Move a `control` and let the page follow. kind: slider, selectbox, toggle, number_input, pills."""
        getattr(self.app, kind)(key=f"control:{key}").set_value(value)
        return self.run()

    def press(self, label: str) -> "Visit":
        next(button for button in self.app.button if button.label == label).click()
        return self.run()

    def until(self, done: Callable[[], bool]) -> "Visit":
        """Run the page again until it is done or says what went wrong; a browser's timer does that, AppTest has none."""
        end = time.monotonic() + LIMIT
        while not (done() or self.errors):
            assert time.monotonic() < end
            time.sleep(0.05)
            self.run()
        return self

    def settled(self) -> "Visit":
        """The page when no job computes anything any more."""
        from ui import jobs

        return self.until(lambda: all(job.finished for job in jobs._queue()._jobs.values())).run()

    @property
    def text(self) -> str:
        """All that is written on the page as text, a paragraph a line."""
        return "\n".join(element.value for element in self.app.markdown)

    def fine(self) -> "Visit":
        """No traceback, and no section that gave up for a reason that nobody foresaw."""
        assert not self.app.exception, self.app.exception
        for text in self.errors:
            assert self.broken or FAILED not in text
            assert "Traceback" not in text
        return self

    @property
    def errors(self) -> list[str]:
        return [element.value for element in self.app.error]

    @property
    def notes(self) -> list[str]:
        return [element.value for element in self.app.info]

    @property
    def captions(self) -> str:
        return "\n".join(element.value for element in self.app.caption)

    @property
    def query(self) -> dict[str, str]:
        return dict(self.app.query_params)

    def options(self, key: str) -> list[str]:
        """The labels that a select box offers."""
        return list(self.app.selectbox(key=f"control:{key}").options)

    def rows(self) -> dict[str, dict[str, Any]]:
        """What each image viewer on the page was sent, by its key."""
        found = {}
        for element in self.app.get("bidi_component"):
            found[element.key] = json.loads(element.proto.bytes)
        return found

    def row(self, key: str) -> list[dict[str, Any]]:
        return self.rows()[key]["pictures"]

    def bar(self, key: str) -> dict[str, Any]:
        return self.rows()[key]["bar"]

    def drawn(self, key: str) -> list[str]:
        """The pictures of a row as they are drawn: data URLs, equal if and only if the pixels are."""
        return [picture["src"] for picture in self.row(key)]

    def pixels(self, key: str, index: int) -> np.ndarray:
        """One drawn picture as an 8-bit RGB array."""
        data = base64.b64decode(self.drawn(key)[index].partition(",")[2])
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]

    def texts(self, key: str) -> list[str]:
        return [picture["caption"] for picture in self.row(key)]

    def table(self, column: str) -> Any:
        """The table that has a column of this name."""
        return next(element.value for element in self.app.dataframe if column in element.value.columns)

    def psnr(self) -> float:
        """Of the noisy picture, from the table of numbers."""
        return float(self.table("PSNR (dB)")["PSNR (dB)"][0])


@pytest.fixture(scope="package", autouse=True)
def embedded_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Only what the packages bundle; for all tests here, so that nothing is parsed or traced twice."""
    from ui import cache
    from xai_core import datasets

    folder = tmp_path_factory.mktemp("no_data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAI_DATA_DIR", str(folder))
        # A server remembers that app.py called st.navigation; AppTest makes it forget before each run, and pages/ would be
        # taken for the folder of Streamlit's older navigation, which runs a page without app.py. It may forget in a subclass.
        patch.setattr(PagesManager, "uses_pages_directory", False)
        patch.setattr(app_test, "PagesManager", type("Forgetful", (PagesManager,), {}))
        datasets._load.cache_clear()
        cache.warm_up().join()  # so that no test depends on how fast TensorFlow starts
        yield folder
    datasets._load.cache_clear()
    forget_results()
    cache._cached_origin.clear()


def forget_results() -> None:
    """As if nothing had been computed yet."""
    from ui import cache, jobs

    cache.results().clear()
    jobs._queue.clear()


@pytest.fixture
def nothing_computed() -> Iterator[None]:
    """Before and after: no result in any cache."""
    forget_results()
    yield
    forget_results()


@pytest.fixture
def visit() -> Callable[..., Visit]:
    """Open a page as a link with these query parameters does."""

    def start(page: str = "home", *, broken: bool = False, **query: Any) -> Visit:
        visit = Visit(broken)
        visit.app.query_params = {name: str(value) for name, value in query.items()}
        return visit.go(page)

    return start
