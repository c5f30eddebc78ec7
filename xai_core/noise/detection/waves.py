"""A wave over the whole picture, told by its peak in the spectrum and its phase."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...types import Array
from ..waves import top, usual
from .base import Floats
from .spectra import windowed


@dataclass(frozen=True)
class Wave:
    """place: (u, v) in cycles per pixel. contrast: of its peak over its surroundings. coherence: of its phase, 0 to 1.

    amplitude: in grey levels.
    """

    place: tuple[float, float] = (0.0, 0.0)
    contrast: float = 0.0
    coherence: float = 0.0
    amplitude: float = 0.0

    @property
    def odds(self) -> float:
        """That it was added, by logistic regression: on training splits 2 of 5,413 peaks of pictures pass, 716 of 728 waves."""
        figures = np.array([self.contrast, 1 / (1 - self.coherence + 1e-4), self.amplitude + 0.1])
        return float(np.exp(np.log(figures + 1e-9) @ [1.1, 3.1, 4.1] - 21.0))


def find_wave(image: Array) -> Wave:
    """The likeliest of one picture (H, W, C), as `detect_noise` describes."""
    # `find_peaks` knows neither amplitude nor phase and leaves out the lowest frequencies, where only these two tell a wave
    # from the picture.
    from scipy.ndimage import maximum_filter

    plane, window = windowed(image)
    height, width = plane.shape
    side = min(height, width)
    magnitude = np.abs(np.fft.fft2(plane * window)) + 1e-6 * window.sum()  # rounding: a flat picture has no peaks
    v, u = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    radius = np.hypot(u, v)
    level = usual(magnitude)
    half = (v > 0) | ((v == 0) & (u > 0)) | (v == -0.5) | ((v == 0) & (u == -0.5))  # the other half mirrors it
    peaks = (magnitude == maximum_filter(magnitude, 5, mode="wrap")) & (radius > 4 / side) & half
    places = np.argwhere(peaks)
    # The four highest, and the four highest over what is usual at their radius.
    first = [np.argsort(-height_of[peaks])[:4] for height_of in (magnitude, magnitude / level)]
    best = Wave()
    for row, column in places[np.unique(np.concatenate(first))].tolist():
        near = np.arange(-5, 6)
        beside = magnitude[(row + near) % height][:, (column + near) % width]
        contrast = float(magnitude[row, column] / max(level[row, column], np.median(beside)))
        down, right = v[row, 0] + top(beside[4:7, 5]) / height, u[column] + top(beside[5, 4:7]) / width
        amplitude, coherence = _follow(plane, window, float(down), float(right))
        found = Wave((float(right), float(down)), contrast, coherence, amplitude)
        best = max(best, found, key=lambda wave: wave.odds)
    return best


def _follow(plane: Floats, window: Floats, down: float, right: float) -> tuple[float, float]:
    """Amplitude of a wave in the whole plane, and how much its phase agrees over nine overlapping parts of half its sides."""
    rows, columns = (np.arange(side) for side in plane.shape)
    carrier = np.exp(-2j * np.pi * (down * rows[:, None] + right * columns))
    parts = []
    for down_part in _halves(rows):
        for right_part in _halves(columns):
            place = np.ix_(down_part, right_part)
            weights = np.multiply.outer(*(np.hanning(len(part) + 2)[1:-1] for part in (down_part, right_part)))
            part = plane[place] - np.average(plane[place], weights=weights)
            parts.append((part * weights * carrier[place]).sum() / weights.sum())
    strength = np.sqrt(np.mean(np.abs(parts) ** 2))
    # At half a cycle per pixel along both axes a wave and its mirror image are one.
    alone = all(abs(2 * f - round(2 * f)) < 1 / side for f, side in zip((down, right), plane.shape, strict=True))
    amplitude = (1 if alone else 2) * abs((plane * window * carrier).sum()) / window.sum()
    return float(amplitude), float(np.abs(np.mean(parts)) / strength) if strength else 0.0


def _halves(places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The first, the middle and the last half. Smaller parts would hold too few periods of a slow wave."""
    half = len(places) // 2
    return [places[start : start + half] for start in (0, half // 2, len(places) - half)]
