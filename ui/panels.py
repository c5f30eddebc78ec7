"""What pages are made of: header, guarded sections, rows of pictures and of maps, channel grids, sharing."""

import io
import json
import logging
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

import xai_core
from xai_core import metrics, render
from xai_core.datasets import DATASETS
from xai_core.errors import NoiseLensError
from xai_core.explainers import EXPLAINERS
from xai_core.images import encode_png, resize
from xai_core.scene import SCALES, Scene, classifiers_for
from xai_core.trust import rank_correlation
from xai_core.trust.failures import Failure, failures
from xai_core.types import Array, Dataset, Explanation

from . import cache, state
from .viewer import Drawn, Picture, draw, viewer

COLUMNS = ("Clean", "Noisy", "Denoised")
ALL = "All three"
SCALE_WORDS = {"map": "each channel", "layer": "this layer", "global": "the network"}
log = logging.getLogger("noiselens")

Grids = tuple[list[Drawn], render.ColourBar | None, str]
"""Channel grids, their colour bar, and what to know of them."""


def header(title: str, question: str, *, wait: bool = True) -> None:
    """The page's name, the question that it answers, and where its pictures and its speed come from.

    wait: for TensorFlow, which a new server loads while it answers its first page.
    """
    state.require_app()
    st.title(title, anchor=False)
    st.markdown(question)
    with st.container(horizontal=True):
        if wait and not cache.warm():
            with st.spinner("TensorFlow is starting, once a server: about ten seconds"):
                cache.warm_up().join()
        st.badge(cache.device_name() if cache.warm() else "TensorFlow is starting", color="gray")
        with suppress(NoiseLensError):  # the page says it in the pictures' place
            provenance = cache.dataset_of(state.scene(), state.upload()).provenance
            name = state.scene().dataset
            label = DATASETS.get(name).label if name in DATASETS else "Your own picture"
            st.badge(
                f"{label}: {provenance.origin}",
                color="orange" if provenance.origin == "simulated" else "blue",
                help=provenance.note or None,
            )
    for notice in state.notices():
        st.info(notice)


@contextmanager
def guard() -> Iterator[None]:
    """A section that may fail: its error becomes a sentence in its place, and the rest of the page lives on."""
    try:
        yield
    except NoiseLensError as error:
        st.error(str(error))
    except Exception as error:
        # Streamlit stops and reruns a script by raising: those must pass.
        if type(error).__module__.startswith("streamlit.runtime.scriptrunner"):
            raise
        log.exception("A panel failed")
        st.error("This part of the page failed and was left out. The server's log says why; the other parts still work.")


def decibels(value: float) -> str:
    return "identical" if np.isinf(value) else f"{value:.1f} dB"


def interval(shares: Sequence[float] | None) -> str:
    """The 95 % interval of a share in words; empty where there is none."""
    return f"{shares[0]:.1%} to {shares[1]:.1%}" if shares else ""


def quality(clean: Array, other: Array) -> str:
    """PSNR and SSIM as a caption."""
    text = decibels(float(metrics.psnr(clean, other)[0]))
    return f"{text} · SSIM {metrics.ssim(clean, other)[0]:.2f}" if min(clean.shape[1:3]) >= 11 else text


def signed_picture(
    title: str,
    values: Array,
    *,
    words: tuple[str, str],
    caption: str = "",
    unit: str = "",
    limits: tuple[float, float] | None = None,
) -> Picture:
    """A signed array (H, W), or (H, W, C) whose channels are averaged, around a neutral zero, with a colour bar of its own.

    limits: of the colours, where it shares them with another picture; None: its own.
    """
    plane = values.mean(axis=-1) if values.ndim == 3 else values
    low, high = limits or render.limits([plane], True)[0]
    bar = render.colour_bar("diverging", low, high, low_word=words[0], high_word=words[1], unit=unit)
    return Picture(title, render.apply(plane, "diverging", low, high), caption, values=plane, bar=bar)


SPECTRUM = (-10.0, 70.0)
"""dB, one scale for all spectra: from the rounding to 256 grey levels to the structure of a picture."""


def spectrum(title: str, values: Array, caption: str) -> Picture:
    """The log power spectrum of a picture, noise or residual (H, W, C), frequency zero in the middle."""
    power = render.spectrum_picture(values).power
    bar = render.colour_bar("magma", *SPECTRUM, low_word="weak", high_word="strong", unit="dB")
    return Picture(title, render.apply(power, "magma", *SPECTRUM), caption, values=power, bar=bar)


@dataclass(frozen=True)
class MapRow:
    """A row of maps ready to be shown.

    bar: the colour bar that the pictures share, if they do. note: what the bars do not show. reordering: what smoothing did.
    """

    pictures: tuple[Drawn, ...]
    bar: render.ColourBar | None
    note: str
    reordering: str


def map_row(
    images: Callable[[], Array],
    explanation: Explanation,
    *,
    of: str,
    key: str,
    group: str,
    words: tuple[str, str],
    toolbar: bool = False,
    network: Callable[[], Any] | None = None,
) -> None:
    """One row of overlays, clean | noisy | denoised, with one colour bar that says what it means.

    images: gives the three pictures, asked only if the row has not been drawn before. of: the explanation's key.
    network: gives what was explained; without it, what is unusual is told only as far as the maps show it.
    The caption of each map says how far it moved: its rank correlation with the clean picture's.
    """
    scene = state.scene()
    look = scene.key("colormap", "alpha", "smoothing", "linked")
    row: MapRow = cache.drawn(f"{of}-{words}-{look}", lambda: draw_maps(images(), explanation, scene, words))
    viewer(row.pictures, key=key, group=group, columns=3, bar=row.bar, toolbar=toolbar)
    if row.bar is None:
        st.caption(row.note)  # once, not under each of three narrow bars
    found = cache.drawn(f"{of}-failures-{network is None}", lambda: _unusual(images(), explanation, network))
    _notes([row.reordering] if row.reordering else [], found)


def draw_maps(images: Array, explanation: Explanation, scene: Scene, words: tuple[str, str]) -> MapRow:
    """The overlays and the colour bar that they share, if they do."""
    maps = [render.smooth(heatmap, scene.smoothing) for heatmap in explanation.heatmap]
    ranges = render.limits(maps, explanation.signed, linked=scene.linked)
    colormap = "diverging" if explanation.signed else scene.colormap
    note = render.bar_note(maps, ranges, unit=render.unit(explanation))
    low_word, high_word = words
    bars = [
        render.colour_bar(
            colormap, low, high, low_word=low_word, high_word=high_word, fade=True, note=note if scene.linked else ""
        )
        for low, high in ranges
    ]
    drawn = []
    for i, (name, heatmap) in enumerate(zip(COLUMNS, maps, strict=True)):
        raw = explanation.heatmap[i]
        if np.ptp(raw) == 0:
            caption = "blank: one value everywhere"
        elif i == 0:
            caption = "the reference"
        else:
            caption = f"rank correlation with clean {rank_correlation(explanation.heatmap[0], raw):.2f}"
        overlay = render.overlay(
            np.clip(images[i], 0, 1), heatmap, low=ranges[i][0], high=ranges[i][1], colormap=colormap, alpha=scene.alpha
        )
        picture = Picture(
            name,
            overlay,
            caption,
            alt=f"{EXPLAINERS.get(explanation.method).label} on the {name.lower()} picture: {caption}",
            values=heatmap,
            bar=None if scene.linked else bars[i],
        )
        drawn.append(draw(picture))
    reordering = render.reordering(list(explanation.heatmap), maps, COLUMNS)
    return MapRow(tuple(drawn), bars[0] if scene.linked else None, note, reordering)


Unusual = tuple[tuple[str, Failure], ...]
"""Columns in words ("Noisy, denoised") and what is unusual about their maps, the grave first."""


def _unusual(images: Array, explanation: Explanation, network: Callable[[], Any] | None) -> Unusual:
    return by_column(failures(explanation, images, network() if network else None))


def by_column(columns: Sequence[Sequence[Failure]]) -> Unusual:
    """One entry for each failure, named by the columns that share it."""
    where: dict[Failure, list[str]] = {}
    for name, found in zip(COLUMNS, columns, strict=True):
        for failure in found:
            where.setdefault(failure, []).append(name)
    merged = [
        ("All three" if len(names) == len(COLUMNS) else ", ".join(names).capitalize(), failure)
        for failure, names in where.items()
    ]
    return tuple(sorted(merged, key=lambda entry: not entry[1].grave))


LINES = 2
"""Notes that stand under a row; the others are a click away."""


def _notes(lines: list[str], found: Unusual) -> None:
    """What a reader of a row must know: at most two lines, the rest behind a button."""
    lines = lines + [f"**{where}.** {one.sentence} {one.advice}" for where, one in found if one.grave]
    rest = lines[LINES:] + [f"**{where}.** {one.sentence} {one.advice}" for where, one in found if not one.grave]
    for line in lines[:LINES]:
        st.caption(line)
    if rest:
        with st.popover("What is unusual here"):
            for line in rest:
                st.markdown(line)


def channel_grids(scene: Scene, upload: Dataset | None, network: str, layer: str, *, key: str) -> None:
    """The channels of one layer as grids for clean, noisy and denoised input, with a plain word on dead ones."""

    def make() -> Grids | None:
        found = cache.activations(scene, upload, network, layer)
        if found.ndim not in (2, 4):
            return None
        limits = None
        if scene.scale == "layer":
            limits = render.limits([found], False)[0]
        elif scene.scale == "global":
            maps = [one for one in cache.layer_summaries(scene, upload, network) if len(one.layer.shape) == 3]
            extremes = [value for one in maps for value in (one.low, one.high)]
            limits = render.limits([extremes], False, clip_percentile=100)[0]
        return draw_grids(found, limits, scene.colormap)

    look = scene.key("scale", "colormap")
    grids = cache.drawn(f"grids-{cache.activations_key(scene, network)}-{layer}-{look}", make)
    if grids is None:
        st.info("This layer's output is not a picture and not a list of units, so there is no grid to show.")
        return
    pictures, bar, note = grids
    viewer(pictures, key=key, columns=3, largest=420, square=False, bar=bar)
    st.caption(note)


def draw_grids(values: Array, limits: tuple[float, float] | None, colormap: str) -> Grids:
    """The grids, their colour bar, and what to know of them; without limits each channel has its own range and no bar."""
    drawn = []
    for i, (name, value) in enumerate(zip(COLUMNS, values, strict=True)):
        grid = render.mosaic(_shrunk(value), scale="global" if limits else "map", limits=limits, colormap=colormap)
        caption = "" if i == 0 else f"differs from clean by {relative_change(values[0], values[i]):.0%}"
        drawn.append(draw(Picture(f"{name} input", grid.image, caption)))
    bar = render.colour_bar(colormap, *limits, low_word="no response", high_word="strong response") if limits else None
    return drawn, bar, _grid_note(values, own_range=limits is None)


GRID = 1400
"""Pixels of the longer side of a channel grid, about; larger ones are shrunk."""


def _shrunk(value: Array) -> Array:
    """A layer's output (H, W, C) or (C,), its channels averaged down so that their grid fits a screen."""
    if value.ndim == 1:
        return value
    height, width, channels = value.shape
    most = max(16, GRID // math.isqrt(channels))
    factor = max(height, width) / most
    if factor <= 1:
        return value
    planes = resize(value.transpose(2, 0, 1)[..., None], round(height / factor), round(width / factor))
    return planes[..., 0].transpose(1, 2, 0)


def _grid_note(values: Array, *, own_range: bool) -> str:
    dead = render.dead_channels(values)
    count, kind = values.shape[-1], "unit" if values.ndim == 2 else "channel"
    note = f"{count} {kind}s, numbered from the top left, row by row." if count > 1 else f"One {kind}."
    if dead.any():
        names = ", ".join(str(channel) for channel in np.flatnonzero(dead)[:12])
        more = " and more" if dead.sum() > 12 else ""
        note += (
            f" {int(dead.sum())} of them ({names}{more}; grey stripes) are silent on all three pictures: zero everywhere. "
            "That may be a dead channel, or only that nothing in this picture excites it: try another picture."
        )
    if own_range:
        note += " Each channel has its own colour range, so brightness does not compare channels."
    return note


def scale_control(page: str) -> None:
    """Which channels share a colour range."""
    scale = state.control(
        st.selectbox,
        "One colour range for",
        f"scale:{page}",
        state.scene().scale,
        options=SCALES,
        format_func=lambda name: SCALE_WORDS[name],
    )
    state.put(scale=scale)


def relative_change(clean: Array, other: Array) -> float:
    """||other - clean|| / ||clean||: how much of a layer's output the noise changes."""
    size = float(np.linalg.norm(clean))
    return float(np.linalg.norm(other - clean)) / size if size else 0.0


def share(arrays: Callable[[], Mapping[str, ArrayLike]], pictures: Sequence[tuple[str, Array]], *, more: str = "") -> None:
    """Link, code and downloads of what the page shows, in the corner under the header.

    arrays: called on download, for the .npz file. pictures: (name, (H, W, C)) for the .png file, side by side.
    more: code of this page, to follow the scene's.
    """
    # A download is made outside this session's run, where its state cannot be asked for: hence taken here.
    scene, address = state.scene(), link()
    with st.container(horizontal=True, horizontal_alignment="right"):
        with st.popover("Copy link"):
            st.caption("Whoever opens this link sees the same view.")
            st.code(address, language=None, wrap_lines=True)
            if scene.upload:
                st.caption("Your own picture is not part of the link: others must upload it themselves.")
        with st.popover("Show the code"):
            st.caption("The same pictures in a notebook:")
            st.code(scene.code() + more, language="python")
        with st.popover("Download"):
            name = f"noiselens-{scene.key()[:8]}"
            st.download_button("Pictures (PNG)", lambda: _png(pictures), f"{name}.png", "image/png", on_click="ignore")
            st.download_button(
                "Arrays (.npz)", lambda: npz(arrays()), f"{name}.npz", "application/octet-stream", on_click="ignore"
            )
            st.download_button(
                "All, with a manifest (.zip)",
                lambda: _zip(arrays(), pictures, scene, address, more),
                f"{name}.zip",
                "application/zip",
                on_click="ignore",
            )


def link() -> str:
    """The address of this view."""
    from urllib.parse import urlencode, urlsplit

    parts = urlsplit(st.context.url or "http://localhost:8501/")
    return parts._replace(query=urlencode(state.scene().to_query()), fragment="").geturl()


def _png(pictures: Sequence[tuple[str, Array]]) -> bytes:
    from xai_core.images import to_channels

    tiles = [to_channels(np.asarray(picture, np.float32)[None], 3)[0] for _, picture in pictures]
    scale = max(1, 256 // max(tile.shape[0] for tile in tiles))
    tiles = [np.kron(tile, np.ones((scale, scale, 1), np.float32)) for tile in tiles]
    height = max(tile.shape[0] for tile in tiles)
    padded = [np.pad(tile, ((0, height - tile.shape[0]), (0, 8), (0, 0)), constant_values=1) for tile in tiles]
    return encode_png(np.concatenate(padded, axis=1)[:, :-8])


def npz(arrays: Mapping[str, ArrayLike]) -> bytes:
    """Named arrays as a compressed .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: np.asarray(array) for name, array in arrays.items()})
    return buffer.getvalue()


def _zip(
    arrays: Mapping[str, ArrayLike], pictures: Sequence[tuple[str, Array]], scene: Scene, address: str, more: str = ""
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, picture in pictures:
            file.writestr(f"{name}.png", encode_png(np.asarray(picture, np.float32)))
        file.writestr("arrays.npz", npz(arrays))
        file.writestr("code.py", scene.code() + more)
        # Last, so that its presence says that the bundle is complete.
        file.writestr("manifest.json", json.dumps(_manifest(scene, address), indent=1))
    return buffer.getvalue()


def _manifest(scene: Scene, address: str) -> dict[str, Any]:
    shown = (scene.denoiser, *(name for name in classifiers_for(scene.dataset) if name == scene.classifier))
    models = {name: cache.weights_key(name) for name in shown}
    return {
        "noiselens": xai_core.__version__,
        "link": address,
        "scene": scene.to_query(),
        "weights_sha256": models,
        "versions": {package: version(package) for package in ("tensorflow", "keras", "numpy", "scikit-image")},
    }
