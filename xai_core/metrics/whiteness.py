"""Is what a denoiser removed noise, or does it hold parts of the picture?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..images import check_images
from ..types import Array
from ._pairs import Figures
from .spectrum import RadialPower, over_rings, power_spectrum

SMALLEST = 16

_WHITE = 0.9449879533186414
"""exp(psi(9) - log 9), psi the digamma function: geometric over arithmetic mean of the average of nine independent powers."""


@dataclass(frozen=True)
class Whiteness:
    """How white each residual of a batch is, and what in it is not.

    whiteness: (N,) in [0, 1]: 1 as white noise, 0 fully predictable; NaN for a constant residual (nothing was removed).
    autocorrelation: (N, 2 R + 1, 2 R + 1) float32 in [-1, 1]: how much the residual resembles itself moved by (row, column),
        1 in the centre, where the shift is 0; all 0 for a constant residual. White noise of n pixels stays within
        2 / sqrt(n) elsewhere in 95 of 100 places.
    radial: power over the spatial frequency; level for white noise.
    """

    whiteness: Figures
    autocorrelation: Array
    radial: RadialPower


def residual_whiteness(residual: ArrayLike, *, radius: int = 8) -> Whiteness:
    """Tell how white a residual (noisy - denoised) is, by the flatness of its power spectrum.

    whiteness = min(1, exp(mean log S) / mean S / 0.945): S is the power spectrum, averaged over 3 x 3 frequencies without
    frequency 0, and 0.945 is what that quotient is for white noise. It is the share of the residual's energy that cannot be
    predicted linearly from its other pixels (Kolmogorov and Szego): white noise n mixed with its neighbour,
    n(x) + a n(x - 1), has 1 / (1 + a^2); a smooth surface or a wave has about 0. Channels count by their energy; the
    residual's mean and its scale do not matter.
    White Gaussian noise on n pixels has 1 - 0.1 / sqrt(n) on average and more than 1 - 0.6 / sqrt(n) in 99 of 100 cases
    (0.98 on 28 x 28 pixels). Noise whose strength follows the picture (Poisson) is white too.
    It does not prove that no detail was lost: a little detail in much noise hardly counts.
    residual: (N, H, W, C) on the [0, 1] scale, signed, at least 16 pixels a side. radius: R of the autocorrelation, in
    pixels, below the shorter side. Raises InvalidInput for smaller pictures or another radius.
    Source: Gray & Markel (1974), spectral flatness, doi:10.1109/TASSP.1974.1162572.
    """
    batch = check_images(residual, name="residual")
    height, width = batch.shape[1:3]
    if min(height, width) < SMALLEST:
        raise InvalidInput(f"Whiteness needs residuals of at least {SMALLEST} x {SMALLEST} pixels; received {height} x {width}.")
    if not 1 <= radius < min(height, width):
        raise InvalidInput(f"Expected a radius from 1 to {min(height, width) - 1} pixels, received {radius}.")
    power = power_spectrum(batch, window=False)
    return Whiteness(_flatness(power), _autocorrelation(batch, radius), over_rings(power))


def _flatness(power: NDArray[np.float64]) -> Figures:
    inside = np.ones((1, *power.shape[1:3], 1))
    inside[:, 0, 0] = 0
    # The average steadies the logarithm: a few empty frequencies (rows made equal, say) are no structure of weight.
    smooth = _sum_of_nine(power) / _sum_of_nine(inside)
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0: predictable; 0 / 0: no residual
        flat = np.exp(np.log(smooth).mean(axis=(1, 2))).sum(axis=-1)
        return np.asarray(np.minimum(1, flat / smooth.mean(axis=(1, 2)).sum(axis=-1) / _WHITE), np.float64)


def _sum_of_nine(values: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (1, 2):
        values = values + np.roll(values, 1, axis) + np.roll(values, -1, axis)
    return values


def _autocorrelation(batch: Array, radius: int) -> Array:
    """sum_x r(x) r(x + d) / sum_x r(x)^2 over the pixels where both exist, r without its mean, summed over channels."""
    side = 2 * radius + 1
    maps = np.zeros((len(batch), side, side), np.float32)
    size = tuple(length + radius for length in batch.shape[1:3])  # room for the shift: nothing wraps around
    for image, out in zip(batch, maps, strict=True):
        if np.ptp(image, axis=(0, 1)).any():
            spectrum = np.fft.rfft2(image - image.mean(axis=(0, 1), dtype=np.float64), size, axes=(0, 1))
            products = np.fft.irfft2((np.abs(spectrum) ** 2).sum(axis=-1), size)
            out[:] = np.roll(products, (radius, radius), (0, 1))[:side, :side] / products[0, 0]
    return maps
