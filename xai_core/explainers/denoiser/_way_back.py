"""A denoiser and a classifier one after the other: values on the way there, gradients on the way back to the pixels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled import forward
from ...errors import InvalidInput
from ...types import Array, Progress
from .._gradients import input_gradients, line_gradient, pull_back
from .._models import Subject, examine, input_shape, scores
from ..base import part_of
from ._prepare import prepared, unprepared
from ._products import Local, at


@dataclass(frozen=True)
class Denoising:
    """A denoiser at pictures, which scales them and their level map together; a grey one has each channel as a picture.

    shape: of the pictures, (N, H, W, C).
    """

    here: Local
    shape: tuple[int, ...]

    @classmethod
    def of(cls, denoiser: Any, noisy: Array) -> "Denoising":
        if getattr(denoiser, "guides", 0) and getattr(denoiser, "level", None) is None:
            raise InvalidInput("Expected a denoiser that is told the noise level. Set it: denoiser.at(25).")
        takes = input_shape(getattr(denoiser, "model", None) or denoiser) if _has_network(denoiser) else None
        one_by_one = takes is not None and takes[-1] is not None and takes[-1] - getattr(denoiser, "guides", 0) == 1
        here = at(denoiser, planes(noisy) if one_by_one else noisy)
        if here.model is None:
            raise InvalidInput(
                "The way back through a denoiser needs the gradients of a neural network, and this is none. "
                "Choose a network; what a filter erased or added is shown without it."
            )
        return cls(here, noisy.shape)

    def value(self, scale: float) -> Array:
        """f(scale y) before the limits of [0, 1], (N, H, W, C)."""
        return self._joined(forward(self.here.model, np.float32(scale) * self.here.inputs))

    def back(self, scale: float, weights: Array) -> Array:
        """J^T w at scale y, as the network's inputs are: the level map is among them."""
        split = planes(weights) if self.here.inputs.shape[0] != self.shape[0] else weights
        return pull_back(self.here.model, np.float32(scale) * self.here.inputs, split)

    def apart(self, values: Array) -> tuple[Array, Array]:
        """What belongs to the pictures, (N, H, W, C), and to the level maps, (N, H, W, levels)."""
        channels = self.here.channels
        levels = (
            self._joined(values[..., channels:]) if values.shape[-1] > channels else np.zeros((*self.shape[:3], 0), np.float32)
        )
        return self._joined(values[..., :channels]), levels

    def _joined(self, planes: Array) -> Array:
        if planes.shape[0] == self.shape[0]:
            return planes
        count, height, width, channels = self.shape
        return np.ascontiguousarray(np.moveaxis(planes.reshape(count, channels, height, width), 1, -1))


@dataclass(frozen=True)
class Classifying:
    """A classifier and its targets for pictures of one shape, (N, H, W, C)."""

    subject: Subject
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, classifier: Any, pictures: Array, target: Any) -> "Classifying":
        subject = examine(classifier, pictures, target)
        if subject.model is None:
            raise InvalidInput("Expected a classifier with a neural network, whose gradients are needed; this is none.")
        if not np.allclose(subject.inputs, prepared(pictures, subject.shape), atol=1e-5):
            raise InvalidInput(
                "This classifier prepares pictures in a way of its own, which leads back to no pixels. "
                "Give its Keras model, and pictures of its size."
            )
        return cls(subject, (pictures.shape[1], pictures.shape[2], pictures.shape[3]))

    def score(self, pictures: Array) -> Array:
        return scores(self.subject, self.subject.prepare(pictures), self.subject.arguments)

    def gradient(self, pictures: Array) -> tuple[Array, Array]:
        """dS/dx at the pixels, (N, H, W, C), and S, (N,)."""
        gradients, score = input_gradients(self.subject, self.subject.prepare(pictures), self.subject.arguments)
        return unprepared(gradients, self.shape), score

    def along(self, start: Array, end: Array, steps: int, progress: Progress) -> Array:
        """Mean of dS/dx on the straight line between pictures, (N, H, W, C); the way to the network's inputs is linear."""
        begin, direction = self.subject.prepare(start), self.subject.prepare(end) - self.subject.prepare(start)
        positions = midpoints(steps)
        means = [
            line_gradient(self.subject, index, begin[index], direction[index], positions, part_of(progress, index, len(start)))
            for index in range(len(start))
        ]
        return unprepared(np.stack(means), self.shape)


def _has_network(denoiser: Any) -> bool:
    import keras

    return isinstance(denoiser, keras.Model) or isinstance(getattr(denoiser, "model", None), keras.Model)


def planes(pictures: Array) -> Array:
    """(N, H, W, C) -> (N C, H, W, 1)."""
    count, height, width, channels = pictures.shape
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 1)).reshape(count * channels, height, width, 1)


def within(values: Array) -> Array:
    """The slope of the limits of [0, 1]: 1 within, 0 outside."""
    return np.asarray((values >= 0) & (values <= 1), np.float32)


def midpoints(steps: int) -> Array:
    """Of `steps` equal parts of [0, 1]."""
    return ((np.arange(steps) + 0.5) / steps).astype(np.float32)


def total_of(values: Array) -> NDArray[np.float64]:
    """Sum over pixels and channels, (N,)."""
    return np.asarray(values.sum(axis=(1, 2, 3), dtype=np.float64))
