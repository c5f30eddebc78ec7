"""Noise: models with a level in the unit of the field, and blind estimates of the level."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..images import check_images
from ..registry import Parameter, Registry, Spec
from ..types import Array

SIGMA = "sigma, 0-255 scale"

NOISES = Registry(
    "noise",
    (
        Spec(
            "gaussian",
            "Gaussian",
            "xai_core.noise.models:gaussian",
            "The same random spread on every pixel, as from a camera's electronics.",
            (Parameter("level", "Noise level", 25.0, 0, 100, 1, SIGMA),),
        ),
        Spec(
            "salt_pepper",
            "Salt & pepper",
            "xai_core.noise.models:salt_pepper",
            "Some pixels are lost: they turn white or black.",
            (
                Parameter("level", "Noise level", 0.1, 0, 0.9, 0.01, "share of pixels replaced"),
                Parameter("salt", "Share of white among them", 0.5, 0, 1, 0.05),
            ),
        ),
        Spec(
            "poisson",
            "Poisson",
            "xai_core.noise.models:poisson",
            "Photon counting: bright pixels fluctuate more, and little light is noisier.",
            (Parameter("level", "Photons", 30.0, 1, 255, 1, "photons at white (fewer is noisier)"),),
        ),
        Spec(
            "laplace",
            "Laplace",
            "xai_core.noise.models:laplace",
            "Like Gaussian noise, with rarer and larger outliers.",
            (Parameter("level", "Noise level", 25.0, 0, 100, 1, SIGMA),),
        ),
        Spec(
            "speckle",
            "Speckle",
            "xai_core.noise.models:speckle",
            "Multiplies the picture, as in radar and ultrasound: black stays black.",
            (Parameter("level", "Looks", 4.0, 1, 50, 1, "looks (fewer is noisier)"),),
            citation="Goodman (1976), doi:10.1364/JOSA.66.001145",
        ),
        Spec(
            "periodic",
            "Periodic",
            "xai_core.noise.models:periodic",
            "A regular wave over the picture, as from electrical interference.",
            (
                Parameter("level", "Amplitude", 40.0, 0, 128, 1, "amplitude, 0-255 scale"),
                Parameter("frequency", "Frequency", 0.125, 0.01, 0.5, 0.005, "cycles per pixel"),
                Parameter("angle", "Direction", 30.0, 0, 180, 5, "degrees from the column axis"),
            ),
        ),
    ),
)


def add_noise(images: ArrayLike, kind: str, level: float | None = None, *, seed: int = 0, **parameters: Any) -> Array:
    """Add noise to images; the same arguments give the same bytes.

    images: as for `images.check_images`. kind: a name of `list_noises()`. level: in that noise's unit; None takes its
    default. seed: of the random generator; the first image's noise does not depend on how many images follow.
    Returns float32 of the same shape, NOT clipped: use `images.clip` to limit it to [0, 1] as a file would.
    Raises UnknownName for another kind, InvalidInput for a level out of range.
    """
    spec = NOISES.get(kind)
    given = parameters if level is None else {"level": level, **parameters}
    values = spec.complete(given)
    return np.asarray(spec.load()(check_images(images), rng=np.random.default_rng(seed), **values), np.float32)


def with_level(images: Array, levels: ArrayLike) -> Array:
    """Images with one channel more that holds the noise's level everywhere, as guided networks take them.

    images: (N, H, W, C). levels: sigma on the 0-255 scale, one number or (N,). Returns (N, H, W, C + 1) float32, the last
    channel sigma / 255.
    """
    sigmas = np.broadcast_to(np.asarray(levels, np.float32) / 255, (len(images),))
    map_ = np.broadcast_to(sigmas[:, None, None, None], (*images.shape[:3], 1))
    return np.concatenate([images, map_], axis=-1, dtype=np.float32)
