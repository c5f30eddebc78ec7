"""A denoiser at one batch of pictures, and what small changes of them do to its output: networks and filters alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...compiled import forward
from ...errors import InvalidInput
from ...images import check_images
from ...types import Array
from .._models import open_model
from .._tangents import push_forward

STEP = 1e-3
"""Of a finite difference, as a share of white: filters are smooth piece by piece, and float32 still tells the difference."""

AROUND = 8
"""Pixels on each side of one that a filter without a network is asked about, and as many again around them."""


@dataclass(frozen=True)
class Local:
    """A denoiser at pictures.

    model: its Keras network, or None for a filter. function: the filter, pictures -> pictures before the limits of [0, 1].
    inputs: (N, h, w, c) float32; a guided network's last channel is the level. channels: of the picture.
    reach: how many pixels away an output pixel looks, at most; None: the whole picture counts. stride: multiples at which a part
    may begin and end, so that strided layers meet the same pixels.
    """

    model: Any
    function: Callable[[Array], Any]
    inputs: Array
    channels: int
    reach: int | None = None
    stride: int = 1

    @property
    def pictures(self) -> Array:
        """(N, h, w, channels): the inputs without the level."""
        return self.inputs[..., : self.channels]

    def around(self, top: int, left: int, height: int = 1, width: int = 1) -> tuple[slice, slice]:
        """Rows and columns of the picture on which the output in a window depends; InvalidInput for a window outside."""
        rows, columns = self.inputs.shape[1:3]
        if not (0 <= top <= rows - height and 0 <= left <= columns - width):
            raise InvalidInput(
                f"Expected pixels within the {rows} x {columns} picture, "
                f"received {height} x {width} from row {top}, column {left}."
            )
        return self._span(top, height, rows), self._span(left, width, columns)

    def _span(self, first: int, count: int, length: int) -> slice:
        if self.reach is None:
            return slice(0, length)
        begin = max(0, first - self.reach) // self.stride * self.stride
        end = -(-(first + count + self.reach) // self.stride) * self.stride
        return slice(begin, min(end, length))

    def cropped(self, rows: slice, columns: slice) -> "Local":
        return replace(self, inputs=np.ascontiguousarray(self.inputs[:, rows, columns]))

    def value(self) -> Array:
        """f(y) before it is limited to [0, 1], (N, h, w, C) float32."""
        if self.model is not None:
            return forward(self.model, self.inputs)
        return np.asarray(self.function(self.inputs), np.float32)

    def along(self, tangents: Array) -> tuple[Array, Array]:
        """f(y) and J t: exact for a network, central differences for a filter.

        tangents: (k, N, h, w, channels), changes of the picture; the level stays. Returns (N, h, w, C) and (k, N, h, w, C).
        """
        if self.model is not None:
            still = self.inputs.shape[-1] - self.channels
            return push_forward(self.model, self.inputs, np.pad(tangents, [(0, 0)] * 4 + [(0, still)]))
        return self.value(), np.stack([self._slope(tangent) for tangent in tangents])

    def _slope(self, tangent: Array) -> Array:
        largest = float(np.abs(tangent).max())
        if largest == 0:
            return np.zeros_like(self.inputs)
        step = np.float32(STEP / largest)
        ahead, behind = (np.asarray(self.function(self.inputs + sign * step * tangent), np.float64) for sign in (1, -1))
        return np.asarray((ahead - behind) / (2 * step), np.float32)


def at(denoiser: Any, images: ArrayLike) -> Local:
    """A denoiser (wrapper, Keras model, or function of pictures) at (N, H, W, C) pictures.

    Raises InvalidInput where they do not fit, and for a filter that would estimate the level anew for each changed picture.
    """
    batch = check_images(images)
    opened = open_model(denoiser, batch)
    if opened.model is not None:
        sees = getattr(denoiser, "reach", None), getattr(denoiser, "stride", 1)
        return Local(opened.model, opened.function, opened.inputs, opened.shape[-1] - opened.guides, *sees)
    if getattr(denoiser, "level", 0) is None and not denoiser.spec.supports.get("blind"):
        raise InvalidInput("Expected a denoiser that is told the noise level, received one that is not. Set it: denoiser.at(25).")
    return Local(None, getattr(denoiser, "unclipped", denoiser), batch, batch.shape[-1], 2 * AROUND)


def one_picture(image: ArrayLike) -> Array:
    """(1, H, W, C), checked; InvalidInput for several."""
    batch = check_images(image)
    if len(batch) != 1:
        raise InvalidInput(f"Expected one picture, received {len(batch)}.")
    return batch
