"""Regular waves in a picture: peaks of its spectrum that stand out from their surroundings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..types import Array

Floats = NDArray[np.float64]

MOST = 10
"""At most so many waves are looked for."""

AROUND = 5
"""A wave must stand out from the frequencies up to so many steps away, and is the highest of those up to four."""


@dataclass(frozen=True)
class Peak:
    """A wave A cos(2 pi (u x + v y) + phase), x the column and y the row.

    u, v: cycles per pixel along the columns and the rows, up to 0.5; the peak at (-u, -v) belongs to the same wave.
    contrast: height of the peak over what is usual there; 0 where it was not measured.
    """

    u: float
    v: float
    contrast: float = 0.0


def spectrum(image: Array) -> Floats:
    """Magnitude of the Fourier transform of the mean channel under a Hann window, zero frequency in the middle.

    image: (H, W, C). Returns (H, W); row i is v = (i - H // 2) / H cycles per pixel, column j is u = (j - W // 2) / W.
    """
    return np.asarray(np.fft.fftshift(_spectrum(image)))


def find_peaks(image: Array, *, threshold: float = 8.0, disc: float = 0.05) -> tuple[Peak, ...]:
    """The waves in a picture, strongest first: peaks of its spectrum that stand out from their surroundings.

    image: (H, W, C), any scale. threshold: a peak is so many times the median of its radius and of its neighbours (the
    second because edges of one direction make a bright line). disc: frequencies up to this many cycles per pixel, and
    three periods in the picture, belong to the picture.
    """
    from scipy.ndimage import maximum_filter

    height, width = image.shape[:2]
    side = min(height, width)
    magnitude = _spectrum(image)
    v, u = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    radius = np.hypot(u, v)
    level = usual(magnitude)
    index = np.arange(magnitude.size).reshape(magnitude.shape)
    mirrored = index[-np.arange(height)][:, -np.arange(width)]
    found = (magnitude > threshold * level) & (radius > max(disc, 3 / side)) & (index <= mirrored)
    found &= magnitude == maximum_filter(magnitude, size=9, mode="wrap")
    peaks = []
    for row, column in sorted(np.argwhere(found).tolist(), key=lambda place: -magnitude[*place]):
        near = np.arange(-AROUND, AROUND + 1)
        beside = magnitude[(row + near) % height][:, (column + near) % width]
        contrast = magnitude[row, column] / max(level[row, column], np.median(beside))
        if contrast > threshold:
            down = top(beside[AROUND - 1 : AROUND + 2, AROUND]) / height
            right = top(beside[AROUND, AROUND - 1 : AROUND + 2]) / width
            peaks.append(Peak(float(u[column] + right), float(v[row, 0] + down), float(contrast)))
        if len(peaks) == MOST:
            break
    return tuple(peaks)


def _spectrum(image: Array) -> Floats:
    plane = image.mean(axis=-1, dtype=np.float64)
    window = np.hanning(plane.shape[0] + 2)[1:-1, None] * np.hanning(plane.shape[1] + 2)[1:-1]
    plane -= np.average(plane, weights=window)
    # The small number stands for rounding: a flat picture has no peaks.
    return np.asarray(np.abs(np.fft.fft2(plane * window)) + 1e-9 * window.sum())


def usual(magnitude: Floats) -> Floats:
    """The median magnitude of the frequencies as high as each, whatever their direction; as `numpy.fft.fft2` orders them."""
    from scipy.ndimage import median

    height, width = magnitude.shape
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    ring = np.round(radius * min(height, width)).astype(int)
    return np.asarray(median(magnitude, ring, np.arange(ring.max() + 1))[ring], np.float64)


def top(three: Floats) -> float:
    """Where between its neighbours a peak is highest, in steps: the parabola through three logarithms."""
    before, here, after = np.log(three)
    bend = before - 2 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
