"""Total variation denoising (scikit-image, Chambolle's algorithm)."""

from collections.abc import Sequence

from ...types import Array
from ._shared import filter_each


def total_variation(images: Array, sigmas: Sequence[float], *, strength: float = 1.1) -> Array:
    """The u that minimises ||u - y||^2 / 2 + w TV(u), with weight w = strength * sigma.

    images: (N, H, W, C) float32. sigmas: standard deviation of the noise of each image, on the [0, 1] scale.
    Source: Chambolle (2004), doi:10.1023/B:JMIV.0000011325.36760.1e.
    """
    from skimage.restoration import denoise_tv_chambolle

    return filter_each(images, sigmas, lambda image, sigma: denoise_tv_chambolle(image, strength * sigma, channel_axis=-1))
