"""Explain a denoiser, section "Noise through the layers": a curve over depth, the channels that carry it, a switch for each."""

from functools import partial

import numpy as np
import streamlit as st

from xai_core import metrics, render
from xai_core.experiments import Pictures
from xai_core.explainers import activations
from xai_core.explainers.denoiser import ChannelEffects, LayerNoise, ablate, channel_effects, noise_through_layers
from xai_core.images import clip
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, explained, jobs, panels, state
from .spot import Spot
from .viewer import Drawn, Picture, draw, viewer

SHOWN = 6
"""Channels that are drawn: those that carry most of the noise."""


def section(scene: Scene, upload: Dataset | None, found: Pictures, chosen: Spot) -> None:
    """The curve, the channels of one layer, what the output is without some of them."""
    key = f"noise-layers-{cache.picture_key(scene)}"
    layers: tuple[LayerNoise, ...] | None = jobs.soon(
        key,
        lambda job: noise_through_layers(cache.network(scene, upload, scene.denoiser), found.clean, found.noisy, progress=job),
        "of the layers",
    )
    if layers is None:
        return
    st.markdown("How much of each layer's output the noise changes, from the first layer to the last.")
    layer = _picker(scene, layers)
    at = layers.index(layer)
    distance = [float(min(one.distance[0], 10)) for one in layers]
    figure = render.curves(
        list(range(1, len(layers) + 1)),
        {"changed by the noise": distance},
        x_title="Layer, in the order of the network",
        y_title="Distance to the clean picture's output",
        mark=at + 1,
    )
    figure.update_traces(customdata=[one.layer.name for one in layers], hovertemplate="%{customdata}: %{y:.2f}<extra></extra>")
    figure.update_layout(hovermode="closest")
    st.plotly_chart(figure, config=render.CONFIG, key="noise-layers", width="stretch")
    st.caption(
        f"{layer.layer.name}: changed by {layer.distance[0]:.0%}, signal-to-noise ratio {layer.snr[0]:.1f} dB. "
        "Dotted: the layer chosen."
    )
    if not layer.noise_share.size:
        st.info("This layer's output has no rows and columns, so its channels cannot be compared with the noise.")
    else:
        _carriers(scene, upload, found, layer)
        _ablation(scene, upload, found, layer)
    _explain()


def _picker(scene: Scene, layers: tuple[LayerNoise, ...]) -> LayerNoise:
    """The layer whose channels are shown, that of the page Denoise too."""
    known = {one.layer.name: one for one in layers}
    off = scene.ablated.partition(":")[0]
    usual = next((name for name, one in known.items() if one.layer.convolution), next(iter(known)))
    first = next(name for name in (scene.denoiser_layer, off, usual) if name in known)
    name = state.control(
        st.selectbox,
        "Layer",
        f"noise-layer:{scene.denoiser}",
        first,
        options=list(known),
        format_func=lambda name: f"{name} ({known[name].layer.kind}, {' x '.join(map(str, known[name].layer.shape))})",
    )
    name = name if name in known else first
    if name != first:
        state.put(denoiser_layer=name)
    return known[name]


def _carriers(scene: Scene, upload: Dataset | None, found: Pictures, layer: LayerNoise) -> None:
    """The channels that hold most of the noise, as pictures."""
    name = layer.layer.name
    key = f"carriers-{cache.picture_key(scene)}-{name}-{scene.colormap}"

    def make() -> list[Drawn]:
        maps = activations(cache.network(scene, upload, scene.denoiser), found.noisy, [name])[name][0]
        return [draw(_channel(maps[..., index], layer, int(index), scene.colormap)) for index in layer.carriers[:SHOWN]]

    st.markdown("**Channels that carry the noise**: how much of each follows the true noise, pixel by pixel.")
    viewer(cache.drawn(key, make), key="carriers", columns=SHOWN, smallest=110, largest=200, square=False, toolbar=False)


def _channel(plane: Array, layer: LayerNoise, index: int, colormap: str) -> Picture:
    [(low, high)] = render.limits([plane], False)
    caption = f"noise {layer.noise_share[index]:.0%} of its variance"
    return Picture(f"Channel {index}", render.apply(plane, colormap, low, high), caption, values=plane)


def _ablation(scene: Scene, upload: Dataset | None, found: Pictures, layer: LayerNoise) -> None:
    """Channels off: the output without them and its PSNR."""
    name, count = layer.layer.name, layer.layer.shape[-1]
    off = channels_off(scene, name, count)
    shares = layer.noise_share
    chosen = state.control(
        st.multiselect,
        "Turn channels off",
        f"ablated:{scene.denoiser}:{name}",
        list(off),
        options=[int(index) for index in layer.carriers],
        format_func=lambda index: f"{index} (noise {shares[index]:.0%})",
        placeholder="Choose a channel: those that carry most noise come first",
    )
    state.put(ablated=f"{name}:{','.join(map(str, sorted(chosen)))}" if chosen else "")
    key = f"ablated-{cache.picture_key(scene)}-{name}-{sorted(chosen)}"
    viewer(
        cache.drawn(key, lambda: _without(scene, upload, found, name, sorted(chosen))),
        key="ablated",
        columns=3,
        largest=260,
        toolbar=False,
    )
    effects = jobs.soon(
        f"effects-{cache.picture_key(scene)}-{name}",
        lambda job: channel_effects(cache.network(scene, upload, scene.denoiser), found.noisy, found.clean, name, progress=job),
        "of the channels",
        begin=f"Turn each of the {count} channels off alone, and measure",
    )
    if effects is not None:
        _effects(effects, layer)


def channels_off(scene: Scene, layer: str, count: int) -> tuple[int, ...]:
    """The scene's channels that are off, if they are this layer's."""
    name, _, numbers = scene.ablated.rpartition(":")
    if name != layer:
        return ()
    return tuple(sorted({int(text) for text in numbers.split(",") if text.isdecimal() and int(text) < count}))


def _without(scene: Scene, upload: Dataset | None, found: Pictures, name: str, channels: list[int]) -> list[Drawn]:
    output = clip(ablate(cache.network(scene, upload, scene.denoiser), found.noisy, {name: channels}))
    before, after = (float(metrics.psnr(found.clean, image)[0]) for image in (found.denoised, output))
    words = "no channel" if not channels else f"{len(channels)} channel{'s' * (len(channels) > 1)}"
    pictures = [
        Picture("All channels on", found.denoised[0], panels.decibels(before)),
        Picture(f"{words} off".capitalize(), output[0], f"{panels.decibels(after)} ({after - before:+.1f} dB)"),
        panels.signed_picture(
            "What the channels did", 255 * (found.denoised - output)[0], words=("darker", "brighter"), unit="grey levels"
        ),
    ]
    return [draw(one) for one in pictures]


def _effects(effects: ChannelEffects, layer: LayerNoise) -> None:
    order = np.argsort(effects.psnr_change[0], kind="stable")
    st.dataframe(
        {
            "Channel": effects.channels[order],
            "PSNR without it (dB)": effects.psnr_change[0][order],
            "Change of the output": 255 * effects.output_change[0][order],
            "Noise": layer.noise_share[effects.channels[order]],
        },
        column_config={
            "PSNR without it (dB)": st.column_config.NumberColumn(format="%+.2f", help="Below 0: the channel helps."),
            "Change of the output": st.column_config.NumberColumn(format="%.2f", help="Root mean square, grey levels (0-255)."),
            "Noise": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
        hide_index=True,
        height=250,
    )


_explain = partial(
    explained.foldouts,
    how=(
        "The clean and the noisy picture go through the network. For each layer the distance is $\\|a(y) - a(x)\\| / "
        "\\|a(x)\\|$; for each channel the share is the squared correlation of its values with the true noise $n = y - x$, "
        "brought to the layer's size by area averages. A channel that is off holds 0 while the network runs on."
    ),
    cost="2 forward passes; one for each channel that is turned off alone",
    source="for units of a network: Bau et al. (2019), arXiv:1811.10597",
    misread=(
        "A layer that is changed much need not do harm: a denoiser must carry the noise to subtract it at the end. The "
        "correlation is taken at the same place, so a channel of differences between neighbours holds noise that is not seen "
        "in it. A network with a channel off is in a state that it never met while it was trained: the loss of PSNR says that "
        "the rest relied on the channel, not that it alone did the work."
    ),
)
