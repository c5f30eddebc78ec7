"""Noise: models with a level in the unit of the field, and blind estimates of the level."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..images import check_images
from ..registry import Parameter, Registry, Spec
from ..types import Array
from .correlated import KERNELS

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
        Spec(
            "uniform",
            "Uniform",
            "xai_core.noise.models:uniform",
            "Errors of every size up to a limit, all equally likely.",
            (Parameter("level", "Noise level", 25.0, 0, 100, 1, SIGMA),),
        ),
        Spec(
            "impulse",
            "Random-valued impulse",
            "xai_core.noise.models:impulse",
            "Some pixels are lost: they turn into any colour, and hide better than salt & pepper.",
            (Parameter("level", "Noise level", 0.1, 0, 0.9, 0.01, "share of pixels replaced"),),
        ),
        Spec(
            "poisson_gaussian",
            "Poisson + Gaussian",
            "xai_core.noise.models:poisson_gaussian",
            "A real camera: photon counting, then the noise of reading out the sensor.",
            (
                Parameter("level", "Photons", 30.0, 1, 255, 1, "photons at white (fewer is noisier)"),
                Parameter("sigma", "Read-out noise", 10.0, 0, 100, 1, SIGMA),
            ),
            citation="Foi, Trimeche, Katkovnik & Egiazarian (2008), doi:10.1109/TIP.2008.2001399",
        ),
        Spec(
            "quantisation",
            "Quantisation",
            "xai_core.noise.models:quantisation",
            "Too few grey levels: smooth areas turn into bands.",
            (
                Parameter("level", "Grey levels", 3.0, 1, 8, 1, "bits (fewer is coarser)"),
                Parameter("dither", "Dither", False, help="Random rounding: noise in place of bands."),
            ),
            citation="Roberts (1962), doi:10.1109/TIT.1962.1057702",
        ),
        Spec(
            "correlated",
            "Correlated",
            "xai_core.noise.correlated:correlated",
            "Neighbouring pixels err together, in blotches, streaks, grains, hatching or clouds.",
            (
                Parameter("level", "Noise level", 25.0, 0, 100, 1, SIGMA),
                Parameter("kernel", "Pattern", "gaussian", choices=KERNELS),
            ),
            citation="Makinen, Azzari & Foi (2020), doi:10.1109/TIP.2020.3014721",
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
    given = parameters if level is None else {"level": level, **parameters}
    return add_noise_beyond(images, kind, seed=seed, **NOISES.get(kind).complete(given))


def add_noise_beyond(images: ArrayLike, kind: str, level: float, *, seed: int = 0, **parameters: Any) -> Array:
    """As `add_noise`, at levels beyond those of the slider too (a diffusion model is trained on them)."""
    function = NOISES.get(kind).load()
    return np.asarray(function(check_images(images), level=level, rng=np.random.default_rng(seed), **parameters), np.float32)


def random_parameters(kind: str, rng: np.random.Generator) -> dict[str, float]:
    """What a noise needs besides its level, drawn for training: of a wave its frequency and direction; {} for the others.

    The frequency is drawn evenly on a logarithmic scale over all that `periodic` takes, the angle evenly.
    """
    if kind != "periodic":
        return {}
    frequency, angle = (NOISES.get(kind).parameter(name) for name in ("frequency", "angle"))
    low, high = np.log([float(frequency.low or 0), float(frequency.high or 0)])
    return {"frequency": float(np.exp(rng.uniform(low, high))), "angle": float(rng.uniform(0, float(angle.high or 0)))}


def with_level(images: Array, levels: ArrayLike) -> Array:
    """Images with one channel more that holds the noise's level everywhere, as guided networks take them.

    images: (N, H, W, C). levels: sigma on the 0-255 scale, one number or (N,). Returns (N, H, W, C + 1) float32, the last
    channel sigma / 255.
    """
    sigmas = np.broadcast_to(np.asarray(levels, np.float32) / 255, (len(images),))
    map_ = np.broadcast_to(sigmas[:, None, None, None], (*images.shape[:3], 1))
    return np.concatenate([images, map_], axis=-1, dtype=np.float32)
