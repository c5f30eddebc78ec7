"""Correlated noise: white noise filtered, so that neighbouring pixels err together."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array
from .models import Rng

KERNELS = ("gaussian", "horizontal", "circular", "diagonal", "pink")

PERIOD = 6.0
"""Pixels from crest to crest of the kernels circular and diagonal."""


def correlated(images: Array, level: float, rng: Rng, *, kernel: str = "gaussian") -> Array:
    """y = x + (level / 255) n * k: white noise n ~ N(0, 1) convolved with a kernel of ||k||_2 = 1, around the edges.

    level: standard deviation sigma on the 0-255 scale. Mean x, variance (level / 255)^2; channels are independent.
    kernel, (u, v) being pixels from its middle, r their length:
    gaussian - blotches: exp(-r^2 / (2 1.5^2)). horizontal - streaks: 9 equal pixels of a row.
    diagonal - hatching: cos(2 pi (u + v) / (6 sqrt 2)) exp(-r^2 / (2 3^2)). circular - grains: the mean of such hatching over all
    directions, J0(2 pi r / 6) exp(-r^2 / (2 3^2)). pink - clouds of all sizes: power falls as 1 / frequency.
    Its power spectrum is `power_spectrum`. Source: Makinen, Azzari & Foi (2020), doi:10.1109/TIP.2020.3014721, for the kinds.
    """
    response = _response(images.shape[1:3], kernel)[..., None]
    noisy = images.copy()
    for image in noisy:  # one by one: the first picture's noise does not depend on how many follow
        spectrum = np.fft.fft2(rng.standard_normal(image.shape), axes=(0, 1))
        image += level / 255 * np.fft.ifft2(spectrum * response, axes=(0, 1)).real
    return noisy


def power_spectrum(shape: tuple[int, int], level: float, *, kernel: str = "gaussian") -> NDArray[np.float64]:
    """S = (level / 255)^2 |K|^2, K the Fourier transform of the kernel: what E |FFT(y - x)|^2 / (H W) is.

    Its mean is the variance. Of white noise all of it is (level / 255)^2; gaussian: exp(-(2 pi 1.5 f)^2) at f cycles per pixel;
    horizontal: (sin 9 pi f_u / sin pi f_u)^2; circular: a ring at 1/6 cycle per pixel; diagonal: two spots on it; pink: 1 / f;
    all times a constant. At f = 0 pink has the value of the lowest frequency.
    shape: (H, W). level, kernel: as for `correlated`. Returns (H, W), zero frequency first, as numpy.fft.fft2 has it.
    """
    return np.asarray((level / 255) ** 2 * np.abs(_response(shape, kernel)) ** 2)


def _response(shape: tuple[int, ...], kernel: str) -> NDArray[np.complex128]:
    """The kernel's Fourier transform (H, W); the mean of |K|^2 is ||k||_2^2 = 1 (Parseval)."""
    if kernel == "pink":
        frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1]))
        response = np.maximum(frequency, 1 / max(shape)).astype(np.complex128) ** -0.5
    else:
        v, u = (np.fft.ifftshift(np.arange(side) - side // 2) for side in shape)
        response = np.fft.fft2(_kernel(kernel, u, v[:, None]))
    return np.asarray(response / np.sqrt(np.mean(np.abs(response) ** 2)))


def _kernel(kernel: str, u: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.float64]:
    square = u**2 + v**2
    if kernel == "gaussian":
        return np.asarray(np.exp(-square / (2 * 1.5**2)))
    if kernel == "horizontal":
        return np.asarray((v == 0) & (np.abs(u) <= 4), np.float64)
    from scipy.special import j0

    wave = j0(2 * np.pi * np.sqrt(square) / PERIOD) if kernel == "circular" else np.cos(2**0.5 * np.pi * (u + v) / PERIOD)
    return np.asarray(wave * np.exp(-square / (2 * 3.0**2)))
