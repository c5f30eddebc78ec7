"""Castings, measured: how often the kind of noise is named rightly, by the network and by the classical detector."""

from typing import Any

import streamlit as st

from xai_core import render
from xai_core.experiments.noise_kinds import METHODS
from xai_core.measured import Measured, matrix_of
from xai_core.noise import NOISES
from xai_core.noise.detection import KINDS

from . import panels, state
from .castings_why import LABELS, in_words
from .rows import capital

WHERE = {"mixed": "Data sets it was trained on, unseen pictures", "new": "Data sets it was never trained on"}


NAMES = {"both": "both together", "network": "the network", "classical": "the classical detector"}


def section(found: Measured) -> None:
    """Accuracy of the detectors, over the level, and which kind is taken for which."""
    groups = [name for name in WHERE if found.where(figure="accuracy", dataset=name)]
    where = state.control(
        st.segmented_control,
        "Pictures",
        "castings_where",
        groups[0],
        options=groups,
        format_func=WHERE.__getitem__,
        required=True,
    )
    shares = {method: found.row(figure="accuracy", dataset=where, method=method) for method in METHODS}
    told = "; ".join(
        f"{NAMES[method]} {'name' if method == 'both' else 'names'} **{row['value']:.2%}** of "
        f"{row['pictures']:,} rightly ({panels.interval((row['low'], row['high']))})"
        for method, row in shares.items()
        if row
    )
    st.markdown(f"Six kinds at levels from hardly visible to strong: {told}.{_middle(found, where)}")
    noisy = [kind for kind in KINDS if kind != "none"]
    kind = state.control(
        st.segmented_control, "Kind", "castings_kind", noisy[0], options=noisy, format_func=LABELS.__getitem__, required=True
    )
    parameter = NOISES.get(kind).parameter("level")
    lines = {}
    for method in METHODS:
        rows = sorted(found.where(figure="curve", dataset=where, method=method, kind=kind), key=_level)
        if rows:
            lines[capital(NAMES[method])] = tuple([row[key] for row in rows] for key in ("level", "value", "low", "high"))
    if lines:
        chart = render.interval_curves(
            lines, value="Named rightly", level=f"{parameter.label} ({parameter.unit})", share=True, log_x=True
        )
        levels = next(iter(lines.values()))[0]
        chart.update_xaxes(tickvals=levels, ticktext=[f"{value:g}" for value in levels])
        st.plotly_chart(chart, config=render.CONFIG, key="castings-curve", width="stretch")
    names = [LABELS[one] for one in KINDS]
    for column, method in zip(st.columns(len(METHODS), gap="medium"), METHODS, strict=True):
        row = found.row(figure="confusion", dataset=where, method=method)
        with column:
            if row:
                st.markdown(f"**{capital(NAMES[method])}**: which kind is taken for which")
                chart = render.confusion_matrix(matrix_of(row["counts"]), names)
                st.plotly_chart(chart, config=render.CONFIG, key=f"castings-confusion-{method}", width="stretch")
    errors = found.where(figure="level error", dataset=where)
    if errors:
        words = ", ".join(f"{in_words(row['kind'])} {row['median']:.0%}" for row in errors)
        st.caption(f"Error of the estimated level, median of |estimate - level| / level: {words}.")


def _middle(found: Measured, where: str) -> str:
    """What is left of the mistakes without the faintest and the strongest level of each kind."""
    right = total = 0.0
    for kind in KINDS:
        rows = sorted(found.where(figure="curve", dataset=where, method="both", kind=kind), key=_level)
        for row in rows[1:-1] or rows:
            right, total = right + row["value"] * row["pictures"], total + row["pictures"]
    if not total:
        return ""
    return (
        f" Without the faintest and the strongest level of each kind, both together name **{right / total:.2%}** of {total:,.0f}."
    )


def _level(row: Any) -> float:
    return float(row["level"])
