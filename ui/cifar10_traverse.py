"""CIFAR-10, section "What does its code stand for?": channels moved by hand, and the picture that follows."""

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.latent import ChannelInformation, decode, encode, kl_by_channel, traverse
from xai_core.experiments import Noisy
from xai_core.render.bars import bars
from xai_core.scene import Scene
from xai_core.types import Array

from . import cache, explained, panels, state
from .cifar10_denoise import key_of
from .viewer import Drawn, Picture, draw, viewer

MOVED = ("moved_1", "moved_2", "moved_3")
"""The settings of the sliders, the most informative channel first."""
SHOWN = 6
"""Channels of the bars."""
STEPS = (-3, -2, -1, 0, 1, 2, 3)
COLLAPSED = 1.0
"""Nats, below which a channel says next to nothing."""


def section(scene: Scene, found: Noisy, name: str) -> None:
    """Bars of the channels, three sliders with the picture that follows, and a strip of one channel."""
    st.subheader("3. What does its code stand for?", anchor=False)
    key = key_of(scene, name)
    told: ChannelInformation = cache.drawn(f"{key}-channels", lambda: kl_by_channel(load_denoiser(name), found.noisy))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _bars(told)
    with right:
        shifts = _sliders(told)
        scene = state.scene()
        row = cache.drawn(f"{key}-moved-{shifts}", lambda: _draw_moved(found, name, shifts))
        viewer(row, key="cifar10-moved", columns=3, smallest=96, largest=210, toolbar=False)
    _strip(key, found, name, told)
    _explain()


def _bars(told: ChannelInformation) -> None:
    first = {f"Channel {channel}": nats for channel, nats in zip(told.channels[:SHOWN], told.nats, strict=False)}
    chart = bars(first, title="KL on this picture (nats)", text=",.0f")
    chart.update_layout(height=80 + 34 * len(first))
    st.plotly_chart(chart, config=render.CONFIG, key="cifar10-kl", width="stretch")
    silent = int((told.nats < COLLAPSED).sum())
    rest = f" The other {len(told.nats) - SHOWN} together: {told.nats[SHOWN:].sum():,.0f}." if len(told.nats) > SHOWN else ""
    st.caption(
        f"How much each channel says about this picture.{rest} "
        + (f"{silent} of {len(told.nats)} channels say less than one nat: they have collapsed." if silent else "None is silent.")
    )


def _sliders(told: ChannelInformation) -> dict[int, float]:
    """How far each channel is moved, in standard deviations of the prior; channels at 0 are left out."""
    shifts = {}
    for column, setting, channel in zip(st.columns(len(MOVED)), MOVED, told.channels.tolist(), strict=False):
        with column:
            shift = state.setting(st.slider, setting, label=f"Channel {channel}", format="%+.2f")
        if shift:
            shifts[channel] = float(shift)
    st.button("All back to 0", on_click=_reset, disabled=not shifts, key="cifar10-reset")
    return shifts


def _reset() -> None:
    for setting in MOVED:
        state.move(f"view:{setting}", 0.0)


def moved(found: Noisy, name: str, shifts: dict[int, float]) -> Array:
    """The picture redrawn with channels moved, (1, H, W, C)."""
    denoiser = load_denoiser(name)
    code = encode(denoiser, found.noisy).mean.copy()
    for channel, shift in shifts.items():
        code[..., channel] += shift
    return decode(denoiser, code)


def _draw_moved(found: Noisy, name: str, shifts: dict[int, float]) -> list[Drawn]:
    before, after = moved(found, name, {}), moved(found, name, shifts)
    words = ", ".join(f"channel {channel} by {shift:+.2f}" for channel, shift in shifts.items())
    pictures = [
        Picture("Denoised", before[0], panels.quality(found.clean, before)),
        Picture("With the sliders", after[0], f"moved: {words}" if words else "nothing is moved"),
        panels.signed_picture("Difference", 255 * (after - before)[0], words=("darker", "brighter"), unit="grey levels"),
    ]
    return [draw(one) for one in pictures]


def _strip(key: str, found: Noisy, name: str, told: ChannelInformation) -> None:
    """One channel from -3 to 3."""
    scene = state.scene()
    ranks = list(range(1, len(told.channels) + 1))
    rank: int = state.control(
        st.selectbox,
        "From -3 to 3 standard deviations along",
        f"view:channel:{len(ranks)}",
        min(scene.view("channel"), len(ranks)),
        options=ranks,
        format_func=lambda rank: f"Channel {told.channels[rank - 1]} ({told.nats[rank - 1]:,.0f} nats)",
    )
    state.put_view("channel", rank)
    channel = int(told.channels[rank - 1])
    row = cache.drawn(f"{key}-strip-{channel}", lambda: _draw_strip(found, name, channel))
    viewer(row, key="cifar10-strip", columns=len(STEPS), smallest=76, largest=150, toolbar=False)
    st.caption("The channel is moved by the same amount everywhere on its map; 0 is the denoised picture.")


def _draw_strip(found: Noisy, name: str, channel: int) -> list[Drawn]:
    drawn = traverse(load_denoiser(name), found.noisy, channel, np.array(STEPS, float).tolist())
    return [draw(Picture(f"{step:+d}" if step else "0", image)) for step, image in zip(STEPS, drawn, strict=True)]


def _explain() -> None:
    explained.foldouts(
        how=(
            "The code is a small map of several channels. The sliders add to the mean of a channel, at all places of its map, "
            "and the decoder redraws the picture. One standard deviation is that of the prior $N(0, 1)$; the KL divergence to "
            "it is what the channel says."
        ),
        cost="1 forward pass of the decoder a position",
        source="Higgins et al. (2017), beta-VAE, ICLR",
        misread=(
            "A channel need not stand for one thing that has a name: nothing in the training asks for it. All pictures far out "
            "may look unnatural, because such codes never occurred. The order of the channels is that of this picture."
        ),
    )
