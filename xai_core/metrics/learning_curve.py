"""How an error falls with the number of training pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput


@dataclass(frozen=True)
class PowerLaw:
    """error = scale * size ** -exponent."""

    scale: float
    exponent: float

    def error(self, size: float) -> float:
        """The error at a number of training pictures, beyond those measured too."""
        return float(self.scale * size**-self.exponent)

    def size(self, error: float) -> float:
        """How many training pictures an error takes; infinite where more of them do not help."""
        return float((self.scale / error) ** (1 / self.exponent)) if self.exponent > 0 else float("inf")


def power_law(sizes: ArrayLike, errors: ArrayLike) -> PowerLaw:
    """The straight line through the logarithms of errors over the logarithms of sizes (least squares).

    It has no floor: wrong labels, which set one, make it too hopeful beyond the sizes measured.
    sizes: (P,) numbers of training pictures, at least two different ones. errors: (P,) shares in (0, 1]. Raises InvalidInput
    for others.
    Source: Hestness et al. (2017), arXiv:1712.00409.
    """
    x, y = np.asarray(sizes, np.float64), np.asarray(errors, np.float64)
    if x.ndim != 1 or x.shape != y.shape or len(np.unique(x)) < 2 or (x <= 0).any() or (y <= 0).any():
        raise InvalidInput("Expected an error over 0 for each of at least two different numbers of training pictures.")
    slope, height = np.polyfit(np.log(x), np.log(y), 1)
    return PowerLaw(float(np.exp(height)), float(-slope))
