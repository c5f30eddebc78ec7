"""The chain behind every page: a Scene's clean, noisy and denoised picture."""

from dataclasses import dataclass

import numpy as np

from ..datasets import load_dataset
from ..denoisers import load_denoiser
from ..errors import InvalidInput
from ..images import clip
from ..noise import add_noise
from ..noise.estimate import estimate_sigma
from ..scene import UPLOAD, Scene
from ..types import Array, Dataset


@dataclass(frozen=True)
class Pictures:
    """What a Scene looks like; every picture is (1, H, W, C) float32.

    residual: noisy - denoised, what the denoiser took away, signed.
    true_sigma, estimated_sigma: the noise's standard deviation, from the difference to the clean picture before
    clipping and from the noisy picture alone; level: the one of them that the denoiser was told; 0-255 scale.
    seconds: the denoiser's.
    """

    clean: Array
    noisy: Array
    denoised: Array
    residual: Array
    true_sigma: float
    estimated_sigma: float
    level: float
    seconds: float


def source(scene: Scene, upload: Dataset | None = None) -> Dataset:
    """The data set that a scene's picture comes from; `upload` is the user's own."""
    if scene.dataset != UPLOAD:
        return load_dataset(scene.dataset)
    if upload is None:
        raise InvalidInput(
            "This link shows a picture that somebody uploaded; pictures are not stored. Upload it again to see the view."
        )
    return upload


@dataclass(frozen=True)
class Noisy:
    """A Scene's picture before and after noise; every array is (1, H, W, C) float32.

    noise: what was added, before clipping. noisy: the picture with it, clipped where the scene says so.
    true_sigma: standard deviation of the noise, 0-255 scale.
    """

    clean: Array
    noise: Array
    noisy: Array
    true_sigma: float


def noisy(scene: Scene, upload: Dataset | None = None) -> Noisy:
    """Load a picture and add noise. The same scene gives the same bytes."""
    dataset = source(scene, upload)
    if not 0 <= scene.index < len(dataset):
        raise InvalidInput(
            f"There is no picture {scene.index}: the data set on this machine has {len(dataset)} (0 to {len(dataset) - 1})."
        )
    return with_noise(scene, dataset.image(scene.index))


def with_noise(scene: Scene, clean: Array) -> Noisy:
    """The scene's noise on a picture that is at hand, (1, H, W, C)."""
    unclipped = add_noise(clean, scene.noise, scene.level, seed=scene.seed, **dict(scene.noise_parameters))
    noise = unclipped - clean
    true_sigma = 255 * float(np.sqrt(np.square(noise).mean()))
    return Noisy(clean, noise, clip(unclipped) if scene.clip else unclipped, true_sigma)


def pictures(scene: Scene, upload: Dataset | None = None) -> Pictures:
    """Load, add noise, denoise. The same scene gives the same bytes."""
    found = noisy(scene, upload)
    estimated_sigma = float(estimate_sigma(found.noisy)[0])
    denoiser = load_denoiser(scene.denoiser, **dict(scene.denoiser_parameters))
    level = found.true_sigma if scene.level_source == "known" else estimated_sigma
    denoised = denoiser.timed(found.noisy, level)
    residual = found.noisy - denoised.images
    return Pictures(
        found.clean, found.noisy, denoised.images, residual, found.true_sigma, estimated_sigma, level, denoised.seconds
    )
