"""Castings, measured: what the surroundings tell about the class, and how much of a classifier's maps lies there."""

import streamlit as st

from xai_core import render
from xai_core.measured import Measured
from xai_core.render.bars import intervals
from xai_core.shortcuts import CASTING_DATA, COMMONEST, measured_for, name_of

from . import panels
from .rows import capital, interval, label
from .shortcuts import AREA


def measured_names() -> tuple[str, ...]:
    """Under which names the shortcuts of castings may be kept."""
    return (CASTING_DATA, *map(name_of, measured_for("casting")))


def section(found: Measured) -> None:
    """What tells the class without the casting, or how much of a classifier's maps lies beside it."""
    if found.name == CASTING_DATA:
        _corners(found)
    else:
        _beside(found)


def _corners(found: Measured) -> None:
    """What four corners without metal tell about the class."""
    chart = intervals(
        {capital(row["what"]): interval(row) for row in found.where(section="corners", figure="AUC")},
        title="Area under the ROC curve",
        bounds=(0.3, 1.0),
        mark=0.5,
        mark_text="chance",
    )
    st.plotly_chart(chart, config=render.CONFIG, key="castings-corners", width="stretch")
    chance = found.row(what=COMMONEST)
    ways = [row for row in found.where(section="corners", figure="accuracy") if row is not chance]
    if not (ways and chance):
        return
    best = max(ways, key=lambda row: row["value"])
    st.markdown(
        "The classes were lit differently. A classifier that sees nothing but the four corners, where no metal is, names "
        f"up to **{best['value']:.1%}** of {best['pictures']:,} pictures rightly "
        f"({panels.interval((best['low'], best['high']))}, by photograph); to name always the commonest class would be "
        f"right in {chance['value']:.1%}. Whatever it reads there, a network that sees the whole picture can read as well."
    )


def _beside(found: Measured) -> None:
    """Share of a classifier's maps beside the casting."""
    name = found.name.removeprefix(name_of(""))
    rows = found.where(section="background")
    area = next((row for row in rows if row["what"] == AREA), None)
    maps = [row for row in rows if row["what"] != AREA]
    if area is None or not maps:
        return
    st.markdown(f"**{label(name).removesuffix(' (castings)')}**: share of its maps beside the casting")
    chart = intervals(
        {row["what"]: interval(row) for row in maps},
        title="Share of |map| beside the casting",
        bounds=(0.0, 1.04),
        mark=area["value"],
        mark_text="area",
        special=[row["what"] for row in maps if "control" in row["what"]],
    )
    st.plotly_chart(chart, config=render.CONFIG, key=f"castings-beside-{name}", width="stretch")
    st.markdown(
        f"On average {area['value']:.0%} of the area lies beside the casting's outline, so a map that knows nothing has "
        "that share there. What remains beside it is where the score is sensitive to table and light, by that method's "
        "definition."
    )
