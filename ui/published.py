"""The sections of the page Published beside measured: the table, and two figures taken apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from xai_core import published as study
from xai_core import render
from xai_core.datasets import DATASETS, load_dataset
from xai_core.denoisers import DENOISERS, load_denoiser
from xai_core.published import BlackProof, Line, WrapProof
from xai_core.render.bars import bars

from . import cache, panels, state
from .viewer import Picture, viewer

ALL = "All studies"
TABLE = "published-table"


def figures() -> None:
    """The table of all figures, filtered by study, and one of them in detail."""
    everything = study.table()
    chosen = state.control(
        st.segmented_control,
        "Study",
        "published_study",
        ALL,
        options=[ALL, *study.STUDIES],
        format_func=lambda name: name if name == ALL else f"{name}: {study.STUDIES[name]}",
        required=True,
    )
    lines = [line for line in everything if chosen in (ALL, line.published.system[0])]
    st.dataframe(
        _columns(lines),
        column_config=_formats(),
        hide_index=True,
        height=420,
        placeholder="–",
        key=f"{TABLE}-{chosen}",
        on_select=lambda: _picked(f"{TABLE}-{chosen}", lines),
        selection_mode="single-row",
    )
    st.caption(_summary(lines))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [_name(line) for line in everything]
        name = state.control(
            st.selectbox,
            "One figure in detail",
            "published_line",
            names[0],
            options=names,
            help="Or tick a row of the table.",
        )
        st.download_button(
            "Table (CSV)", lambda: study.csv_text(lines), "published-beside-measured.csv", "text/csv", on_click="ignore"
        )
    _detail(everything[names.index(name)])


def _name(line: Line) -> str:
    return f"{line.published.system} · {line.published.label} · {line.published.figure}"


def _picked(key: str, lines: Sequence[Line]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        state.move("published_line", _name(lines[rows[0]]))


def _unit(line: Line) -> str:
    unit = line.published.unit
    return f"{line.published.figure} ({unit})" if unit else line.published.figure


def _when(line: Line) -> str:
    """Of what was not measured: "yet" where a command measures it."""
    return "yet" if line.command else "here"


def _columns(lines: Sequence[Line]) -> dict[str, list[object]]:
    found = [line.found for line in lines]
    return {
        "System": [line.published.system for line in lines],
        "Of": [line.published.label for line in lines],
        "Figure": [_unit(line) for line in lines],
        "Published": [line.published.value for line in lines],
        "Measured here": [one.value if one else None for one in found],
        "95 % interval": [_interval(line) for line in lines],
        "Pictures": [one.pictures or None if one else None for one in found],
        "Split": [line.found.split if line.found else f"not measured {_when(line)}" for line in lines],
        "Why they differ": [line.published.why for line in lines],
        "Command": [line.command for line in lines],
        "Source": [line.published.source for line in lines],
    }


def _formats() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "System": st.column_config.TextColumn(width="small"),
        "Published": number(format="%.2f", help="As printed in the source. –: no usable figure was published."),
        "Measured here": number(format="%.2f", help="Read from models/manifest.json or assets/measured."),
        "95 % interval": st.column_config.TextColumn(help="Where the value would lie for other pictures of the same kind."),
        "Pictures": number(format="localized"),
        "Why they differ": st.column_config.TextColumn(width="large"),
    }


def _interval(line: Line) -> str:
    found = line.found
    return f"{found.low:.2f} to {found.high:.2f}" if found and found.low is not None and found.high is not None else ""


def _summary(lines: Sequence[Line]) -> str:
    said = [line for line in lines if line.published.value is not None]
    here = [line for line in said if line.found]
    ranged = [line for line in here if _interval(line)]
    inside = [line for line in ranged if _holds(line)]
    text = f"{len(here)} of {len(said)} published figures have a counterpart measured here."
    if ranged:
        text += f" Of {len(ranged)} with an interval, it holds the published figure in {len(inside)}."
    return text


def _holds(line: Line) -> bool:
    """Whether the interval of what was measured holds the published figure."""
    one, found = line.published.value, line.found
    return found is not None and None not in (one, found.low, found.high) and found.low <= one <= found.high  # type: ignore[operator]


def _detail(line: Line) -> None:
    """One figure: both numbers, why they differ, where it comes from, how to measure it again."""
    one, found = line.published, line.found
    unit = f" {one.unit}" if one.unit else ""
    with st.container(border=True):
        with st.container(horizontal=True):
            about = "about " if one.approximate else ""
            st.metric("Published", "none" if one.value is None else f"{about}{one.value:g}{unit}")
            st.metric("Measured here", f"{found.value:.2f}{unit}" if found else f"not {_when(line)}")
            if _interval(line):
                st.metric("95 % interval", _interval(line))
            if found:
                st.metric("Measured on", f"{found.pictures:,} pictures" if found.pictures else found.split, help=found.split)
        st.markdown(one.why)
        st.caption(f"Published in: {one.source}")
        if line.command:
            st.caption("Measure it again:" if found else "Not measured yet. This measures it:")
            st.code(line.command, language="bash", wrap_lines=True)
        if found and found.model and st.button(f"Open the card of {found.model}"):
            state.move("model", found.model)
            st.switch_page("pages/models.py")


NETWORKS = {"mnist": "autoencoder-mnist", "fashion_mnist": "autoencoder-fashion"}


def black_pixels() -> None:
    """The published accuracy of an all-black picture, counted here and now."""
    name = state.control(
        st.segmented_control,
        "Pictures",
        "black_pixels",
        "mnist",
        options=list(NETWORKS),
        format_func=lambda one: DATASETS.get(one).label,
        required=True,
    )
    dataset = load_dataset(name)
    network = NETWORKS[name]
    key = f"black-{name}-{dataset.provenance.path}-{cache.weights_key(network)}"
    proof: BlackProof = cache.drawn(key, lambda: study.black_proof(dataset, load_denoiser(network)))
    shown = [Picture("Clean", proof.clean)]
    for one in proof.candidates:
        caption = f"accuracy {one.keras_accuracy:.0%} · {panels.decibels(one.psnr)} · SSIM {one.ssim:.2f}"
        shown.append(Picture(one.name, one.example, caption))
    viewer(shown, key="black", columns=4, largest=240)
    black, network_score = proof.candidates[0], proof.candidates[-1]
    st.markdown(
        f"**{proof.black:.1%}** of all pixels of these {proof.counted:,} pictures are exactly black. A picture of nothing but "
        f"black therefore scores an accuracy of {black.keras_accuracy:.1%} on the first {proof.pictures:,} of them, and the "
        f"trained autoencoder, which does draw the picture, {network_score.keras_accuracy:.1%}: the figure does not tell the two "
        f"apart. PSNR does: {panels.decibels(black.psnr)} against {panels.decibels(network_score.psnr)}."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        accuracies = {one.name: 100 * one.keras_accuracy for one in proof.candidates}
        published = {"mnist": 81.0, "fashion_mnist": 50.0}[name]
        chart = bars(accuracies, title="Accuracy as Keras computes it (%)", mark=published, mark_text="published")
        st.plotly_chart(chart, config=render.CONFIG, key="black-accuracy", width="stretch")
    with right:
        chart = bars({one.name: one.psnr for one in proof.candidates}, title="PSNR (dB), higher is better")
        st.plotly_chart(chart, config=render.CONFIG, key="black-psnr", width="stretch")
    provenance = dataset.provenance
    st.caption(
        f"{DATASETS.get(name).label}, {dataset.split}: {provenance.origin}, {provenance.path}. {provenance.note} Noise: salt & "
        "pepper on a tenth of the pixels, seed 0. Accuracy as Keras computes it for one channel: share of pixels where the clean "
        "value equals (output > 0.5); a grey value never does. By exact equality of 8-bit values the three score "
        + ", ".join(f"{one.pixel_accuracy:.1%}" for one in proof.candidates)
        + f". Network: {DENOISERS.get(network).label}."
    )


CODE = """import numpy as np

clean = np.array([{0}], np.uint8)
denoised = np.array([{1}], np.uint8)
denoised - clean         # {3}; the difference is {2}
(denoised - clean) ** 2  # {4}; the square is {5}
"""


def wrap_around() -> None:
    """PSNR of 8-bit arrays on a photograph, as it should be and as the source computed it."""
    photographs = load_dataset("photos")
    names = [] if photographs.groups is None else photographs.groups.tolist()
    name = state.control(st.selectbox, "Photograph", "wrap_photo", names[0], options=names)
    place = names.index(name)
    proof: WrapProof = cache.drawn(f"wrap-{name}", lambda: study.wrap_proof(photographs.image(place)[0]))
    pictures = (
        Picture("Clean", _unit_scale(proof.clean)),
        Picture("Salt & pepper on a tenth of the pixels", _unit_scale(proof.noisy), _two(proof.noisy_right, proof.noisy_wrapped)),
        Picture("Median filter 3 x 3", _unit_scale(proof.denoised), _two(proof.right, proof.wrapped)),
    )
    viewer(pictures, key="wrap", columns=3)
    left, right = st.columns(2, gap="medium")
    with left:
        first, second, true, wrapped = proof.pixel
        square = int(np.array([wrapped], np.uint8)[0]) ** 2 % 256
        st.caption("One pixel of this photograph in NumPy:")
        st.code(CODE.format(first, second, true, wrapped, square, true**2), language="python")
        st.markdown(
            f"Subtracted as 8-bit numbers the filtered picture scores **{proof.wrapped:.1f} dB**; its PSNR is "
            f"**{proof.right:.1f} dB**. The noisy picture that nobody filtered scores {proof.noisy_wrapped:.1f} dB by the same "
            f"mistake, {_compared(proof)} (truly {proof.noisy_right:.1f} dB). The published 34.7 dB, of pictures of castings, "
            "were computed this way."
        )
    with right:
        scores = {
            "Noisy, PSNR": proof.noisy_right,
            "Filtered, PSNR": proof.right,
            "Noisy, 8-bit subtraction": proof.noisy_wrapped,
            "Filtered, 8-bit subtraction": proof.wrapped,
        }
        chart = bars(scores, title="dB", mark=34.7, mark_text="published")
        st.plotly_chart(chart, config=render.CONFIG, key="wrap-bars", width="stretch")
    st.caption("8-bit numbers count modulo 256: no squared error exceeds 255 then, where a true one goes up to 65,025.")


def _compared(proof: WrapProof) -> str:
    return "more than the filtered one" if proof.noisy_wrapped > proof.wrapped else "not far from the filtered one"


def _two(right: float, wrapped: float) -> str:
    return f"{right:.1f} dB · with 8-bit subtraction {wrapped:.1f} dB"


def _unit_scale(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 255
