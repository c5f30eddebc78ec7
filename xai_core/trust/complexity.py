"""How concentrated is a map?"""

import numpy as np
from numpy.typing import ArrayLike


def sparseness(heatmap: ArrayLike) -> float:
    """Gini index of |a|: 0 if all pixels have the same value, near 1 if few have all; NaN for a blank map.

    heatmap: any shape. A concentrated map is easier to read, not truer.
    Source: Chalasani et al. (2020), arXiv:1810.06583.
    """
    values = np.sort(np.abs(np.asarray(heatmap, np.float64)).ravel())
    if not values.any():
        return float("nan")
    order = np.arange(1, values.size + 1)
    return float(((2 * order - values.size - 1) @ values) / (values.size * values.sum()))


def complexity(heatmap: ArrayLike) -> float:
    """Entropy of |a| / sum |a| in nats: 0 for one pixel, log n for an even map of n pixels; NaN for a blank map.

    Source: Bhatt, Weller & Moura (2020), arXiv:2005.00631.
    """
    values = np.abs(np.asarray(heatmap, np.float64)).ravel()
    if not values.any():
        return float("nan")
    shares = values[values > 0] / values.sum()
    return float(-(shares * np.log(shares)).sum())


def half_share(heatmap: ArrayLike) -> float:
    """Share of the pixels, the strongest first, that hold half of the sum of |a|: at most 0.5; NaN for a blank map."""
    values = np.sort(np.abs(np.asarray(heatmap, np.float64)).ravel())[::-1]
    total = np.cumsum(values)
    return float((np.searchsorted(total, total[-1] / 2) + 1) / values.size) if values.any() else float("nan")
