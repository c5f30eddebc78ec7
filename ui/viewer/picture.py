"""What the viewer shows, and how it travels to the browser: PNG files as data URLs in one JSON message."""

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xai_core.errors import InvalidInput
from xai_core.images import check_images, encode_png, to_uint8
from xai_core.render import ColourBar

FINE = 256 * 256
"""Pixels up to which the numbers under the cursor travel with 16 bits."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a row.

    image: (H, W), (H, W, 1) or (H, W, 3), floats in [0, 1] (clipped for display) or uint8.
    caption: its figures, at most three short lines, one figure a line.
    alt: what a person who cannot see it should know; default: title and caption.
    values: (H, W) numbers that the cursor reads instead of the drawn colours, for a map behind a colour map.
    bar: a colour bar of its own, where the pictures of the row do not share one.
    """

    title: str
    image: ArrayLike
    caption: str = ""
    alt: str = ""
    values: ArrayLike | None = None
    bar: ColourBar | None = None


@dataclass(frozen=True)
class Drawn:
    """A picture ready for the browser, written once as JSON however often it is shown; its height and width in pixels."""

    height: int
    width: int
    json: str


def draw(picture: Picture) -> Drawn:
    """The picture as JSON: to be kept where the same picture will be shown again."""
    array = np.asarray(picture.image)
    if array.dtype == np.uint8 and array.ndim in (2, 3):
        pixels = array.reshape(*array.shape[:2], -1)
        if pixels.shape[-1] not in (1, 3) or not pixels.size:
            raise InvalidInput(f"Expected a picture of shape (H, W, 1) or (H, W, 3), received {array.shape}.")
    else:
        pixels = to_uint8(check_images(array, name=f"the picture {picture.title!r}")[0])
    height, width, channels = pixels.shape
    values = None
    if picture.values is not None:
        values = _values(np.asarray(picture.values, np.float32), (height, width))
    fields = {
        "title": picture.title,
        "caption": picture.caption,
        "alt": picture.alt or ": ".join(text for text in (picture.title, picture.caption) if text),
        "src": _data_url(pixels),
        "width": width,
        "height": height,
        "channels": channels,
        "values": values,
        "bar": bar_payload(picture.bar),
    }
    return Drawn(height, width, json.dumps(fields))


def bar_payload(bar: ColourBar | None) -> dict[str, Any] | None:
    """The colour bar as JSON values; numbers get their text here, with three digits and the unit."""
    if bar is None:
        return None
    return {
        "colours": list(bar.colours),
        "low": bar.low,
        "high": bar.high,
        "low_text": _number(bar.low, bar.unit),
        "high_text": _number(bar.high, bar.unit),
        "low_word": bar.low_word,
        "high_word": bar.high_word,
        "note": bar.note,
    }


def _number(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip().replace("-", "\u2212", 1)


def _values(values: NDArray[np.float32], shape: tuple[int, int]) -> dict[str, Any]:
    """Numbers for the cursor: 16 bits between their extremes, 8 for large pictures, which is 3 or 2 digits on the screen."""
    if values.shape != shape or not np.isfinite(values).all():
        raise InvalidInput(f"Expected finite values of shape {shape}, as the picture, received {values.shape} or NaN in them.")
    low, high = float(values.min()), float(values.max())
    step = (high - low or 1.0) / (65535 if values.size <= FINE else 255)
    levels = np.round((values - low) / np.float32(step)).astype("<u2" if values.size <= FINE else np.uint8)
    magnitude = max(abs(low), abs(high)) or 1.0
    digits = (2 if values.size <= FINE else 1) - math.floor(math.log10(magnitude))
    return {
        "levels": base64.b64encode(levels.tobytes()).decode("ascii"),
        "bytes": levels.itemsize,
        "low": low,
        "step": step,
        "digits": min(max(digits, 0), 8),
    }


def _data_url(pixels: NDArray[np.uint8]) -> str:
    return "data:image/png;base64," + base64.b64encode(encode_png(pixels)).decode("ascii")
