"""The level of Gaussian noise, estimated from the noisy image alone."""

import numpy as np
from numpy.typing import NDArray

from ..images import check_images
from ..types import Array

MEDIAN_OF_ONE = 0.6744897501960817
"""Median of |n| for n ~ N(0, 1)."""


def estimate_sigma(images: Array) -> NDArray[np.float64]:
    """Noise standard deviation from the finest wavelet details: sigma = median(|d|) / 0.6745, d from Daubechies 2.

    images: (N, H, W, C). Returns (N,) on the 0-255 scale, averaged over channels; 0 where there is no detail at all.
    The numbers of skimage.restoration.estimate_sigma, which warns and gives NaN for a picture without detail.
    Too low on clipped images (an image with large black areas loses half of its noise there) and too high on
    fine texture: a clean Fashion-MNIST picture already reads about 7.
    Source: Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425.
    """
    import pywt

    details = pywt.dwtn(check_images(images), "db2", axes=(1, 2))["dd"]
    sigmas = [np.mean([_sigma(image[..., channel]) for channel in range(image.shape[-1])]) for image in details]
    return np.asarray(sigmas, np.float64) * 255


def estimate_sigma_immerkaer(images: Array) -> NDArray[np.float64]:
    """Noise standard deviation from second differences: sigma = sqrt(pi / 2) / 6 times the mean of |y * L|.

    L = [1 -2 1; -2 4 -2; 1 -2 1], without the edges: planes give 0, white noise a standard deviation of 6 sigma. Texture and
    noise count alike, so that it is too high on textured pictures; clipping makes it too low, less so than `estimate_sigma`.
    images: (N, H, W, C). Returns (N,) on the 0-255 scale, averaged over channels; 0 where a side is under 3 pixels.
    Source: Immerkaer (1996), doi:10.1006/cviu.1996.0060.
    """
    batch = check_images(images)
    if min(batch.shape[1:3]) < 3:
        return np.zeros(len(batch))
    response = np.diff(np.diff(batch, 2, axis=1), 2, axis=2)
    return np.asarray(255 * np.sqrt(np.pi / 2) / 6 * np.abs(response).mean(axis=(1, 2, 3), dtype=np.float64))


def _sigma(details: Array) -> float:
    # Details of exactly zero are flat areas (clipped sky, padding): they tell nothing about the noise.
    present = details[details != 0]
    return float(np.median(np.abs(present))) / MEDIAN_OF_ONE if present.size else 0.0
