"""Denoisers: classical filters (thin calls of well-kept libraries) and trained networks, behind one call."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from .. import weights
from ..compiled import forward
from ..errors import InvalidInput
from ..images import check_images, clip
from ..registry import Registry, Spec
from ..types import Array, Denoised
from .classical import FILTERS
from .neural import NETWORKS

DENOISERS = Registry("denoiser", (*NETWORKS, *FILTERS))


@dataclass(frozen=True)
class Denoiser:
    """A denoiser that is called with images: `denoiser(images, level=None)`.

    model: the Keras model, or None for a classical filter. parameters: of the filter.
    """

    spec: Spec
    model: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.spec.name

    def prepare(self, images: ArrayLike) -> Array:
        """Check that the images fit; a denoiser never resizes, because that would change the noise."""
        batch = check_images(images)
        check_fits(self.spec, batch.shape[1:])
        return batch

    def __call__(self, images: ArrayLike, level: float | None = None) -> Array:
        """Denoise (N, H, W, C) images; returns the same shape within [0, 1].

        level: the noise's standard deviation, 0-255 scale; None estimates it for each image from the image.
        Ignored by denoisers that need none (`spec.supports["blind"]`).
        """
        batch = self.prepare(images)
        if level is not None and not 0 <= level < float("inf"):
            raise InvalidInput(f"Expected a noise level of at least 0 (sigma, 0-255 scale), received {level!r}.")
        if self.model is not None:
            return clip(forward(self.model, batch))
        if self.spec.supports.get("blind"):
            return clip(self.spec.load()(batch, **self.parameters))
        from ..noise.estimate import estimate_sigma

        sigmas = estimate_sigma(batch) / 255 if level is None else [level / 255] * len(batch)
        return clip(self.spec.load()(batch, sigmas, **self.parameters))

    def timed(self, images: ArrayLike, level: float | None = None) -> Denoised:
        """As a call, with the level and the seconds it took."""
        began = time.perf_counter()
        return Denoised(self(images, level), self.name, level, time.perf_counter() - began)


def fits(spec: Spec, shape: tuple[int, ...]) -> bool:
    """Whether a denoiser takes images of this (H, W, C)."""
    wanted = spec.supports.get("shape")
    return wanted is None or tuple(shape) == wanted


def check_fits(spec: Spec, shape: tuple[int, ...]) -> None:
    """Raise InvalidInput where `fits` is false."""
    if not fits(spec, shape):
        raise InvalidInput(
            f"{spec.label} works on images of (height, width, channels) = {spec.supports['shape']}; received {tuple(shape)}. "
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
