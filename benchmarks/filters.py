"""The classical filters: seconds beside the library's own call on one grey picture, then PSNR, SSIM and time on Set12.

Run on idle cores: taskset -c 0,1 python benchmarks/filters.py
Noise: Gaussian, sigma 25, its level told; the output is clipped, not rounded. Without Set12 the photographs of scikit-image.
"""

import argparse
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
from scipy import ndimage, signal
from skimage import restoration

from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.classical import FILTERS
from xai_core.errors import DataNotFound
from xai_core.metrics import psnr, ssim
from xai_core.noise import add_noise

LEVEL = 25
SIGMA = LEVEL / 255


def library_calls(z: Any) -> dict[str, Callable[[], Any]]:
    """What a person would call on a grey picture (H, W), with the parameters that are the filters' defaults."""
    wavelet = {"sigma": SIGMA, "wavelet": "db2", "wavelet_levels": 4}
    patches = {"patch_size": 5, "patch_distance": 6, "h": 0.6 * SIGMA, "sigma": SIGMA, "fast_mode": True}
    return {
        "mean": lambda: ndimage.uniform_filter(z, 3),
        "gaussian": lambda: ndimage.gaussian_filter(z, 1),
        "median": lambda: ndimage.median_filter(z, 3),
        "wiener": lambda: signal.wiener(z, (5, 5), noise=SIGMA**2),
        "bilateral": lambda: cv2.bilateralFilter(z, -1, 3 * SIGMA, 1.8),
        "total_variation": lambda: restoration.denoise_tv_chambolle(z, 1.1 * SIGMA),
        "non_local_means": lambda: restoration.denoise_nl_means(z, **patches),
        "wavelet": lambda: restoration.cycle_spin(z, restoration.denoise_wavelet, max_shifts=3, workers=1, func_kw=wavelet),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    try:
        dataset = load_dataset("set12")
    except DataNotFound:
        dataset = load_dataset("photos")
    filters = [spec for spec in FILTERS if find_spec(spec.supports.get("optional", "numpy"))]

    noisy = add_noise(dataset.image(0)[..., :1], "gaussian", LEVEL)
    print(
        f"One picture of {noisy.shape[1]} x {noisy.shape[2]}, shortest of {options.repeats}: the filter, the library's own call"
    )
    own = library_calls(noisy[0, ..., 0])
    for spec in filters:
        function, parameters = spec.load(), spec.complete({})
        given = (noisy,) if spec.supports.get("blind") else (noisy, [SIGMA])
        calls = [lambda f=function, g=given, p=parameters: f(*g, **p)]
        if spec.name in own:
            calls.append(own[spec.name])
        seconds: list[list[float]] = [[] for _ in calls]
        for _ in range(options.repeats + 1):  # in turn, so that other load falls on both alike; the first warms up
            for call, taken in zip(calls, seconds, strict=True):
                began = time.perf_counter()
                call()
                taken.append(time.perf_counter() - began)
        best = [min(taken[1:]) for taken in seconds]
        ratio = f"{1000 * best[1]:8.1f} ms, ratio {best[0] / best[1]:.2f}" if len(best) > 1 else "       - (own code)"
        print(f"{spec.name:16} {1000 * best[0]:8.1f} ms {ratio}")

    print(f"\nMeans over {len(dataset)} pictures of {dataset.name}, sigma {LEVEL}: PSNR, SSIM, milliseconds a picture")
    cleans = [dataset.image(i) for i in range(len(dataset))]
    noisies = [add_noise(clean, "gaussian", LEVEL, seed=i) for i, clean in enumerate(cleans)]
    for spec in filters:
        denoiser = load_denoiser(spec.name)
        figures = []
        for clean, image in zip(cleans, noisies, strict=True):
            denoised = denoiser.timed(image, LEVEL)
            figures.append((psnr(clean, denoised.images)[0], ssim(clean, denoised.images)[0], 1000 * denoised.seconds))
        quality, similarity, milliseconds = np.mean(figures, axis=0)
        print(f"{spec.name:16} {quality:6.2f} dB  {similarity:.3f} {milliseconds:8.0f} ms")


if __name__ == "__main__":
    main()
