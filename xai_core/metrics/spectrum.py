"""Power spectra of pictures, of noise and of residuals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..images import check_images


@dataclass(frozen=True)
class RadialPower:
    """Power over the spatial frequency, whatever its direction.

    frequencies: (K,) in cycles per pixel, above 0 to 0.707; beyond 0.5 only the diagonals reach.
    power: (N, K), squared grey levels (0-255 scale): s^2 at every frequency for white noise of standard deviation s.
    """

    frequencies: NDArray[np.float64]
    power: NDArray[np.float64]


def power_spectrum(images: ArrayLike, *, window: bool = True) -> NDArray[np.float64]:
    """Power of each frequency: P(f) = |sum_x w(x) (y(x) - mean) exp(-2 pi i f x)|^2 / sum_x w(x)^2.

    images: (N, H, W, C) on the [0, 1] scale, residuals too.
    window: w is Hann's, so that opposite borders that do not fit together make no false cross; else w = 1.
    Returns (N, H, W, C) float64 in squared grey levels (0-255 scale), frequencies in the order of numpy.fft.fftfreq, 0
    cycles per pixel first (and empty: the mean is taken away). White noise of standard deviation s has P = s^2 on average.
    """
    batch = check_images(images)
    height, width = batch.shape[1:3]
    # Hann's window between the pixels: no pixel has a weight of 0, down to a single one.
    sides = [np.hanning(side + 2)[1:-1] if window else np.ones(side) for side in (height, width)]
    weights = np.multiply.outer(*sides)[..., None]
    power = np.empty(batch.shape)
    for image, out in zip(batch, power, strict=True):  # one at a time: the transform takes twice the memory
        values = 255 * image.astype(np.float64)
        values -= (weights * values).sum(axis=(0, 1)) / weights.sum()
        values[..., np.ptp(image, axis=(0, 1)) == 0] = 0  # else what rounding left of a flat picture
        out[:] = np.abs(np.fft.fft2(weights * values, axes=(0, 1))) ** 2 / (weights**2).sum()
    return power


def radial_power(images: ArrayLike, *, window: bool = True) -> RadialPower:
    """The mean of the power spectrum over all directions and channels, in rings as wide as one period over the shorter side.

    images, window: as for `power_spectrum`.
    """
    return over_rings(power_spectrum(images, window=window))


def over_rings(power: NDArray[np.float64]) -> RadialPower:
    """The same of a power spectrum (N, H, W, C) that is there already."""
    height, width = power.shape[1:3]
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)).ravel()[1:]  # without frequency 0
    ring = np.round(radius * min(height, width)).astype(int)
    count = np.bincount(ring)
    present = count > 0
    means = np.empty((len(power), present.sum()))
    for plane, out in zip(power.mean(axis=-1), means, strict=True):
        out[:] = np.bincount(ring, plane.ravel()[1:])[present] / count[present]
    return RadialPower(np.bincount(ring, radius)[present] / count[present], means)
