"""A row of pictures with synchronised zoom and a linked cursor: one component of Streamlit's components v2.

The browser does the zooming; the server hears of nothing but a picked pixel. View and cursor live in the page, under the
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

__all__ = ["Click", "ColourBar", "Drawn", "Picture", "draw", "viewer"]

_HERE = Path(__file__).parent
_SCRIPTS = ("geometry.js", "gestures.js", "bar.js", "figure.js", "viewer.js")

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
    mark: tuple[int, int] | None = None,
    clickable: bool = False,
    on_click: Callable[[], None] | None = None,
    toolbar: bool = True,
) -> Click | None:
    """Show pictures side by side, zoomed and read together.

    pictures: as they are, or drawn before with `draw`.
    columns: at most so many in a row; where they would be narrower than `smallest` px they wrap into even rows.
    largest: px of the longer side of a slot. Pictures that fit are drawn with whole screen pixels a pixel, larger ones
        shrink to the slot.
    square: slots are square, so that nothing moves when a portrait follows a landscape; else as high as the highest picture.
    bar: what the colours of the whole row mean.
    group: name shared by components that zoom together (rows of a table); default: the key.
    mark: (row, column) of a pixel of the first picture, outlined in all of them.
    clickable: a click (or Enter) on a pixel is returned, once, in the rerun that it causes; on_click is called before it.
    toolbar: the zoom buttons and the reading line; leave it out in all but the first row of a group.
    """
    if not pictures:
        raise InvalidInput("Expected at least one picture to show.")
    drawn = [draw(picture) if isinstance(picture, Picture) else picture for picture in pictures]
    shapes = [(picture.height, picture.width) for picture in drawn]
    data = {
        "group": group or key,
        "columns": columns,
        "smallest": smallest,
        "largest": largest,
        "square": square,
        "toolbar": toolbar,
        "clickable": clickable,
        # The centre of the pixel in 0 to 1, the one coordinate that pictures of any size share.
        "mark": mark and {"x": (mark[1] + 0.5) / shapes[0][1], "y": (mark[0] + 0.5) / shapes[0][0]},
        "bar": bar_payload(bar),
    }
    # As bytes, because Streamlit writes a dictionary as JSON twice in every run: once to send it, once to tell it from others.
    message = f'{json.dumps(data)[:-1]}, "pictures": [{", ".join(picture.json for picture in drawn)}]}}'
    callbacks: dict[str, Any] = {"on_click_change": on_click or _nothing} if clickable else {}
    result = _component(key=key, data=message.encode(), **callbacks)
    return _click(result.get("click"), shapes) if clickable else None


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


def _index(value: Any, size: int) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < size
