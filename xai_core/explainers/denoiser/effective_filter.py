"""The effective filter of an output pixel: how a denoiser weighs the pixels of this picture for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...types import Array, Progress
from .._gradients import pull_back
from ..base import no_progress
from ._products import AROUND, STEP, Local, at, one_picture
from ._shapes import diffusion_index

CHUNK = 32
MOST = 0.95
"""Share of the absolute weights that lies within `radius`."""


@dataclass(frozen=True)
class EffectiveFilter:
    """One row of the Jacobian: the output pixel is sum(weights * picture) + level_share + remainder.

    weights: (H, W, C) float32, zero where the pixel does not look. row, column: of the pixel. output: its value, not
    limited to [0, 1]. level_share: what the level map of a guided network adds. remainder: what is left, the constants of the
    network; within rounding of 0 for a bias-free network, which is the check |f - (J_y y + J_s s)|.
    window: half the side of the square that was measured (filters without a network), or None for the complete row. There, each
    weight is what a change of all channels together does, in equal parts; `remainder` counts what lies outside the square.
    """

    weights: Array
    row: int
    column: int
    output: float
    level_share: float
    remainder: float
    window: int | None = None

    @property
    def total(self) -> float:
        """Sum of the weights: 1 for a weighted mean, which keeps flat areas as bright as they are."""
        return float(self.weights.sum(dtype=np.float64))

    @property
    def width(self) -> float:
        """Root mean square distance of the weights from the pixel, in pixels, each counting by its absolute value."""
        size, distance = self._sizes()
        return float(np.sqrt((size * distance**2).sum() / size.sum())) if size.any() else 0.0

    @property
    def radius(self) -> float:
        """The effective receptive field: the smallest distance, in pixels, within which 95 % of the absolute weights lie."""
        size, distance = self._sizes()
        if not size.any():
            return 0.0
        order = np.argsort(distance, axis=None, kind="stable")
        held = np.cumsum(size.ravel()[order])
        return float(distance.ravel()[order][np.searchsorted(held, MOST * held[-1])])

    @property
    def diffusion_index(self) -> float:
        """How many pixels share the weights, 0 (one) to 100 (all alike): see `diffusion_index`."""
        return diffusion_index(self.weights)

    def _sizes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        height, width, _ = self.weights.shape
        distance = np.hypot(np.arange(height)[:, None] - self.row, np.arange(width)[None] - self.column)
        return np.abs(self.weights).sum(axis=-1, dtype=np.float64), distance


def effective_filter(
    denoiser: Any, image: ArrayLike, row: int, column: int, channel: int | None = None, *, progress: Progress = no_progress
) -> EffectiveFilter:
    """The row of the Jacobian that belongs to one output pixel.

    A network: one vector-Jacobian product, on the part of the picture that the pixel can see, which gives the same numbers.
    A filter: central differences for each of the 17 x 17 pixels around, changed in all channels together, on a part of the
    picture of about twice that side: filters that look further (total variation, wavelets) are cut off there.

    denoiser: a denoiser that is told its level, a Keras image-to-image model, or a function of pictures. image: (H, W, C).
    channel: of the output; None: the mean of its channels. Raises InvalidInput for a pixel outside, or a picture that the
    denoiser does not take.
    Source: Mohan et al. (2020), arXiv:1906.05478, section 5; width and receptive field: Luo et al. (2016), arXiv:1701.04128.
    """
    picture = one_picture(image)
    size = picture.shape[1:3]
    here = at(denoiser, picture)
    rows, columns = here.around(row, column)
    part = here.cropped(rows, columns)
    spot = row - rows.start, column - columns.start
    output = part.value()[0, spot[0], spot[1]]
    if channel is not None and not 0 <= channel < len(output):
        raise InvalidInput(f"Expected a channel from 0 to {len(output) - 1}, received {channel}.")
    share = np.full(len(output), 1 / len(output)) if channel is None else np.eye(len(output))[channel]
    weights = np.zeros((*size, here.channels), np.float32)
    total = float(output @ share)
    if here.model is None:
        weights[rows, columns] = _row_of_filter(part, spot, share, progress)[..., None] / here.channels
        scaled = part.along(part.pictures[None])[1][0, 0, spot[0], spot[1]] @ share  # J y, all that follows the picture
        return EffectiveFilter(weights, row, column, total, 0.0, total - float(scaled), AROUND)
    inside = _row_of_network(part, spot, share)
    weights[rows, columns] = inside[..., : here.channels]
    explained = (inside.astype(np.float64) * part.inputs[0]).sum(axis=(0, 1))
    level = float(explained[here.channels :].sum())
    return EffectiveFilter(weights, row, column, total, level, total - float(explained[: here.channels].sum()) - level)


def _row_of_network(part: Local, spot: tuple[int, int], share: NDArray[Any]) -> Array:
    picked = np.zeros((*part.inputs.shape[:3], len(share)), np.float32)
    picked[0, spot[0], spot[1]] = share
    row: Array = pull_back(part.model, part.inputs, picked)[0]
    return row


def _row_of_filter(part: Local, spot: tuple[int, int], share: NDArray[Any], progress: Progress) -> NDArray[np.float64]:
    weights = np.zeros(part.inputs.shape[1:3])
    places = list(_around(weights.shape, spot))
    for first in range(0, len(places), CHUNK):
        chosen = places[first : first + CHUNK]
        changed = np.repeat(part.inputs, 2 * len(chosen), axis=0)
        for index, place in enumerate(chosen):
            changed[2 * index][place] += np.float32(STEP)
            changed[2 * index + 1][place] -= np.float32(STEP)
        found = np.asarray(part.function(changed), np.float64)[:, spot[0], spot[1]] @ share
        for index, place in enumerate(chosen):
            weights[place] = (found[2 * index] - found[2 * index + 1]) / (2 * STEP)
        progress(min(1.0, (first + CHUNK) / len(places)))
    return weights


def _around(shape: tuple[int, ...], spot: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for row in range(max(0, spot[0] - AROUND), min(shape[0], spot[0] + AROUND + 1)):
        for column in range(max(0, spot[1] - AROUND), min(shape[1], spot[1] + AROUND + 1)):
            yield row, column
