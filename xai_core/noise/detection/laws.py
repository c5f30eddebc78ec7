"""Noise whose variance follows the brightness: which law, and its level."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from ...types import Array
from .base import LAWS, Floats, Kind

# Where the evidence tips over, chosen on the training splits of photographs, galaxies and castings.
WHITENESS = 0.66
FITTING = 0.11

_BLOCK = 8
_ENOUGH = 4001
"""More blocks than this, an odd number so that no column of them is missed, say nothing new."""

_LOW = 0.3
"""Texture adds variance and nothing takes it away: a law is laid through this quantile of the blocks' variances."""

_LEVELS = {"gaussian": np.geomspace(2, 100, 48), "poisson": np.geomspace(2, 1000, 48), "speckle": np.geomspace(1, 400, 48)}


@dataclass(frozen=True)
class Law:
    """misfits, levels: of each law. whiteness: finest detail against fine detail, 1 for white noise."""

    misfits: Mapping[Kind, float]
    levels: Mapping[Kind, float]
    whiteness: float

    @property
    def strength(self) -> float:
        # Texture that happens to be white seldom follows a law: ten times the misfit of noise halves the evidence.
        return float(self.whiteness / WHITENESS * (FITTING / min(self.misfits.values())) ** 0.3)


def find_law(image: Array) -> Law:
    """That of one picture (H, W, C), as `detect_noise` describes."""
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
    return Law(misfits, levels, whiteness)


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
