"""Which noise is on a picture, told from the noisy picture alone by classical statistics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..images import check_images
from ..types import Array

Kind = Literal["none", "gaussian", "salt_pepper", "periodic", "speckle", "poisson"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LAWS: tuple[Kind, ...] = ("gaussian", "poisson", "speckle")
"""Noises told apart by their variance: constant, proportional to the brightness, proportional to its square."""

SMALLEST = 28
"""Smallest side in pixels: statistics of fewer pixels decide nothing."""

# Where each piece of evidence tips over, chosen on the training splits of photographs, galaxies and castings.
SHARE, PURITY = 0.005, 0.6
WHITENESS = 0.66
FITTING = 0.11
MISFIT = 0.004
"""A law that fits worse than another by so much is e times less likely."""

_BLOCK = 8
_ENOUGH = 4001
"""More blocks than this, an odd number so that no column of them is missed, say nothing new."""

_LOW = 0.3
"""Texture adds variance and nothing takes it away: a law is laid through this quantile of the blocks' variances."""

_LEVELS = {"gaussian": np.geomspace(2, 100, 48), "poisson": np.geomspace(2, 1000, 48), "speckle": np.geomspace(1, 400, 48)}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Detected:
    """What `detect_noise` says about one picture.

    kind: one of `KINDS`. level: in the unit of that noise in `NOISES` (sigma or amplitude on the 0-255 scale, share of
        pixels, photons at white, looks); 0 for "none".
    confidence: score of `kind`. scores: of every kind, sum 1. They are soft decisions, not measured frequencies: evidence of
        r times its limit counts as r^8 to 1 (waves: a logistic regression); the laws of the variance share what impulses,
        waves and "none" leave, as exp(-misfit / 0.004).
    wave: (u, v) in cycles per pixel along columns and rows, of a periodic noise only.
    evidence: figures behind the decision, named in plain words with their unit.
    """

    kind: Kind
    level: float
    confidence: float
    scores: Mapping[Kind, float]
    wave: tuple[float, float] | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)


def detect_noise(images: ArrayLike) -> tuple[Detected, ...]:
    """Kind and level of the noise on each picture, from three questions asked in turn.

    1. Impulses (salt & pepper): pixels exactly black or white, more than 5 local spreads (1.4826 times the median absolute
       deviation) and a tenth of the range away from the median of their 5 x 5 window, and hardly any outlier between.
    2. A wave (periodic) of more than four periods: a peak of the windowed spectrum over its radius and its surroundings, with
       one phase all over the picture: |mean z| / sqrt(mean |z|^2) near 1, z the wave's complex amplitude in nine overlapping
       parts of half the sides; the stronger the wave, the less the other two count.
    3. White noise: in 8 x 8 blocks, the variance d^2 of mixed second differences (a - b - c + d) / 2 equals that of first
       differences, which in a clean picture is far larger. Then its law over the brightness: constant (Gaussian),
       proportional (Poisson) or to the square (speckle), clipping to [0, 1] included, by the quantile regression
       (30 %) of log variance over the blocks, those of rare brightnesses weighing more. Nothing of all this: none.
    One kind of noise a picture is assumed, white and of one pixel's size. A picture of one brightness cannot tell the three
    laws apart: their scores are then alike. The amplitude of a wave is too low where clipping cut it off; bricks, rows of
    coins and other regular objects pass for waves; noise on small pictures with a black ground (digits) is missed.
    images: (N, H, W, C) and the other forms of `images.check_images`, sides of at least 28 pixels.
    Raises InvalidInput for smaller pictures and what `check_images` refuses.
    Source of the quantile regression: Koenker & Bassett (1978), doi:10.2307/1913643; of variance as a function of
    brightness: Foi, Trimeche, Katkovnik & Egiazarian (2008), doi:10.1109/TIP.2008.2001399.
    """
    return tuple(_detect(image) for image in _checked(images))


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
    for image in _checked(images):
        plane, window = _windowed(image)
        magnitude = np.abs(np.fft.fftshift(np.fft.fft2(plane * window))) / np.sqrt((window**2).sum())
        spectrum = (np.log10(1 + magnitude) / 4).astype(np.float32)
        for axis in (0, 1):
            if (side := spectrum.shape[axis]) > size:
                spectrum = np.maximum.reduceat(spectrum, np.arange(size) * side // size, axis=axis)
        out.append(cv2.resize(spectrum, (size, size), interpolation=cv2.INTER_LINEAR))
    return np.asarray(out, np.float32).reshape(-1, size, size, 1)


def _checked(images: ArrayLike) -> Array:
    batch = check_images(images)
    if min(batch.shape[1:3]) < SMALLEST:
        raise InvalidInput(
            f"Expected pictures of at least {SMALLEST} x {SMALLEST} pixels, received {batch.shape[1]} x {batch.shape[2]}. "
            "Take a larger cut-out."
        )
    return batch


def _detect(image: Array) -> Detected:
    impulses, wave, law = _impulses(image), _wave(image), _law(image)
    chances = _chance(impulses.strength**8), _chance(wave.odds), _chance(law.strength**8)
    left = (1 - chances[0]) * (1 - chances[1])
    scores: dict[Kind, float] = {
        "none": left * (1 - chances[2]),
        "salt_pepper": chances[0],
        "periodic": (1 - chances[0]) * chances[1],
    }
    misfits = np.array([law.misfits[kind] for kind in LAWS])
    fits = np.exp((misfits.min() - misfits) / MISFIT)
    scores |= {kind: left * chances[2] * float(fit / fits.sum()) for kind, fit in zip(LAWS, fits, strict=True)}
    kind = max(KINDS, key=scores.__getitem__)
    level = {"none": 0.0, "salt_pepper": impulses.level, "periodic": wave.amplitude, **law.levels}[kind]
    evidence = {
        "isolated black and white pixels (%)": 100 * impulses.share,
        "of the outliers, black or white (%)": 100 * impulses.purity,
        "strongest wave over its surroundings (times)": wave.contrast,
        "its phase is one all over the picture (0 to 1)": wave.coherence,
        "its amplitude (grey levels)": wave.amplitude,
        "finest detail against fine detail (1 for white noise)": law.whiteness,
        **{f"misfit of the law of {name} noise": misfit for name, misfit in law.misfits.items()},
    }
    return Detected(kind, level, scores[kind], scores, wave.place if kind == "periodic" else None, evidence)


def _chance(odds: float) -> float:
    return odds / (1 + odds)


@dataclass(frozen=True)
class _Impulses:
    level: float
    share: float
    purity: float

    @property
    def strength(self) -> float:
        return min(self.share / SHARE, self.purity / PURITY)


def _impulses(image: Array) -> _Impulses:
    import cv2

    level, extremes, outliers = 0.0, 0, 0
    for channel in range(image.shape[-1]):
        plane = np.ascontiguousarray(image[..., channel])
        middle = cv2.medianBlur(plane, 5)
        away = np.abs(plane - middle)
        limit = np.maximum(0.1, 5 * 1.4826 * cv2.medianBlur(away, 5))
        odd = away > limit
        outliers += int(odd.sum())
        for extreme in (0, 1):
            found = int((odd & (plane == extreme)).sum())
            extremes += found
            # White on white cannot be seen: the level is the share of the places where it can.
            visible = int((np.abs(middle - extreme) > limit).sum())
            level += found / max(visible, 0.02 * plane.size) / image.shape[-1]
    return _Impulses(min(level, 1.0), extremes / image.size, extremes / max(outliers, 1))


@dataclass(frozen=True)
class _Wave:
    place: tuple[float, float] = (0.0, 0.0)
    contrast: float = 0.0
    coherence: float = 0.0
    amplitude: float = 0.0

    @property
    def odds(self) -> float:
        """That it was added, by logistic regression: on training splits 2 of 5,413 peaks of pictures pass, 716 of 728 waves."""
        figures = np.array([self.contrast, 1 / (1 - self.coherence + 1e-4), self.amplitude + 0.1])
        return float(np.exp(np.log(figures + 1e-9) @ [1.1, 3.1, 4.1] - 21.0))


def _windowed(image: Array) -> tuple[Floats, Floats]:
    """The mean channel in grey levels, its mean under Hann's window taken away, and the window."""
    plane = 255 * image.mean(axis=-1, dtype=np.float64)
    window = np.multiply.outer(*(np.hanning(side + 2)[1:-1] for side in plane.shape))
    plane -= np.average(plane, weights=window)
    return plane, window


def _wave(image: Array) -> _Wave:
    # `denoisers.classical.notch.find_peaks`, in a layer above, knows neither amplitude nor phase and leaves out the lowest
    # frequencies, where only these two tell a wave from the picture.
    from scipy.ndimage import maximum_filter, median

    plane, window = _windowed(image)
    height, width = plane.shape
    side = min(height, width)
    magnitude = np.abs(np.fft.fft2(plane * window)) + 1e-6 * window.sum()  # rounding: a flat picture has no peaks
    v, u = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)
    radius = np.hypot(u, v)
    ring = np.round(radius * side).astype(int)
    usual = median(magnitude, ring, np.arange(ring.max() + 1))[ring]
    half = (v > 0) | ((v == 0) & (u > 0)) | (v == -0.5) | ((v == 0) & (u == -0.5))  # the other half mirrors it
    peaks = (magnitude == maximum_filter(magnitude, 5, mode="wrap")) & (radius > 4 / side) & half
    places = np.argwhere(peaks)
    # The four highest, and the four highest over what is usual at their radius.
    first = [np.argsort(-height_of[peaks])[:4] for height_of in (magnitude, magnitude / usual)]
    best = _Wave()
    for row, column in places[np.unique(np.concatenate(first))].tolist():
        near = np.arange(-5, 6)
        beside = magnitude[(row + near) % height][:, (column + near) % width]
        contrast = float(magnitude[row, column] / max(usual[row, column], np.median(beside)))
        down, right = v[row, 0] + _top(beside[4:7, 5]) / height, u[column] + _top(beside[5, 4:7]) / width
        amplitude, coherence = _follow(plane, window, float(down), float(right))
        found = _Wave((float(right), float(down)), contrast, coherence, amplitude)
        best = max(best, found, key=lambda wave: wave.odds)
    return best


def _top(three: Floats) -> float:
    """Where between its neighbours a peak is highest, in steps: the parabola through three logarithms."""
    before, here, after = np.log(three)
    bend = before - 2 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0


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


@dataclass(frozen=True)
class _Law:
    misfits: Mapping[Kind, float]
    levels: Mapping[Kind, float]
    whiteness: float

    @property
    def strength(self) -> float:
        # Texture that happens to be white seldom follows a law: ten times the misfit of noise halves the evidence.
        return float(self.whiteness / WHITENESS * (FITTING / min(self.misfits.values())) ** 0.3)


def _law(image: Array) -> _Law:
    mean, mixed, first = _blocks(image)
    clipped = bool(image.min() >= 0 and image.max() <= 1)
    seen = (mean > 1) & (mean < 254)  # black and white areas lost their noise
    if seen.sum() < 8:
        seen[:] = True
    some = np.flatnonzero(seen)[:: max(1, seen.sum() // _ENOUGH)]
    mean, variance, first = mean[some], mixed[some] + 0.1, first[some] + 1.0
    bins = np.clip(mean // 16, 0, 15).astype(int)
    weights = 1 / np.sqrt(np.bincount(bins)[bins])
    weights /= weights.sum()
    misfits, levels, residuals = {}, {}, {}
    for kind in LAWS:
        means, variances = _table(kind, clipped)
        expected = [np.interp(mean, *row) for row in zip(means, variances, strict=True)]
        off = np.log(variance) - np.log(np.array(expected) + 0.3) + 0.18  # 0.18: the quantile against the mean
        losses = np.where(off > 0, _LOW * off, (_LOW - 1) * off) @ weights
        best = int(losses.argmin())
        step = 0.0
        if 0 < best < len(losses) - 1:
            before, here, after = losses[best - 1 : best + 2]
            step = 0.5 * (before - after) / max(before - 2 * here + after, 1e-12)
        grid = np.log(_LEVELS[kind])
        levels[kind] = float(np.exp(np.interp(best + step, np.arange(len(grid)), grid)))
        misfits[kind] = float(losses[best])
        residuals[kind] = off[best]
    off = residuals[min(LAWS, key=misfits.__getitem__)]
    follow = weights * (off < 0.5)  # the blocks without texture
    whiteness = float(np.sqrt((follow @ (variance / first)) / max(follow.sum(), 1e-12)))
    return _Law(misfits, levels, whiteness)


def _blocks(image: Array) -> tuple[Floats, Floats, Floats]:
    """Mean, variance of mixed second differences and of first differences in overlapping blocks, grey levels squared."""
    from scipy.ndimage import uniform_filter

    columns = []
    start = step = _BLOCK // 2
    for channel in range(image.shape[-1]):
        plane = 255 * image[..., channel].astype(np.float64)
        down, right = np.diff(plane, axis=0)[:, :-1], np.diff(plane, axis=1)[:-1]
        mixed = np.diff(np.diff(plane, axis=0), axis=1) / 2
        for_each = (plane[:-1, :-1], mixed**2, (down**2 + right**2) / 4)
        columns.append(
            [uniform_filter(each, _BLOCK - 1)[start : -start + 1 : step, start : -start + 1 : step] for each in for_each]
        )
    mean, mixed, first = (np.concatenate([channel[k].ravel() for channel in columns]) for k in range(3))
    return mean, mixed, first


@cache
def _table(kind: Kind, clipped: bool) -> tuple[Floats, Floats]:
    """Mean and variance of a pixel (0-255 scale) for each level (rows) and each clean grey level (columns)."""
    from scipy import stats

    clean = np.linspace(0, 1, 65)[:, None]
    even = (np.arange(200) + 0.5) / 200
    means, variances = [], []
    for level in _LEVELS[kind]:
        if kind == "poisson":
            counts = np.arange(int(level + 6 * np.sqrt(level)) + 8)
            values, chances = np.broadcast_to(counts / level, (65, len(counts))), stats.poisson.pmf(counts, clean * level)
        else:
            noise = stats.norm.ppf(even) * level / 255 if kind == "gaussian" else stats.gamma.ppf(even, level) / level
            values = clean + noise if kind == "gaussian" else clean * noise
            chances = np.full(values.shape, 1 / len(even))
        values = np.clip(values, 0, 1) if clipped else values
        mean = (chances * values).sum(axis=1)
        means.append(255 * mean)
        variances.append(255**2 * (chances * (values - mean[:, None]) ** 2).sum(axis=1))
    return np.array(means), np.array(variances)
