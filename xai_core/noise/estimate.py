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


def _sigma(details: Array) -> float:
    # Details of exactly zero are flat areas (clipped sky, padding): they tell nothing about the noise.
    present = details[details != 0]
    return float(np.median(np.abs(present))) / MEDIAN_OF_ONE if present.size else 0.0
