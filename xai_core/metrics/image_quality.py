"""How close two images are."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..images import check_images
from ..types import Array

Figures = NDArray[np.float64]


def _pair(clean: ArrayLike, other: ArrayLike) -> tuple[Array, Array]:
    first, second = check_images(clean, name="clean"), check_images(other, name="other")
    if first.shape != second.shape:
        raise InvalidInput(f"Expected two batches of the same shape, received {first.shape} and {second.shape}.")
    return first, second


def mse(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Mean squared error of each image, (N,), on the [0, 1] scale."""
    first, second = _pair(clean, other)
    return np.asarray(np.square(first.astype(np.float64) - second).mean(axis=(1, 2, 3)))


def psnr(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Peak signal-to-noise ratio of each image in dB: -10 log10(MSE), peak 1; infinite for equal images.

    clean, other: (N, H, W, C) in [0, 1], neither clipped nor rounded here. Returns (N,) float64.
    """
    with np.errstate(divide="ignore"):
        return -10 * np.log10(mse(clean, other))


def ssim(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Structural similarity of each image in its published form: Gaussian weights of sigma 1.5, mean over the image.

    clean, other: (N, H, W, C) in [0, 1], at least 11 pixels a side. Returns (N,) float64, 1 for equal images.
    Source: Wang, Bovik, Sheikh & Simoncelli (2004), doi:10.1109/TIP.2003.819861 (scikit-image's implementation).
    """
    from skimage.metrics import structural_similarity

    first, second = _pair(clean, other)
    if min(first.shape[1:3]) < 11:
        raise InvalidInput(f"SSIM needs images of at least 11 x 11 pixels; received {first.shape[1]} x {first.shape[2]}.")
    values = [
        structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0, channel_axis=-1
        )
        for a, b in zip(first, second, strict=True)
    ]
    return np.asarray(values, np.float64)


def pixel_accuracy(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Share of pixels that are exactly equal: what Keras calls `accuracy` of a reconstruction, per image.

    Not a measure of quality on grey images: an all-black output scores the share of black pixels (80.9 % of MNIST's
    training pixels, 50.2 % of Fashion-MNIST's), which is what the report's 81 % and 50 % are.
    """
    first, second = _pair(clean, other)
    return np.asarray((first == second).mean(axis=(1, 2, 3)), np.float64)
