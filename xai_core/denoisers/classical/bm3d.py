"""BM3D, where its authors' package is installed."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ...errors import InvalidInput
from ...types import Array
from ._shared import filter_each

OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
"""RGB to luma and two colour differences; orthonormal, so that the noise is sigma in each of them."""


def bm3d(images: Array, sigmas: Sequence[float], *, strength: float = 1.0) -> Array:
    """Like patches stacked, shrunk together in a 3-D transform, then again by a Wiener filter; told the noise strength sigma.

    images: (N, H, W, C) float32; colour as luma and two colour differences, matched by the luma. sigmas: standard deviation
    of the noise of each image, on the [0, 1] scale. The package adds in no fixed order: two runs may differ by 1e-4.
    Raises InvalidInput where the package is missing: its licence is for non-commercial use only, so it is never installed
    along.
    Source: Dabov, Foi, Katkovnik & Egiazarian (2007), doi:10.1109/TIP.2007.901238; Makinen, Azzari & Foi (2020),
    doi:10.1109/TIP.2020.3014721.
    """
    try:
        package: Any = import_module("bm3d")
    except ImportError:
        raise InvalidInput(
            "BM3D is not installed: its package has a non-commercial licence; where that suits you, run `pip install bm3d`."
        ) from None

    def filter_one(image: Array, sigma: float) -> Any:
        if image.shape[-1] == 3:
            # The package's own call for colour divides by zero where a colour difference is the same everywhere.
            return package.bm3d(image @ OPPONENT.T, strength * sigma) @ OPPONENT
        return package.bm3d(image[..., 0], strength * sigma)

    return filter_each(images, sigmas, filter_one)
