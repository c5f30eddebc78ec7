"""The page Castings: where it starts, and what is shared of it. Its sections are in the files beside this one."""

from typing import Any

import numpy as np
import streamlit as st

from xai_core.experiments import Noisy
from xai_core.noise.detection import Detected
from xai_core.scene import Scene
from xai_core.types import Array

from . import panels, state
from .castings_inspect import CASTINGS, to_castings
from .castings_route import AS_DETECTED, Treated


def start(scene: Scene, found: Noisy) -> None:
    """Three noises as the source set them, and the way to a casting."""
    if scene.dataset not in CASTINGS:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("This study is about castings; sections 1 and 2 work on any picture.")
            to_castings("start")
    width = found.clean.shape[2]
    with st.container(horizontal=True):
        for words, kind, level, parameters in (
            ("Salt & pepper 10 %", "salt_pepper", 0.1, {}),
            ("Gaussian 25", "gaussian", 25.0, {}),
            (
                "Wave of 5 periods, amplitude 57",
                "periodic",
                57.0,
                {"angle": 0.0, "frequency": round(min(0.5, max(0.01, 5 / width)), 4)},
            ),
        ):
            st.button(words, on_click=_set_noise, args=(kind, level, parameters), help="Noise of the source's castings.")


def _set_noise(kind: str, level: float, parameters: dict[str, float]) -> None:
    """Let the column on the left start again at this noise."""
    state.put(noise=kind, level=level, noise_parameters=tuple(sorted(parameters.items())))
    state.forget("noise", f"level:{kind}", *(f"noise:{kind}:{name}" for name in parameters))


def sharing(found: Noisy, detected: Detected | None, treated: Treated | None) -> None:
    """Link, code and downloads."""
    named: list[tuple[str, Array]] = [("clean", found.clean[0]), ("noisy", found.noisy[0])]
    if treated is not None:
        named.append(("treated", treated.image[0]))

    def arrays() -> dict[str, Any]:
        scores = {"scores": np.array(list(detected.scores.values()))} if detected else {}
        return dict(named) | scores

    panels.share(arrays, [(name, np.clip(image, 0, 1)) for name, image in named], more=_code(state.scene()))


def _code(scene: Scene) -> str:
    """The page in a notebook, to follow `Scene.code()`."""
    kind = scene.view("treated")
    told = "detected" if kind == AS_DETECTED else f"planted(noisy[0], {kind!r})"
    lines = [
        "",
        "from xai_core.denoisers.routing import planted, route, treat",
        "from xai_core.noise.detection import detect_noise",
        "[detected] = detect_noise(noisy)",
        "print(detected.kind, detected.level, dict(detected.scores))",
        f"told = {told}",
        "chosen = route(told.kind, noisy.shape[1:])",
        "print(chosen.denoiser, chosen.reason)",
        "treated = treat(noisy, chosen.denoiser, told)",
        "print(xc.metrics.psnr(clean, treated))",
    ]
    return "\n".join(lines) + "\n"
