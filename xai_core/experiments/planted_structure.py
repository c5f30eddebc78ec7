"""Did the denoiser invent it, did it lose it? A faint structure whose place is known is planted below and above the noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erfc, inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..datasets.structures import Structure, draw_structure
from ..errors import InvalidInput
from ..explainers.base import no_progress
from ..images import check_images
from ..noise import add_noise
from ..types import Array, Progress

CONTRASTS = (0.25, 0.5, 1.0, 2.0, 4.0)
KEPT, LOST, TOO_MUCH = 0.75, 0.25, 1.25
"""Shares of the planted amplitude: from the first on it survives, below the second it is lost, above the third there is more."""

FIRING = 0.5
"""Share of the planted amplitude from which on the matched filter says that the structure is there."""

OFTEN, MORE = 0.25, 2.0
"""Invented: without a structure the filter fires in more than this share of the pictures, and more than this many times as often
as before denoising."""

TOLERATED = 0.8
"""Share of the noise's energy that may be wrong afterwards; a network that has learned nothing leaves about all of it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StructureRow:
    """One contrast. Readings are those of the matched filter <., s> / <s, s>, s the structure: 1 for the planted one.

    contrast: height of the structure, in standard deviations of the noise. amplitude: mean over the draws of the reading of
    denoised with - denoised without it; 1 survives, 0 is lost. spread: its standard deviation over the draws.
    detectability_before, detectability: d', how many standard deviations lie between the readings with and without it, before
    (|s| / sigma) and after denoising. fired_before, fired: share of pictures without it whose reading is above 0.5, expected
    before and counted after denoising, against the mean of the other draws (what is the same in all draws, such as a real arm
    that is blurred, is no invention).
    spill: energy of what the structure brings outside its place, as a share of |s|^2.
    verdict: "survives", "weakened", "lost" or "invented", by the thresholds of this file.
    """

    contrast: float
    amplitude: float
    spread: float
    detectability_before: float
    detectability: float
    fired_before: float
    fired: float
    spill: float

    @property
    def verdict(self) -> str:
        often = self.fired > max(OFTEN, MORE * self.fired_before)
        if often or self.amplitude > TOO_MUCH:
            return "invented"
        if self.amplitude >= KEPT:
            return "survives"
        return "weakened" if self.amplitude >= LOST else "lost"


@dataclass(frozen=True)
class PlantedStructure:
    """The structure, rows by rising contrast, and pictures (H, W, C) float32 of the first noise, not limited to [0, 1].

    sigma: of the noise, 0-255 scale. left: mean square error of the denoised picture without a structure, as a share of the
    noise's; left_without_noise: of the clean picture denoised; appeared: mean square difference of the two denoised
    pictures outside the structure's place, what the noise made appear where nothing was. with_structure: the clean pictures with
    it; noisy, denoised: the same later; one a row. without: denoised picture without a structure.
    """

    structure: Structure
    rows: tuple[StructureRow, ...]
    sigma: float
    draws: int
    left: float
    left_without_noise: float
    appeared: float
    with_structure: tuple[Array, ...]
    noisy: tuple[Array, ...]
    denoised: tuple[Array, ...]
    without: Array

    @property
    def verdict(self) -> str:
        """ "does not denoise", "invents", "loses" (even the strongest structure) or "passes"."""
        if self.left > TOLERATED:
            return "does not denoise"
        if any(row.verdict == "invented" for row in self.rows):
            return "invents"
        return "loses" if self.rows[-1].verdict == "lost" else "passes"

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.verdict == "does not denoise":
            error = f"Fails: the denoised picture's error has {_times(self.left)} the noise's energy"
            if self.left_without_noise > self.left / 2:
                return (
                    f"{error}, most of it without any noise, too: it changes the picture. A network of random weights does this."
                )
            return f"{error}: what it keeps, it keeps with the noise. A network that has learned nothing does this."
        if self.verdict == "invents":
            worst = next(row for row in self.rows if row.verdict == "invented")
            return (
                f"Fails: at {worst.contrast:g} sigma it shows {worst.amplitude:.2f} of what was planted, and without a structure "
                f"it shows one in {worst.fired:.0%} of the pictures (before denoising {worst.fired_before:.0%})."
            )
        last = self.rows[-1]
        if self.verdict == "loses":
            return f"Fails: even a structure of {last.contrast:g} sigma is lost: {last.amplitude:.2f} of it is left."
        safe = [row.contrast for row in self.rows if row.verdict == "survives"]
        rest = (
            f"structures of {min(safe):g} sigma survive" if safe else f"{last.amplitude:.2f} of the strongest structure is left"
        )
        return f"Passes: the denoised picture's error has {_times(self.left)} the noise's energy, {rest}, and none was invented."


def planted_structure(
    denoiser: Any,
    clean: ArrayLike,
    kind: str = "arm",
    *,
    contrasts: Sequence[float] = CONTRASTS,
    sigma: float = 25.0,
    draws: int = 16,
    seed: int = 0,
    progress: Progress = no_progress,
) -> PlantedStructure:
    """Plant a structure s into a clean picture x, add Gaussian noise n, denoise, and look for it: f(x + s + n) against f(x + n).

    s is brighter than its surroundings on a dark place and darker on a bright one, and the same in all channels; its height is
    contrast times sigma. The denoiser f is told sigma, and its output is looked at before the limits of [0, 1].
    denoiser: a `Denoiser`, or any function of pictures. clean: one picture (H, W, C). kind: of `datasets.structures.STRUCTURES`.
    contrasts: above 0. draws: noises, at least 2, from `seed`, which also draws the structure; the same for all contrasts.
    Returns rows by rising contrast. Raises InvalidInput for a parameter out of range, or a picture that f does not take.
    Source: matched filter whose noise is not whitened: Burgess, Li & Abbey (1997), doi:10.1364/JOSAA.14.002420.
    """
    picture = check_images(clean, name="clean")
    if len(picture) != 1:
        raise InvalidInput(f"Expected one picture, received {len(picture)}.")
    levels = sorted(float(contrast) for contrast in contrasts)
    if not levels or not (levels[0] > 0 and levels[-1] < inf):
        raise InvalidInput(f"Expected contrasts above 0, in standard deviations of the noise; received {tuple(contrasts)}.")
    if not 0 < sigma < inf:
        raise InvalidInput(f"Expected a noise level above 0 (sigma, 0-255 scale), received {sigma!r}.")
    if draws < 2:
        raise InvalidInput(f"Expected at least 2 draws of the noise, received {draws}.")
    denoise = _denoising(denoiser, sigma)
    structure = draw_structure(kind, picture.shape[1], picture.shape[2], seed)
    sign = 1 if picture[0][structure.mask].mean() < 0.5 else -1
    unit = np.asarray(sign * sigma / 255 * structure.profile[..., None] * np.ones(picture.shape[-1]), np.float32)
    noise = add_noise(np.repeat(picture, draws, axis=0), "gaussian", sigma, seed=seed) - picture
    still, without = denoise(picture)[0], denoise(picture + noise)
    outside = ~structure.mask

    rows, planted, denoised = [], [], []
    for index, contrast in enumerate(levels):
        shape = np.float32(contrast) * unit
        planted.append(picture[0] + shape)
        found = denoise(planted[-1] + noise)
        denoised.append(found[0])
        rows.append(_row(contrast, shape, sigma, found, without, still, outside))
        progress((index + 1) / len(levels))
    variance = (sigma / 255) ** 2
    return PlantedStructure(
        structure=structure,
        rows=tuple(rows),
        sigma=float(sigma),
        draws=draws,
        left=_mean_square(without - picture) / variance,
        left_without_noise=_mean_square(still - picture) / variance,
        appeared=_mean_square((without - still)[:, outside]) / variance if outside.any() else 0.0,
        with_structure=tuple(planted),
        noisy=tuple(one + noise[0] for one in planted),
        denoised=tuple(denoised),
        without=without[0],
    )


def _row(
    contrast: float, shape: Array, sigma: float, found: Array, without: Array, still: Array, outside: NDArray[np.bool_]
) -> StructureRow:
    energy = float(np.square(shape, dtype=np.float64).sum())

    def reading(pictures: Array) -> Floats:
        return np.asarray(np.einsum("nhwc,hwc->n", pictures, shape, dtype=np.float64) / energy)

    brought = found - without
    amplitudes, present, absent = reading(brought), reading(found - still), reading(without - still)
    before = sqrt(energy) / (sigma / 255)
    return StructureRow(
        contrast=contrast,
        amplitude=float(amplitudes.mean()),
        spread=float(amplitudes.std(ddof=1)),
        detectability_before=before,
        detectability=_detectability(present, absent),
        fired_before=erfc(FIRING * before / sqrt(2)) / 2,
        fired=float((len(absent) / (len(absent) - 1) * (absent - absent.mean()) > FIRING).mean()),
        spill=float(np.square(brought.mean(axis=0, dtype=np.float64)[outside]).sum() / energy),
    )


def _detectability(present: Floats, absent: Floats) -> float:
    """d' = difference of the means / root of the mean variance."""
    difference, spread = float(present.mean() - absent.mean()), sqrt((present.var(ddof=1) + absent.var(ddof=1)) / 2)
    if spread == 0:
        return 0.0 if difference == 0 else inf
    return difference / spread


def _denoising(denoiser: Any, sigma: float) -> Callable[[Array], Array]:
    told = denoiser.at(sigma) if hasattr(denoiser, "at") else denoiser
    function = getattr(told, "unclipped", told)
    return lambda pictures: np.asarray(function(np.asarray(pictures, np.float32)), np.float32)


def _times(share: float) -> str:
    return f"{share:.0%} of" if share < 2 else f"{share:.0f} times"


def _mean_square(values: Array) -> float:
    return float(np.square(values, dtype=np.float64).mean())
