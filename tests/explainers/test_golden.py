"""Against the numbers of xplique 2.0.2 (golden/make.py says how they were made), on a network made from a formula."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from xai_core.explainers import explain

FOLDER = Path(__file__).with_name("golden")
sys.path.insert(0, str(FOLDER))
from network import network, pictures  # noqa: E402

CLASSES = np.array([2, 0])


@pytest.fixture(scope="module")
def golden():
    return json.loads((FOLDER / "xplique.json").read_text())


@pytest.mark.parametrize(
    ("method", "parameters", "tolerance"),
    [
        # Their trapezoids and our midpoints differ by the square of the step.
        ("integrated_gradients", {"steps": 1000, "baseline": "black"}, 1e-5),
        ("saliency", {}, 1e-5),
        ("smoothgrad", {"samples": 25, "spread": 0.15}, 1e-5),
        ("occlusion", {"share": 0.25, "overlap": 1, "hide": "black"}, 1e-5),
    ],
)
def test_agrees_with_xplique(method, parameters, tolerance, golden):
    expected = np.array(golden[method])
    found = explain(network(), pictures(), method, CLASSES, **parameters).heatmap
    np.testing.assert_allclose(found, expected, atol=tolerance * np.abs(expected).max())
