"""Transforms after which a noise whose strength depends on the brightness is Gaussian and the same everywhere."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..types import Array


@dataclass(frozen=True)
class Transform:
    """forward: pictures to a scale of about [0, 1] on which the noise has the standard deviation sigma (0-255 scale).

    backward: what a denoiser made of them, back to pictures, without the bias that the mean of a curve brings.
    """

    forward: Callable[[Array], Array]
    backward: Callable[[Array], Array]
    sigma: float


def anscombe(peak: float) -> Transform:
    """For Poisson noise of `peak` photons at white: t = 2 sqrt(peak x + 3/8) has a variance of about 1.

    Back by the closed form of the exact unbiased inverse: t^2/4 + sqrt(3/2)/(4 t) - 11/(8 t^2) + 5 sqrt(3/2)/(8 t^3) - 1/8.
    Source: Anscombe (1948), doi:10.1093/biomet/35.3-4.246; Makitalo & Foi (2011), doi:10.1109/TIP.2010.2056693.
    """
    low, high = 2 * np.sqrt(3 / 8), 2 * np.sqrt(peak + 3 / 8)
    root = np.sqrt(1.5)

    def forward(images: Array) -> Array:
        return np.asarray((2 * np.sqrt(np.maximum(peak * images, 0) + 3 / 8) - low) / (high - low), np.float32)

    def backward(images: Array) -> Array:
        t = np.maximum(images.astype(np.float64) * (high - low) + low, low)
        counts = t**2 / 4 + root / (4 * t) - 11 / (8 * t**2) + 5 * root / (8 * t**3) - 1 / 8
        return np.asarray(np.maximum(counts, 0) / peak, np.float32)

    return Transform(forward, backward, float(255 / (high - low)))


DARKEST = 0.02
"""Below it a logarithm would make more of a picture's black than of the picture."""


def logarithm(looks: float) -> Transform:
    """For speckle of `looks` looks (a factor of mean 1 from a Gamma law): its logarithm has the variance trigamma(looks).

    Brightness is limited to 0.02 from below. The mean of the logarithm, digamma(looks) - log(looks), is taken away on the way
    back. Source: Arsenault & April (1976), doi:10.1364/JOSA.66.001160.
    """
    from scipy.special import digamma, polygamma

    width = -np.log(DARKEST)
    shift = float(digamma(looks) - np.log(looks))

    def forward(images: Array) -> Array:
        return np.asarray(1 + np.log(np.maximum(images, DARKEST)) / width, np.float32)

    def backward(images: Array) -> Array:
        return np.asarray(np.exp((images - 1) * width - shift), np.float32)

    return Transform(forward, backward, float(255 * np.sqrt(polygamma(1, looks)) / width))
