"""Castings, section "Which denoiser suits it?": the choice for the detected kind, its alternatives, the cost of a wrong one."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from xai_core import metrics
from xai_core.denoisers import DENOISERS, load_denoiser
from xai_core.experiments import Noisy
from xai_core.noise.detection import Detected
from xai_core.scene import VIEW, Scene
from xai_core.types import Array

from . import cache, explained, jobs, panels, state
from .castings_detect import GROUP, LABELS
from .viewer import Drawn, Picture, draw, viewer

AS_DETECTED = str(VIEW.parameter("treated").default)


@dataclass(frozen=True)
class Route:
    """denoisers: the choice first, then its alternatives ("": the picture is left as it is). reason: one sentence."""

    denoisers: tuple[str, ...]
    reason: str
    parameters: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Treated:
    """image: (1, H, W, C), what the chosen denoiser made of the noisy picture. kind: it was treated as. key: of the result."""

    kind: str
    denoiser: str
    image: Array
    key: str


def route(kind: str, channels: int) -> Route:
    """The denoiser for a kind of noise."""
    network = "unet-colour" if channels == 3 else "unet-grey"
    return {
        "none": Route(("", "median", network), "there is nothing to take away, and every denoiser takes detail too"),
        "salt_pepper": Route(
            ("median", network, "non_local_means"),
            "lost pixels stand at the ends of its nine sorted values, and the middle one is seldom lost",
        ),
        "periodic": Route(
            ("notch", network, "median"),
            "a wave is two points of the spectrum, and a notch takes out nothing else",
            (("disc", 0.01),),
        ),
    }.get(
        kind,
        Route(
            (network, "median", "non_local_means"),
            "the noise is random at every pixel, and the network was trained on such noise",
        ),
    )


def section(scene: Scene, found: Noisy, detected: Detected) -> Treated | None:
    """The chosen denoiser beside its alternatives; another kind of noise may be planted. None while it is being computed."""
    st.subheader("2. Which denoiser suits it?", anchor=False)
    sides, words = st.columns([1, 2], gap="medium", vertical_alignment="bottom")
    with sides:
        planted = state.setting(
            st.selectbox,
            "treated",
            format_func=lambda kind: "As detected" if kind == AS_DETECTED else LABELS[kind],
            help="Plant a wrong answer of the detector, to see what it costs.",
        )
    kind = detected.kind if planted == AS_DETECTED else planted
    chosen = route(kind, found.noisy.shape[-1])
    with words:
        st.markdown(
            f"{'Detected' if planted == AS_DETECTED else 'Planted'}: {LABELS[kind].lower()}. Choice: "
            f"**{_label(chosen.denoisers[0])}**, because {chosen.reason}."
        )
    usual = route(detected.kind, found.noisy.shape[-1])
    wanted = list(dict.fromkeys([_way(chosen, 0), *(_way(chosen, at) for at in range(1, len(chosen.denoisers))), _way(usual, 0)]))
    key = f"castings-route-{cache.noise_key(scene)}-{wanted}-{[_weights(name) for name, _ in wanted]}"
    made: dict[Any, Array] | None = jobs.soon(key, partial(_compute, found, tuple(wanted)), "of the denoisers")
    if made is None:
        return None
    viewer(
        cache.drawn(f"{key}-row", lambda: _draw(found, chosen, made)), key="castings-route", group=GROUP, columns=4, toolbar=False
    )
    if kind != detected.kind:
        _cost(found, detected.kind, kind, made[_way(usual, 0)], made[_way(chosen, 0)])
    _explain()
    return Treated(kind, chosen.denoisers[0], made[_way(chosen, 0)], f"{key}-{kind}")


def _way(chosen: Route, at: int) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """A denoiser and its parameters; those of the route belong to its first."""
    return chosen.denoisers[at], chosen.parameters if at == 0 else ()


def _label(name: str) -> str:
    return DENOISERS.get(name).label if name else "leave it as it is"


def _weights(name: str) -> str:
    return cache.weights_key(name) if name else ""


def _compute(found: Noisy, ways: tuple[Any, ...], job: jobs.Job) -> dict[Any, Array]:
    """The noisy picture through each way; the level is estimated from the picture, as it must be where nobody knows it."""
    made = {}
    for done, (name, parameters) in enumerate(ways):
        job(done / len(ways))
        made[name, parameters] = load_denoiser(name, **dict(parameters))(found.noisy) if name else found.noisy
    return made


def _draw(found: Noisy, chosen: Route, made: dict[Any, Array]) -> list[Drawn]:
    row = [Picture("Noisy", found.noisy[0], panels.quality(found.clean, found.noisy))]
    for at, name in enumerate(chosen.denoisers):
        image = made[_way(chosen, at)]
        title = f"{'Choice' if at == 0 else 'Alternative'}: {_label(name)}"
        row.append(Picture(title, image[0], panels.quality(found.clean, image)))
    return [draw(one) for one in row]


def _cost(found: Noisy, detected: str, planted: str, right: Array, wrong: Array) -> None:
    """What the planted kind costs against the detected one."""
    before, after = (float(metrics.psnr(found.clean, image)[0]) for image in (right, wrong))
    lost = before - after
    words = "costs" if lost >= 0 else "gains"
    (st.warning if lost > 0.05 else st.info)(
        f"Treated as {LABELS[planted].lower()} instead of {LABELS[detected].lower()}: {after:.1f} dB instead of {before:.1f} dB. "
        f"The planted kind {words} {abs(lost):.1f} dB on this picture."
    )


def _explain() -> None:
    explained.foldouts(
        how=(
            "Each kind of noise has one denoiser, fixed beforehand and not by looking at the result: a median of $3 \\times 3$ "
            "pixels for salt & pepper, a network for noise of every pixel, a notch filter for a wave. PSNR and SSIM compare with "
            "the clean picture, which the choice never sees."
        ),
        cost="1 denoiser; on this page its alternatives as well",
        source="Hami & JameBozorg (2024), arXiv:2404.10664",
        misread=(
            "That an alternative scores higher on this picture does not make the rule wrong: the rule is for the kind, the "
            "figure for one picture. PSNR counts every pixel alike, also those beside the casting; a defect is a few of them."
        ),
    )
