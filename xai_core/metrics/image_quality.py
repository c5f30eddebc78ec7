"""How close two images are."""

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..images import to_uint8
from ._pairs import Figures, pair


def mse(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Mean squared error of each image, (N,), on the [0, 1] scale."""
    first, second = pair(clean, other)
    return np.asarray(np.square(first.astype(np.float64) - second).mean(axis=(1, 2, 3)))


def psnr(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Peak signal-to-noise ratio of each image in dB: -10 log10(MSE), peak 1; infinite for equal images.

    clean, other: (N, H, W, C) in [0, 1], neither clipped nor rounded here. Returns (N,) float64.
    """
    with np.errstate(divide="ignore"):
        return -10 * np.log10(mse(clean, other))


def psnr_8bit(clean: ArrayLike, other: ArrayLike) -> Figures:
    """PSNR of each image as papers on denoising print it: of 8-bit pictures, 20 log10(255 / sqrt(MSE)) dB.

    clean, other: (N, H, W, C) in [0, 1]; both are clipped to [0, 1] and rounded to 256 grey levels, all channels count
    alike, no border is left out. Returns (N,) float64, infinite for equal pictures; papers give the mean over the pictures.
    Noise for such a comparison is added without clipping or rounding, and only the denoised picture is clipped here.
    Source: the protocol of Zhang et al. (2022, DPIR), doi:10.1109/TPAMI.2021.3088914, and of its authors' KAIR.
    """
    first, second = pair(clean, other)
    squares = np.square(to_uint8(first).astype(np.float64) - to_uint8(second))
    with np.errstate(divide="ignore"):
        return np.asarray(20 * np.log10(255 / np.sqrt(squares.mean(axis=(1, 2, 3)))))


def ssim(clean: ArrayLike, other: ArrayLike) -> Figures:
    """Structural similarity of each image in its published form: Gaussian weights of sigma 1.5, mean over the image.

    clean, other: (N, H, W, C) in [0, 1], at least 11 pixels a side. Returns (N,) float64, 1 for equal images.
    Source: Wang, Bovik, Sheikh & Simoncelli (2004), doi:10.1109/TIP.2003.819861 (scikit-image's implementation).
    """
    from skimage.metrics import structural_similarity

    first, second = pair(clean, other)
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
    first, second = pair(clean, other)
    return np.asarray((first == second).mean(axis=(1, 2, 3)), np.float64)
