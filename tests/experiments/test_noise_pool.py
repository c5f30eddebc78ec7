"""The exponent of the classical scores: what each does to two detectors whose answers are known."""

import numpy as np
import pytest

from xai_core.experiments import noise_pool
from xai_core.experiments.noise_pool import WEIGHTS, bench_noise_pool
from xai_core.noise.detection import KINDS, Detected


@pytest.fixture
def detectors(monkeypatch):
    """The network gives the true kind 0.5 and the others 0.1 each; the classical detector is sure, rightly or wrongly."""
    turn = iter(range(1000))

    def scores(self, images):
        return np.full((1, len(KINDS)), 0.1, np.float32) + 0.4 * np.eye(len(KINDS), dtype=np.float32)[[int(images[0, 0, 0, 0])]]

    def classical(images, method):
        assert method == "classical"
        kind = KINDS[(int(images[0, 0, 0, 0]) + next(turn) % 4 // 3) % len(KINDS)]  # wrong every fourth time
        return [Detected(kind, 0.0, 1.0, {name: float(name == kind) for name in KINDS})]

    pictures = [np.zeros((40, 40, 1), np.uint8)] * 8
    monkeypatch.setattr(noise_pool, "load_noise_detector", lambda name: type("Network", (), {"scores": scores})())
    monkeypatch.setattr(noise_pool, "read_pictures", lambda recipe: ([], pictures))
    monkeypatch.setattr(noise_pool, "noisy_picture", lambda picture, kind, recipe, rng: np.full((1, 1, 1, 1), KINDS.index(kind)))
    monkeypatch.setattr(noise_pool, "detect_noise", classical)


def test_the_likelihood_by_hand(detectors):
    lines = []
    found = bench_noise_pool(report=lines.append)
    assert tuple(found) == WEIGHTS and len(lines) == len(WEIGHTS)
    assert found[0.0] == (pytest.approx(-np.log(0.501 / 1.006), rel=1e-6), 1.0)
    sure, doubt = 1.001, 0.001
    right = 0.501 * sure / (0.501 * sure + 5 * 0.101 * doubt)
    wrong = 0.501 * doubt / (0.501 * doubt + 0.101 * sure + 4 * 0.101 * doubt)
    assert found[1.0] == (pytest.approx(-0.75 * np.log(right) - 0.25 * np.log(wrong), rel=1e-6), 0.75)
    assert found[0.25][0] < found[1.0][0], "less weight to who is too sure of himself"


def test_fewer_pictures(detectors):
    lines = []
    bench_noise_pool(limit=2, report=lines.append)
    assert "of 12 rightly" in lines[0]
