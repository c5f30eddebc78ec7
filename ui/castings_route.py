"""Castings, section "Which denoiser suits it?": the choice for the detected kind, its alternatives, the cost of a wrong one."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from xai_core import metrics
from xai_core.denoisers import DENOISERS
from xai_core.denoisers.routing import Route, planted, route, treat
from xai_core.errors import ModelNotFound
from xai_core.experiments import Noisy
from xai_core.noise.detection import KINDS, Detected
from xai_core.scene import VIEW, Scene
from xai_core.types import Array

from . import cache, explained, jobs, panels, state
from .castings_why import GROUP, LABELS, in_words
from .viewer import Drawn, Picture, draw, viewer

AS_DETECTED = str(VIEW.parameter("treated").default)
ALTERNATIVES = 2


@dataclass(frozen=True)
class Treated:
    """image: (1, H, W, C), what the chosen denoiser made of the noisy picture. key: of it, for what is computed from it."""

    image: Array
    key: str


@dataclass(frozen=True)
class Tried:
    """A denoiser on the noisy picture. title: why it is here. image: None where its network is not trained."""

    title: str
    denoiser: str
    image: Array | None


def section(scene: Scene, found: Noisy, detected: Detected) -> Treated | None:
    """The chosen denoiser beside its alternatives; another kind of noise may be planted. None while it is being computed."""
    st.subheader("2. Which denoiser suits it?", anchor=False)
    sides, words = st.columns([1, 3], gap="medium", vertical_alignment="bottom")
    with sides:
        name = state.setting(
            st.selectbox,
            "treated",
            format_func=lambda kind: "As detected" if kind == AS_DETECTED else LABELS[kind],
            help="Plant a wrong answer of the detector, to see what it costs.",
        )
    kind = next((one for one in KINDS if one == name), detected.kind)
    shape = found.noisy.shape[1:]
    usual, chosen = (route(one, shape) for one in (detected.kind, kind))
    with words:
        st.markdown(
            f"{'Planted' if name != AS_DETECTED else 'Detected'}: {in_words(kind)}. "
            f"Choice: **{_label(chosen.denoiser)}**. {chosen.reason}"
        )
    names = {chosen.denoiser, usual.denoiser, *chosen.alternatives}
    trained = sorted(f"{one}-{_weights(one)}" for one in names)
    key = f"castings-route-{cache.noise_key(scene)}-{detected.kind}-{kind}-{trained}"
    made: tuple[Tried, ...] | None = jobs.soon(key, partial(_compute, found, detected, usual, chosen), "of the denoisers")
    if made is None:
        return None
    shown = cache.drawn(f"{key}-row", lambda: _draw(found, made))
    viewer(shown, key="castings-route", group=GROUP, columns=4, toolbar=False)
    for one in made:
        if one.image is None:
            st.caption(f"{_label(one.denoiser)} is not trained here. Run: python -m xai_core train {one.denoiser}")
    if kind != detected.kind:
        _cost(found, detected.kind, kind, made)
    _explain()
    first = made[0].image
    return None if first is None else Treated(first, key)


def _label(name: str) -> str:
    return DENOISERS.get(name).label if name else "leave it as it is"


def _weights(name: str) -> str:
    """The checksum of a network's weights; empty for a filter, and where they are missing."""
    try:
        return cache.weights_key(name) if name else ""
    except ModelNotFound:
        return ""


def _compute(found: Noisy, detected: Detected, usual: Route, chosen: Route, job: jobs.Job) -> tuple[Tried, ...]:
    """The noisy picture through the choice, that for the detected kind where another was planted, and alternatives."""
    wrong = chosen.kind != usual.kind
    told = planted(found.noisy[0], chosen.kind) if wrong else detected
    tried = [("As planted" if wrong else "Choice", chosen.denoiser, told)]
    if wrong:
        tried.append(("As detected", usual.denoiser, detected))
    tried += [("Alternative", name, told) for name in chosen.alternatives[: ALTERNATIVES - wrong]]
    made = []
    for done, (title, name, what) in enumerate(tried):
        job(done / len(tried))
        try:
            image = treat(found.noisy, name, what)
        except ModelNotFound:
            if title != "Alternative":
                raise
            image = None
        made.append(Tried(title, name, image))
    return tuple(made)


def _draw(found: Noisy, made: tuple[Tried, ...]) -> list[Drawn]:
    images = {"Noisy": found.noisy}
    images |= {f"{one.title}: {_label(one.denoiser)}": one.image for one in made if one.image is not None}
    return [draw(Picture(title, image[0], panels.quality(found.clean, image))) for title, image in images.items()]


def _cost(found: Noisy, detected: str, kind: str, made: tuple[Tried, ...]) -> None:
    """What the planted kind costs against the detected one."""
    images = {one.title: one.image for one in made}
    before, after = (
        float("nan") if image is None else float(metrics.psnr(found.clean, image)[0])
        for image in (images["As detected"], images["As planted"])
    )
    lost = before - after
    if not np.isfinite(lost):
        return
    (st.warning if lost > 0.05 else st.info)(
        f"Treated as {in_words(kind)} instead of {in_words(detected)}: {after:.1f} dB instead of {before:.1f} "
        f"dB. The planted kind {'costs' if lost >= 0 else 'gains'} {abs(lost):.1f} dB on this picture."
    )


def _explain() -> None:
    explained.foldouts(
        how=(
            "Each kind of noise has one denoiser, fixed beforehand and not by looking at the result; it is told the level, "
            "or the wave, that the detector read from the noisy picture. Poisson noise and speckle are first made even over "
            "the brightness (Anscombe's root, the logarithm). PSNR and SSIM compare with the clean picture, which the "
            "choice never sees."
        ),
        cost="1 denoiser; on this page its alternatives as well",
        source="Hami & JameBozorg (2024), arXiv:2404.10664 (median for salt & pepper, an autoencoder for the other two); the "
        "routes are ours",
        misread=(
            "That an alternative scores higher on this picture does not make the rule wrong: the rule is for the kind, the "
            "figure for one picture. PSNR counts every pixel alike, also those beside the casting; a defect is a few of them."
        ),
    )
