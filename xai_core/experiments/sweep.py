"""One picture under several denoisers and noise levels, with its figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..metrics import psnr, residual_whiteness, ssim
from ..noise import NOISES
from ..scene import Scene
from ..types import Dataset, Progress
from .chain import Pictures, pictures


@dataclass(frozen=True)
class Quality:
    """Figures of a denoised picture: psnr (dB), ssim (NaN below 11 pixels a side), whiteness of what was removed (NaN below
    16 pixels a side or if nothing was), seconds of the denoiser.
    """

    psnr: float
    ssim: float
    whiteness: float
    seconds: float


def quality(found: Pictures) -> Quality:
    """The figures of a scene's denoised picture."""
    clean, denoised = found.clean, found.denoised
    side = min(clean.shape[1:3])
    similarity = float(ssim(clean, denoised)[0]) if side >= 11 else float("nan")
    whiteness = float(residual_whiteness(found.residual).whiteness[0]) if side >= 16 else float("nan")
    return Quality(float(psnr(clean, denoised)[0]), similarity, whiteness, found.seconds)


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
