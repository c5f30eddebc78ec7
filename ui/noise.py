"""The sections of the page Noise."""

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.denoisers.classical.notch import find_peaks
from xai_core.experiments import Noisy
from xai_core.images import clip
from xai_core.noise import NOISES, estimates_of
from xai_core.noise.density import density
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, panels
from .viewer import Drawn, Picture, draw, viewer

SPECTRUM_RANGE = (-10.0, 60.0)
"""dB: from a hundredth of a grey level to the structure of a picture."""


def noisy(scene: Scene, upload: Dataset | None) -> Noisy:
    return cache.noisy(scene, upload)


def pictures(scene: Scene, found: Noisy) -> None:
    """Clean, noisy, the noise itself, and the spectrum of the noisy picture with its peaks."""
    row, peaks = cache.drawn(f"noise-{cache.noise_key(scene)}", lambda: _draw(found))
    viewer(row, key="pictures", columns=4)
    words = "Spectrum: slow changes in the middle, fine detail at the borders (0.5 cycles per pixel), on a scale of decibels."
    if peaks:
        frequency, angle = peaks[0]
        words += (
            f" Ringed: {len(peaks)} pair{'s' * (len(peaks) > 1)} of peaks that stand out, as a regular wave makes them; the strongest at "
            f"{frequency:.3f} cycles per pixel, {angle:.0f} degrees from the column axis."
        )
    st.caption(words)
