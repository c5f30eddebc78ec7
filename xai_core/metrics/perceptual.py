"""LPIPS, where the package of its authors and the published weights are installed; nothing home-made carries that name."""

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..images import clip, to_channels
from ..types import Array
from ._pairs import Figures, pair

SMALLEST = 32


def lpips_available() -> bool:
    """Whether `lpips` can be called: packages lpips and torch are installed, AlexNet's weights lie in PyTorch's cache.

    Without the weights the package would download 233 MB while a page waits.
    """
    if not (find_spec("lpips") and find_spec("torch")):
        return False
    cached = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "torch")
    folder = Path(os.environ.get("TORCH_HOME", cached), "hub", "checkpoints").expanduser()
    return any(folder.glob("alexnet-owt-*.pth"))


def lpips(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Learned perceptual distance of each image pair: weighted squared distance of AlexNet's features, version 0.1.

    clean, other: (N, H, W, C), at least 32 pixels a side, clipped to [0, 1]; grey is shown to the network as colour. The
    weights were learned on photographs of 64 pixels a side. Returns (N,) float64; 0 for equal images, LOWER is better.
    Raises InvalidInput where the package or its weights are missing (`lpips_available`), or the images too small.
    Source: Zhang, Isola, Efros, Shechtman & Wang (2018), doi:10.1109/CVPR.2018.00068 (their package lpips).
    """
    first, second = pair(clean, other)
    if not lpips_available():
        raise InvalidInput(
            "LPIPS needs published weights that are not part of NoiseLens. Install them once, outside the dashboard: "
            "`.venv/bin/pip install lpips`, then `.venv/bin/python -c \"import lpips; lpips.LPIPS(net='alex')\"` "
            "(PyTorch and AlexNet's weights, 233 MB). Until then use SSIM or gradient similarity."
        )
    height, width = first.shape[1:3]
    if min(height, width) < SMALLEST:
        raise InvalidInput(f"LPIPS needs images of at least {SMALLEST} x {SMALLEST} pixels; received {height} x {width}.")
    torch, network = import_module("torch"), _network()
    with torch.inference_mode():
        values = [
            float(network(_tensor(torch, a), _tensor(torch, b), normalize=True)) for a, b in zip(first, second, strict=True)
        ]
    return np.asarray(values, np.float64)


@cache
def _network() -> Any:
    return import_module("lpips").LPIPS(net="alex", version="0.1", verbose=False)


def _tensor(torch: Any, image: Array) -> Any:
    """(H, W, C) -> (1, 3, H, W), as PyTorch wants it; the network takes [0, 1] with `normalize=True`."""
    return torch.from_numpy(np.ascontiguousarray(to_channels(clip(image[None]), 3).transpose(0, 3, 1, 2)))
