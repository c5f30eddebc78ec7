"""What all tests share. The environment is set before anything imports TensorFlow."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # notes on start-up are not part of a test's output
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # golden numbers are the CPU's; CUDA_VISIBLE_DEVICES=0 tests the GPU
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "Agg"

import hypothesis
import numpy as np
import pytest

# The same examples in every run, and no time limit: machines differ.
hypothesis.settings.register_profile("noiselens", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.load_profile("noiselens")

END_TO_END = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journey in a browser comes last: what is cheap fails first."""
    items.sort(key=lambda item: END_TO_END in item.path.parents)


@pytest.fixture
def rng() -> np.random.Generator:
    """A random generator that gives the same numbers in every run."""
    return np.random.default_rng(0)


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with neither data/ nor ../shared/data: only what the packages bundle. Gives the empty data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("XAI_DATA_DIR", str(folder))
    _forget()
    yield folder
    _forget()


def _forget() -> None:
    """Empty the caches that remember which data was found."""
    from xai_core import datasets

    datasets._load.cache_clear()
    if "streamlit" in sys.modules:
        import streamlit

        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()
