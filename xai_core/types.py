"""The values that cross the library's borders. Images are float32, NHWC, in [0, 1]."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Labels = NDArray[np.int64]

Progress = Callable[[float], None]
"""Called with the finished share in [0, 1]; may raise `errors.Cancelled` to stop the work."""

Origin = Literal["full", "downloaded", "bundled subset", "simulated", "uploaded"]


@dataclass(frozen=True)
class Provenance:
    """Where images come from: shown on the page beside every picture."""

    origin: Origin
    path: str
    licence: str
    citation: str
    note: str = ""


class Pixels(Protocol):
    """8-bit pictures, in memory (a NumPy array) or read from files one at a time.

    shape: (N, H, W, C); H and W are 0 where the pictures differ in size.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> NDArray[np.uint8]: ...
    def __array__(self) -> NDArray[np.uint8]: ...


@dataclass(frozen=True)
class Dataset:
    """A data set: pictures, labels, where they come from.

    pixels: (N, H, W, C) 8-bit, C = 1 or 3; `images` (if all have one size) and `image(i)` give them as float32 in [0, 1].
    labels: (N,) int64, an index into class_names; -1 where unknown.
    masks: (N, H, W) bool, true on the object, or on its defects; only where the truth is known (simulated data).
    groups: (N,) str, the source of each image (survey, photograph); None where there is one source.
    subtypes: (N,) str, a finer kind than the class, in plain words ("edge-on"); None where it is unknown.
    """

    name: str
    split: str
    pixels: Pixels
    labels: Labels
    class_names: tuple[str, ...]
    provenance: Provenance
    masks: NDArray[np.bool_] | None = None
    groups: NDArray[np.str_] | None = None
    subtypes: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def images(self) -> Array:
        """All pictures, (N, H, W, C) float32 in [0, 1]; read-only, because the data set is shared."""
        images = np.asarray(self.pixels, np.float32)
        images /= 255
        images.setflags(write=False)
        return images

    def image(self, index: int) -> Array:
        """Picture `index` alone, (1, H, W, C) float32 in [0, 1], without reading the others."""
        return np.asarray(self.pixels[index][None] / np.float32(255), np.float32)

    def size(self, index: int) -> tuple[int, int, int]:
        """(H, W, C) of picture `index`."""
        height, width, channels = self.pixels.shape[1:] if self.pixels.shape[1] else self.pixels[index].shape
        return height, width, channels

    def label_name(self, index: int) -> str:
        """Class name of picture `index`, or an empty string where it is unknown."""
        label = int(self.labels[index])
        return self.class_names[label] if label >= 0 else ""


@dataclass(frozen=True)
class Denoised:
    """What a denoiser made of a batch: images (N, H, W, C), the level it assumed (sigma, 0-255 scale), seconds."""

    images: Array
    denoiser: str
    level: float | None
    seconds: float


@dataclass(frozen=True)
class Explanation:
    """A map of evidence for a target.

    heatmap: (N, H, W) float32, at the size of the images that were given.
    signed: true if values below zero mean evidence against the target.
    diagnostics: figures that say how far the map can be trusted, each an (N,) array or a number.
    """

    heatmap: Array
    method: str
    target: str
    parameters: Mapping[str, Any]
    signed: bool
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
