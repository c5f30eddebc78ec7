"""Plotly figures: no title, transparent, no colours of text, so that they take on the theme of the page around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput

if TYPE_CHECKING:
    import plotly.graph_objects as go

CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
"""For `st.plotly_chart(figure, config=CONFIG)`: no tool bar over the curves, no zoom by accident."""

PALETTE = ("#0072B2", "#C77700", "#009E73", "#C46FA0", "#2F8FC4", "#D55E00", "#808080")
"""Okabe and Ito's colours, the pale ones darkened to a contrast of 3:1 on white and on near-black alike.

The order is fixed: clean is blue, noisy orange, denoised green on every page.
"""

_GRID = "rgba(128, 128, 128, 0.25)"
_HELD_OUT = ("held_out_", "val_")
_DASHES = ("solid", "dash", "dot", "dashdot")


def prediction_bars(
    class_names: Sequence[str],
    columns: Mapping[str, ArrayLike],
    *,
    top: int = 5,
    truth: str = "",
    labels: bool = True,
) -> go.Figure:
    """Probabilities of the classes as horizontal bars, one group a class, one bar a column (clean, noisy, denoised).

    columns: name -> (K,) probabilities in [0, 1], K = len(class_names).
    top: how many classes; those with the largest probability in any column are shown, in the order of `class_names`, so
        that a bar keeps its place while the noise changes as long as the classes shown do.
    truth: name of the true class, marked with a tick. labels: write the figure at the end of each bar.
    """
    import plotly.graph_objects as go

    values = {name: np.asarray(column, np.float64) for name, column in columns.items()}
    for name, column in values.items():
        if column.shape != (len(class_names),):
            raise InvalidInput(f"Expected {len(class_names)} probabilities for {name!r}, received shape {column.shape}.")
    if not values:
        raise InvalidInput("Expected at least one column of probabilities.")
    strongest = np.max(list(values.values()), axis=0)
    shown = sorted(np.argsort(-strongest, kind="stable")[:top])
    names = [class_names[index] + (" \u2713" if class_names[index] == truth else "") for index in shown]
    figure = go.Figure()
    for index, (name, column) in enumerate(values.items()):
        figure.add_bar(
            name=name,
            orientation="h",
            y=names,
            x=column[shown],
            marker={"color": PALETTE[index % len(PALETTE)], "line": {"width": 0}},
            text=[_share(value) for value in column[shown]] if labels else None,
            textposition="outside",
            textfont={"size": 11},
            constraintext="none",
            cliponaxis=False,
            hovertemplate=f"%{{y}}<br>{name}: %{{x:.3f}}<extra></extra>",
        )
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.08)
    figure.update_xaxes(title="Probability", range=[0, 1.3 if labels else 1.02], tickvals=[0, 0.25, 0.5, 0.75, 1])
    # Plotly draws the first class at the bottom, and takes the names of digits for numbers.
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    rows = len(shown) * (len(values) * 18 + 10)
    return _compact(figure, height=110 + max(60, rows), legend=len(values) > 1)


def training_curves(
    history: Sequence[Mapping[str, float]] | Mapping[str, Sequence[float]],
    *,
    metric: str = "loss",
    title: str = "",
    best_epoch: int | None = None,
    log: bool = False,
) -> go.Figure:
    """One figure of a training run over the epochs: on the training data solid, on held-out data dashed.

    history: rows as in the manifest ({"loss": ..., "held_out_loss": ...} an epoch), or columns as Keras reports them
        ({"loss": [...], "val_loss": [...]}).
    metric: its name without prefix. title: of the vertical axis, with the unit ("Loss (mean squared error)").
    best_epoch: counted from 1; the epoch whose weights were kept, marked by a line.
    """
    import plotly.graph_objects as go

    columns = history if isinstance(history, Mapping) else _columns(history)
    names = {metric: "training"} | {prefix + metric: "held out" for prefix in _HELD_OUT}
    found = {label: columns[name] for name, label in names.items() if name in columns}
    if not found:
        raise InvalidInput(f"The training history holds no {metric!r}. It holds: {', '.join(columns) or 'nothing'}.")
    figure = go.Figure()
    for label, series in found.items():
        figure.add_scatter(
            name=label,
            x=list(range(1, len(series) + 1)),
            y=list(series),
            mode="lines" if len(series) > 1 else "markers",
            line={
                "color": PALETTE[label != "training"],
                "width": 2,
                "dash": "solid" if label == "training" else "dash",
            },
            hovertemplate=f"epoch %{{x}}, {label}: %{{y:.4g}}<extra></extra>",
        )
    if best_epoch is not None:
        figure.add_vline(x=best_epoch, line={"color": PALETTE[-1], "width": 1, "dash": "dot"})
        figure.add_annotation(x=best_epoch, y=1, yref="paper", xanchor="right", yanchor="top", showarrow=False, text="kept ")
    figure.update_xaxes(title="Epoch", tickformat="d")
    figure.update_yaxes(title=title or metric.capitalize(), type="log" if log else "linear")
    return _compact(figure, height=300, legend=len(found) > 1)


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows if name in row] for name in (rows[0] if rows else {})}


def curves(
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    x_title: str,
    y_title: str,
    mark: float | None = None,
    log_x: bool = False,
    log_y: bool = False,
) -> go.Figure:
    """Lines over a common axis (a figure over the noise level), the current setting marked.

    x: (P,) positions. series: name -> (P,) values. mark: where on x the page stands now.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, (name, values) in enumerate(series.items()):
        # Dashes as well as colours: eight lines stay apart in grey print.
        style = {"color": PALETTE[index % len(PALETTE)], "width": 2, "dash": _DASHES[index // len(PALETTE) % len(_DASHES)]}
        figure.add_scatter(name=name, x=list(x), y=list(values), mode="lines+markers", line=style, marker={"size": 5})
    if mark is not None:
        figure.add_vline(x=mark, line={"color": PALETTE[-1], "width": 1, "dash": "dot"})
    figure.update_xaxes(title=x_title, type="log" if log_x else "linear")
    figure.update_yaxes(title=y_title, type="log" if log_y else "linear")
    figure.update_layout(hovermode="x unified")
    return _compact(figure, height=320, legend=len(series) > 1)


def histogram(columns: Mapping[str, ArrayLike], *, x_title: str, bins: int = 64) -> go.Figure:
    """Distribution of the values of several arrays over common bins, as outlines.

    columns: name -> array of any shape, finite. The vertical axis is the share of values in a bin.
    """
    import plotly.graph_objects as go

    arrays = {name: np.asarray(values, np.float64).ravel() for name, values in columns.items()}
    if not arrays or any(not values.size for values in arrays.values()):
        raise InvalidInput("Expected at least one value in each column of a histogram.")
    low = min(float(values.min()) for values in arrays.values())
    high = max(float(values.max()) for values in arrays.values())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    figure = go.Figure()
    for index, (name, values) in enumerate(arrays.items()):
        share = np.histogram(values, edges)[0] / values.size
        line = {"color": PALETTE[index % len(PALETTE)], "width": 2, "shape": "hvh"}
        figure.add_scatter(name=name, x=(edges[:-1] + edges[1:]) / 2, y=share, mode="lines", line=line)
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title="Share of values", tickformat=".0%", rangemode="tozero")
    return _compact(figure, height=280, legend=len(arrays) > 1)


def _share(value: float) -> str:
    """Two digits, but never a 1.00 or 0.00 that is not exact."""
    if 0.995 <= value < 1:
        return ">0.99"
    return "<0.01" if 0 < value < 0.005 else f"{value:.2f}"


def _compact(figure: go.Figure, *, height: int, legend: bool) -> go.Figure:
    """The common look: small margins that grow with the labels, the legend above the plot, faint grid lines."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 40 if legend else 16, "b": 8},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom", "title": {"text": ""}},
        dragmode=False,
    )
    figure.update_xaxes(automargin=True, gridcolor=_GRID, zeroline=False, fixedrange=True)
    figure.update_yaxes(automargin=True, gridcolor=_GRID, zeroline=False, fixedrange=True)
    return figure
