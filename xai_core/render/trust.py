"""Figures of trust: the score while pixels go and come, agreement of maps as a matrix, maps that drift while noise grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from .colour import css_colours
from .figures import PALETTE, _compact
from .spectra import _DASHES, _SYMBOLS, Curve, _checked

if TYPE_CHECKING:
    import plotly.graph_objects as go

GREY = PALETTE[-1]


def removal_curves(lines: Mapping[str, Curve], *, share: str, score: str, control: str = "") -> go.Figure:
    """The score while the highest pixels of maps are hidden or shown first, one line a picture.

    lines: name -> (shares of the pixels from 0 to 1, scores), both (P,). share, score: titles of the axes with their units.
    control: the name of a line that stands for chance, drawn grey. Raises InvalidInput for no lines or unequal lengths.
    """
    import plotly.graph_objects as go

    figure, order = go.Figure(), 0
    for name, (shares, scores) in _checked(lines).items():
        line = {"color": GREY, "width": 2, "dash": "dot"}
        if name != control:
            # Dashes as well as colours, so that the lines stay apart in grey print.
            line |= {"color": PALETTE[order % len(PALETTE)], "dash": _DASHES[order % len(_DASHES)]}
            order += 1
        hover = f"%{{x:.0%}}: %{{y:.3g}}<extra>{name}</extra>"
        figure.add_scatter(name=name, x=shares, y=scores, mode="lines", line=line, hovertemplate=hover)
    figure.update_xaxes(title=share, tickformat=".0%", range=[0, 1], dtick=0.25)
    figure.update_yaxes(title=score)
    return _compact(figure, height=280, legend=len(lines) > 1)


def matrix(values: ArrayLike, rows: Sequence[str], columns: Sequence[str], *, words: str) -> go.Figure:
    """Numbers from -1 to 1 as a labelled heat map with the values in the cells: blue below zero, orange above.

    values: (R, C), NaN stays empty. rows, columns: their names. words: what the numbers are, for the text under the cursor.
    """
    import plotly.graph_objects as go

    cells = np.asarray(values, np.float64)
    if cells.shape != (len(rows), len(columns)) or not cells.size:
        raise InvalidInput(f"Expected values of shape {(len(rows), len(columns))}, as many as names, received {cells.shape}.")
    colours = css_colours("diverging")
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            x=list(columns),
            y=list(rows),
            zmin=-1,
            zmax=1,
            colorscale=[[index / (len(colours) - 1), colour] for index, colour in enumerate(colours)],
            showscale=False,
            xgap=2,
            ygap=2,
            text=[[_written(cell) for cell in row] for row in cells],
            texttemplate="%{text}",
            hovertemplate=f"%{{y}}, %{{x}}<br>{words}: %{{z:.3f}}<extra></extra>",
        )
    )
    slanted = len(columns) > 2
    figure.update_xaxes(side="top", type="category", showgrid=False, tickangle=-35 if slanted else 0)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return _compact(figure, height=(120 if slanted else 50) + 34 * len(rows), legend=False)


def _written(value: float) -> str:
    return "" if np.isnan(value) else f"{round(float(value), 2) + 0.0:.2f}".replace("-", "\u2212")


def drift_curves(
    lines: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]],
    *,
    value: str,
    level: str,
    names: tuple[str, str] = ("noisy", "denoised"),
    current: float | None = None,
    bounds: tuple[float, float] | None = None,
) -> go.Figure:
    """A figure over the noise's level, a colour a name: solid for the noisy, dashed for the denoised picture.

    lines: name -> (levels, noisy, denoised), each (P,); NaN leaves a gap. value, level: titles of the axes with their units.
    current: the level of the page, marked by a line. bounds: of the vertical axis.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, (name, (levels, *pair)) in enumerate(lines.items()):
        colour, symbol = PALETTE[index % len(PALETTE)], _SYMBOLS[index % len(_SYMBOLS)]
        for which, dash, values in zip(names, ("solid", "dash"), pair, strict=True):
            x, y = _checked({name: (levels, values)})[name]
            label = f"{name}, {which}" if name else which
            figure.add_scatter(
                name=label,
                x=x,
                y=y,
                mode="lines+markers",
                line={"color": colour, "width": 2, "dash": dash},
                marker={"size": 6, "symbol": symbol if which == names[0] else f"{symbol}-open"},
                hovertemplate=f"%{{x}}: %{{y:.3g}}<extra>{label}</extra>",
            )
    if current is not None:
        figure.add_vline(x=current, line={"color": GREY, "width": 1, "dash": "dot"})
    figure.update_xaxes(title=level)
    figure.update_yaxes(title=value, range=bounds)
    # Room for a legend of several rows.
    return _compact(figure, height=340 + 10 * max(0, 2 * len(lines) - 4), legend=True)
