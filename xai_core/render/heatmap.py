"""Heat maps: which range of values is shown, what smoothing did, overlay on the picture, the colour bar's words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..explainers import EXPLAINERS, ClassLogit
from ..images import check_images, to_grey
from ..trust.agreement import rank_correlation
from ..types import Array, Explanation
from . import colour

Limits = tuple[float, float]

CLIP_PERCENTILE = 99.5
"""Share of pixels that a colour range covers: a few extreme pixels may not turn all others pale."""

REORDERED = 0.8
"""Rank correlation of a map with itself smoothed, below which a reader is warned.

Measured on galaxies and digits: every smoothing leaves the maps of Grad-CAM, Layer-CAM and RISE at 0.82 or more, and brings
the grainy ones of integrated gradients to 0.3 to 0.8.
"""

INK = 0.75
"""Which blue and orange a signed overlay uses: three quarters of the way to the ends, bright enough for a black sky."""


@dataclass(frozen=True)
class ColourBar:
    """What the colours of a row mean.

    colours: from low to high, "#rrggbb", or "#rrggbbaa" where the picture shows through. low_word, high_word: the meaning of both
    ends in words. unit: of low and high.
    note: what else a reader must know, a line under the bar.
    """

    colours: tuple[str, ...]
    low: float
    high: float
    low_word: str = ""
    high_word: str = ""
    unit: str = ""
    note: str = ""


def limits(
    maps: Sequence[ArrayLike], signed: bool, *, linked: bool = True, clip_percentile: float = CLIP_PERCENTILE
) -> list[Limits]:
    """Choose the range of values that the colours of each map span.

    maps: arrays of any shape, finite.
    signed: (-m, m), so that zero is the middle colour; else (0, m), or (least, m) if there are values below zero.
        m is the percentile of the absolute values (of the values if not signed).
    linked: one range for all maps, which makes their colours comparable; else one range each.
    Returns one (low, high) a map, low < high always: a blank map gets (-1, 1) or (0, 1), a constant one its value + 1.
    """
    arrays = [np.asarray(values, np.float32).ravel() for values in maps]
    if linked and arrays:
        return [_range(np.concatenate(arrays), signed, clip_percentile)] * len(arrays)
    return [_range(values, signed, clip_percentile) for values in arrays]


def _range(values: Array, signed: bool, percentile: float) -> Limits:
    if not values.size:
        return (-1.0, 1.0) if signed else (0.0, 1.0)
    if signed:
        values = np.abs(values)
    top = float(np.percentile(values, percentile))
    least, most = float(values.min()), float(values.max())
    if top <= max(least, 0):  # so few pixels differ from the rest that the percentile misses them
        top = most
    if signed:
        return (-top, top) if top > 0 else (-1.0, 1.0)
    low = min(0.0, least)
    return (low, top) if top > low else (low, low + 1.0)


def reordering(raw: Sequence[ArrayLike], smoothed: Sequence[ArrayLike], names: Sequence[str]) -> str:
    """A warning where smoothing changed the order of the pixels much; empty where it did not.

    raw, smoothed: maps, each (H, W). names: of the maps, as they are called on the page.
    Much is a rank correlation below REORDERED; a constant map has no order to change.
    """
    correlations = {
        name.lower(): rank_correlation(before, after)
        for name, before, after in zip(names, raw, smoothed, strict=True)
        if np.ptp(np.asarray(before)) > 0
    }
    changed = [f"{name} {value:.2f}" for name, value in correlations.items() if value < REORDERED]
    if not changed:
        return ""
    return (
        f"Smoothing reordered the pixels (rank correlation with the raw map: {', '.join(changed)}): "
        "read where the evidence lies, not its shapes. Figures always use the raw map."
    )


def overlay(
    image: ArrayLike,
    heatmap: ArrayLike,
    *,
    low: float,
    high: float,
    colormap: str = "viridis",
    alpha: float = 0.6,
    fade: bool | None = None,
) -> Array:
    """Lay a heat map over the grey version of its picture.

    image: (H, W, C) in [0, 1] or uint8. heatmap: (H, W), same size. alpha: opacity of the colours, 0 to 1.
    fade: the opacity follows the strength, alpha |v| / limit, so that the picture stays as it is where there is no
        evidence. Default: for diverging maps, whose neutral colour would else lie over the picture like fog; they are
        then drawn with one blue and one orange, because pale steps between would be lost on white strokes and look like
        light on a black sky. Sequential maps have the same opacity everywhere, as is usual.
    Returns (H, W, 3) float32 in [0, 1]: (1 - a) grey + a colour.
    """
    grey = np.clip(to_grey(check_images(image, name="image"))[0], 0, 1)
    values = np.asarray(heatmap, np.float32)
    if values.shape != grey.shape[:2]:
        raise InvalidInput(f"Expected a heat map of shape {grey.shape[:2]}, as the picture, received {values.shape}.")
    if not 0 <= alpha <= 1:
        raise InvalidInput(f"Expected an opacity between 0 and 1, received {alpha:g}.")
    opacity = np.full((*values.shape, 1), alpha, np.float32)
    colours = colour.apply(values, colormap, low, high)
    if fade if fade is not None else colormap in colour.DIVERGING:
        limit = max(abs(low), abs(high)) or 1.0
        opacity *= np.clip(np.abs(values) / limit, 0, 1)[..., None]
        if colormap in colour.DIVERGING:
            colours = colour.apply(np.sign(values), "diverging", -1 / INK, 1 / INK)
    blended: Array = grey * (1 - opacity) + colours * opacity
    return blended


def colour_bar(
    colormap: str,
    low: float,
    high: float,
    *,
    low_word: str = "",
    high_word: str = "",
    unit: str = "",
    note: str = "",
    fade: bool = False,
) -> ColourBar:
    """The legend of a row: colours of the map with the numbers and the meaning of both ends.

    fade: of a signed overlay as `overlay` draws it: one blue and one orange, whose opacity follows the strength.
    """
    colours = colour.css_colours(colormap)
    if fade and colormap in colour.DIVERGING:
        strength = np.linspace(-1, 1, len(colours))
        inks = np.round(255 * colour.apply(np.sign(strength), "diverging", -1 / INK, 1 / INK)).astype(np.uint8)
        opacity = np.round(255 * np.abs(strength)).astype(np.uint8)
        colours = tuple("#" + bytes(rgba).hex() for rgba in np.column_stack([inks, opacity]))
    return ColourBar(colours, float(low), float(high), low_word, high_word, unit, note)


def bar_note(maps: Sequence[ArrayLike], ranges: Sequence[Limits], *, unit: str = "") -> str:
    """What the colour bars of a row do not show: the unit of their numbers, the pixels beyond their ends, whose they are.

    maps, ranges: those drawn, and the ends of the bar of each, as `limits` chose them.
    """
    # The ends are percentiles, hence values of the map: rounding may not count those that are an end.
    beyond = np.mean(
        [
            float(np.mean(np.abs(np.asarray(values) - (low + high) / 2) > (high - low) * (0.5 + 1e-6)))
            for values, (low, high) in zip(maps, ranges, strict=True)
        ]
    )
    parts = [f"Unit: {unit}." if unit else ""]
    if beyond > 0:
        share = f"{100 * beyond:.1f} %" if beyond >= 0.0005 else "Less than 0.1 %"
        parts.append(f"{share} of the pixels lie beyond the ends and have the end colour.")
    if len(maps) > 1:
        one = len(set(ranges)) == 1
        parts.append("One scale for the row." if one else "Each picture has a scale of its own: colours do not compare.")
    return " ".join(part for part in parts if part)


def unit(found: Explanation) -> str:
    """The unit of a map's numbers in words; empty where they have none that means something outside the network.

    A method says its own as supports["unit"], with {score} for the target's; those whose map is made to keep its sum, or is
    one number a superpixel, need not.
    """
    supports = EXPLAINERS.get(found.method).supports
    usual = {"sum": "{score} per pixel", "nearest": "{score} per superpixel"}.get(supports["resize"], "")
    score = "class score (logit)" if found.target.startswith(ClassLogit.kind) else "brightness of the output (0 to 1)"
    return str(supports.get("unit", usual)).format(score=score)
