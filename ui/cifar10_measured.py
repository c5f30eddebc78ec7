"""CIFAR-10: what `python -m xai_core bench cifar10` measured: accuracy after denoising, confusions, neighbours in the code."""

from typing import Any

import numpy as np
import streamlit as st

from xai_core import measured, published, render
from xai_core.denoisers import DENOISERS
from xai_core.experiments import NONE
from xai_core.experiments.cifar10 import NAME
from xai_core.measured import Measured, matrix_of
from xai_core.noise import NOISES
from xai_core.scene import Scene

from . import panels, state

AS_IT_IS = "Not denoised"
FIRST = ("variational-cifar10", "variational-cifar10-single", "autoencoder-cifar10", "unet-cifar10")
"""The denoisers of the chart that are shown at first."""


def read() -> Measured | None:
    """The figures; None, and the command that makes them in their place, if they were never measured."""
    found = measured.read(NAME)
    if found is None:
        st.info("Not measured yet. Run, with CIFAR-10 in a data folder: python -m xai_core bench cifar10")
    return found


def section(scene: Scene) -> None:
    """Accuracy over the level, the published figures beside it, and confusion matrices."""
    found = read()
    if found is None:
        return
    st.markdown("**Over many pictures.** The classifier was trained on clean pictures only, and never saw a denoised one.")
    with panels.guard():
        _accuracy(found, scene)
    with panels.guard():
        _published()
    with panels.guard():
        _confusions(found)
    _origin(found)


def _origin(found: Measured) -> None:
    """The date of the measurement and the command that makes it again."""
    st.caption(f"Measured on {found.date} with seed {found.seed}. Again:")
    st.code(found.command, language="bash", wrap_lines=True)


def label(name: str) -> str:
    """A denoiser's label without the data set, which the page is about."""
    if name == NONE:
        return AS_IT_IS
    return DENOISERS.get(name).label.removesuffix(" (CIFAR-10)") if name in DENOISERS else name.capitalize()


def _accuracy(found: Measured, scene: Scene) -> None:
    rows = found.where(section="accuracy", noise="gaussian")
    names = list(dict.fromkeys(row["denoiser"] for row in rows))
    shown = state.control(
        st.multiselect,
        "Denoisers",
        "cifar10:lines",
        [name for name in names if name in (NONE, *FIRST)],
        options=names,
        format_func=label,
    )
    clean = found.row(section="accuracy", noise=NONE, denoiser=NONE)
    if shown:
        lines = {label(name): _band([row for row in rows if row["denoiser"] == name]) for name in names if name in shown}
        level = scene.level if scene.level is not None else NOISES.get("gaussian").parameter("level").default
        chart = render.interval_curves(
            lines,
            value="Accuracy",
            level="Gaussian noise (sigma, 0-255 scale)",
            share=True,
            current=float(level or 0) if scene.noise == "gaussian" else None,
            reference=clean["value"] if clean else None,
            reference_name="clean pictures",
        )
        st.plotly_chart(chart, config=render.CONFIG, key="cifar10-accuracy", width="stretch")
    if clean:
        st.markdown(_verdict(clean, rows))


def _band(rows: list[Any]) -> tuple[Any, Any, Any, Any]:
    columns = (np.array([row[key] for row in rows], float) for key in ("level", "value", "low", "high"))
    levels, values, low, high = columns
    return levels, values, low, high


def _verdict(clean: Any, rows: tuple[Any, ...]) -> str:
    """Whether denoising helps at sigma 25, said of the stacked variational network and of the best."""
    at = {row["denoiser"]: row for row in rows if row["level"] == 25}
    bounds = panels.interval((clean["low"], clean["high"]))
    text = f"Clean, {clean['value']:.1%} of {clean['pictures']:,} pictures are named rightly ({bounds})."
    if NONE not in at:
        return text
    best = max(at, key=lambda name: float(at[name]["value"]))
    text += f" At sigma 25 it is {at[NONE]['value']:.1%} without a denoiser"
    if FIRST[0] in at:
        text += f", {at[FIRST[0]]['value']:.1%} after the variational one"
    return text + f"; the highest is {at[best]['value']:.1%} ({label(best)})."


def _published() -> None:
    lines = [line for line in published.table() if line.published.system in ("C1", "C2")]
    st.dataframe(
        {
            "Of": [line.published.label for line in lines],
            "Figure": [f"{line.published.figure} ({line.published.unit})" for line in lines],
            "Published": [f"{line.published.value:g}" if line.published.value is not None else "none" for line in lines],
            "Measured here": [f"{line.found.value:.1f}" if line.found else "not yet" for line in lines],
        },
        hide_index=True,
    )
    st.caption(
        "Published and measured are not of the same pictures: here 12,000 pictures of the official training set trained the "
        "classifier and 1,000 others of it are named; the official test set is not on this machine. No code of the source makes "
        "the published figures, which name no level of noise."
    )
    st.page_link("pages/published.py", label="All published figures, and why they differ")


def _confusions(found: Measured) -> None:
    rows = found.where(section="confusion")
    names = [name for name in dict.fromkeys(row["denoiser"] for row in rows) if name != NONE]
    levels = list(dict.fromkeys(row["level"] for row in rows if row["noise"] != NONE))
    left, right = st.columns(2)
    with left:
        name = state.control(
            st.selectbox,
            "Denoised by",
            "cifar10:confused",
            names[0] if FIRST[0] not in names else FIRST[0],
            options=names,
            format_func=label,
        )
    with right:
        level = state.control(
            st.segmented_control,
            "At",
            "cifar10:confused-level",
            levels[0],
            options=levels,
            format_func=_sigma,
            required=True,
        )
    clean = found.row(section="confusion", noise=NONE, denoiser=NONE)
    after = next((row for row in rows if (row["denoiser"], row["level"]) == (name, level) and row["noise"] != NONE), None)
    if clean is None or after is None:
        st.info("This pair was not measured.")
        return
    classes = str(clean["classes"]).split(";")
    before, now = matrix_of(clean["counts"]), matrix_of(after["counts"])
    charts = {
        "Clean": render.confusion_matrix(before, classes),
        f"Denoised, {_sigma(level).lower()}": render.confusion_matrix(now, classes),
        "Denoised less clean": render.confusion_difference(before, now, classes),
    }
    *places, beside = [*st.columns(2), *st.columns(2)]  # ten classes need the room
    for column, (title, chart) in zip(places, charts.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.plotly_chart(chart, config=render.CONFIG, key=f"cifar10-matrix-{title}", width="stretch")
    beside.markdown(_most_lost(before, now, classes))
    beside.caption(
        "Rows: what it is. Columns: what it is taken for, pictures. The last matrix: orange where there are more than on clean "
        "pictures, blue where fewer."
    )


def _sigma(level: float) -> str:
    return f"Sigma {level:g}"


def _most_lost(before: Any, now: Any, classes: list[str]) -> str:
    """The confusion that grew most."""
    change = now - before
    np.fill_diagonal(change, 0)
    row, column = np.unravel_index(int(change.argmax()), change.shape)
    if change[row, column] <= 0:
        return "No confusion grew."
    return f"What grew most: {classes[row]} named {classes[column]}, {int(change[row, column])} pictures more."


def latents() -> None:
    """Neighbours and clusters of every network, and of the pixels themselves."""
    found = read()
    if found is None:
        return
    rows = found.where(section="latent")
    st.markdown("**Over many pictures**, the code of every network beside the pixels themselves (the whole map, not averaged):")
    st.dataframe(
        {
            "Code of": [label(row["denoiser"]) for row in rows],
            "Noise": ["none" if row["noise"] == NONE else f"sigma {row['level']:g}" for row in rows],
            "Neighbours name the class": [f"{row['value']:.1%} ({panels.interval((row['low'], row['high']))})" for row in rows],
            "By chance": [f"{row['chance']:.1%}" for row in rows],
            "Purity of clusters": [f"{row['purity']:.1%}" for row in rows],
            "Purity by chance": [f"{row['purity_chance']:.1%}" for row in rows],
            "Adjusted Rand index": [f"{row['rand']:.2f}" for row in rows],
        },
        hide_index=True,
    )
    _origin(found)
