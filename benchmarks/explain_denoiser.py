"""How long the page Explain a denoiser takes for a click, a split and the posterior directions, warm.

python -m benchmarks.explain_denoiser
"""

import time
from collections.abc import Callable

import numpy as np

from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.explainers.denoiser import effective_filter, split_noise
from xai_core.noise import add_noise
from xai_core.types import Array

ROUNDS = 7
LEVELS = (12.5, 25.0, 50.0)


def median_ms(work: Callable[[], object]) -> float:
    """Median of several rounds after two that warm up."""
    seconds = []
    for _ in range(2 + ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return 1000 * float(np.median(seconds[2:]))


def filters(names: tuple[str, ...], clean: Array) -> float:
    """A click: the effective filters of the networks at three levels."""
    height, width = clean.shape[1:3]
    denoisers = [load_denoiser(name) for name in names]
    noisy = {level: add_noise(clean, "gaussian", level, seed=0) for level in LEVELS}

    def click() -> None:
        for denoiser in denoisers:
            for level in LEVELS:
                effective_filter(denoiser.at(level), noisy[level], height // 2, width // 2)

    return median_ms(click)


def main() -> None:
    photo = load_dataset("bsd68").image(0)
    small = photo[:, :64, :64]
    for names in (("unet-grey", "unet-blind"), ("unet-grey", "dncnn")):
        for clean, goal in ((small, 300), (photo, 1500)):
            size = " x ".join(map(str, clean.shape[1:3]))
            print(f"filters of {' and '.join(names)} at three levels, {size}: {filters(names, clean):.0f} ms (goal {goal})")
    for name in ("unet-grey", "unet-blind", "ffdnet", "dncnn", "adnet"):
        for clean in (small, photo):
            noisy = add_noise(clean, "gaussian", 25, seed=0)
            denoiser = load_denoiser(name).at(25)
            forward = median_ms(lambda denoiser=denoiser, noisy=noisy: denoiser.unclipped(noisy))
            split = median_ms(lambda denoiser=denoiser, clean=clean, noisy=noisy: split_noise(denoiser, clean, noisy))
            size = " x ".join(map(str, clean.shape[1:3]))
            print(f"split of {name}, {size}: {split:.0f} ms, {split / forward:.2f} forward passes (goal 3)")


if __name__ == "__main__":
    main()
