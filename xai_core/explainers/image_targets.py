"""Targets of image-to-image networks: one number made of the picture that a network returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..images import check_images
from ..types import Array
from .base import Shape, Target

SMALLEST_ERROR = 1e-10
"""Mean squared error that counts as none: 100 dB."""


@dataclass(frozen=True)
class Pixel(Target):
    """The value of one pixel of an image-to-image network's output; channel None is the mean of the channels."""

    row: int
    column: int
    channel: int | None = None
    kind = "pixel"

    def check(self, shape: Shape) -> None:
        height, width, channels = _image_shape(shape, self.kind)
        if self.row >= height or self.column >= width:
            raise InvalidInput(
                f"Expected a pixel within the {height} x {width} output of the model, "
                f"received row {self.row}, column {self.column}."
            )
        if self.channel is not None and self.channel >= channels:
            raise InvalidInput(f"Expected a channel from 0 to {channels - 1}, received {self.channel}.")

    def label(self, class_names: Sequence[str] = ()) -> str:
        channel = "" if self.channel is None else f", channel {self.channel}"
        return f"pixel at row {self.row}, column {self.column}{channel}"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        pixel = tf.gather_nd(outputs, arguments[:, :2], batch_dims=1)
        channel = arguments[:, 2]
        weights = tf.where(channel[:, None] < 0, 1 / outputs.shape[-1], tf.one_hot(channel, outputs.shape[-1]))
        return tf.reduce_sum(pixel * weights, axis=-1)


@dataclass(frozen=True)
class Window(Target):
    """A target that looks at a window of an image-to-image network's output."""

    top: int
    left: int
    height: int
    width: int

    def check(self, shape: Shape) -> None:
        _check_window(shape, self.kind, self.top, self.left, self.height, self.width)


class WindowMean(Window):
    """The mean of a window of an image-to-image network's output, over its channels too."""

    kind = "window"

    def label(self, class_names: Sequence[str] = ()) -> str:
        return f"mean of {_place(self.top, self.left, self.height, self.width)}"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        return _mean_inside(tf.reduce_mean(outputs, axis=-1), arguments)


class WindowDetail(Window):
    """The detail in a window of an image-to-image network's output: the mean magnitude of its gradient, over channels too.

    Of neighbouring pixels, sqrt((f[i+1, j] - f[i, j])^2 + (f[i, j+1] - f[i, j])^2), in brightness per pixel; 0 across the lower
    and the right edge of the picture. Where all are alike its own gradient is taken as 0.
    Source: Gu & Dong (2021), arXiv:2011.11036, section 3.2.
    """

    kind = "detail"

    def label(self, class_names: Sequence[str] = ()) -> str:
        return f"detail in {_place(self.top, self.left, self.height, self.width)}"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        down = tf.pad(outputs[:, 1:] - outputs[:, :-1], ((0, 0), (0, 1), (0, 0), (0, 0)))
        right = tf.pad(outputs[:, :, 1:] - outputs[:, :, :-1], ((0, 0), (0, 0), (0, 1), (0, 0)))
        squares = tf.square(down) + tf.square(right)
        steep = squares > 0
        magnitude = tf.where(steep, tf.sqrt(tf.where(steep, squares, 1)), 0)  # the root of 0 has no gradient
        return _mean_inside(tf.reduce_mean(magnitude, axis=-1), arguments)


@dataclass(frozen=True)
class ResidualEnergy(Target):
    """What an image-to-image network took away: the mean square of output less input, in a window or (None) everywhere."""

    top: int | None = None
    left: int | None = None
    height: int | None = None
    width: int | None = None
    kind = "residual"

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self._window) not in (0, 4):
            raise InvalidInput(
                "Expected top, left, height and width of a residual target, or none of them for the whole picture."
            )

    @property
    def _window(self) -> tuple[int, ...]:
        return tuple(value for value in (self.top, self.left, self.height, self.width) if value is not None)

    def check(self, shape: Shape) -> None:
        _check_window(shape, self.kind, *(self._window or (0, 0, *_image_shape(shape, self.kind)[:2])))

    def label(self, class_names: Sequence[str] = ()) -> str:
        return f"mean squared residual in {_place(*self._window) if self._window else 'the whole picture'}"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        pictures = inputs[..., : outputs.shape[-1]]
        if tuple(pictures.shape[1:]) != tuple(outputs.shape[1:]):
            raise InvalidInput(
                f"A residual needs an output of the input's shape, and this model makes {tuple(outputs.shape[1:])} of "
                f"{tuple(pictures.shape[1:])}. Choose a pixel or a window as the target."
            )
        return _mean_inside(tf.reduce_mean(tf.square(outputs - pictures), axis=-1), arguments)


@dataclass(frozen=True, eq=False)
class Psnr(Target):
    """How close an image-to-image network's output is to the clean picture: PSNR = -10 log10(mean squared error) in dB.

    clean: (H, W, C) in [0, 1]. A link cannot hold it: "psnr" is read as a target without, which cannot be explained.
    The output is not limited to [0, 1], which would hide gradients. At most 100 dB, so that it stays finite.
    """

    clean: Array | None = None
    kind = "psnr"

    def __post_init__(self) -> None:
        if self.clean is None:
            return
        clean = check_images(self.clean, name="the clean picture")
        if len(clean) != 1:
            raise InvalidInput(
                f"Expected one clean picture, received {len(clean)}. Give a target for each: [Psnr(x) for x in clean]."
            )
        object.__setattr__(self, "clean", clean[0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Psnr) and np.array_equal(self.arguments(), other.arguments())

    def __hash__(self) -> int:
        return hash(self.arguments().tobytes())

    def check(self, shape: Shape) -> None:
        _image_shape(shape, self.kind)
        if self.clean is None:
            raise InvalidInput("PSNR needs the clean picture, which a link cannot hold. Give it: Psnr(clean).")
        if self.clean.shape != shape:
            raise InvalidInput(f"Expected a clean picture of the output's shape {shape}, received {self.clean.shape}.")

    def label(self, class_names: Sequence[str] = ()) -> str:
        return "PSNR against the clean picture"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        errors = tf.square(outputs - tf.reshape(arguments, tf.shape(outputs)))
        return -10 * tf.math.log(tf.maximum(tf.reduce_mean(errors, axis=(1, 2, 3)), SMALLEST_ERROR)) / np.float32(np.log(10))

    def arguments(self) -> NDArray[Any]:
        """The clean picture's values, (H W C,) float32."""
        return np.zeros(0, np.float32) if self.clean is None else self.clean.ravel()

    def __str__(self) -> str:
        return self.kind


def _image_shape(shape: Shape, kind: str) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise InvalidInput(f"This model returns classes, which have no {kind}. Choose a class as the target.")
    height, width, channels = shape
    return height, width, channels


def _check_window(shape: Shape, kind: str, top: int, left: int, height: int, width: int) -> None:
    rows, columns, _ = _image_shape(shape, kind)
    if not height or not width:
        raise InvalidInput(f"Expected a window of at least 1 x 1 pixel, received {height} x {width}.")
    if top + height > rows or left + width > columns:
        raise InvalidInput(
            f"Expected a window within the {rows} x {columns} output of the model, received {height} x {width} "
            f"from row {top}, column {left}."
        )


def _place(top: int, left: int, height: int, width: int) -> str:
    return f"rows {top}-{top + height - 1}, columns {left}-{left + width - 1}"


def _mean_inside(values: Any, arguments: Any) -> Any:
    """TensorFlow: the mean of values (N, h, w) inside top, left, height, width (N, 4); -1 for a height or width: all of it."""
    import tensorflow as tf

    def inside(length: Any, first: Any, count: Any) -> Any:
        steps, count = tf.range(length)[None], tf.where(count < 0, length, count)
        first = tf.maximum(first, 0)
        within = (steps >= first[:, None]) & (steps < (first + count)[:, None])
        return tf.cast(within, tf.float32) / tf.cast(count, tf.float32)[:, None]

    rows = inside(tf.shape(values)[1], arguments[:, 0], arguments[:, 2])
    columns = inside(tf.shape(values)[2], arguments[:, 1], arguments[:, 3])
    return tf.einsum("nhw,nh,nw->n", values, rows, columns)
