"""Non-local means (scikit-image, fast mode)."""

from collections.abc import Sequence
from typing import Any

from ...types import Array
from ._shared import filter_each


def non_local_means(images: Array, sigmas: Sequence[float], *, strength: float = 0.6, patch: int = 5, distance: int = 6) -> Array:
    """Weighted mean of the pixels whose patches look alike: weights exp(-(d^2 - 2 sigma^2) / h^2), h = strength * sigma.

    images: (N, H, W, C) float32. sigmas: standard deviation of the noise of each image, on the [0, 1] scale.
    patch: side of the compared patches, distance: how far they are looked for, both in pixels.
    Source: Buades, Coll & Morel (2005), doi:10.1109/CVPR.2005.38.
    """
    from skimage.restoration import denoise_nl_means

    def filter_one(image: Array, sigma: float) -> Any:
        return denoise_nl_means(
            image, patch_size=patch, patch_distance=distance, h=strength * sigma, sigma=sigma, fast_mode=True, channel_axis=-1
        )

    return filter_each(images, sigmas, filter_one)
