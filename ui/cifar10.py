"""The page CIFAR-10: the way to a fitting picture, the sections that open, and what is shared of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from xai_core.experiments import Noisy
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, cifar10_beta, cifar10_denoise, cifar10_film, cifar10_latents, cifar10_named, panels, state
from .cifar10_traverse import MOVED

DATA = {"cifar10": "Show a picture of CIFAR-10", "small_photos": "Show a small photograph"}


def start(scene: Scene, found: Noisy) -> None:
    """What kind of picture this is, and the way to one that the networks take."""
    fit = bool(cifar10_denoise.fitting(found.clean.shape[1:]))
    if scene.dataset == "cifar10" or (fit and not cache.origin("cifar10") and scene.dataset == "small_photos"):
        if scene.dataset == "small_photos":
            st.caption(
                "CIFAR-10 is not on this machine: photographs shrunk to 32 x 32 stand in for it. They have no classes, so "
                "accuracies and confusion matrices of *these* pictures do not exist; those below are of CIFAR-10."
            )
        return
    height, width, channels = found.clean.shape[1:]
    name = next(name for name in DATA if cache.origin(name))
    if not fit:
        st.info(
            "The denoisers of this study take colour pictures of 32 x 32 pixels. This one has "
            f"{height} x {width} and {'no colour' if channels == 1 else 'colour'}."
        )
    elif scene.dataset != name:
        st.caption("The networks of this study were trained on CIFAR-10.")
    if scene.dataset != name:
        offer()


def offer() -> None:
    """A button that shows a fitting picture, of CIFAR-10 where it is installed."""
    name = next(name for name in DATA if cache.origin(name))
    st.button(DATA[name], on_click=state.move, args=("dataset", name))


Section = Callable[[Scene, Dataset | None, Noisy, str], None]


def sections(scene: Scene, upload: Dataset | None, found: Noisy, name: str) -> None:
    """Each section opens by a click; what is closed is not computed."""
    for setting, title, section in SECTIONS:
        place = state.control(st.expander, title, f"view:{setting}", scene.view(setting), on_change="rerun")
        state.put_view(setting, bool(place.open))
        if place.open:
            with place, panels.guard():
                section(state.scene(), upload, found, name)


SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("betas", "4. What does beta do?", cifar10_beta.section),
    ("film", "5. How did it learn to draw?", cifar10_film.section),
    ("named", "6. Can a classifier still name it?", cifar10_named.section),
    ("latents", "7. What lies near it in the code?", cifar10_latents.section),
)
"""Name of the setting, title, what is drawn."""


def sharing(found: Noisy, name: str) -> None:
    """Link, code and downloads."""
    scene = state.scene()
    named: list[tuple[str, Array]] = [("clean", found.clean[0]), ("noisy", np.clip(found.noisy[0], 0, 1))]
    with panels.guard():
        named.append(("variational", cifar10_denoise.denoised(scene, found, name)[0]))

    def arrays() -> dict[str, Any]:
        return dict(named) | cifar10_denoise.arrays(scene, found, name)

    panels.share(arrays, named, more=code(scene, name))


def code(scene: Scene, name: str) -> str:
    """The page in a notebook, to follow `Scene.code()`."""
    lines = [
        "",
        "from xai_core.denoisers.latent import decode, encode, kl_by_channel, sample_posterior, traverse",
        f"variational = xc.load_denoiser({name!r})",
        f"drawn = sample_posterior(variational, noisy, samples={scene.view('samples')}, seed={scene.view('draw')})",
        "print(drawn.kl, drawn.deviation.mean(), xc.metrics.psnr(clean, drawn.mean))",
        "told = kl_by_channel(variational, noisy)  # the most informative channel first",
        f"strip = traverse(variational, noisy, told.channels[{scene.view('channel') - 1}], range(-3, 4))",
    ]
    moved = {rank: scene.view(setting) for rank, setting in enumerate(MOVED) if scene.view(setting)}
    if moved:
        lines.append("code = encode(variational, noisy).mean")
        lines += [f"code[..., told.channels[{rank}]] += {shift}" for rank, shift in moved.items()]
        lines.append("moved = decode(variational, code)")
    if scene.view("film"):
        lines.append("from xai_core.training.film import frames, to_gif")
        lines.append(f"gif = to_gif(frames({cifar10_film.PLAYED!r}, clean, noisy))")
    if scene.view("named"):
        lines.append(f"print(xc.load_classifier({cifar10_named.NAME!r})(variational(noisy)))")
    return "\n".join(lines) + "\n"
