"""Pictures as points of a plane that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from .figures import PALETTE, _compact
from .spectra import _SYMBOLS

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = PALETTE[:-1]
"""Without the grey, which is for what others are compared with."""


def projection(
    points: ArrayLike,
    kinds: ArrayLike,
    names: Sequence[str],
    *,
    indices: ArrayLike | None = None,
    chosen: int | None = None,
    titles: tuple[str, str] = ("First component", "Second component"),
) -> go.Figure:
    """Points (N, 2), one a picture, by class: six colours that colour blindness leaves apart, other marks for further classes.

    kinds: (N,) indices into names. indices: (N,) picture of each point, its `customdata`; None: its place. chosen: the picture
    that is ringed. titles: of the axes. Raises InvalidInput where shapes do not fit.
    """
    import plotly.graph_objects as go

    places, kind = np.asarray(points, np.float64), np.asarray(kinds, np.int64)
    pictures = np.arange(len(places)) if indices is None else np.asarray(indices, np.int64)
    if places.shape != (len(kind), 2) or pictures.shape != kind.shape or not len(kind) or not np.isfinite(places).all():
        raise InvalidInput(f"Expected finite points (N, 2) and N kinds, received {places.shape}, {kind.shape}, {pictures.shape}.")
    if kind.min() < 0 or kind.max() >= len(names):
        raise InvalidInput(f"Expected kinds from 0 to {len(names) - 1}, received {kind.min()} to {kind.max()}.")
    figure = go.Figure()
    for order, name in enumerate(names):
        rows = np.flatnonzero(kind == order)
        if not len(rows):
            continue
        figure.add_scatter(
            name=name,
            x=places[rows, 0],
            y=places[rows, 1],
            customdata=pictures[rows, None].tolist(),  # a list, because an array comes back from a click as a mapping
            mode="markers",
            marker={
                "color": COLOURS[order % len(COLOURS)],
                "symbol": _SYMBOLS[order // len(COLOURS) % len(_SYMBOLS)],
                "size": 7,
                "opacity": 0.8,
            },
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0.8}},
            hovertemplate=f"{name}, picture %{{customdata[0]}}<extra></extra>",
        )
    for row in np.flatnonzero(pictures == chosen) if chosen is not None else ():
        ring = {"color": "rgba(0, 0, 0, 0)", "size": 16, "line": {"color": PALETTE[-1], "width": 3}}
        figure.add_scatter(
            x=[places[row, 0]], y=[places[row, 1]], mode="markers", marker=ring, hoverinfo="skip", showlegend=False
        )
    figure.update_xaxes(title=titles[0])
    figure.update_yaxes(title=titles[1])
    figure.update_layout(hovermode="closest", clickmode="event+select")
    shown = len(np.unique(kind))
    return _compact(figure, height=420 + 12 * max(0, shown - 3), legend=shown > 1)
