"""Castings, section "Which noise is on it?": the decision of two detectors, and what each of them saw."""

from dataclasses import replace

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Noisy
from xai_core.noise.detection import KINDS, Detected, detect_noise
from xai_core.scene import Scene

from . import cache, explained, panels
from .viewer import Drawn, Picture, draw, viewer

GROUP = "castings"
LABELS = {
    "none": "No noise",
    "gaussian": "Gaussian",
    "salt_pepper": "Salt & pepper",
    "periodic": "Periodic",
    "speckle": "Speckle",
    "poisson": "Poisson",
}
SURE = 0.8
"""A lower score is called a doubtful decision."""


def section(scene: Scene, found: Noisy) -> Detected:
    """The noisy picture, its spectrum, the scores of the kinds, and the decision in one sentence."""
    st.subheader("1. Which noise is on it?", anchor=False)
    classical = detect(scene, found)
    decided = classical
    st.markdown(sentence(decided, found.noisy.shape[2]))
    left, right = st.columns(2, gap="medium")
    with left:
        key = f"castings-detect-{cache.noise_key(scene)}"
        viewer(cache.drawn(key, lambda: _draw(found, decided)), key="castings-detect", group=GROUP, columns=2, smallest=150)
        st.caption(
            "Spectrum: slow changes in the middle, fine detail at the borders (0.5 cycles per pixel)."
            + (" The wave is ringed, twice, because a wave and its mirror image are one." if decided.wave else "")
        )
    with right:
        _scores({"Classical": classical})
    with st.expander("What the classical detector measured"):
        _evidence(classical)
    _explain()
    return decided


def detect(scene: Scene, found: Noisy) -> Detected:
    """The classical detector's answer for the scene's noisy picture."""
    told: Detected = cache.drawn(f"detected-{cache.noise_key(scene)}", lambda: detect_noise(found.noisy)[0])
    return told


def sentence(told: Detected, width: int) -> str:
    """The decision and its confidence. width: of the picture, pixels."""
    doubt = "" if told.confidence >= SURE else " This is a doubtful decision: compare the second highest score."
    if told.kind == "none":
        return f"**No noise** of the six kinds is seen (score {_share(told.confidence)}).{doubt}"
    text = f"**{LABELS[told.kind]} noise, {level(told)}** (score {_share(told.confidence)})."
    if told.wave:
        u, v = told.wave
        cycles = float(np.hypot(u, v))
        text += (
            f" The wave has {cycles:.3f} cycles per pixel, {cycles * width:.1f} over the width of the picture, and runs "
            f"{np.degrees(np.arctan2(v, u)) % 180:.0f} degrees from the column axis."
        )
    return text + doubt


def level(told: Detected) -> str:
    """The estimated level in its unit."""
    words = {
        "gaussian": f"sigma about {told.level:.1f} (0-255 scale)",
        "salt_pepper": f"about {told.level:.1%} of the pixels",
        "periodic": f"amplitude about {told.level:.0f} (0-255 scale)",
        "speckle": f"about {told.level:.1f} looks",
        "poisson": f"about {told.level:.0f} photons at white",
    }
    return words.get(told.kind, "")


def _share(score: float) -> str:
    return "over 99 %" if score > 0.99 else f"{100 * score:.0f} %"


def _draw(found: Noisy, told: Detected) -> list[Drawn]:
    spectrum = panels.spectrum("Its log spectrum", found.noisy[0], "")
    if told.wave:
        spectrum = replace(spectrum, image=render.ringed(spectrum.image, [told.wave]))
    noisy = Picture("Noisy", found.noisy[0], panels.quality(found.clean, found.noisy))
    return [draw(noisy), draw(spectrum)]


def _scores(told: dict[str, Detected]) -> None:
    """The six scores as bars, one group a kind."""
    columns = {name: np.array([one.scores[kind] for kind in KINDS]) for name, one in told.items()}
    chart = render.prediction_bars([LABELS[kind] for kind in KINDS], columns, top=len(KINDS))
    chart.update_xaxes(title="Score (the six sum to 1)")
    st.plotly_chart(chart, config=render.CONFIG, key="castings-scores", width="stretch")


def _evidence(told: Detected) -> None:
    """The figures behind the classical decision, in words."""
    figures = list(told.evidence.items())
    st.dataframe(
        {"What was measured": [name[:1].upper() + name[1:] for name, _ in figures], "Value": [value for _, value in figures]},
        column_config={"Value": st.column_config.NumberColumn(format="%.3g")},
        hide_index=True,
    )
    st.caption(
        "Impulses: isolated pixels that are exactly black or white, and hardly an outlier between. A wave: a peak of the "
        "spectrum with one phase all over the picture. Else the noise is white, or there is none; the law that its variance "
        "follows over the brightness (constant: Gaussian; proportional: Poisson; to the square: speckle) is the one that "
        "misfits least."
    )


def _explain() -> None:
    explained.foldouts(
        how=(
            "The classical detector asks three questions in turn: are there impulses, is there a wave of one phase, which law "
            "does the variance follow over the brightness? The spectrum is $\\log_{10}(1 + |Y(f)| / \\sqrt{\\sum w^2}) / 4$, $Y$ "
            "being the Fourier transform of the picture under Hann's window $w$: impulses and Gaussian noise fill it evenly, a "
            "wave is one sharp peak and its mirror image."
        ),
        cost="statistics of one picture",
        source="Foi et al. (2008), doi:10.1109/TIP.2008.2001399 (variance over brightness); Hami & JameBozorg (2024), "
        "arXiv:2404.10664 (a network on the spectrum)",
        misread=(
            "A score is a soft decision, no measured frequency: 99 % does not mean wrong once in a hundred. One kind a "
            "picture is assumed. Bricks and other regular objects pass for waves; Gaussian, Poisson and speckle noise are alike "
            "where the brightness hardly changes."
        ),
    )
