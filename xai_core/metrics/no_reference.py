"""Figures that need no clean picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..images import MIN_SIDE, check_images
from ..types import Array, Progress
from ._pairs import Figures

Denoise = Callable[[Array], Array]
"""(N, H, W, C) float32, values beyond [0, 1] included, to denoised images of the same shape."""


@dataclass(frozen=True)
class Sure:
    """What SURE says of a denoiser on each noisy picture.

    mse: estimated mean squared error to the unknown clean picture, (N,), on the [0, 1] scale; may come out below 0.
    divergence: mean derivative of an output pixel by its own input pixel, (N,): 1 for a denoiser that does nothing.
    """

    mse: Figures
    divergence: Figures

    @property
    def psnr(self) -> Figures:
        """-10 log10(mse) in dB, (N,); NaN where the estimated error is not above 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.mse > 0, -10 * np.log10(self.mse), np.nan)


def sure(denoiser: Denoise, noisy: ArrayLike, sigma: ArrayLike, *, seed: int = 0, step: float = 0.1, draws: int = 1) -> Sure:
    """Stein's unbiased risk estimate: the error of a denoiser without the clean picture.

    MSE = mean (f(y) - y)^2 - sigma^2 + 2 sigma^2 div f(y) / n, with the divergence from a random probe b of signs:
    div f(y) = b . (f(y + step b) - f(y)) / step. It costs 1 + draws calls of the denoiser.
    It holds for white Gaussian noise of known sigma on data that were NOT clipped: give `noisy` as the noise model made it
    (of clipped photographs at sigma 25 it promised up to 6 dB too much), and a denoiser that neither clips its input nor rounds
    its output to 8 bits (a step within one grey level would be lost). It estimates the error of exactly what the denoiser
    returns: give one whose output is not clipped either to learn of the method itself, else it is the clipped output's.
    noisy: (N, H, W, C). sigma: standard deviation of the noise, 0-255 scale, one number or (N,). step: 0-255 scale.
    draws: how many probes are averaged; one is enough for a photograph.
    Raises InvalidInput for such values out of range, or a denoiser that changes the shape.
    Source: Stein (1981), doi:10.1214/aos/1176345632; Ramani, Blu & Unser (2008), doi:10.1109/TIP.2008.2001404.
    """
    batch = check_images(noisy, name="noisy")
    sigmas = np.asarray(sigma, np.float64) / 255
    if sigmas.shape not in ((), (len(batch),)) or not np.isfinite(sigmas).all() or (sigmas < 0).any():
        raise InvalidInput(f"Expected sigma of at least 0, one number or one an image ({len(batch)}), received {sigma!r}.")
    if not 0 < step < np.inf or draws < 1:
        raise InvalidInput(f"Expected a step above 0 and at least 1 draw, received {step!r} and {draws!r}.")
    denoised = _call(denoiser, batch)
    divergence = np.zeros(len(batch))
    size = step / 255
    for draw in range(draws):
        # A generator for each draw: the probe of a picture does not depend on how many pictures follow.
        signs = 2 * np.random.default_rng([seed, draw]).integers(0, 2, batch.shape).astype(np.float32) - 1
        change = _call(denoiser, batch + np.float32(size) * signs).astype(np.float64) - denoised
        divergence += (signs * change).mean(axis=(1, 2, 3)) / size / draws
    distance = np.square(denoised.astype(np.float64) - batch).mean(axis=(1, 2, 3))
    return Sure(distance - sigmas**2 + 2 * sigmas**2 * divergence, divergence)


@dataclass(frozen=True)
class JInvariance:
    """A denoiser that had to guess each pixel from the others.

    loss: mean squared distance to the noisy picture, (N,), on the [0, 1] scale: for noise of mean 0 that is independent from
        pixel to pixel, the error of `images` plus the variance of the noise.
    images: its output, (N, H, W, C) float32.
    """

    loss: Figures
    images: Array


def j_invariance(denoiser: Denoise, noisy: ArrayLike, *, stride: int = 4, progress: Progress = lambda share: None) -> JInvariance:
    """The self-supervised loss of Noise2Self: rank denoisers or their settings without the clean picture.

    Every stride-th pixel in both directions is replaced by the mean of its four neighbours (mirrored at the border), the
    denoiser is called, and its output there is kept; stride^2 calls cover the picture. No output pixel has seen its own
    input, so following the noise does not pay. All channels of a pixel are replaced together.
    noisy: (N, H, W, C), at least 2 pixels a side. The lower the loss the better; sigma need not be known.
    Raises InvalidInput for a stride below 2, smaller pictures, or a denoiser that changes the shape.
    Source: Batson & Royer (2019), arXiv:1901.11365 (the scheme of skimage.restoration.denoise_invariant).
    """
    batch = check_images(noisy, name="noisy")
    if stride < 2 or min(batch.shape[1:3]) < 2:
        raise InvalidInput(
            f"Expected a stride of at least 2 and images of at least 2 x 2 pixels, received {stride!r} and {batch.shape[1:3]}."
        )
    edged = np.pad(batch, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    neighbours = (edged[:, :-2, 1:-1] + edged[:, 2:, 1:-1] + edged[:, 1:-1, :-2] + edged[:, 1:-1, 2:]) / 4
    images = np.empty_like(batch)
    for index in range(stride**2):
        here = np.s_[:, index // stride :: stride, index % stride :: stride]
        masked = batch.copy()
        masked[here] = neighbours[here]
        images[here] = _call(denoiser, masked)[here]
        progress((index + 1) / stride**2)
    return JInvariance(np.square(images.astype(np.float64) - batch).mean(axis=(1, 2, 3)), images)


def blur_effect(images: ArrayLike) -> Figures:
    """How blurred each image looks: what a further blur over 11 pixels would change, in the worse direction.

    images: (N, H, W, C) in [0, 1], at least 8 pixels a side; raises InvalidInput for smaller ones. Returns (N,) float64 in
    [0, 1]; LOWER is sharper, a flat image has 1. Noise counts as sharpness, so compare denoised pictures, never noisy ones.
    Source: Crete, Dolmiere, Ladret & Nicolas (2007), doi:10.1117/12.702790 (scikit-image's implementation).
    """
    from skimage.measure import blur_effect as of_image

    batch = check_images(images)
    height, width = batch.shape[1:3]
    if min(height, width) < MIN_SIDE:
        raise InvalidInput(
            f"The blur effect needs images of at least {MIN_SIDE} x {MIN_SIDE} pixels; received {height} x {width}."
        )
    colour = batch.shape[-1] == 3
    return np.asarray(
        [of_image(image if colour else image[..., 0], channel_axis=-1 if colour else None) for image in batch], np.float64
    )


def _call(denoiser: Denoise, batch: Array) -> Array:
    denoised = check_images(denoiser(batch), name="denoised images")
    if denoised.shape != batch.shape:
        raise InvalidInput(f"Expected a denoiser that keeps the shape {batch.shape}, received {denoised.shape} from it.")
    return denoised
