"""LPIPS where it is not installed, and how the authors' package would be called."""

import contextlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from xai_core import metrics
from xai_core.errors import InvalidInput
from xai_core.metrics import perceptual

IMAGES = np.linspace(0, 1, 2 * 32 * 40, dtype=np.float32).reshape(2, 32, 40, 1)


def test_without_weights_it_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(perceptual, "lpips_available", lambda: False)
    with pytest.raises(InvalidInput, match="pip install lpips.*Until then use SSIM"):
        metrics.lpips(IMAGES, IMAGES)


def test_it_is_available_with_package_and_weights_only(tmp_path, monkeypatch):
    present = set()
    monkeypatch.setattr(perceptual, "find_spec", lambda name: name if name in present else None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "alexnet-owt-7be5be79.pth").touch()
    assert not metrics.lpips_available()
    present |= {"lpips", "torch"}
    assert metrics.lpips_available()
    present.remove("torch")
    assert not metrics.lpips_available()
    present.add("torch")
    (folder / "alexnet-owt-7be5be79.pth").unlink()
    assert not metrics.lpips_available()
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "alexnet-owt-7be5be79.pth").touch()
    assert metrics.lpips_available()


def test_the_package_gets_colour_in_its_order_within_0_and_1(monkeypatch):
    """A stand-in for both packages: no copy of the weights is at hand, so the numbers themselves are not tested."""
    built, seen = [], []

    def network(first, second, normalize):
        assert normalize  # [0, 1] -> [-1, 1] is the package's own work
        seen.append((first, second))
        return np.abs(first - second).mean()

    torch = SimpleNamespace(from_numpy=lambda array: array, inference_mode=contextlib.nullcontext)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "lpips", SimpleNamespace(LPIPS=lambda **options: built.append(options) or network))
    monkeypatch.setattr(perceptual, "lpips_available", lambda: True)
    perceptual._network.cache_clear()
    try:
        found = metrics.lpips(IMAGES, IMAGES + np.float32(0.25))
        metrics.lpips(IMAGES, IMAGES)
    finally:
        perceptual._network.cache_clear()
    assert built == [{"net": "alex", "version": "0.1", "verbose": False}]
    first, second = seen[1]
    assert first.shape == second.shape == (1, 3, 32, 40)
    np.testing.assert_array_equal(first[0, 2], IMAGES[1, ..., 0])
    assert second.max() == 1
    expected = np.abs(np.clip(IMAGES + np.float32(0.25), 0, 1) - IMAGES).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == np.float64


def test_small_pictures_get_a_sentence(monkeypatch):
    monkeypatch.setattr(perceptual, "lpips_available", lambda: True)
    with pytest.raises(InvalidInput, match="at least 32 x 32 pixels; received 28 x 28"):
        metrics.lpips(np.zeros((1, 28, 28, 1), np.float32), np.zeros((1, 28, 28, 1), np.float32))
