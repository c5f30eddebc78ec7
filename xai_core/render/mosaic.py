"""All channels of a layer in one picture."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..types import Array
from . import colour

Scale = Literal["map", "layer", "global"]
SCALES: tuple[Scale, ...] = ("map", "layer", "global")

GUTTER = 128
HATCH = (96, 144)
"""Grey levels: a middle one between the cells, two for the stripes of a dead channel; no colour map has them as a pattern."""


@dataclass(frozen=True)
class Mosaic:
    """Channels as a grid, row by row: channel 0 at the top left.

    image: (rows (H + gutter) + gutter, columns (W + gutter) + gutter, 3) uint8.
    limits: (C, 2) float32, the values of the first and the last colour of each channel.
    dead: (C,) bool, channels that are zero everywhere; drawn as grey stripes.
    """

    image: NDArray[np.uint8]
    cell: tuple[int, int]
    columns: int
    gutter: int
    limits: Array
    dead: NDArray[np.bool_]

    def origin(self, channel: int) -> tuple[int, int]:
        """Row and column of the top left pixel of a channel."""
        if not 0 <= channel < len(self.dead):
            raise InvalidInput(f"Expected a channel from 0 to {len(self.dead) - 1}, received {channel}.")
        row, column = divmod(channel, self.columns)
        return self.gutter + row * (self.cell[0] + self.gutter), self.gutter + column * (self.cell[1] + self.gutter)

    def channel_at(self, row: int, column: int) -> int | None:
        """Which channel is drawn at a pixel of the picture; None between the cells and in empty ones."""
        cell_row, inner_row = divmod(row - self.gutter, self.cell[0] + self.gutter)
        cell_column, inner_column = divmod(column - self.gutter, self.cell[1] + self.gutter)
        inside = inner_row < self.cell[0] and inner_column < self.cell[1] and cell_row >= 0 and 0 <= cell_column < self.columns
        channel = cell_row * self.columns + cell_column
        return channel if inside and channel < len(self.dead) else None


def mosaic(
    activation: ArrayLike,
    *,
    scale: Scale = "map",
    limits: tuple[float, float] | None = None,
    colormap: str = "viridis",
    columns: int | None = None,
    gutter: int | None = None,
) -> Mosaic:
    """Draw the channels of one activation as a grid.

    activation: (H, W, C) finite, or (C,) of a dense layer, each unit one pixel.
    scale: "map" gives each channel its own range, which shows its pattern; "layer" one range for all channels, which
        shows the strong ones; "global" the range in `limits`, which makes two mosaics comparable.
        With a diverging colour map the range is made symmetric about zero.
    columns: of the grid; default: near square without empty cells where that is possible.
    gutter: pixels between the cells; default: 1, more for large cells, none for single pixels.
    """
    import cv2

    array = np.asarray(activation, np.float32)
    if array.ndim == 1:
        array = array[None, None]
    if array.ndim != 3 or 0 in array.shape or not np.isfinite(array).all():
        raise InvalidInput(f"Expected a finite activation (H, W, C) or (C,), received {np.shape(activation)} or NaN in it.")
    height, width, channels = array.shape
    ranges = _ranges(array, scale, limits, symmetric=colormap in colour.DIVERGING)
    dead = dead_channels(array)
    columns = _columns(channels) if columns is None else max(1, min(columns, channels))
    rows = -(-channels // columns)
    if gutter is None:
        gutter = 0 if height * width == 1 else max(1, round(height / 48))

    # Each cell carries its gutter on the right and below; the first rows and columns of gutter are added at the end.
    tall, wide = height + gutter, width + gutter
    levels = np.zeros((rows, tall, columns, wide), np.uint8)
    cells = np.zeros((rows * columns, height, width), np.uint8)
    cells[:channels] = _levels(array, ranges).transpose(2, 0, 1)
    levels[:, :height, :, :width] = cells.reshape(rows, columns, height, width).swapaxes(1, 2)

    image = np.full((rows * tall + gutter, columns * wide + gutter, 3), GUTTER, np.uint8)
    table = np.round(colour.lookup_table(colormap) * 255).astype(np.uint8)
    coloured = cv2.applyColorMap(levels.reshape(rows * tall, columns * wide), table[:, None])
    grid = coloured.reshape(rows, tall, columns, wide, 3)
    grid[:, height:] = grid[:, :, :, width:] = GUTTER
    for channel in (*np.flatnonzero(dead), *range(channels, rows * columns)):
        row, column = divmod(int(channel), columns)
        grid[row, :height, column, :width] = _hatch(height, width) if channel < channels else GUTTER
    image[gutter:, gutter:] = coloured
    return Mosaic(image, (height, width), columns, gutter, ranges, dead)


def dead_channels(activation: ArrayLike, *, tolerance: float = 1e-6) -> NDArray[np.bool_]:
    """Find channels that say nothing: zero for every position (and every image, if a batch is given).

    activation: (..., C). tolerance: largest absolute value that counts as zero, relative to the layer's largest.
    Returns (C,) bool. Dead on one picture need not mean dead on others: give a batch to know.
    """
    array = np.abs(np.asarray(activation, np.float32))
    strongest = array.reshape(-1, array.shape[-1]).max(axis=0)
    return np.asarray(strongest <= tolerance * strongest.max(initial=0), np.bool_)


def _ranges(array: Array, scale: Scale, limits: tuple[float, float] | None, *, symmetric: bool) -> Array:
    channels = array.shape[-1]
    if scale == "map":
        flat = array.reshape(-1, channels)
        ranges = np.stack([flat.min(axis=0), flat.max(axis=0)], axis=1)
    elif scale == "layer":
        ranges = np.tile(np.array([array.min(), array.max()], np.float32), (channels, 1))
    elif scale == "global":
        if limits is None:
            raise InvalidInput('The scale "global" needs limits=(low, high), the range shared with other pictures.')
        ranges = np.tile(np.array(limits, np.float32), (channels, 1))
    else:
        raise InvalidInput(f"Expected a scale out of {', '.join(SCALES)}, received {scale!r}.")
    if symmetric:
        top = np.abs(ranges).max(axis=1)
        top[top == 0] = 1  # a channel of zeros is neutral, not the first colour
        ranges = np.stack([-top, top], axis=1)
    return ranges


def _levels(array: Array, ranges: Array) -> NDArray[np.uint8]:
    """Index into the colour table, (H, W, C); a constant channel gets the first colour."""
    low, high = ranges[:, 0], ranges[:, 1]
    factor = np.where(high > low, 255 / np.where(high > low, high - low, 1), 0).astype(np.float32)
    scaled = array * factor
    scaled += np.float32(0.5) - low * factor
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def _columns(channels: int) -> int:
    """Smallest divisor from the square root up to twice it (32 -> 8 x 4), else the square root rounded up."""
    root = int(np.ceil(np.sqrt(channels)))
    return next((columns for columns in range(root, 2 * root + 1) if channels % columns == 0), root)


def _hatch(height: int, width: int) -> NDArray[np.uint8]:
    """Diagonal stripes, (H, W, 1)."""
    rows, columns = np.ogrid[:height, :width]
    period = max(2, min(height, width) // 4)
    stripe = (rows + columns) % period < max(1, period // 3)
    return np.where(stripe, HATCH[1], HATCH[0]).astype(np.uint8)[..., None]
