"""Named numbers beside each other: bars, or points with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidInput
from .figures import PALETTE, _compact

if TYPE_CHECKING:
    import plotly.graph_objects as go


def bars(
    values: Mapping[str, float], *, title: str, text: str = ".1f", mark: float | None = None, mark_text: str = ""
) -> go.Figure:
    """Horizontal bars from zero, the first on top, each with its number.

    values: name -> number. title: of the axis, with the unit. text: format of the numbers. mark: a number to compare with,
    drawn as a dotted line, with mark_text beside it. Raises InvalidInput for no values.
    """
    import plotly.graph_objects as go

    numbers = np.array(list(values.values()), np.float64)
    if not numbers.size or not np.isfinite(numbers).all():
        raise InvalidInput(f"Expected at least one finite number, received {dict(values)}.")
    figure = go.Figure(
        go.Bar(
            x=numbers.tolist(),
            y=_lines(values),
            orientation="h",
            marker={"color": PALETTE[0]},
            text=[f"{value:{text}}" for value in numbers],
            textposition="auto",  # inside the bar where there is room, so that no mark runs through it
            insidetextanchor="end",
            insidetextfont={"color": "white"},
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    top = float(max(numbers.max(), mark or 0.0, 1e-9))
    figure.update_xaxes(title=title, range=[min(0.0, 1.15 * float(numbers.min())), 1.2 * top])
    return _rows(figure, len(numbers), mark, mark_text)


def intervals(
    values: Mapping[str, tuple[float, float, float]],
    *,
    title: str,
    bounds: tuple[float, float],
    text: str = ".2f",
    mark: float | None = None,
    mark_text: str = "",
    special: Sequence[str] = (),
) -> go.Figure:
    """Points with their intervals, one a row, the first on top.

    values: name -> (number, low, high). title: of the axis, with the unit. bounds: of the axis. special: names drawn grey (what
    others are compared with). The rest as for `bars`.
    """
    import plotly.graph_objects as go

    numbers = np.array(list(values.values()), np.float64).reshape(-1, 3)
    if not len(numbers) or not np.isfinite(numbers).all():
        raise InvalidInput(f"Expected at least one number with its interval, received {dict(values)}.")
    colours = [PALETTE[-1] if name in special else PALETTE[0] for name in values]
    figure = go.Figure()
    for name, (value, low, high), colour in zip(_lines(values), numbers, colours, strict=True):
        figure.add_scatter(
            x=[value],
            y=[name],
            mode="markers+text",
            marker={"color": colour, "size": 9},
            error_x={"type": "data", "array": [high - value], "arrayminus": [value - low], "color": colour, "thickness": 2},
            text=[f"{value:{text}}"],
            textposition="top center",
            textfont={"size": 11},
            cliponaxis=False,
            hovertemplate=f"%{{y}}: {value:{text}} ({low:{text}} to {high:{text}})<extra></extra>",
        )
    figure.update_xaxes(title=title, range=list(bounds))
    return _rows(figure, len(numbers), mark, mark_text)


WIDEST = 26
"""Letters of a line of a name: longer names are broken, so that a telephone has room for the points."""


def _lines(names: Mapping[str, object]) -> list[str]:
    import textwrap

    return ["<br>".join(textwrap.wrap(name, WIDEST)) for name in names]


def _rows(figure: go.Figure, rows: int, mark: float | None, mark_text: str) -> go.Figure:
    if mark is not None:
        figure.add_vline(x=mark, line={"color": PALETTE[-1], "width": 1, "dash": "dot"})
        left, right = figure.layout.xaxis.range
        side = "left" if mark < (left + right) / 2 else "right"  # where there is room for the words
        figure.add_annotation(x=mark, y=1, yref="paper", xanchor=side, yanchor="bottom", showarrow=False, text=mark_text)
    # Plotly draws the first row at the bottom.
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure = _compact(figure, height=90 + 46 * rows, legend=False)
    if mark_text:
        figure.update_layout(margin={"t": 30})
    return figure
