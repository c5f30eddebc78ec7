"""Wavelet shrinkage (scikit-image), averaged over shifts of the picture."""

from collections.abc import Sequence

import numpy as np

from ...types import Array
from ._shared import filter_each

WAVELETS = ("haar", "db2", "db4", "sym4", "sym8", "coif2")
"""Orthogonal ones only: under others white noise does not stay white, and the thresholds would be wrong."""

METHODS = ("BayesShrink", "VisuShrink")
LEVELS = 4


def wavelet(
    images: Array, sigmas: Sequence[float], *, method: str = "BayesShrink", wavelet: str = "db2", shifts: int = 3
) -> Array:
    """Small wavelet coefficients set to zero, at a threshold t; the mean over (shifts + 1)^2 shifted copies.

    BayesShrink: t = sigma^2 / (standard deviation of the clean coefficients) in each band, what lies above is lowered by t.
    VisuShrink: t = sigma sqrt(2 log(number of pixels)) everywhere, what lies above is kept; it smooths more.
    images: (N, H, W, C) float32; colour is filtered as luma and two colour differences. sigmas: standard deviation of the
    noise of each image, on the [0, 1] scale. wavelet: one of WAVELETS. shifts: 0 for none; without them edges ring.
    Four levels, fewer for pictures under 64 pixels: the coarsest band has at least four coefficients a side.
    Source: Chang, Yu & Vetterli (2000), doi:10.1109/83.862633; Donoho & Johnstone (1994), doi:10.1093/biomet/81.3.425;
    Coifman & Donoho (1995), doi:10.1007/978-1-4612-2544-7_9.
    """
    import pywt
    from skimage.restoration import cycle_spin, denoise_wavelet

    height, width, channels = images.shape[1:]
    levels = int(np.clip(np.log2(min(height, width)) - 2, 1, LEVELS))
    # A long filter needs more pixels than a small picture has: it is mirrored until that many are there.
    needed = (pywt.Wavelet(wavelet).dec_len - 1) * 2**levels
    margins = [(0, max(needed - side, 0)) for side in (height, width)]
    options = {
        "wavelet": wavelet,
        "wavelet_levels": levels,
        "method": method,
        "mode": "soft" if method == "BayesShrink" else "hard",
        "convert2ycbcr": channels == 3,
        "channel_axis": -1,
    }

    def filter_one(image: Array, sigma: float) -> Array:
        padded = np.pad(image, (*margins, (0, 0)), mode="symmetric")
        filtered = cycle_spin(
            padded, denoise_wavelet, max_shifts=shifts, workers=1, func_kw={"sigma": sigma, **options}, channel_axis=-1
        )
        return np.asarray(filtered.reshape(padded.shape)[:height, :width])

    return filter_each(images, sigmas, filter_one)
