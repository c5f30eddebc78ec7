"""Denoisers: classical filters (thin calls of well-kept libraries) and trained networks, behind one call."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import weights
from ..compiled import forward
from ..errors import InvalidInput
from ..images import check_images, clip
from ..noise import with_level
from ..noise.detection.base import KINDS
from ..noise.detection.base import SMALLEST as SMALLEST_DETECTED
from ..noise.estimate import estimate_sigma
from ..registry import Parameter, Registry, Spec
from ..types import Array, Denoised
from ._tiles import tiled
from .classical import FILTERS
from .neural import NETWORKS

DETECTED = "detected"
"""The kind of noise that `routed` is told by default: it asks the detector."""

ROUTED = Spec(
    "routed",
    "Chosen by the kind of noise",
    "xai_core.denoisers.routing:routed",
    "Looks which noise is on the picture and hands it to the denoiser that suits it.",
    (
        Parameter(
            "kind",
            "Kind of noise",
            DETECTED,
            choices=(DETECTED, *KINDS),
            help="Another kind than the detected one shows what a wrong detection costs.",
        ),
    ),
    citation="Hami & JameBozorg (2024), arXiv:2404.10664",
    passes="1 detection, then what the chosen denoiser takes",
    supports={"blind": True, "smallest": SMALLEST_DETECTED},
)

DENOISERS = Registry("denoiser", (*NETWORKS, *FILTERS, ROUTED))


@dataclass(frozen=True)
class Denoiser:
    """A denoiser that is called with images: `denoiser(images, level=None)`.

    model: the Keras model, or None for a classical filter. parameters: of the filter.
    level: the noise level (sigma, 0-255 scale) where a call names none; None estimates it from each image. Set it with `at`
    before a guided network is explained, so that all images are explained at the same level.
    """

    spec: Spec
    model: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    level: float | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def guides(self) -> int:
        """How many of the network's last input channels are no picture: 1 for the level of a guided network."""
        return int(bool(self.spec.supports.get("guided")))

    @property
    def reach(self) -> int | None:
        """How many pixels away the network looks, at most; None where it sees the whole picture, and for filters."""
        reach: int | None = self.spec.supports.get("reach")
        return reach

    @property
    def stride(self) -> int:
        """At multiples of how many pixels a crop may begin so that strided layers meet the same pixels."""
        return int(self.spec.supports.get("stride", 1))

    def at(self, level: float | None) -> "Denoiser":
        """The same denoiser, told the noise level (sigma, 0-255 scale)."""
        if level is not None and not 0 <= level < float("inf"):
            raise InvalidInput(f"Expected a noise level of at least 0 (sigma, 0-255 scale), received {level!r}.")
        return replace(self, level=level)

    def prepare(self, images: ArrayLike) -> Array:
        """The network's (or filter's) input: checked images, with the level as a further channel for a guided network.

        A denoiser never resizes, because that would change the noise.
        """
        batch = check_images(images)
        check_fits(self.spec, batch.shape[1:])
        channels = self.spec.supports.get("channels")
        if channels not in (None, batch.shape[-1]):
            raise InvalidInput(
                f"{self.spec.label} takes grey pictures; the channels of a colour picture go through it one by one. "
                "To look inside, choose a denoiser of colour pictures, or a grey picture."
            )
        return with_level(batch, self._levels(batch)) if self.guides else batch

    def __call__(self, images: ArrayLike, level: float | None = None) -> Array:
        """Denoise (N, H, W, C) images; returns the same shape within [0, 1].

        level: the noise's standard deviation, 0-255 scale; None takes the denoiser's own `level`, or estimates it for each
        image from the image. Ignored by denoisers that need none (`spec.supports["blind"]`).
        """
        return clip(self.unclipped(images, level))

    def unclipped(self, images: ArrayLike, level: float | None = None) -> Array:
        """As a call, before the limits of [0, 1]: what estimates such as SURE need."""
        batch = check_images(images)
        check_fits(self.spec, batch.shape[1:])
        told = self if level is None else self.at(level)
        if self.model is not None:
            channels = self.spec.supports.get("channels", batch.shape[-1])
            if channels == batch.shape[-1]:
                return tiled(partial(forward, self.model), told.prepare(batch), self.reach or 0)
            # A grey network, a colour picture: one level for all channels, one channel after the other.
            levels = told._levels(batch)
            planes = [batch[..., channel, None] for channel in range(batch.shape[-1])]
            inputs = [with_level(plane, levels) for plane in planes] if self.guides else planes
            return np.concatenate([tiled(partial(forward, self.model), plane, self.reach or 0) for plane in inputs], axis=-1)
        if self.spec.supports.get("blind"):
            return np.asarray(self.spec.load()(batch, **self.parameters), np.float32)
        return np.asarray(self.spec.load()(batch, told._levels(batch) / 255, **self.parameters), np.float32)

    def _levels(self, batch: Array) -> NDArray[np.float64]:
        """The level of each image, (N,), sigma on the 0-255 scale."""
        return estimate_sigma(batch) if self.level is None else np.full(len(batch), float(self.level))

    def timed(self, images: ArrayLike, level: float | None = None) -> Denoised:
        """As a call, with the level and the seconds it took."""
        began = time.perf_counter()
        return Denoised(self(images, level), self.name, level, time.perf_counter() - began)


SMALLEST = 8
"""Pixels of the shorter side that a network of any size needs: its coarsest scale mirrors less than that."""


def fits(spec: Spec, shape: tuple[int, ...]) -> bool:
    """Whether a denoiser takes images of this (H, W, C)."""
    wanted = spec.supports.get("shape")
    if wanted is not None:
        return tuple(shape) == tuple(wanted)
    if spec.supports.get("neural"):
        return min(shape[:2]) >= SMALLEST and shape[-1] in (3, spec.supports["channels"])
    return min(shape[:2]) >= int(spec.supports.get("smallest", 1))


def check_fits(spec: Spec, shape: tuple[int, ...]) -> None:
    """Raise InvalidInput where `fits` is false."""
    if not fits(spec, shape):
        wanted = spec.supports.get("shape")
        channels = "colour" if spec.supports.get("channels") == 3 else "grey or colour"
        smallest = spec.supports.get("smallest", SMALLEST)
        takes = (
            f"images of (height, width, channels) = {wanted}"
            if wanted
            else f"{channels} images of at least {smallest} x {smallest} pixels"
        )
        raise InvalidInput(
            f"{spec.label} works on {takes}; received {tuple(shape)}. "
            "Choose another denoiser, for instance non_local_means, for this picture."
        )


def load_denoiser(name: str, **parameters: Any) -> Denoiser:
    """A ready denoiser, by a name of `list_denoisers()`.

    parameters: of a classical filter. Raises UnknownName, InvalidInput for a parameter, ModelNotFound where a
    network's weights are missing or damaged.
    """
    spec = DENOISERS.get(name)
    values = spec.complete(parameters)
    return Denoiser(spec, weights.load(name) if spec.supports.get("neural") else None, values)
