"""Two published figures taken apart: what an all-black picture scores, and what 8-bit subtraction does to PSNR."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..images import check_images, clip, to_uint8
from ..metrics import pixel_accuracy, psnr, ssim
from ..noise import add_noise
from ..types import Array, Dataset


@dataclass(frozen=True)
class Candidate:
    """An answer to the noisy pictures and its mean scores: both accuracies in [0, 1], PSNR in dB, SSIM; example (H, W, C)."""

    name: str
    keras_accuracy: float
    pixel_accuracy: float
    psnr: float
    ssim: float
    example: Array


@dataclass(frozen=True)
class BlackProof:
    """black: share of all pixels of the split that are exactly 0, counted over `counted` pictures; candidates on `pictures` of
    them, the clean picture of the examples beside them.
    """

    black: float
    counted: int
    pictures: int
    clean: Array
    candidates: tuple[Candidate, ...]


def black_proof(
    dataset: Dataset,
    denoiser: Callable[[Array], Array] | None,
    *,
    noise: str = "salt_pepper",
    level: float = 0.1,
    pictures: int = 500,
    seed: int = 0,
) -> BlackProof:
    """What a picture of nothing but black scores by the published "accuracy", beside the noisy picture and a denoiser.

    Keras accuracy: see `keras_accuracy`. Pixel accuracy: the share of pixels whose 8-bit value is exactly that of the clean
    picture. Both of black are about the share of black pixels. dataset: grey pictures of one size. denoiser: None leaves it out.
    """
    count = min(pictures, len(dataset))
    clean = check_images(dataset.images[:count])
    noisy = clip(add_noise(clean, noise, level, seed=seed))
    answers = [("All black", np.zeros_like(clean)), ("The noisy picture", noisy)]
    if denoiser is not None:
        answers.append(("The autoencoder", denoiser(noisy)))
    light = clean.mean(axis=(1, 2, 3))
    example = int(np.argmax(light >= np.median(light)))
    return BlackProof(
        float((np.asarray(dataset.pixels) == 0).mean()),
        len(dataset),
        count,
        clean[example],
        tuple(_candidate(name, clean, answer, example) for name, answer in answers),
    )


def keras_accuracy(clean: Array, answer: Array) -> float:
    """What Keras reports as `accuracy` of a network with one output channel: the share of pixels with clean == (answer > 0.5).

    A grey target between 0 and 1 is never met: only black and white pixels can count. Source: `keras.metrics.binary_accuracy`.
    """
    return float((clean == (answer > 0.5)).mean())


def _candidate(name: str, clean: Array, answer: Array, example: int) -> Candidate:
    rounded = np.asarray(to_uint8(answer), np.float32) / np.float32(255)
    return Candidate(
        name,
        keras_accuracy(clean, answer),
        float(pixel_accuracy(clean, rounded).mean()),
        float(psnr(clean, rounded).mean()),
        float(ssim(clean, rounded).mean()),
        answer[example],
    )


@dataclass(frozen=True)
class WrapProof:
    """The same two pictures, PSNR computed twice, in dB.

    noisy, denoised: (H, W, C) 8-bit; right: difference in floating point; wrapped: difference and square of 8-bit arrays.
    pixel: the values of one pixel whose difference wraps (clean, denoised), its true difference and the wrapped one.
    """

    clean: NDArray[np.uint8]
    noisy: NDArray[np.uint8]
    denoised: NDArray[np.uint8]
    right: float
    wrapped: float
    noisy_right: float
    noisy_wrapped: float
    pixel: tuple[int, int, int, int]


def wrap_proof(photograph: Array, *, amount: float = 0.1, seed: int = 0) -> WrapProof:
    """Salt & pepper noise, median filter 3 x 3, and PSNR as it is and as 8-bit arrays give it.

    In NumPy `a - b` of two uint8 arrays is the difference modulo 256 and its square again: 10 - 12 is 254, and 254 ** 2 is 4. No
    error is larger than 255 then, where a true squared error goes up to 65,025. photograph: (H, W, C) in [0, 1].
    """
    from scipy.ndimage import median_filter

    clean = to_uint8(photograph)
    noisy = to_uint8(add_noise(photograph[None], "salt_pepper", amount, seed=seed)[0])
    denoised = np.asarray(median_filter(noisy, size=(3, 3, 1), mode="nearest"), np.uint8)
    difference = denoised.astype(int) - clean
    wraps = np.argwhere((difference < -16) & (difference > -64))  # both the difference and its square leave 0 to 255
    row, column, channel = wraps[0] if len(wraps) else (0, 0, 0)
    first, second = int(clean[row, column, channel]), int(denoised[row, column, channel])
    return WrapProof(
        clean,
        noisy,
        denoised,
        _psnr(denoised.astype(np.float64) - clean),
        _psnr((denoised - clean) ** 2, squared=True),
        _psnr(noisy.astype(np.float64) - clean),
        _psnr((noisy - clean) ** 2, squared=True),
        (first, second, second - first, (second - first) % 256),
    )


def _psnr(errors: NDArray[np.generic], *, squared: bool = False) -> float:
    """20 log10(255 / sqrt(mean of the squares)) of differences, or of their squares."""
    values = np.asarray(errors, np.float64)
    return float(10 * np.log10(255**2 / (values if squared else np.square(values)).mean()))
