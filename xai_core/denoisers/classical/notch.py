"""Notch filter: finds the regular waves in a picture and takes them out."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...types import Array

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


def notch(images: Array, *, threshold: float = 8.0, width: float = 1.0, disc: float = 0.05) -> Array:
    """Multiplies the spectrum by 1 - exp(-d^2 / (2 D^2)) around each peak of `find_peaks` and its mirror image.

    d is the distance from the peak, D = width / (shorter side). Pictures without peaks stay as they are; waves of few
    periods, as in pictures under some 40 pixels, are not told from the picture.
    images: (N, H, W, C) float32; peaks are those of the mean channel, each channel has its own amplitude.
    threshold, disc: as for `find_peaks`. width: cycles per picture; wider where the wave is not regular.
    Source: Aizenberg & Butakoff (2008), doi:10.1016/j.imavis.2007.08.011.
    """
    parts = [notch_at(image[None], find_peaks(image, threshold=threshold, disc=disc), width=width) for image in images]
    return np.concatenate(parts) if parts else images.copy()


def notch_at(images: Array, waves: Iterable[Peak], *, width: float = 1.0) -> Array:
    """Take out waves that are known, however few periods they have: as `notch`, without the search.

    images: (N, H, W, C) float32. waves: their u and v count. width: cycles per picture.
    """
    out = images.copy()
    for image in out:
        for peak in waves:
            for channel in range(image.shape[-1]):
                image[..., channel] -= _wave(image[..., channel], peak, width / min(image.shape[:2]))
    return out


def spectrum(image: Array) -> NDArray[np.float64]:
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
    from scipy.ndimage import maximum_filter, median

    height, width = image.shape[:2]
    side = min(height, width)
    magnitude = _spectrum(image)
    v, u = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    radius = np.hypot(u, v)
    ring = np.round(radius * side).astype(int)
    usual = median(magnitude, ring, np.arange(ring.max() + 1))[ring]
    index = np.arange(magnitude.size).reshape(magnitude.shape)
    mirrored = index[-np.arange(height)][:, -np.arange(width)]
    found = (magnitude > threshold * usual) & (radius > max(disc, 3 / side)) & (index <= mirrored)
    found &= magnitude == maximum_filter(magnitude, size=9, mode="wrap")
    peaks = []
    for row, column in sorted(np.argwhere(found).tolist(), key=lambda place: -magnitude[*place]):
        near = np.arange(-AROUND, AROUND + 1)
        beside = magnitude[(row + near) % height][:, (column + near) % width]
        contrast = magnitude[row, column] / max(usual[row, column], np.median(beside))
        if contrast > threshold:
            down = _top(beside[AROUND - 1 : AROUND + 2, AROUND]) / height
            right = _top(beside[AROUND, AROUND - 1 : AROUND + 2]) / width
            peaks.append(Peak(float(u[column] + right), float(v[row, 0] + down), float(contrast)))
        if len(peaks) == MOST:
            break
    return tuple(peaks)


def _spectrum(image: Array) -> NDArray[np.float64]:
    plane = image.mean(axis=-1, dtype=np.float64)
    window = np.hanning(plane.shape[0] + 2)[1:-1, None] * np.hanning(plane.shape[1] + 2)[1:-1]
    plane -= np.average(plane, weights=window)
    # The small number stands for rounding: a flat picture has no peaks.
    return np.asarray(np.abs(np.fft.fft2(plane * window)) + 1e-9 * window.sum())


def _top(three: NDArray[np.float64]) -> float:
    """Where between its neighbours a peak is highest, in steps: the parabola through three logarithms."""
    before, here, after = np.log(three)
    return float(0.5 * (before - after) / (before - 2 * here + after))


def _wave(plane: Array, peak: Peak, spread: float) -> NDArray[np.float64]:
    """What the pair of notches takes out of a plane (H, W).

    The wave is shifted to frequency zero, smoothed there and shifted back. It is the same filter, but what is mirrored at
    the picture's edges is the wave's slowly changing amplitude and not the wave, which would break there.
    """
    v, u = np.ogrid[: plane.shape[0], : plane.shape[1]]
    carrier = np.exp(2j * np.pi * (peak.u * u + peak.v * v))
    # The picture's own slow changes would break at the edges instead: they are left out.
    rest = plane - _smooth(plane.astype(np.float64), np.hypot(peak.u, peak.v) / 4)
    wave = (_smooth(rest * carrier.conj(), spread) * carrier).real
    # The peaks of the pair are one where they are a whole cycle apart: at half a cycle per pixel.
    apart = 2 * np.array([peak.v, peak.u])
    alone = (np.abs(apart - np.round(apart)) * plane.shape < 0.5).all()
    return np.asarray(wave if alone else 2 * wave)


def _smooth(plane: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Multiply the spectrum of the mirrored plane by exp(-f^2 / (2 spread^2)), f in cycles per pixel."""
    from scipy.fft import dctn, idctn

    gains = [np.exp(-((np.arange(side) / (2 * side * spread)) ** 2) / 2) for side in plane.shape]
    return np.asarray(idctn(dctn(plane) * gains[0][:, None] * gains[1]))
