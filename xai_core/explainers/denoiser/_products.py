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


@dataclass(frozen=True)
class Local:
    """A denoiser at pictures.

    model: its Keras network, or None for a filter. function: the filter, pictures -> pictures before the limits of [0, 1].
    inputs: (N, h, w, c) float32; a guided network's last channel is the level. channels: of the picture.
    """

    model: Any
    function: Callable[[Array], Any]
    inputs: Array
    channels: int

    @property
    def pictures(self) -> Array:
        """(N, h, w, channels): the inputs without the level."""
        return self.inputs[..., : self.channels]

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
        return Local(opened.model, opened.function, opened.inputs, opened.shape[-1] - opened.guides)
    if getattr(denoiser, "level", 0) is None and not denoiser.spec.supports.get("blind"):
        raise InvalidInput("Expected a denoiser that is told the noise level, received one that is not. Set it: denoiser.at(25).")
    return Local(None, getattr(denoiser, "unclipped", denoiser), batch, batch.shape[-1])


def one_picture(image: ArrayLike) -> Array:
    """(1, H, W, C), checked; InvalidInput for several."""
    batch = check_images(image)
    if len(batch) != 1:
        raise InvalidInput(f"Expected one picture, received {len(batch)}.")
    return batch


def crop_around(
    denoiser: Any, size: tuple[int, int], top: int, left: int, height: int = 1, width: int = 1
) -> tuple[slice, slice]:
    """Rows and columns of the picture on which the output in a window depends.

    denoiser: its `reach` (pixels; None: the whole picture counts) says how far an output pixel sees, its `stride` where
    a crop may begin and end, so that strided layers meet the same pixels. size: (H, W) of the picture.
    Raises InvalidInput for a window outside.
    """
    if not (0 <= top <= size[0] - height and 0 <= left <= size[1] - width):
        raise InvalidInput(
            f"Expected pixels within the {size[0]} x {size[1]} picture, "
            f"received {height} x {width} from row {top}, column {left}."
        )
    reach, stride = getattr(denoiser, "reach", None), getattr(denoiser, "stride", 1)
    if reach is None:
        return slice(0, size[0]), slice(0, size[1])

    def span(first: int, count: int, length: int) -> slice:
        begin = max(0, first - reach) // stride * stride
        end = -(-(first + count + reach) // stride) * stride
        return slice(begin, min(end, length))

    return span(top, height, size[0]), span(left, width, size[1])
