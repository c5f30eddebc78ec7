"""How long the server takes for a page, warm, and how much memory it holds after a walk through all pages.

Seconds are those of one run of app.py by Streamlit's AppTest, its own overhead (tens of milliseconds) included; the browser's
drawing is not. Run on an idle machine: python -m benchmarks.pages
"""

import logging
import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from ui import cache
from xai_core.datasets import available

REPOSITORY = Path(__file__).resolve().parents[1]


def visit(page: str, **query: Any) -> AppTest:
    app = AppTest.from_file(REPOSITORY / "app.py", default_timeout=600)
    app.context = {"url": "http://localhost:8501/"}
    app.query_params = {name: str(value) for name, value in query.items()}
    return app.switch_page(f"pages/{page}.py").run()


def median_of(app: AppTest, change: Callable[[Any], None], values: Iterable[Any]) -> float:
    """Median seconds of a run after each change."""
    seconds = []
    for value in values:
        change(value)
        began = time.perf_counter()
        app.run()
        seconds.append(time.perf_counter() - began)
        assert not app.exception, app.exception
    return statistics.median(seconds)


def resident_megabytes() -> float:
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmRSS"))


def silence() -> None:
    """No warnings of Streamlit about a missing browser."""
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)


def main() -> None:
    # As a server: app.py has run once (see ui.state.require_app); AppTest would forget it.
    PagesManager.uses_pages_directory = False
    app_test.PagesManager = type("Forgetful", (PagesManager,), {})
    silence()
    cache.warm_up().join()
    print(f"load before: {os.getloadavg()[0]:.1f} (timings mean something below 0.5)")

    app = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    level = lambda value: app.slider(key="control:level:gaussian").set_value(float(value))  # noqa: E731
    median_of(app, level, range(30, 34))
    print(f"MNIST, slider moved, all of Denoise: {1000 * median_of(app, level, range(35, 60)):6.0f} ms  (goal 250)")
    print(f"the same scenes again:               {1000 * median_of(app, level, range(35, 60)):6.0f} ms  (goal 50)")

    galaxies = "galaxies" if available("galaxies") else "simulated_galaxies"
    app = visit("classify", dataset=galaxies, **{"explainer.lime.samples": 10})
    index = lambda value: app.number_input(key=f"control:index:{galaxies}").set_value(value)  # noqa: E731
    median_of(app, index, range(2, 6))
    print(f"{galaxies}, new image, all of Classify (LIME: 10 samples): {median_of(app, index, range(10, 30)):5.2f} s  (goal 1.5)")
    median_of(app, index, range(10, 30))  # draws the rows of LIME, as the browser's timer does
    print(f"the same scenes again:               {1000 * median_of(app, index, range(10, 30)):6.0f} ms  (goal 50)")

    for dataset in ("mnist", "fashion_mnist", "galaxies", "simulated_galaxies", "hubble", "photos"):
        for page in ("home", "denoise", "classify", "models"):
            if available(dataset):
                visit(page, dataset=dataset)
    print(f"resident memory after all pages on all data: {resident_megabytes():.0f} MB  (goal 1600)")


if __name__ == "__main__":
    main()
