"""Which noise is on a picture, told from the noisy picture alone by classical statistics."""

import numpy as np
from numpy.typing import ArrayLike

from ...types import Array
from .base import KINDS, LAWS, Detected, Kind, checked
from .impulses import find_impulses
from .laws import find_law
from .waves import find_wave

MISFIT = 0.004
"""A law that fits worse than another by so much is e times less likely."""


def detect_classical(images: ArrayLike) -> tuple[Detected, ...]:
    """Kind and level of the noise on each picture, from three questions asked in turn (`detect_noise` by classical statistics).

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
    return tuple(_detect(image) for image in checked(images))


def _detect(image: Array) -> Detected:
    impulses, wave, law = find_impulses(image), find_wave(image), find_law(image)
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
