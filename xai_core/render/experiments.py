"""Figures of experiments: means with intervals over the noise's level, confusion matrices whose cells can be clicked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from .figures import PALETTE, _compact
from .spectra import _DASHES, _SYMBOLS, _checked

if TYPE_CHECKING:
    import plotly.graph_objects as go

Band = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]
"""Levels, values, lower and upper ends of their intervals, each (P,)."""


def interval_curves(
    lines: Mapping[str, Band],
    *,
    value: str,
    level: str,
    share: bool = False,
    current: float | None = None,
    reference: float | None = None,
    reference_name: str = "",
    log_x: bool = False,
) -> go.Figure:
    """A figure with its intervals over the noise's level, one line a way through the experiment.

    lines: name -> levels, values, low, high; NaN leaves a gap. value, level: titles of the axes with their units. share: write
    the values in percent. current: the level of the page, marked by a line. reference: a value without a level (that of the
    clean pictures), drawn across. log_x: levels on a logarithmic axis. Raises InvalidInput for no lines or unequal lengths.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    written = ":.1%" if share else ":.3g"
    interval = f"%{{customdata[0]{written}}} to %{{customdata[1]{written}}}"
    for index, (name, (levels, *columns)) in enumerate(lines.items()):
        x, y = _checked({name: (levels, columns[0])})[name]
        low, high = (_checked({name: (levels, ends)})[name][1] for ends in columns[1:])
        colour = PALETTE[index % len(PALETTE)]
        figure.add_scatter(
            name=name,
            x=x,
            y=y,
            customdata=np.stack([low, high], axis=1),
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": _DASHES[index % len(_DASHES)]},
            marker={"color": colour, "size": 8, "symbol": _SYMBOLS[index % len(_SYMBOLS)]},
            error_y={"array": high - y, "arrayminus": y - low, "symmetric": False, "thickness": 1, "width": 4, "color": colour},
            hovertemplate=f"%{{x}}: %{{y{written}}} ({interval})<extra>{name}</extra>",
        )
    if not lines:
        raise InvalidInput("Expected at least one line to draw.")
    if reference is not None:
        figure.add_hline(y=reference, line={"color": PALETTE[-1], "width": 1, "dash": "dash"})
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=reference, yanchor="bottom", showarrow=False, text=reference_name
        )
    if current is not None:
        figure.add_vline(x=current, line={"color": PALETTE[-1], "width": 1, "dash": "dot"})
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(title=level, type="log" if log_x else "linear")
    figure.update_yaxes(title=value, tickformat=".0%" if share else "")
    # Room for a legend of several rows.
    return _compact(figure, height=340 + 12 * max(0, len(lines) - 3), legend=len(lines) > 1)


PALE, FULL = 0.4, 0.9
"""Opacity per share of a cell with less than half of its row, on which text has the page's colour, and of one with all or most
of it, on which text is white: readable in light and dark alike."""


def confusion_matrix(counts: ArrayLike, names: Sequence[str], *, chosen: tuple[int, int] | None = None) -> go.Figure:
    """Which class is taken for which: rows the true class, columns the predicted one; each cell can be clicked.

    counts: (K, K) pictures. names: of the K classes. chosen: the cell (row, column) that is framed. The right answers, on the
    diagonal, are blue, the mistakes orange, the stronger the larger their share of the row. Every point carries its row and
    column as `customdata`. Raises InvalidInput for another shape.
    """
    cells = _square(counts, names)
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    small = len(names) > MANY
    fills, texts, hovers = [], [], []
    for row, column in np.ndindex(cells.shape):
        share = float(shares[row, column])
        opacity = FULL + (1 - FULL) * share if share >= 0.5 else PALE * share
        fills.append((PALETTE[int(row != column)], opacity))
        texts.append(str(cells[row, column]) if small else f"{cells[row, column]}<br>{share:.0%}")
        hovers.append(f"{names[row]}, named {names[column]}: {cells[row, column]} of {cells[row].sum()} pictures")
    return _matrix(names, fills, texts, hovers, chosen)


def confusion_difference(
    before: ArrayLike, after: ArrayLike, names: Sequence[str], *, chosen: tuple[int, int] | None = None
) -> go.Figure:
    """What changed between two confusion matrices of the same pictures: after less before, cell by cell; each can be clicked.

    before, after: (K, K) pictures, rows the true class. Orange: more pictures than before, blue: fewer, the stronger the larger
    the share of the row; on the diagonal more is better, beside it worse. Cells without a change are empty. The rest as for
    `confusion_matrix`. Raises InvalidInput for another shape, or where a class has another number of pictures in the two.
    """
    first, second = _square(before, names), _square(after, names)
    totals = first.sum(axis=1)
    if (totals != second.sum(axis=1)).any():
        raise InvalidInput("Expected the same pictures twice: a class has another number of pictures in the second matrix.")
    changes = second - first
    shares = changes / np.maximum(totals, 1)[:, None]
    fills, texts, hovers = [], [], []
    for row, column in np.ndindex(changes.shape):
        change, share = int(changes[row, column]), abs(float(shares[row, column]))
        opacity = FULL + (1 - FULL) * min(share, 1) if share >= 0.5 else PALE * 2 * share
        fills.append((PALETTE[int(change > 0)], min(opacity, 1.0)))
        texts.append(f"{change:+d}".replace("-", "\u2212") if change else "")
        hovers.append(
            f"{names[row]}, named {names[column]}: {first[row, column]} before, {second[row, column]} after, of {totals[row]}"
        )
    return _matrix(names, fills, texts, hovers, chosen)


MANY = 4
"""Classes from which on cells are small."""


def _square(counts: ArrayLike, names: Sequence[str]) -> NDArray[np.int64]:
    cells = np.asarray(counts, np.int64)
    if cells.shape != (len(names), len(names)) or not len(names):
        raise InvalidInput(f"Expected counts of shape {(len(names), len(names))}, as many as names, received {cells.shape}.")
    return cells


def _matrix(
    names: Sequence[str],
    fills: Sequence[tuple[str, float]],
    texts: Sequence[str],
    hovers: Sequence[str],
    chosen: tuple[int, int] | None,
) -> go.Figure:
    """Cells row by row: (colour, opacity), what is written in them, what is told of them."""
    import plotly.graph_objects as go

    size = len(names)
    small = size > MANY
    places = list(np.ndindex(size, size))
    shapes, annotations = [], []
    for (row, column), (colour, opacity), text in zip(places, fills, texts, strict=True):
        framed = chosen == (row, column)
        red, green, blue = bytes.fromhex(colour.removeprefix("#"))
        shapes.append(
            {
                "type": "rect",
                "x0": column - 0.48,
                "x1": column + 0.48,
                "y0": row - 0.48,
                "y1": row + 0.48,
                "layer": "below",
                "fillcolor": f"rgba({red}, {green}, {blue}, {opacity:.3f})",
                "line": {"color": PALETTE[-1] if framed else "rgba(128, 128, 128, 0.25)", "width": 3 if framed else 1},
            }
        )
        # Not as the points' own text, which pales when another point is chosen.
        font = {"size": 11 if small else 14} | ({"color": "white"} if opacity >= FULL else {})
        annotations.append({"x": column, "y": row, "text": text, "showarrow": False, "font": font})
    # All at once: Plotly checks all shapes again whenever one is added.
    figure = go.Figure(layout={"shapes": shapes, "annotations": annotations})
    figure.add_scatter(
        x=[column for _, column in places],
        y=[row for row, _ in places],
        customdata=[list(place) for place in places],
        mode="markers",
        # To be clicked, not seen.
        marker={"size": 26 if small else 64, "symbol": "square", "color": "rgba(0, 0, 0, 0)"},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate=[f"{text}<extra></extra>" for text in hovers],
    )
    ticks = {"tickvals": list(range(size)), "ticktext": list(names), "showgrid": False}
    figure.update_xaxes(title="Named", side="top", range=[-0.5, size - 0.5], tickangle=-40 if small else 0, **ticks)
    figure.update_yaxes(title="True class", range=[size - 0.5, -0.5], **ticks)
    figure.update_layout(hovermode="closest", clickmode="event+select")
    figure = _compact(figure, height=120 + (38 * size if small else 84 * size), legend=False)
    if small:  # room for the last slanted name, which Plotly leaves out where it does not fit
        figure.update_layout(margin_r=56)
    return figure
