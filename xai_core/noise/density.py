"""The probability density of the noise, to be laid over its histogram."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Array

Values = NDArray[np.float64]


def density(kind: str, values: Values, clean: Array, level: float, **parameters: Any) -> Values | None:
    """Density of n = y - x before clipping, mean over the pixels of a picture; None where n is no continuous number.

    values: differences on the 0-255 scale, (K,). clean: the picture, on which multiplicative noise depends. level,
    parameters: as for `add_noise`. Returns (K,), per grey level: it integrates to 1.
    Gaussian and uniform of standard deviation s = level; Laplace of scale s / sqrt 2; periodic of amplitude A: the arcsine law
    1 / (pi sqrt(A^2 - n^2)); speckle of L looks: n + x is Gamma(L, x / L).
    """
    from scipy import stats

    if level <= 0:
        return None
    if kind in ("gaussian", "correlated"):
        return np.asarray(stats.norm.pdf(values, scale=level))
    if kind == "laplace":
        return np.asarray(stats.laplace.pdf(values, scale=level / np.sqrt(2)))
    if kind == "uniform":
        half = level * np.sqrt(3)
        return np.asarray(stats.uniform.pdf(values, -half, 2 * half))
    if kind == "periodic":
        return np.asarray(stats.arcsine.pdf(values, -level, 2 * level))
    if kind == "speckle":
        # One term for each of the picture's grey levels above black, which speckle leaves black.
        counts, edges = np.histogram(255 * clean, 64, (0, 255))
        middles = (edges[:-1] + edges[1:]) / 2
        terms = stats.gamma.pdf(values[:, None] + middles, level, scale=middles / level)
        return np.asarray(terms @ (counts / counts.sum()))
    return None
