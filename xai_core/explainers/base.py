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
    numbers as a tensor, so that one compiled function serves all classes, pixels, windows or clean pictures.
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
        """TensorFlow: outputs (N, ...) float32, inputs (N, h, w, c), arguments (N, numbers) -> (N,) float32.

        inputs: as the network takes them; the level of a guided network comes after the channels of the picture.
        """

    def arguments(self) -> NDArray[Any]:
        """The fields as numbers, -1 for None: (fields,) int32. Always of one length and type for a kind and an output shape."""
        values = [getattr(self, item.name) for item in fields(self)]
        return np.array([-1 if value is None else value for value in values], np.int32)

    def __str__(self) -> str:
        """The form used in links, such as "class:1" or "residual"; `parse_target` reads it."""
        values = [getattr(self, item.name) for item in fields(self)]
        return ":".join(filter(None, (self.kind, ",".join(str(value) for value in values if value is not None))))


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
