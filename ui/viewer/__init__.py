"""A row of pictures with synchronised zoom and a linked cursor: one component of Streamlit's components v2.

The browser does the zooming; the server hears of nothing but a picked pixel or box. View and cursor live in the page, under the
component's key (or group), so they survive reruns that change the pictures.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import streamlit as st

from xai_core.errors import InvalidInput
from xai_core.render import ColourBar

from .picture import Drawn, Picture, bar_payload, draw

__all__ = ["Box", "Click", "ColourBar", "Drawn", "Picture", "draw", "viewer"]

_HERE = Path(__file__).parent
_SCRIPTS = ("geometry.js", "gestures.js", "bar.js", "divider.js", "figure.js", "viewer.js")

_component = st.components.v2.component(
    "noiselens_viewer",
    html='<div class="viewer"></div>',
    css=(_HERE / "viewer.css").read_text("utf-8"),
    js="\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),  # one module: inline components cannot import
)


@dataclass(frozen=True)
class Click:
    """A picked pixel: index of the picture in the row, row and column of the pixel, counted from 0 at the top left."""

    picture: int
    row: int
    column: int


@dataclass(frozen=True)
class Box:
    """A picked part: index of the picture in the row, first row and column, number of rows and of columns."""

    picture: int
    top: int
    left: int
    height: int
    width: int


def viewer(
    pictures: Sequence[Picture | Drawn],
    *,
    key: str,
    columns: int | None = None,
    smallest: int = 160,
    largest: int = 320,
    square: bool = True,
    bar: ColourBar | None = None,
    group: str | None = None,
    mark: tuple[int, ...] | None = None,
    clickable: bool = False,
    boxes: bool = False,
    divided: bool = False,
    on_click: Callable[[], None] | None = None,
    toolbar: bool = True,
) -> Click | Box | None:
    """Show pictures side by side, zoomed and read together.

    pictures: as they are, or drawn before with `draw`.
    columns: at most so many in a row; where they would be narrower than `smallest` px they wrap into even rows.
    largest: px of the longer side of a slot. Pictures that fit are drawn with whole screen pixels a pixel, larger ones
        shrink to the slot.
    square: slots are square, so that nothing moves when a portrait follows a landscape; else as high as the highest picture.
    bar: what the colours of the whole row mean.
    group: name shared by components that zoom together (rows of a table); default: the key.
    mark: (row, column) of a pixel of the first picture, or (top, left, height, width) of a box, outlined in all of them.
    clickable: a click (or Enter) on a pixel is returned, once, in the rerun that it causes; on_click is called before it.
    boxes: a dragged box is returned as well, in the same way; a button (or Shift) says that dragging draws one.
    divided: two pictures of one size lie over each other, with a divider that drags; a colour bar of their own is not shown.
    toolbar: the zoom buttons and the reading line; leave it out in all but the first row of a group.
    """
    if not pictures:
        raise InvalidInput("Expected at least one picture to show.")
    drawn = [draw(picture) if isinstance(picture, Picture) else picture for picture in pictures]
    shapes = [(picture.height, picture.width) for picture in drawn]
    if divided and (len(shapes) != 2 or shapes[0] != shapes[1]):
        raise InvalidInput(f"Expected two pictures of one size to lay over each other, received {shapes}.")
    clickable = clickable or boxes
    data = {
        "group": group or key,
        "columns": columns,
        "smallest": smallest,
        "largest": largest,
        "square": square,
        "toolbar": toolbar,
        "clickable": clickable,
        "boxes": boxes,
        "divided": divided,
        "mark": mark and _mark(mark, shapes[0]),
        "bar": bar_payload(bar),
    }
    # As bytes, because Streamlit writes a dictionary as JSON twice in every run: once to send it, once to tell it from others.
    message = f'{json.dumps(data)[:-1]}, "pictures": [{", ".join(picture.json for picture in drawn)}]}}'
    events = [name for name, wanted in (("click", clickable), ("box", boxes)) if wanted]
    callbacks: dict[str, Any] = {f"on_{name}_change": on_click or _nothing for name in events}
    result = _component(key=key, data=message.encode(), **callbacks)
    if not clickable:
        return None
    return _click(result.get("click"), shapes) or (_box(result.get("box"), shapes) if boxes else None)


def _nothing() -> None:
    """Streamlit reports an event only if a callback is given."""


def _click(value: Any, shapes: list[tuple[int, ...]]) -> Click | None:
    """The browser's message as a Click; None for anything that is no pixel of these pictures."""
    if not isinstance(value, Mapping):
        return None
    picture, row, column = value.get("picture"), value.get("row"), value.get("column")
    if not (_index(picture, len(shapes)) and _index(row, shapes[picture][0]) and _index(column, shapes[picture][1])):
        return None
    return Click(picture, row, column)


def _box(value: Any, shapes: list[tuple[int, ...]]) -> Box | None:
    """The browser's message as a Box; None for anything that is no part of these pictures."""
    if not isinstance(value, Mapping):
        return None
    corner = _click({"picture": value.get("picture"), "row": value.get("top"), "column": value.get("left")}, shapes)
    height, width = value.get("height"), value.get("width")
    if corner is None or type(height) is not int or type(width) is not int or min(height, width) < 1:
        return None
    if corner.row + height > shapes[corner.picture][0] or corner.column + width > shapes[corner.picture][1]:
        return None
    return Box(corner.picture, corner.row, corner.column, height, width)


def _mark(mark: tuple[int, ...], shape: tuple[int, ...]) -> dict[str, float]:
    """A pixel (its centre) or a box in 0 to 1, the one coordinate that pictures of any size share."""
    if len(mark) == 2:
        return {"x": (mark[1] + 0.5) / shape[1], "y": (mark[0] + 0.5) / shape[0]}
    top, left, height, width = mark
    return {"x": left / shape[1], "y": top / shape[0], "width": width / shape[1], "height": height / shape[0]}


def _index(value: Any, size: int) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < size
