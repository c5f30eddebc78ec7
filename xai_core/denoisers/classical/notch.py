"""Notch filter: finds the regular waves in a picture and takes them out."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ...noise.waves import Peak, find_peaks
from ...types import Array


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
