"""Figures of noise: its spectrum, its distribution, and quality over its level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..images import check_images
from ..metrics import power_spectrum
from ..types import Array
from .figures import PALETTE, _compact

if TYPE_CHECKING:
    import plotly.graph_objects as go

FLOOR = -20.0
"""What `spectrum_picture` shows of less power, in dB: a tenth of what rounding to 256 grey levels leaves (-10.8 dB)."""

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")

Curve = tuple[ArrayLike, ArrayLike]
"""Positions and values, both (P,)."""


@dataclass(frozen=True)
class SpectrumPicture:
    """A power spectrum to look at.

    power: (H, W) float32 in dB, 10 log10 of squared grey levels (0-255 scale), the mean of the channels, frequency 0 in the
        middle (row H // 2, column W // 2), where it is FLOOR because the mean is taken away. White noise of standard
        deviation s lies around 20 log10 s, at sigma 25 around 28 dB.
    rows, columns: (H,) and (W,) float64, frequency of each row (down) and column (to the right), cycles per pixel, from -0.5.
    """

    power: Array
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]


def spectrum_picture(image: ArrayLike) -> SpectrumPicture:
    """The logarithm of the power spectrum of one picture, noise or residual, under Hann's window.

    image: (H, W, C) or (H, W) on the [0, 1] scale. Raises InvalidInput for a batch of several.
    """
    batch = check_images(image, name="the picture")
    if len(batch) != 1:
        raise InvalidInput(f"Expected one picture, received {len(batch)}.")
    power = np.fft.fftshift(power_spectrum(batch)[0].mean(axis=-1))
    decibels = 10 * np.log10(np.maximum(power, 10 ** (FLOOR / 10)))
    rows, columns = (np.fft.fftshift(np.fft.fftfreq(side)) for side in power.shape)
    return SpectrumPicture(decibels.astype(np.float32), rows, columns)


RING = (0.25, 0.85, 1.0)
"""Light blue, which the colour maps of spectra do not hold."""


def ringed(image: ArrayLike, waves: Iterable[tuple[float, float]]) -> Array:
    """A drawn spectrum with a ring around each wave and its mirror image.

    image: (H, W, 3) in [0, 1], frequency 0 at (H // 2, W // 2). waves: (u, v) in cycles per pixel along columns and rows.
    """
    from skimage.draw import circle_perimeter

    marked = np.array(image, np.float32)
    height, width = marked.shape[:2]
    radius = max(2, min(height, width) // 40)
    for u, v in waves:
        for sign in (1, -1):
            centre = height // 2 + round(sign * v * height), width // 2 + round(sign * u * width)
            for thick in range(max(1, radius // 3)):
                marked[circle_perimeter(*centre, radius + thick, shape=(height, width))] = RING
    return marked


def noise_histogram(
    values: ArrayLike,
    pdf: Callable[[NDArray[np.float64]], ArrayLike] | None = None,
    *,
    x_title: str = "Noise (grey levels, 0-255 scale)",
    bins: int = 80,
) -> go.Figure:
    """How often each strength of noise occurs, with the density of its formula drawn over it.

    values: finite noise or residual of any shape, 0-255 scale. pdf: (P,) values -> (P,) density for each grey level; None
    draws the histogram alone. The bars' area is 1, so both share an axis. Raises InvalidInput for no or infinite values.
    """
    import plotly.graph_objects as go

    noise = np.asarray(values, np.float64).ravel()
    if not noise.size or not np.isfinite(noise).all():
        raise InvalidInput("Expected at least one value of noise, and finite ones only.")
    low, high = float(noise.min()), float(noise.max())
    edges = np.linspace(low, high, bins + 1) if high > low else np.linspace(low - 0.5, low + 0.5, bins + 1)
    # The counts go to the browser, not a million values.
    density = np.histogram(noise, edges, density=True)[0]
    figure = go.Figure()
    figure.add_bar(
        name="measured",
        x=(edges[:-1] + edges[1:]) / 2,
        y=density,
        width=edges[1] - edges[0],
        marker={"color": PALETTE[0], "opacity": 0.6, "line": {"width": 0}},
        hovertemplate="%{x:.1f}: %{y:.4f}<extra>measured</extra>",
    )
    if pdf is not None:
        x = np.linspace(edges[0], edges[-1], 257)
        line = {"color": PALETTE[5], "width": 2}
        hover = "%{x:.1f}: %{y:.4f}<extra>formula</extra>"
        figure.add_scatter(name="formula", x=x, y=np.asarray(pdf(x), np.float64), mode="lines", line=line, hovertemplate=hover)
    figure.update_layout(bargap=0)
    figure.update_xaxes(title=x_title)
    # A formula may have no highest value (a sine's has two poles): the bars decide the height.
    figure.update_yaxes(title="Density (per grey level)", range=[0, 1.25 * float(density.max())])
    return _compact(figure, height=280, legend=pdf is not None)


def radial_spectrum(lines: Mapping[str, Curve]) -> go.Figure:
    """Power over the spatial frequency on a logarithmic axis: white noise is level, pictures fall, blur cuts the right end.

    lines: name -> (frequencies, power), both (K,), as `metrics.radial_power` gives them: cycles per pixel, squared grey levels.
    Raises InvalidInput for no lines or unequal lengths.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, (name, (frequencies, power)) in enumerate(_checked(lines).items()):
        line = {"color": PALETTE[index % len(PALETTE)], "width": 2, "dash": _DASHES[index % len(_DASHES)]}
        hover = f"%{{x:.3f}}: %{{y:.3g}}<extra>{name}</extra>"
        figure.add_scatter(name=name, x=frequencies, y=power, mode="lines", line=line, hovertemplate=hover)
    figure.update_xaxes(title="Spatial frequency (cycles per pixel)", rangemode="tozero")
    figure.update_yaxes(title="Power (squared grey levels)", type="log", exponentformat="power")
    return _compact(figure, height=300, legend=len(lines) > 1)


def level_curve(
    lines: Mapping[str, Curve],
    *,
    value: str,
    level: str,
    current: float | None = None,
    trained: tuple[float, float] | None = None,
) -> go.Figure:
    """A figure of quality over the noise's level, one line a denoiser; each point can be clicked.

    lines: name -> (levels, values), both (P,); NaN leaves a gap. value, level: titles of the axes with their units.
    current: the level of the page, marked by a line. trained: lowest and highest level of the training, shaded.
    Every point carries its level as `customdata`: `st.plotly_chart(..., on_select=..., selection_mode="points")` hands it
    over. Raises InvalidInput for no lines or unequal lengths.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for index, (name, (levels, values)) in enumerate(_checked(lines).items()):
        colour = PALETTE[index % len(PALETTE)]
        figure.add_scatter(
            name=name,
            x=levels,
            y=values,
            customdata=levels.tolist(),
            mode="lines+markers",
            line={"color": colour, "width": 2},
            # Shapes tell the lines apart without colours; large enough to be clicked.
            marker={"color": colour, "size": 9, "symbol": _SYMBOLS[index % len(_SYMBOLS)]},
            selected={"marker": {"size": 13}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate=f"%{{x}}: %{{y:.4g}}<extra>{name}</extra>",
        )
    if trained is not None:
        figure.add_vrect(x0=trained[0], x1=trained[1], fillcolor=PALETTE[-1], opacity=0.12, line_width=0, layer="below")
    if current is not None:
        figure.add_vline(x=current, line={"color": PALETTE[-1], "width": 1, "dash": "dot"})
    figure.update_layout(hovermode="closest", clickmode="event+select")
    figure.update_xaxes(title=level)
    figure.update_yaxes(title=value)
    # Room for a legend of several rows.
    return _compact(figure, height=320 + 8 * max(0, len(lines) - 3), legend=len(lines) > 1)


def _checked(lines: Mapping[str, Curve]) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    if not lines:
        raise InvalidInput("Expected at least one line to draw.")
    arrays = {name: (np.asarray(x, np.float64), np.asarray(y, np.float64)) for name, (x, y) in lines.items()}
    for name, (x, y) in arrays.items():
        if x.ndim != 1 or x.shape != y.shape:
            raise InvalidInput(f"Expected as many values as positions for {name!r}, received shapes {y.shape} and {x.shape}.")
    return arrays
