"""Several clean pictures that the same noisy one could come from: posterior samples of a diffusion model."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..images import check_images, clip
from ..types import Array, Progress
from . import Denoiser

LAST_LEVEL = 1.0
"""The lowest noise level (sigma, 0-255 scale) that a sample passes before it ends without noise."""

BATCH, BATCH_PIXELS = 64, 2**20
"""Pictures that are refined together, and their pixels, which bound the memory."""
ROUNDING = 1e-6


@dataclass(frozen=True)
class PosteriorSamples:
    """What `posterior_samples` draws.

    samples: (S, N, H, W, C) in [0, 1]. mean: of the samples, the answer of least squared error; deviation: their standard
    deviation, pixel by pixel, the uncertainty; both (N, H, W, C). steps: network evaluations a sample. seconds: it took.
    """

    samples: Array
    mean: Array
    deviation: Array
    steps: int
    seconds: float


def posterior_samples(
    denoiser: Denoiser,
    noisy: ArrayLike,
    level: float,
    *,
    samples: int = 16,
    steps: int = 10,
    eta: float = 1.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> PosteriorSamples:
    """Draw from p(clean | noisy) by the reverse diffusion that begins at the noisy picture.

    y = x + s n is the state of a diffusion at level s. With D the denoiser, a step from level s to t < s is
    y_t = D + (t^2 - v^2)^(1/2) / s (y_s - D) + v z, v = eta t (1 - t^2 / s^2)^(1/2), z ~ N(0, 1), D = D(y_s, s);
    (y_s - D) / s is the noise that the network predicts. Levels fall evenly on a logarithmic scale to 1, the last step ends at 0.
    eta = 1: the ancestral step of DDPM, whose samples have the posterior's spread for many small steps; eta = 0: DDIM, one answer
    for all seeds; steps = 1: D itself. Exact in principle for a network trained with squared error (D = E[x | y], as
    diffusion-fashion); those trained with absolute error (the U-Nets) give medians and too small a spread.

    denoiser: guided by the level. noisy: (N, H, W, C), not clipped: clipping takes away what the network expects, and dark and
    bright areas come out too certain. level: sigma of its Gaussian noise, 0-255 scale. samples: S; sample i is the same
    whatever S, for the same pictures. steps: network evaluations a sample. progress: called with the finished share, each step.
    Raises InvalidInput for another denoiser and numbers out of range.
    Source: Ho et al. (2020), arXiv:2006.11239; Song et al. (2021), arXiv:2010.02502; Kawar et al. (2021), arXiv:2105.14951
    (denoising by sampling).
    """
    batch = check_images(noisy)
    _check(denoiser, level, samples, steps, eta)
    began = time.perf_counter()
    drawn = np.empty((samples, *batch.shape), np.float32)
    # One generator a sample, so that a sample does not depend on how many there are. From 1: NumPy's (seed, 0) is the same as
    # seed, of which `add_noise` made the picture's noise, and a sample would be given that noise again.
    generators = [np.random.default_rng((seed, 1 + index)) for index in range(samples)]
    at_once = max(1, min(BATCH // max(1, len(batch)), BATCH_PIXELS // max(1, batch[..., 0].size)))

    def advance(start: int, share: float) -> None:
        if progress:
            progress(min(1.0, (start + share * min(at_once, samples - start)) / samples))

    for start in range(0, samples, at_once):
        part = generators[start : start + at_once]
        drawn[start : start + len(part)] = _descend(denoiser, batch, _levels(level, steps), eta, part, partial(advance, start))
    deviation = drawn.std(axis=0)
    deviation[deviation < ROUNDING] = 0  # of equal samples, too
    return PosteriorSamples(drawn, drawn.mean(axis=0), deviation, steps, time.perf_counter() - began)


def draw(
    denoiser: Denoiser, count: int, *, steps: int = 30, eta: float = 1.0, seed: int = 0, progress: Progress | None = None
) -> Array:
    """Pictures out of nothing: the reverse diffusion from the highest level that the network was trained on, (count, H, W, C).

    It starts at m + b + s n: m the mean of the training pictures' pixels, b ~ N(0, brightness_spread^2) one number a picture, s
    the highest level, n ~ N(0, 1). At sigma 900 single pixels are lost, but not a picture's mean brightness, the average of
    hundreds of them: started at another brightness, all pictures would come out too bright or too dark. Hence m and b.

    Raises InvalidInput for a denoiser that was not trained for it (`spec.supports["highest"]`).
    """
    supports = denoiser.spec.supports
    if not {"highest", "mean", "shape"} <= supports.keys():
        raise InvalidInput(f"{denoiser.spec.label} was not trained on pure noise. Choose diffusion-fashion.")
    # The 0 sets these numbers apart from those of the samples.
    rng = np.random.default_rng((seed, 0, count))
    noise = rng.standard_normal((count, *supports["shape"]), np.float32)
    brightness = supports["mean"] + supports.get("brightness_spread", 0.0) * rng.standard_normal((count, 1, 1, 1))
    highest = supports["highest"]
    start = np.asarray(brightness + highest / 255 * noise, np.float32)
    drawn = posterior_samples(denoiser, start, highest, samples=1, steps=steps, eta=eta, seed=seed, progress=progress).samples
    return np.asarray(drawn[0], np.float32)


def _check(denoiser: Denoiser, level: float, samples: int, steps: int, eta: float) -> None:
    if not denoiser.guides:
        raise InvalidInput(
            f"{denoiser.spec.label} is not told the noise level. Choose a guided network, such as diffusion-fashion."
        )
    if not 0 < level < float("inf"):
        raise InvalidInput(f"Expected a noise level above 0 (sigma, 0-255 scale), received {level!r}.")
    if samples < 1 or steps < 1:
        raise InvalidInput(f"Expected at least one sample and one step, received {samples} and {steps}.")
    if not 0 <= eta <= 1:
        raise InvalidInput(f"Expected a stochasticity (eta) from 0 to 1, received {eta!r}.")


def _levels(level: float, steps: int) -> NDArray[np.float64]:
    """The levels at which the network is asked, the highest first."""
    return np.geomspace(level, min(LAST_LEVEL, level), steps) if steps > 1 else np.array([level])


def _descend(
    denoiser: Denoiser,
    noisy: Array,
    levels: NDArray[np.float64],
    eta: float,
    generators: Sequence[np.random.Generator],
    advance: Callable[[float], None],
) -> Array:
    """One sample of each picture for each generator, (len(generators), N, H, W, C), clipped.

    advance: called with the finished share of the steps.
    """
    count = len(generators)
    state = np.repeat(noisy[None], count, axis=0).reshape(-1, *noisy.shape[1:])
    for step, (now, following) in enumerate(zip(levels, [*levels[1:], 0.0], strict=True), 1):
        clean = denoiser.unclipped(state, float(now))
        advance(step / len(levels))
        if not following:
            state = clean
            break
        fresh = eta * following * np.sqrt(1 - (following / now) ** 2)
        kept = np.sqrt(following**2 - fresh**2) / now
        random = np.stack([generator.standard_normal(noisy.shape, np.float32) for generator in generators])
        state = np.asarray(clean + kept * (state - clean) + fresh / 255 * random.reshape(state.shape), np.float32)
    return clip(state.reshape(count, *noisy.shape))
