"""Which denoiser suits which kind of noise, and a denoiser that finds out by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..noise.detection import KINDS, Detected, Kind, detect_noise, estimate
from ..noise.waves import Peak
from ..types import Array
from ._stabilise import Transform, anscombe, logarithm
from .classical.notch import notch_at

NETWORK = "unet"
"""In `ROUTES`: unet-grey for grey pictures, unet-colour for colour pictures."""


@dataclass(frozen=True)
class Route:
    """What is done with one picture.

    kind: of the noise. denoiser: by its name in `list_denoisers()`; "" leaves the picture as it is. alternatives: what else one
    would try, the likeliest first. reason: one sentence.
    """

    kind: Kind
    denoiser: str
    alternatives: tuple[str, ...]
    reason: str


ROUTES: Mapping[Kind, tuple[str, ...]] = {
    "none": ("",),
    "gaussian": (NETWORK, "skip-autoencoder", "non_local_means"),
    "salt_pepper": ("median", "weighted_median", NETWORK),
    "periodic": ("notch", "skip-autoencoder", NETWORK),
    "speckle": (NETWORK, "non_local_means", "median"),
    "poisson": (NETWORK, "non_local_means", "wavelet"),
}
"""For each kind of noise the denoiser that is chosen and its alternatives; the source's are the median and the autoencoder."""

REASONS: Mapping[Kind, str] = {
    "none": "Nothing is added that a denoiser could take away, and every denoiser takes some of the picture.",
    "gaussian": "The U-Net was trained on this noise and is told its level.",
    "salt_pepper": "A lost pixel says nothing of the picture, so the middle value of its neighbours takes its place.",
    "periodic": "A wave is one frequency: the notch filter takes out that one and leaves the others.",
    "speckle": "Its logarithm is a noise of one strength everywhere, for which the U-Net was trained.",
    "poisson": "Anscombe's root makes its strength the same everywhere, and for that the U-Net was trained.",
}


def route(kind: Kind, shape: tuple[int, int, int]) -> Route:
    """The denoiser for a kind of noise on a picture of (H, W, C), and those that come next; only those that take the picture."""
    from . import DENOISERS, fits

    own = "unet-colour" if shape[-1] == 3 else "unet-grey"
    names = [own if name == NETWORK else name for name in ROUTES[kind]]
    suiting = [name for name in names if not name or fits(DENOISERS.get(name), shape)]
    first = suiting[0] if suiting else "non_local_means"
    return Route(kind, first, tuple(suiting[1:]), REASONS[kind])


def treat(image: Array, denoiser: str, detected: Detected) -> Array:
    """One picture (1, H, W, C) through a denoiser that is told what was detected; within [0, 1].

    The notch filter is told the wave, networks and filters that take a level the noise's. Noise whose strength depends on the
    brightness is made even first (Anscombe's root for Poisson, the logarithm for speckle), with the level that this has then.
    denoiser: as in `Route`.
    """
    from . import DENOISERS, load_denoiser

    if not denoiser:
        return np.clip(image, 0, 1)
    if denoiser == "notch" and detected.wave is not None:
        return np.clip(notch_at(image, [Peak(*detected.wave)]), 0, 1)
    spec = DENOISERS.get(denoiser)
    loaded = load_denoiser(denoiser)
    if spec.supports.get("blind") or detected.kind not in ("gaussian", "poisson", "speckle"):
        return loaded(image)
    if detected.kind == "gaussian":
        return loaded(image, detected.level)
    transform: Transform = anscombe(detected.level) if detected.kind == "poisson" else logarithm(detected.level)
    return np.clip(transform.backward(loaded(transform.forward(image), transform.sigma)), 0, 1)


def planted(image: Array, kind: Kind) -> Detected:
    """As if this kind had been detected on a picture (H, W, C), rightly or wrongly, with the level that is read for it."""
    level, wave = estimate(image, kind)
    return Detected(kind, level, 1.0, {one: float(one == kind) for one in KINDS}, wave, method="planted")


def routed(images: Array, *, kind: str = "detected") -> Array:
    """Each picture through the denoiser for the noise that is found on it.

    images: (N, H, W, C), sides of at least 28 pixels. kind: "detected", or one of `KINDS` in its place, right or wrong.
    Source: Hami & JameBozorg (2024), arXiv:2404.10664 (detect, then denoise); the routes are ours.
    """
    out = np.empty(images.shape, np.float32)
    chosen_by_hand = next((one for one in KINDS if one == kind), None)
    for index, image in enumerate(images):
        told = planted(image, chosen_by_hand) if chosen_by_hand else detect_noise(image[None])[0]
        height, width, channels = images.shape[1:]
        chosen = route(told.kind, (height, width, channels)).denoiser
        out[index : index + 1] = treat(images[index : index + 1], chosen, told)
    return out
