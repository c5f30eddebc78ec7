"""One picture under several denoisers and noise levels, with its figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..denoisers import load_denoiser
from ..metrics import gradient_similarity, j_invariance, ms_ssim, psnr, residual_whiteness, ssim
from ..metrics.multiscale import SMALLEST
from ..noise import NOISES
from ..scene import Scene
from ..types import Array, Dataset, Progress
from .chain import Pictures, pictures


@dataclass(frozen=True)
class Quality:
    """Figures of a denoised picture, NaN where it is too small for one.

    psnr: dB. ssim: from 11 pixels a side. ms_ssim: from 161. edge_damage: GMSD, lower is better. whiteness: of what was
    removed, from 16 pixels a side, NaN if nothing was. seconds: of the denoiser.
    """

    psnr: float
    ssim: float
    ms_ssim: float
    edge_damage: float
    whiteness: float
    seconds: float


def quality(found: Pictures) -> Quality:
    """The figures of a scene's denoised picture."""
    clean, denoised = found.clean, found.denoised
    side = min(clean.shape[1:3])
    return Quality(
        psnr=float(psnr(clean, denoised)[0]),
        ssim=float(ssim(clean, denoised)[0]) if side >= 11 else float("nan"),
        ms_ssim=float(ms_ssim(clean, denoised)[0]) if side >= SMALLEST else float("nan"),
        edge_damage=float(gradient_similarity(clean, denoised).deviation[0]),
        whiteness=float(residual_whiteness(found.residual).whiteness[0]) if side >= 16 else float("nan"),
        seconds=found.seconds,
    )


def noise_levels(noise: str, count: int = 7) -> tuple[float, ...]:
    """Levels from low to high at which curves of that noise are measured, on its own step; Gaussian: 5 to 75."""
    level = NOISES.get(noise).parameter("level")
    if noise == "gaussian":
        return (5.0, 10.0, 15.0, 25.0, 35.0, 50.0, 75.0)
    assert level.low is not None and level.high is not None and level.step is not None
    first = max(level.low, level.step)
    spread = np.linspace(first, level.high, count)
    return tuple(sorted({float(first + round((value - first) / level.step) * level.step) for value in spread}))


def sweep(
    scene: Scene, upload: Dataset | None, names: Sequence[str], levels: Sequence[float], progress: Progress
) -> dict[str, tuple[Quality, ...]]:
    """The scene's picture under each denoiser at each level: {name: one Quality a level}.

    The scene's own denoiser keeps its parameters, the others have their usual ones. progress: the share that is done.
    """
    rows: dict[str, tuple[Quality, ...]] = {}
    for order, name in enumerate(names):
        own = scene if name == scene.denoiser else replace(scene, denoiser=name, denoiser_parameters=())
        measured = []
        for index, level in enumerate(levels):
            measured.append(quality(pictures(replace(own, level=float(level)), upload)))
            progress((order + (index + 1) / len(levels)) / len(names))
        rows[name] = tuple(measured)
    return rows


CROP = 192
"""Pixels a side on which denoisers are ranked: each is called sixteen times."""


def rank_without_clean(noisy: Array, names: Sequence[str], sigma: float, progress: Progress) -> dict[str, float]:
    """Self-supervised error of each denoiser on a picture whose clean version nobody has, lowest first.

    The root of the J-invariant loss on the central 192 x 192 pixels, 0-255 scale: how far each denoiser is from the noisy
    pixels when it must guess them from the others.
    noisy: (1, H, W, C). sigma: the noise level that the denoisers are told, 0-255 scale. progress: the share that is done.
    """
    height, width = noisy.shape[1:3]
    top, left = max(0, (height - CROP) // 2), max(0, (width - CROP) // 2)
    crop = noisy[:, top : top + CROP, left : left + CROP]
    losses: dict[str, float] = {}
    for order, name in enumerate(names):
        denoiser = load_denoiser(name).at(sigma)

        def share(part: float, order: int = order) -> None:
            progress((order + part) / len(names))

        losses[name] = 255 * float(np.sqrt(j_invariance(denoiser, crop, progress=share).loss[0]))
    return dict(sorted(losses.items(), key=lambda item: item[1]))
