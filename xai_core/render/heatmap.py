"""Heat maps: which range of values is shown, smoothing, overlay on the picture, the colour bar's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..images import check_images, to_grey
from ..types import Array
from . import colour

Limits = tuple[float, float]
Smoothing = Literal["none", "tv", "gaussian", "median"]
SMOOTHINGS: tuple[Smoothing, ...] = ("none", "tv", "gaussian", "median")

CLIP_PERCENTILE = 99.5
"""Share of pixels that a colour range covers: a few extreme pixels may not turn all others pale."""

INK = 0.75
"""Which blue and orange a signed overlay uses: three quarters of the way to the ends, bright enough for a black sky."""


@dataclass(frozen=True)
class ColourBar:
    """What the colours of a row mean.

    colours: "#rrggbb" from low to high. low_word, high_word: the meaning of both ends in words. unit: of low and high.
    """

    colours: tuple[str, ...]
    low: float
    high: float
    low_word: str = ""
    high_word: str = ""
    unit: str = ""


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


def smooth(heatmap: ArrayLike, method: Smoothing = "tv", *, weight: float = 0.1, size: float = 1.5) -> Array:
    """Smooth one heat map for display.

    heatmap: (H, W), finite.
    method: "none"; "tv", total variation (Chambolle 2004, doi:10.1023/B:JMIV.0000011325.36760.1e) with `weight` on the
        map scaled to a range of 1, then scaled back, so the weight means the same on every map; "gaussian" with
        standard deviation `size` in pixels; "median" over 5 x 5 pixels (3 x 3 if `size` is below 1).
    Returns (H, W) float32 in the unit of the input. It changes what is seen, never a figure: metrics use the raw map.
    """
    array = np.asarray(heatmap, np.float32)
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise InvalidInput(f"Expected a finite heat map of shape (H, W), received {array.shape} or NaN in it.")
    span = float(np.ptp(array))
    if method not in SMOOTHINGS:
        raise InvalidInput(f"Expected a smoothing out of {', '.join(SMOOTHINGS)}, received {method!r}.")
    if method == "none" or span == 0:
        return array.copy()
    if method == "tv":
        from skimage.restoration import denoise_tv_chambolle

        smoothed = denoise_tv_chambolle(array / span, weight=weight) * span
    elif method == "gaussian":
        from scipy.ndimage import gaussian_filter

        smoothed = gaussian_filter(array, size, mode="nearest")
    else:
        import cv2

        smoothed = cv2.medianBlur(array, 5 if size >= 1 else 3)
    return np.asarray(smoothed, np.float32)


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


def colour_bar(colormap: str, low: float, high: float, *, low_word: str = "", high_word: str = "", unit: str = "") -> ColourBar:
    """The legend of a row: colours of the map with the numbers and the meaning of both ends."""
    return ColourBar(colour.css_colours(colormap), float(low), float(high), low_word, high_word, unit)
