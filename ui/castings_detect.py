"""Castings, section "Which noise is on it?": the decision of two detectors, and what each of them saw."""

from dataclasses import replace

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Noisy
from xai_core.noise.detection import CHANNELS, KINDS, Detected, Method, detect_noise, noise_spectra
from xai_core.scene import Scene
from xai_core.weights import trained_models

from . import cache, castings_why, explained, panels, state
from .castings_why import LABELS, NETWORK, TRAIN, in_words
from .viewer import Drawn, Picture, draw, viewer

SURE = 0.8
"""A lower score is called a doubtful decision."""

DRAWN = 256
"""Pixels of a side at which the network's spectra are drawn."""


def section(scene: Scene, found: Noisy) -> Detected:
    """The noisy picture, its spectrum, the scores of the kinds, and the decision in one sentence."""
    st.subheader("1. Which noise is on it?", anchor=False)
    classical = _detect(scene, found, "classical")
    network = _network(scene, found)
    decided = _detect(scene, found, "both") if network else classical
    st.markdown(sentence(decided, found.noisy.shape[2]) + _beside(network, classical))
    left, right = st.columns([3, 2], gap="medium")
    key = f"castings-detect-{cache.noise_key(scene)}-{decided.wave}"
    with left:
        viewer(cache.drawn(key, lambda: _draw(found, decided)), key="castings-detect", columns=3, smallest=150)
        st.caption(
            "Spectrum: slow changes in the middle, fine detail at the borders (0.5 cycles per pixel)."
            + (" The wave is ringed, twice, because a wave and its mirror image are one." if decided.wave else "")
        )
    with right:
        _scores(({"Both": decided, "Network": network} if network else {}) | {"Classical": classical})
    pictures, bar = cache.drawn(f"castings-spectra-{cache.noise_key(scene)}", lambda: _spectra(found))
    st.markdown("**What the network sees**: the spectra of the whole picture and of its blocks, by their brightness.")
    viewer(pictures, key="castings-spectra", columns=5, smallest=110, largest=200, bar=bar, toolbar=False)
    st.caption(
        "White noise fills a spectrum evenly. Gaussian noise is as strong in dark blocks as in bright ones, Poisson noise "
        "stronger where it is bright, speckle still more so: one spectrum of the whole picture could not tell them apart."
    )
    place = state.control(
        st.expander,
        "The network's own explanation: where in the spectrum is its evidence?",
        "view:why",
        scene.view("why"),
        on_change="rerun",
    )
    state.put_view("why", bool(place.open))
    if place.open:
        with place, panels.guard():
            castings_why.section(scene, found, network)
    with st.expander("What the classical detector measured"):
        _evidence(classical)
    _explain()
    return decided


def _detect(scene: Scene, found: Noisy, method: Method) -> Detected:
    """A detector's answer for the scene's noisy picture."""
    weights = "" if method == "classical" else cache.weights_key(NETWORK)
    key = f"detected-{cache.noise_key(scene)}-{method}-{weights}"
    told: Detected = cache.drawn(key, lambda: detect_noise(found.noisy, method=method)[0])
    return told


def _network(scene: Scene, found: Noisy) -> Detected | None:
    """The network's answer; None where it was not trained, and where its file is damaged, which is then said."""
    if NETWORK not in trained_models():
        st.info(f"The network that reads the spectrum is not trained here, so the classical detector decides. Run: {TRAIN}")
        return None
    with panels.guard():
        return _detect(scene, found, "network")
    return None


def _beside(network: Detected | None, classical: Detected) -> str:
    """Whether the two detectors, whose scores are pooled, agree."""
    if network is None:
        return ""
    if network.kind == classical.kind:
        return " The network and the classical detector say so alone, too."
    return (
        f" The two detectors behind it disagree: {in_words(network.kind)} says the network ({_share(network.confidence)}), "
        f"{in_words(classical.kind)} the classical one ({_share(classical.confidence)})."
    )


def sentence(told: Detected, width: int) -> str:
    """The decision and its confidence. width: of the picture, pixels."""
    doubt = "" if told.confidence >= SURE else " This is a doubtful decision: compare the second highest score."
    if told.kind == "none":
        return f"**No noise** of the five kinds is seen (score {_share(told.confidence)}).{doubt}"
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
    return [draw(noisy), draw(spectrum), draw(_middle(spectrum, told))]


MIDDLE = 32
"""Rows and columns of the middle of a spectrum."""


def _middle(spectrum: Picture, told: Detected) -> Picture:
    """The lowest frequencies of a spectrum, enlarged: there lies a wave of few periods."""
    power = np.asarray(spectrum.values, np.float32)
    height, width = power.shape
    half = min(MIDDLE, height, width) // 2
    part = castings_why.enlarged(power[height // 2 - half : height // 2 + half, width // 2 - half : width // 2 + half], DRAWN)
    image = render.apply(part, "magma", *panels.SPECTRUM)
    if told.wave:
        u, v = told.wave
        if max(abs(u) * width, abs(v) * height) < half:
            image = render.ringed(image, [(u * width / (2 * half), v * height / (2 * half))])
    caption = f"up to {half / min(height, width):.3f} cycles per pixel\n(the mean is left out)"
    return replace(spectrum, title="Its middle, enlarged", image=image, caption=caption, values=part)


def _spectra(found: Noisy) -> tuple[list[Drawn], render.ColourBar]:
    """The channels of the network's input that hold the picture and its blocks, on one scale."""
    shown = [
        channel for channel in CHANNELS if channel == "whole picture" or channel.split()[0] in ("dark", "dim", "light", "bright")
    ]
    spectra = noise_spectra(found.noisy)[0]
    bar = render.colour_bar("magma", 0.0, 1.0, low_word="weak", high_word="strong, log10(1 + grey levels) / 4")
    row = []
    for channel in shown:
        values = castings_why.enlarged(spectra[..., CHANNELS.index(channel)], DRAWN)
        row.append(draw(Picture(channel.capitalize(), render.apply(values, "magma", 0, 1), values=values)))
    return row, bar


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
            "The spectrum is $\\log_{10}(1 + |Y(f)| / \\sqrt{\\sum w^2}) / 4$, $Y$ being the Fourier transform under Hann's "
            "window $w$. A small network gets 14 of them, of the whole picture, of blocks of $16 \\times 16$ pixels sorted "
            "by brightness, and of the mask of black and white pixels, and gives each kind a score. The classical detector "
            "asks three questions in turn: are there impulses, is there a wave of one phase, which law does the variance "
            "follow over the brightness? The kind of the highest $n\\, c^{3/8}$ is decided for, $n$ being the network's score "
            "and $c$ the classical one, whose power is fitted on pictures held out of the training. The level comes from "
            "the classical estimator of that kind."
        ),
        cost="1 forward pass of a small network, and statistics of one picture",
        source="Hami & JameBozorg (2024), arXiv:2404.10664 (a network on the spectrum); Foi et al. (2008), "
        "doi:10.1109/TIP.2008.2001399 (variance over brightness)",
        misread=(
            "A score is a soft decision, no measured frequency: 99 % does not mean wrong once in a hundred. One kind a "
            "picture is assumed. Bricks and other regular objects pass for waves; Gaussian, Poisson and speckle noise are "
            "alike where the brightness hardly changes."
        ),
    )
