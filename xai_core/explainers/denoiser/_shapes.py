"""How widely weights are spread over a picture."""

import numpy as np
from numpy.typing import ArrayLike


def gini(values: ArrayLike) -> float:
    """Gini coefficient of absolute values: 0 if all are alike, 1 if one holds everything (for any number of them); 0 for zeros.

    sum((2 i - N - 1) v_i) / ((N - 1) sum(v)) over the values in rising order: the usual coefficient times N / (N - 1).
    Source: Gini (1912); as a measure of sparseness: Hurley & Rickard (2009), doi:10.1109/TIT.2009.2027527.
    """
    rising = np.sort(np.abs(np.asarray(values, np.float64)).ravel())
    count, total = rising.size, rising.sum()
    if count < 2 or total == 0:
        return 0.0
    return float(((2 * np.arange(1, count + 1) - count - 1) @ rising) / ((count - 1) * total))


def diffusion_index(weights: ArrayLike) -> float:
    """How many pixels share the weights: 100 (1 - Gini of |weights|), 0 for one pixel, 100 for all alike.

    weights: (H, W) or (H, W, C), whose channels are summed up in absolute value. The figure depends on the picture's size, so
    compare it only between maps of one size.
    Source: Gu & Dong (2021), arXiv:2011.11036.
    """
    array = np.abs(np.asarray(weights, np.float64))
    return 100 * (1 - gini(array.sum(axis=-1) if array.ndim == 3 else array))
