"""Does a map lie on the object, where the object is known?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput


def pointing_game(heatmap: ArrayLike, mask: ArrayLike) -> bool:
    """Whether the highest value of the map lies on the object; False for a blank map.

    heatmap: (H, W). mask: (H, W) bool.
    Source: Zhang et al. (2018), doi:10.1007/s11263-017-1059-x.
    """
    values, inside = _pair(heatmap, mask)
    return bool(np.ptp(values) > 0 and inside.ravel()[values.argmax()])


def relevance_mass(heatmap: ArrayLike, mask: ArrayLike) -> float:
    """Share of the map's positive values that lies on the object, 0 to 1; by chance the object's share of the picture.

    NaN where nothing is positive. Source: Arras, Osman & Samek (2022), arXiv:2003.07258.
    """
    values, inside = _pair(heatmap, mask)
    positive = np.maximum(values, 0)
    return float(positive[inside].sum() / positive.sum()) if positive.any() else float("nan")


def relevance_rank(heatmap: ArrayLike, mask: ArrayLike) -> float:
    """Of the k highest pixels, k the object's size, the share that lies on it. Source: as for `relevance_mass`."""
    values, inside = _pair(heatmap, mask)
    count = int(inside.sum())
    top = np.argsort(-values.ravel(), kind="stable")[:count]
    return float(inside.ravel()[top].mean()) if count else float("nan")


def _pair(heatmap: ArrayLike, mask: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, inside = np.asarray(heatmap, np.float64), np.asarray(mask, bool)
    if values.ndim != 2 or values.shape != inside.shape:
        raise InvalidInput(f"Expected a map and a mask of one size (H, W), received {values.shape} and {inside.shape}.")
    return values, inside
