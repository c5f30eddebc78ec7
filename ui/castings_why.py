"""Castings: where in the spectrum the evidence of the noise detector lies, by Grad-CAM and integrated gradients."""

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from xai_core import render
from xai_core.experiments import Noisy
from xai_core.explainers import EXPLAINERS, explain
from xai_core.noise.detection import KINDS, Detected, load_noise_detector
from xai_core.scene import Scene
from xai_core.types import Array, Explanation

from . import cache, jobs
from .viewer import Drawn, Picture, draw, viewer

GROUP = "castings"
NETWORK = "noise-kinds"
TRAIN = f"python -m xai_core train {NETWORK}"
METHODS = ("grad_cam", "integrated_gradients")
LABELS = {
    "none": "No noise",
    "gaussian": "Gaussian",
    "salt_pepper": "Salt & pepper",
    "periodic": "Periodic",
    "speckle": "Speckle",
    "poisson": "Poisson",
}
"""The kinds of noise."""


def in_words(kind: str) -> str:
    """A kind of noise within a sentence: names of people keep their capital."""
    return LABELS[kind] if kind in ("gaussian", "poisson") else LABELS[kind].lower()


def section(scene: Scene, found: Noisy, told: Detected | None) -> None:
    """Two maps over the spectrum for the kind that the network decided for."""
    if told is None:
        st.info(f"There is no network to explain. Run: {TRAIN}")
        return
    key = f"castings-why-{cache.noise_key(scene)}-{cache.weights_key(NETWORK)}"
    made: tuple[Explanation, ...] | None = jobs.soon(key, partial(_compute, found, told), "of the two maps")
    if made is None:
        return
    look = scene.key("colormap")
    viewer(cache.drawn(f"{key}-{look}", lambda: _draw(scene, found, told, made)), key="castings-why", columns=3, toolbar=False)
    gradients = made[METHODS.index("integrated_gradients")]
    residual = float(gradients.diagnostics["completeness_residual"][0])
    st.caption(
        f"The evidence in the maps is for *{in_words(told.kind)}*. A point is a frequency, as in the spectrum beside "
        "it, no place in the picture. Integrated gradients sum over the 14 spectra that the network gets and start at "
        f"empty ones; completeness residual {residual:.1%} (0 is exact). Grad-CAM is coarse: one value for each 8 x 8 "
        "frequencies, spread smoothly."
    )


def _compute(found: Noisy, told: Detected, job: jobs.Job) -> tuple[Explanation, ...]:
    detector = load_noise_detector()
    spectra = detector.prepare(found.noisy)
    made = []
    for done, method in enumerate(METHODS):
        job(done / len(METHODS))
        made.append(explain(detector.model, spectra, method, KINDS.index(told.kind)))
    return tuple(made)


def _draw(scene: Scene, found: Noisy, told: Detected, made: tuple[Explanation, ...]) -> list[Drawn]:
    """The spectrum of the whole picture as the network gets it, and the maps over the same frequencies."""
    spectrum = enlarged(load_noise_detector().prepare(found.noisy)[0, ..., 0], 256)
    kind = in_words(told.kind)
    bar = render.colour_bar("magma", 0.0, 1.0, low_word="weak", high_word="strong")
    row = [Picture("Spectrum of the whole picture", render.apply(spectrum, "magma", 0, 1), values=spectrum, bar=bar)]
    for one in made:
        heatmap = enlarged(one.heatmap[0], 256)
        colormap = "diverging" if one.signed else scene.colormap
        [(low, high)] = render.limits([heatmap], one.signed)
        words = (f"against {kind}", f"evidence for {kind}") if one.signed else ("no support", f"evidence for {kind}")
        bar = render.colour_bar(colormap, low, high, low_word=words[0], high_word=words[1])
        caption = "blank: one value everywhere" if np.ptp(heatmap) == 0 else ""
        label = EXPLAINERS.get(one.method).label
        row.append(Picture(label, render.apply(heatmap, colormap, low, high), caption, values=heatmap, bar=bar))
    return [draw(one) for one in row]


def enlarged(values: ArrayLike, side: int) -> Array:
    """A map (h, w) with whole pixels a value, about `side` pixels wide: a spectrum has no values between its own."""
    array = np.asarray(values, np.float32)
    factor = max(1, side // array.shape[0])
    return np.asarray(array.repeat(factor, axis=0).repeat(factor, axis=1), np.float32)
