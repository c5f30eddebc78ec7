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
    clipping and from the noisy picture alone; 0-255 scale.
    seconds: the denoiser's.
    """

    clean: Array
    noisy: Array
    denoised: Array
    residual: Array
    true_sigma: float
    estimated_sigma: float
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


def pictures(scene: Scene, upload: Dataset | None = None) -> Pictures:
    """Load, add noise, denoise. The same scene gives the same bytes."""
    dataset = source(scene, upload)
    if not 0 <= scene.index < len(dataset):
        raise InvalidInput(
            f"There is no picture {scene.index}: the data set on this machine has {len(dataset)} (0 to {len(dataset) - 1})."
        )
    clean = dataset.image(scene.index)
    noisy = add_noise(clean, scene.noise, scene.level, seed=scene.seed, **dict(scene.noise_parameters))
    true_sigma = 255 * float(np.sqrt(np.square(noisy - clean).mean()))
    if scene.clip:
        noisy = clip(noisy)
    estimated_sigma = float(estimate_sigma(noisy)[0])
    denoiser = load_denoiser(scene.denoiser, **dict(scene.denoiser_parameters))
    level = true_sigma if scene.level_source == "known" else estimated_sigma
    denoised = denoiser.timed(noisy, level)
    return Pictures(clean, noisy, denoised.images, noisy - denoised.images, true_sigma, estimated_sigma, denoised.seconds)
