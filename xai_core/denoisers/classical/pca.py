"""Principal components of patches (NumPy's eigenvectors)."""

from collections.abc import Sequence

from ...types import Array
from ._patches import principal_axes, shrink_patches
from ._shared import filter_each


def pca(images: Array, sigmas: Sequence[float], *, threshold: float = 2.75, patch: int = 7) -> Array:
    """Each patch x becomes m + sum of (a x) a over the principal axes a of the picture's patches with |a x| > t sigma.

    m is the patch's mean, t the threshold; overlapping patches are averaged. White noise has the standard deviation sigma
    along every axis, the picture only along a few.
    images: (N, H, W, C) float32; the channels of a colour patch are one vector. sigmas: standard deviation of the noise of
    each image, on the [0, 1] scale. patch: side of the patches in pixels.
    Source: Deledalle, Salmon & Dalalyan (2011), doi:10.5244/C.25.25 (global axes, hard threshold).
    """

    def filter_one(image: Array, sigma: float) -> Array:
        return shrink_patches(image, threshold * sigma, patch, lambda patches: principal_axes(patches)[0])

    return filter_each(images, sigmas, filter_one)
