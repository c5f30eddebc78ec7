"""Colour maps: a number becomes a colour, by a table of 256 entries."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput, UnknownName
from ..types import Array

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "viridis": "Viridis",
        "cividis": "Cividis",
        "magma": "Magma",
        "jet": "Jet (misleading)",
        "grey": "Grey",
        "diverging": "Blue - white - orange",
        "diverging_dark": "Blue - black - orange",
    }
)
"""Every colour map, in the order of a menu, with its label."""

JET_WARNING = (
    "Jet shows edges that are not in the map, because its lightness jumps, and people with colour blindness cannot read it. "
    "Viridis and Cividis have neither fault."
)
"""Said where somebody chooses jet. Source: Crameri, Shephard & Heron (2020), doi:10.1038/s41467-020-19160-7."""

DIVERGING = ("diverging", "diverging_dark")
"""Maps with a neutral middle, for signed values: blue below zero, orange above.

Blue and orange stay apart in all three kinds of colour blindness and carry no "good" or "bad". The neutral colour is
exact at zero: near-white for paper and light pages, near-black for dark ones, where a white square would glare.
"""

_OPENCV = {"viridis": "COLORMAP_VIRIDIS", "cividis": "COLORMAP_CIVIDIS", "magma": "COLORMAP_MAGMA", "jet": "COLORMAP_JET"}
_DARK_NEUTRAL = (26, 27, 32)


def apply(values: ArrayLike, colormap: str = "viridis", low: float = 0.0, high: float = 1.0) -> Array:
    """Colour an array of numbers.

    values: (...) finite; what lies outside [low, high] gets the colour of the nearer end.
    low, high: the values of the first and the last colour; for a diverging map zero is neutral if low = -high.
    Returns (..., 3) float32 in [0, 1].
    """
    return lookup_table(colormap)[indices(values, low, high)]


def indices(values: ArrayLike, low: float, high: float) -> NDArray[np.uint8]:
    """Position of each value in a colour table: round(255 (v - low) / (high - low)), within 0 to 255.

    Where low = high there is no range to show: everything gets the first colour.
    """
    array = np.asarray(values, np.float32)
    if not (np.isfinite(low) and np.isfinite(high) and np.isfinite(array).all()):
        raise InvalidInput("Expected finite values to colour, received NaN or infinity. The map cannot be drawn.")
    if high < low:
        raise InvalidInput(f"Expected low <= high, received {low:g} and {high:g}.")
    if high == low:
        return np.zeros(array.shape, np.uint8)
    scaled = (array - np.float32(low)) * np.float32(255 / (high - low)) + np.float32(0.5)
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)


def css_colours(colormap: str, count: int = 33) -> tuple[str, ...]:
    """`count` colours from the first to the last of a map, as "#rrggbb": for gradients and Plotly colour scales."""
    entries = np.linspace(0, 255, count).round().astype(int)
    levels = np.round(lookup_table(colormap)[entries] * 255).astype(np.uint8)
    return tuple("#" + bytes(rgb).hex() for rgb in levels)


@lru_cache
def lookup_table(colormap: str) -> Array:
    """The 256 colours of a map, (256, 3) float32 in [0, 1], read-only."""
    if colormap not in LABELS:
        raise UnknownName("colour map", colormap, LABELS)
    if colormap == "grey":
        table = np.repeat(np.arange(256, dtype=np.float32)[:, None], 3, axis=1)
    elif colormap in DIVERGING:
        table = _diverging(dark=colormap == "diverging_dark")
    else:
        import cv2

        steps = np.arange(256, dtype=np.uint8)[:, None]
        table = cv2.applyColorMap(steps, getattr(cv2, _OPENCV[colormap]))[:, 0, ::-1].astype(np.float32)
    table = table / np.float32(255)
    table.setflags(write=False)
    return table


def _diverging(*, dark: bool) -> Array:
    """Blue half of ColorBrewer's RdBu and orange half of its PuOr; on dark pages the same steps run the other way.

    The darkest step of each is left out: laid over a dark picture, the strongest evidence would be the least visible.
    """
    from plotly.colors import diverging, unlabel_rgb

    blue = [unlabel_rgb(colour) for colour in diverging.RdBu[6:10]]  # pale -> deep
    orange = [unlabel_rgb(colour) for colour in diverging.PuOr[4:0:-1]]  # pale -> deep
    neutral = unlabel_rgb(diverging.RdBu[5])
    if dark:
        blue, orange, neutral = blue[:0:-1], orange[:0:-1], _DARK_NEUTRAL
    below = _ramp([neutral, *blue])[::-1]
    return np.concatenate([below, _ramp([neutral, *orange])])


def _ramp(anchors: list[tuple[float, float, float]]) -> Array:
    """128 colours through evenly spaced anchors. Entries 127 and 128 of the whole map are both neutral, so zero is."""
    position = np.linspace(0, len(anchors) - 1, 128)
    channels = [np.interp(position, np.arange(len(anchors)), channel) for channel in np.transpose(anchors)]
    return np.stack(channels, axis=-1).astype(np.float32)
