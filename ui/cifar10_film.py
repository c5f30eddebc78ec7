"""CIFAR-10, section "How did it learn to draw?": the network of several epochs on this picture and on the next ones."""

import time
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from xai_core.experiments import Noisy
from xai_core.experiments import noisy as with_noise
from xai_core.scene import Scene
from xai_core.training.film import Film, frames, to_gif, to_mp4
from xai_core.types import Dataset
from xai_core.weights import entry

from . import cache, explained, jobs, panels, state
from .cifar10_denoise import NETWORKS
from .viewer import Drawn, Picture, draw, viewer

PLAYED = "variational-cifar10"
"""The network whose training is kept."""
GROUP = 8
"""Pictures of the group: those that follow this one in the data set."""
TICK = 0.6
"""Seconds an epoch."""
EPOCH, PLAY, MOVED = "cifar10:epoch", "cifar10-playing", "cifar10-moved"


def section(scene: Scene, upload: Dataset | None, found: Noisy, name: str) -> None:
    """The player and its downloads."""
    film = entry(PLAYED).get("film", {})
    key = f"film-{cache.noise_key(scene)}-{film.get('sha256', '')}"
    made: Film | None = jobs.soon(key, partial(_compute, scene, upload, found), "of the epochs")
    if made is None:
        return
    if name != PLAYED:
        st.caption(f"The training of one network is kept: {NETWORKS[PLAYED]}.")
    drawn = cache.drawn(f"{key}-drawn", lambda: _draw(made))
    timed = bool(st.session_state.get(PLAY))
    st.fragment(_player, run_every=TICK if timed else None)(made, drawn, timed)
    _downloads(key, made)
    explained.foldouts(
        how=(
            "Training kept the weights of these epochs. Each of them denoises the same noisy pictures here and now; epoch 0 is "
            "the untrained network. No picture is stored in the film, so any picture can be played."
        ),
        cost=f"{len(made.epochs)} forward passes a picture, once",
        source="Kingma & Welling (2014), arXiv:1312.6114 (the network)",
        misread=(
            "The steps between epochs are unequal: most is learnt in the first. These pictures show what the network draws, "
            "not how well it does on others; the curve on the page Models says that."
        ),
    )


def _compute(scene: Scene, upload: Dataset | None, found: Noisy, job: jobs.Job) -> Film:
    """This picture first, then those that follow it, each with the scene's noise as it would have it on this page."""
    dataset = cache.dataset_of(scene, upload)
    others = [(scene.index + step) % len(dataset) for step in range(1, GROUP + 1)] if len(dataset) > GROUP else []
    all_of = [found, *(with_noise(replace(scene, index=index), upload) for index in others)]
    clean, noisy = (np.concatenate(list(part)) for part in zip(*((one.clean, one.noisy) for one in all_of), strict=True))
    return frames(PLAYED, clean, noisy, progress=job)


def part(film: Film, which: slice) -> Film:
    """The film of some of its pictures."""
    return Film(film.epochs, film.clean[which], film.noisy[which], film.pictures[:, which], film.psnr[:, which])


def _draw(film: Film) -> list[tuple[list[Drawn], list[Drawn]]]:
    """Two rows an epoch: this picture, the group."""
    first = [
        draw(Picture("Clean", film.clean[0])),
        draw(Picture("Noisy", np.clip(film.noisy[0], 0, 1), panels.quality(film.clean[:1], film.noisy[:1]))),
    ]
    shown = []
    for at, epoch in enumerate(film.epochs):
        quality = panels.quality(film.clean[:1], film.pictures[at, :1])
        this = draw(Picture("Drawn", film.pictures[at, 0], quality, alt=f"Drawn after epoch {epoch}: {quality}"))
        group = [
            draw(Picture("", image, panels.decibels(psnr), alt=f"Group, picture {place} after epoch {epoch}"))
            for place, (image, psnr) in enumerate(zip(film.pictures[at, 1:], film.psnr[at, 1:], strict=True), 1)
        ]
        shown.append(([*first, this], group))
    return shown


def _player(film: Film, drawn: list[tuple[list[Drawn], list[Drawn]]], timed: bool) -> None:
    """A slider over the epochs, and a switch that moves it once through all of them; timed: whether a timer runs this."""
    epochs = film.epochs.tolist()
    if timed and st.session_state.get(PLAY) and time.monotonic() - st.session_state.get(MOVED, 0.0) > TICK / 2:
        after = min(epochs.index(st.session_state[f"control:{EPOCH}"]) + 1, len(epochs) - 1)
        _show(epochs[after])
        st.session_state[PLAY] = after < len(epochs) - 1
    slider, buttons = st.columns([3, 2], vertical_alignment="bottom")
    with slider:
        epoch = state.control(st.select_slider, "Epoch", EPOCH, epochs[-1], options=epochs)
    with buttons, st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="still-without-motion", width="content"):  # assets/style.css hides it from who wants no motion
            playing = st.toggle("Play", key=PLAY, on_change=_begin, args=(epochs,))
        st.button("Next epoch", key="cifar10-next", on_click=_next, args=(epochs,), disabled=playing)
    this, group = drawn[epochs.index(epoch)]
    viewer(this, key="cifar10-film", columns=3, smallest=84, largest=220, toolbar=False)
    if group:
        viewer(group, key="cifar10-film-group", columns=len(group), smallest=72, largest=130, toolbar=False)
        psnr = film.psnr[epochs.index(epoch)]
        st.caption(
            f"Epoch {epoch}: {psnr[0]:.1f} dB on this picture, {psnr[1:].mean():.1f} dB on average over the next {len(group)} of "
            "the data set under the same noise."
        )
    if playing != timed:
        st.rerun()  # only a run of the whole page starts and ends the timer


def _show(epoch: int) -> None:
    state.move(EPOCH, epoch)
    st.session_state[MOVED] = time.monotonic()


def _begin(epochs: list[int]) -> None:
    """From the start, if the film stands at its end."""
    now = st.session_state[f"control:{EPOCH}"]
    _show(epochs[0] if now == epochs[-1] else now)


def _next(epochs: list[int]) -> None:
    _show(epochs[(epochs.index(st.session_state[f"control:{EPOCH}"]) + 1) % len(epochs)])


def _downloads(key: str, film: Film) -> None:
    st.caption("Download: clean, noisy and drawn, an epoch a frame. MP4 is MPEG-4 part 2, for players of videos.")
    with st.container(horizontal=True):
        for words, what, which in (("This picture", "picture", slice(0, 1)), ("The group", "group", slice(1, None))):
            if not len(film.clean[which]):
                continue
            for kind, make, mime in (("GIF", to_gif, "image/gif"), ("MP4", to_mp4, "video/mp4")):
                with panels.guard():
                    data: bytes = cache.drawn(
                        f"{key}-{what}-{kind}", lambda make=make, which=which: make(part(film, which), TICK)
                    )
                    name = f"noiselens-training-{what}.{kind.lower()}"
                    st.download_button(f"{words} ({kind})", data, name, mime, on_click="ignore", key=f"film-{what}-{kind}")
