"""Castings, section "Over all castings": what commands measured on pictures that no network was trained on."""

from collections.abc import Callable

import streamlit as st

from xai_core import measured, published
from xai_core.measured import Measured
from xai_core.shortcuts import name_of

from . import panels

KINDS, QUALITY, INSPECTION = "noise-kinds", "castings", "inspection"


def section() -> None:
    """One part a study, each with the command that measures it again."""
    st.subheader("4. Over all castings", anchor=False)
    st.markdown(
        "One picture decides nothing. These figures are of castings of photographs that no network was trained on; the simulated "
        "castings stand in where the photographs are not installed."
    )
    for name, title, command, show in PARTS:
        with st.expander(title), panels.guard():
            found = measured.read(name)
            if found is None:
                st.info(f"Not measured yet. Run: {command}")
                continue
            show(found)
            origin(found)
    with st.expander("Published beside measured"), panels.guard():
        _published()


def origin(found: Measured) -> None:
    """The date of a measurement and the command that makes it again."""
    st.caption(f"Measured on {found.date} with seed {found.seed}. Again:")
    st.code(found.command, language="bash", wrap_lines=True)


def _rows(found: Measured) -> None:
    st.dataframe([dict(row) for row in found.rows], hide_index=True)


def _published() -> None:
    lines = [line for line in published.table() if line.published.system[0] == "D"]
    st.dataframe(
        {
            "Of": [line.published.label for line in lines],
            "Figure": [line.published.figure for line in lines],
            "Published": [line.published.value for line in lines],
            "Measured here": [line.found.value if line.found else None for line in lines],
            "Why they differ": [line.published.why for line in lines],
        },
        hide_index=True,
    )
    st.page_link("pages/published.py", label="All published figures, and two of them taken apart")


PARTS: tuple[tuple[str, str, str, Callable[[Measured], None]], ...] = (
    (KINDS, "How often is the kind of noise named rightly?", "python -m xai_core bench noise-kinds", _rows),
    (QUALITY, "How good is the denoised casting?", "python -m xai_core bench castings", _rows),
    (INSPECTION, "Does denoising help the inspection?", "python -m xai_core bench inspection", _rows),
    (
        name_of("casting-cnn"),
        "Do the classifiers look at the casting?",
        "python -m xai_core bench shortcuts --classifier casting-cnn",
        _rows,
    ),
)
