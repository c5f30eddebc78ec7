"""How long the U-Net takes for large photographs, how much memory, and how soon the page Compare shows its tiles.

Run on an idle machine: python -m benchmarks.denoisers
"""

import os
import resource
import time

import numpy as np
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import app_test

from ui import cache
from xai_core.datasets import available
from xai_core.denoisers import load_denoiser

from .pages import silence, visit


def network(name: str, side: int) -> None:
    denoiser, image = load_denoiser(name), np.random.default_rng(0).random((1, side, side, 1), np.float32)
    denoiser(image, 25)  # prepares the network for this size
    began = time.perf_counter()
    denoiser(image, 25)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}, {side} x {side}: {seconds:5.2f} s, peak memory of the process so far {peak:.0f} MB")


def compare() -> None:
    """A browser's timer asks every 0.4 s; here the page is asked at once."""
    dataset = "bsd68" if available("bsd68") else "photos"
    visit("compare", dataset=dataset, index=0)  # loads libraries and prepares the networks
    until_all(visit("compare", dataset=dataset, index=0))
    began = time.perf_counter()
    app = visit("compare", dataset=dataset, index=0, seed=1)
    first = None
    while True:
        shown = [element for element in app.get("bidi_component") if element.key == "tiles"]
        if shown and first is None:
            first = time.perf_counter() - began
        if shown and b'"waits"' not in shown[0].proto.bytes:
            break
        app.run()
    print(f"Compare, {dataset}: first tile after {first:.2f} s (goal 1), all after {time.perf_counter() - began:.2f} s")


def until_all(app: app_test.AppTest) -> None:
    while not any(element.key == "tiles" and b'"waits"' not in element.proto.bytes for element in app.get("bidi_component")):
        time.sleep(0.1)
        app.run()


def main() -> None:
    PagesManager.uses_pages_directory = False
    app_test.PagesManager = type("Forgetful", (PagesManager,), {})
    silence()
    cache.warm_up().join()
    print(f"load before: {os.getloadavg()[0]:.1f} (timings mean something below 0.5)")
    compare()
    for side in (1000, 2000):
        network("unet-grey", side)


if __name__ == "__main__":
    main()
