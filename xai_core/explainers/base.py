"""What every explanation method shares: the target (what is explained), the evidence it returns, map sizes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Array, Progress

Shape = tuple[int, ...]
"""Shape of a model's output for one image: (classes,) or (H, W, C)."""


@dataclass(frozen=True)
class Target(ABC):
    """Maps a model's output to one number per image: what is explained.

    A new target is one subclass: whole numbers as fields, `kind` for links, `check`, `label`, and `score`, which takes the
    numbers as a tensor, so that one compiled function serves all classes, pixels or windows.
    of_classes: true if `score` takes (N, classes) logits; false for an image (N, H, W, C).
    """

    kind: ClassVar[str]
    of_classes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None and item.default is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
                raise InvalidInput(f"Expected {item.name} of a {self.kind} target as a whole number from 0, received {value!r}.")
            object.__setattr__(self, item.name, int(value))

    @abstractmethod
    def check(self, shape: Shape) -> None:
        """Raise InvalidInput if a model whose output for one image has this shape has no such target."""

    @abstractmethod
    def label(self, class_names: Sequence[str] = ()) -> str:
        """In words, for people."""

    @staticmethod
    @abstractmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        """TensorFlow: outputs (N, ...) float32, inputs (N, h, w, c), arguments (N, fields) int32 -> (N,) float32."""

    def arguments(self) -> NDArray[np.int32]:
        """The fields as numbers, -1 for None: (fields,) int32."""
        values = [getattr(self, item.name) for item in fields(self)]
        return np.array([-1 if value is None else value for value in values], np.int32)

    def __str__(self) -> str:
        """The form used in links, such as "class:1"; `parse_target` reads it."""
        values = [getattr(self, item.name) for item in fields(self)]
        return f"{self.kind}:{','.join(str(value) for value in values if value is not None)}"


@dataclass(frozen=True)
class ClassLogit(Target):
    """The score of a class before softmax or sigmoid, because a probability near 1 hardly changes.

    index: the class. A network of one sigmoid unit has two classes: +z for class 1, -z for class 0.
    """

    index: int
    kind = "class"
    of_classes = True

    def check(self, shape: Shape) -> None:
        if len(shape) != 1:
            raise InvalidInput(
                f"This model returns an image of shape {shape}, which has no classes. Choose a pixel or a window as the target."
            )
        if self.index >= shape[0]:
            raise InvalidInput(f"Expected a class from 0 to {shape[0] - 1}, received class {self.index}: there are {shape[0]}.")

    def label(self, class_names: Sequence[str] = ()) -> str:
        return f"class {class_names[self.index] if self.index < len(class_names) else self.index}"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        return tf.gather(outputs, arguments[:, 0], batch_dims=1)


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
class WindowMean(Target):
    """The mean of a window of an image-to-image network's output, over its channels too."""

    top: int
    left: int
    height: int
    width: int
    kind = "window"

    def check(self, shape: Shape) -> None:
        height, width, _ = _image_shape(shape, self.kind)
        if not self.height or not self.width:
            raise InvalidInput(f"Expected a window of at least 1 x 1 pixel, received {self.height} x {self.width}.")
        if self.top + self.height > height or self.left + self.width > width:
            raise InvalidInput(
                f"Expected a window within the {height} x {width} output of the model, received {self.height} x {self.width} "
                f"from row {self.top}, column {self.left}."
            )

    def label(self, class_names: Sequence[str] = ()) -> str:
        return f"mean of rows {self.top}-{self.top + self.height - 1}, columns {self.left}-{self.left + self.width - 1}"

    @staticmethod
    def score(outputs: Any, inputs: Any, arguments: Any) -> Any:
        import tensorflow as tf

        def inside(length: Any, first: Any, count: Any) -> Any:
            steps = tf.range(length)[None]
            within = (steps >= first[:, None]) & (steps < (first + count)[:, None])
            return tf.cast(within, tf.float32) / tf.cast(count, tf.float32)[:, None]

        rows = inside(tf.shape(outputs)[1], arguments[:, 0], arguments[:, 2])
        columns = inside(tf.shape(outputs)[2], arguments[:, 1], arguments[:, 3])
        return tf.einsum("nhw,nh,nw->n", tf.reduce_mean(outputs, axis=-1), rows, columns)


TARGETS: tuple[type[Target], ...] = (ClassLogit, Pixel, WindowMean)


def _image_shape(shape: Shape, kind: str) -> Shape:
    if len(shape) != 3:
        raise InvalidInput(f"This model returns classes, which have no {kind}. Choose a class as the target.")
    return shape


def parse_target(text: str) -> Target:
    """Read the form used in links: "class:1", "pixel:12,7", "pixel:12,7,0", "window:4,4,8,8" (top, left, height, width).

    Raises InvalidInput for anything else.
    """
    kind, _, values = text.strip().partition(":")
    for target in TARGETS:
        if target.kind == kind:
            try:
                return target(*(int(value) for value in values.split(",")))
            except (TypeError, ValueError):
                break
    raise InvalidInput(f"Expected a target such as class:1, pixel:12,7 or window:4,4,8,8, received {text!r}.")


def as_targets(target: Any, count: int) -> tuple[Target, ...]:
    """One target per image, all of one kind.

    target: a class (int), a `Target`, its link form, or a sequence of these, one per image ("class:1;class:0" too).
    """
    if isinstance(target, str) and ";" in target:
        target = target.split(";")
    if isinstance(target, np.ndarray):
        target = target.tolist()
    if not isinstance(target, (list, tuple)):
        target = [target] * count
    if len(target) != count:
        raise InvalidInput(f"Expected one target, or one for each of the {count} images, received {len(target)}.")
    targets = tuple(_as_target(item) for item in target)
    if len({item.kind for item in targets}) > 1:
        raise InvalidInput("Expected targets of one kind for all images, received a mixture. Explain them one kind at a time.")
    return targets


def _as_target(item: Any) -> Target:
    if isinstance(item, Target):
        return item
    if isinstance(item, str):
        return parse_target(item)
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        return ClassLogit(int(item))
    raise InvalidInput(f"Expected a target as a class number, a Target or its link form such as pixel:12,7, received {item!r}.")


def targets_text(targets: Sequence[Target]) -> str:
    """The link form of the targets of a batch: one, or one per image joined by ";" where they differ."""
    texts = [str(target) for target in targets]
    return texts[0] if len(set(texts)) == 1 else ";".join(texts)


@dataclass(frozen=True)
class Evidence:
    """What a method returns: maps (N, h, w) float32 at any size, diagnostics as in `Explanation`."""

    maps: Array
    diagnostics: Mapping[str, Any] = field(default_factory=dict)


class Report(Protocol):
    """A progress callback to which a method that refines its maps also offers what it has so far."""

    def __call__(self, share: float, so_far: Callable[[], Evidence] | None = None, /) -> None: ...


def completeness_residual(total: NDArray[Any], change: NDArray[Any], score: NDArray[Any]) -> NDArray[np.float64]:
    """How far parts are from adding up: |total - change| / |change|, (N,).

    total: sum of the parts. change: of the target, which they should explain. score: the target, which tells where the change
    is no more than float32 can tell.
    """
    floor = 1e-6 * np.maximum(np.abs(score), 1e-6)
    return np.asarray(np.abs(total - change) / np.maximum(np.abs(change), floor), np.float64)


def no_progress(share: float, so_far: Callable[[], Evidence] | None = None, /) -> None:
    """The progress callback of a caller who gave none."""


def part_of(progress: Progress, index: int, count: int) -> Progress:
    """The progress callback for part `index` of `count` equal parts of the work."""
    return lambda share: progress((index + share) / count)


def resize_nearest(maps: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """(N, h, w) -> (N, height, width), each pixel from the source pixel that holds its centre; the type is kept."""
    rows = (np.arange(height) * 2 + 1) * maps.shape[1] // (2 * height)
    columns = (np.arange(width) * 2 + 1) * maps.shape[2] // (2 * width)
    return maps[:, rows[:, None], columns]


def resize_sum(maps: Array, height: int, width: int) -> Array:
    """(N, h, w) -> (N, height, width) smoothly, each map keeping its sum.

    Bilinear by a whole factor, then area averages, then times the ratio of areas: both steps keep the mean exactly,
    which bilinear interpolation by another factor does not.
    """
    import cv2

    _, h, w = maps.shape
    if (h, w) == (height, width):
        return maps
    up = (-(-width // w) * w, -(-height // h) * h)
    resized = [
        cv2.resize(cv2.resize(item, up, interpolation=cv2.INTER_LINEAR), (width, height), interpolation=cv2.INTER_AREA)
        for item in maps
    ]
    return np.asarray(resized, np.float32).reshape(-1, height, width) * np.float32(h * w / (height * width))
