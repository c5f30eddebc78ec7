"""Spectra of noisy pictures of any size, at one size."""

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidInput
from ...types import Array
from .base import Floats, checked


def log_spectrum(images: ArrayLike, *, size: int = 128) -> Array:
    """Log-magnitude spectrum of each picture at a fixed size: log10(1 + |Y(f)| / sqrt(sum w^2)) / 4.

    Y is the Fourier transform, in grey levels (0-255 scale), of the mean channel less its mean under Hann's window w:
    white noise of standard deviation s lies around log10(1 + s) / 4 whatever the size. Where it shrinks, the largest
    value in each cell stays, so that the narrow peak of a wave does; where it grows, it is bilinear.
    images: as for `detect_noise`. size: side of the result. Returns (N, size, size, 1) float32, 0 to about 1, frequency 0
    at (size // 2, size // 2) or beside it, frequencies in cycles per pixel from -0.5 to 0.5 whatever the picture's size.
    """
    import cv2

    if size < 1:
        raise InvalidInput(f"Expected a spectrum of at least 1 x 1, received size {size}.")
    out = []
    for image in checked(images):
        plane, window = windowed(image)
        magnitude = np.abs(np.fft.fftshift(np.fft.fft2(plane * window))) / np.sqrt((window**2).sum())
        spectrum = (np.log10(1 + magnitude) / 4).astype(np.float32)
        for axis in (0, 1):
            if (side := spectrum.shape[axis]) > size:
                spectrum = np.maximum.reduceat(spectrum, np.arange(size) * side // size, axis=axis)
        out.append(cv2.resize(spectrum, (size, size), interpolation=cv2.INTER_LINEAR))
    return np.asarray(out, np.float32).reshape(-1, size, size, 1)


def windowed(image: Array) -> tuple[Floats, Floats]:
    """The mean channel in grey levels, its mean under Hann's window taken away, and the window."""
    plane = 255 * image.mean(axis=-1, dtype=np.float64)
    window = np.multiply.outer(*(np.hanning(side + 2)[1:-1] for side in plane.shape))
    plane -= np.average(plane, weights=window)
    return plane, window
