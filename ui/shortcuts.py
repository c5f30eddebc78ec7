"""The shortcuts on the page: what tells the class without the galaxy, and how much of a classifier's maps lies beside it."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from xai_core import measured, render
from xai_core.measured import Measured
from xai_core.render.bars import intervals
from xai_core.shortcuts import BY_SOURCE, COMMONEST, DATA, measured_for, name_of

from . import state
from .rows import capital, interval, label

Rows = Sequence[Mapping[str, Any]]
COMMAND = "python -m xai_core bench shortcuts --classifier galaxy-cnn2"
AREA = "area"


def section() -> None:
    """The shortcuts of the data, and of one classifier."""
    data = measured.read(DATA)
    classifiers = measured_for("galaxies")
    if data is None or not classifiers:
        st.info(f"Not measured yet. Run, with the galaxies in a data folder: {COMMAND}")
        return
    st.markdown(
        "A classifier may reach its accuracy by things that go along with the class in these pictures and are not the galaxy. "
        "Two are known here: the source of a picture, and the zoom, which shows in the grain of the noise. Below is how much "
        "each of them tells, and what a trained classifier makes of the pictures. None of it says why a network decided."
    )
    _data(data)
    name = state.control(
        st.selectbox, "Classifier", "shortcut_classifier", classifiers[0], options=classifiers, format_func=label
    )
    found = measured.read(name_of(name))
    if found is None:
        st.info(f"Not measured yet. Run: {COMMAND.replace('galaxy-cnn2', name)}")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _kinds(found)
    with right:
        _background(found)
    st.caption(
        f"Measured on {found.date} with seed {found.seed}: 95 % intervals; val split of the galaxies. Again, also for another "
        "classifier:"
    )
    st.code(found.command, language="bash", wrap_lines=True)
    st.download_button("Shortcuts (CSV)", lambda: _csv(data, found), f"shortcuts-{name}.csv", "text/csv", on_click="ignore")


def _data(found: Measured) -> None:
    """What the pictures give away whatever the classifier."""
    groups = list(dict.fromkeys(row["on"] for row in found.rows if row["figure"] == "AUC"))
    on = state.control(
        st.segmented_control,
        "Pictures",
        "shortcut_group",
        groups[0],
        options=groups,
        format_func=lambda name: "All sources" if name == "all" else f"Only {name}",
        required=True,
    )
    corners, zoom = found.where(section="corners", on=on, figure="AUC"), found.where(section="zoom", on=on, figure="AUC")
    chart = intervals(
        {capital(row["what"]): interval(row) for row in (*corners, *zoom)},
        title="Area under the ROC curve",
        bounds=(0.45, 1.0),
        mark=0.5,
        mark_text="chance",
    )
    st.plotly_chart(chart, config=render.CONFIG, key="shortcut-corners", width="stretch")
    right = max(found.where(section="corners", on=on, figure="accuracy"), key=lambda row: row["value"], default=None)
    chance, source = found.row(what=COMMONEST, on=on), found.row(what=BY_SOURCE)
    if right and chance:
        st.markdown(
            "A classifier that sees nothing but the four corners of 32 x 32 pixels, where no galaxy is, names up to "
            f"**{right['value']:.1%}** of {right['pictures']:,} pictures correctly ({right['low']:.1%} to {right['high']:.1%}); "
            f"to name always the commonest class would be right in {chance['value']:.1%}. Whatever it reads there, a network "
            "that sees the whole picture can read as well."
        )
    if source:
        st.markdown(
            f"To know nothing but the source of a picture is enough for **{source['value']:.1%}** of all, because every picture "
            "of Galaxy Zoo 2 is Other. So read the accuracy within Galaxy Zoo 1 as well."
        )


def _kinds(found: Measured) -> None:
    """Accuracy by source and by subtype."""
    rows = [*found.where(section="sources"), *found.where(section="subtypes")]
    chart = intervals(
        {f"{'All' if row['on'] == 'all' else capital(row['on'])} ({row['pictures']:,})": interval(row) for row in rows},
        title="Accuracy, by source and by subtype",
        bounds=(0.0, 1.04),
    )
    st.plotly_chart(chart, config=render.CONFIG, key="shortcut-kinds", width="stretch")
    kinds = found.where(section="subtypes")
    if kinds:
        worst, best = min(kinds, key=lambda row: row["value"]), max(kinds, key=lambda row: row["value"])
        st.markdown(
            f"Lowest for {worst['on']}: {worst['value']:.0%} of {worst['pictures']} pictures ({worst['low']:.0%} to "
            f"{worst['high']:.0%}); highest for {best['on']}: {best['value']:.0%}."
        )


def _background(found: Measured) -> None:
    """Share of the maps beside the galaxy."""
    rows = found.where(section="background")
    area = next((row for row in rows if row["what"] == AREA), None)
    maps = [row for row in rows if row["what"] != AREA]
    if area is None or not maps:
        st.info("The maps of this classifier were not weighed.")
        return
    chart = intervals(
        {f"{row['what']} ({row['pictures']})": interval(row) for row in maps},
        title="Share of |map| outside the galaxy",
        bounds=(0.0, 1.04),
        mark=area["value"],
        mark_text="area",
        special=[f"{row['what']} ({row['pictures']})" for row in maps if "control" in row["what"]],
    )
    st.plotly_chart(chart, config=render.CONFIG, key="shortcut-background", width="stretch")
    st.markdown(
        f"On average {area['value']:.0%} of the area lies outside the galaxy's outline (found by its brightness above the sky), "
        "so a map that knows nothing has that share outside. The further left a method, the more of its map lies on the galaxy; "
        "what remains outside is where the score is sensitive to background, by that method's definition."
    )


def _csv(*sources: Measured) -> str:
    text = io.StringIO()
    fields = list(sources[0].rows[0])
    writer = csv.DictWriter(text, ["name", *fields, "command", "date"], lineterminator="\n")
    writer.writeheader()
    for one in sources:
        writer.writerows({"name": one.name, **row, "command": one.command, "date": one.date} for row in one.rows)
    return text.getvalue()
