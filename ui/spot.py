"""The spot of a denoised picture that is explained: a pixel, or a box around it."""

from dataclasses import dataclass

from xai_core.scene import Scene

from . import state
from .viewer import Box, Click


@dataclass(frozen=True)
class Spot:
    """A pixel, and the box (top, left, height, width) that it is the middle of; a pixel alone is a box of 1 x 1."""

    row: int
    column: int
    box: tuple[int, int, int, int]

    @property
    def single(self) -> bool:
        return self.box[2:] == (1, 1)

    @property
    def mark(self) -> tuple[int, ...]:
        """For the viewer."""
        return (self.row, self.column) if self.single else self.box

    @property
    def words(self) -> str:
        top, left, height, width = self.box
        if self.single:
            return f"row {self.row}, column {self.column}"
        return f"the box of {height} x {width} pixels from row {top}, column {left}"

    def target(self, kind: str) -> str:
        """In the form used in links; kind: "value" (of the pixel, mean of the box), "detail" or "residual"."""
        if kind == "value" and self.single:
            return f"pixel:{self.row},{self.column}"
        name = "window" if kind == "value" else kind
        return f"{name}:{','.join(map(str, self.box))}"


def read(scene: Scene, height: int, width: int) -> Spot:
    """The scene's spot within a picture of this size; the pixel in its middle if it has none."""
    kind, _, numbers = scene.spot.partition(":")
    values = [int(value) for value in numbers.split(",") if value.isdecimal()]
    if kind == "window" and len(values) == 4 and min(values[2:]) > 0:
        top, left = min(values[0], height - 1), min(values[1], width - 1)
        rows, columns = min(values[2], height - top), min(values[3], width - left)
        return Spot(top + rows // 2, left + columns // 2, (top, left, rows, columns))
    row, column = values[:2] if kind == "pixel" and len(values) >= 2 else (height // 2, width // 2)
    row, column = min(row, height - 1), min(column, width - 1)
    return Spot(row, column, (row, column, 1, 1))


def put(chosen: Click | Box, height: int, width: int) -> None:
    """Make what was picked the scene's spot."""
    if isinstance(chosen, Box):
        text = f"window:{chosen.top},{chosen.left},{chosen.height},{chosen.width}"
    else:
        text = f"pixel:{chosen.row},{chosen.column}"
    state.put(spot="" if text == f"pixel:{height // 2},{width // 2}" else text)
