"""What a detector of noise sees: log spectra of a picture of any size, at one size."""

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidInput
from ...types import Array
from .base import Floats, checked

SIDE = 64
"""Height and width of the spectra that the network sees."""

BLOCK = 16
"""Side in pixels of the blocks whose spectra are averaged."""

GROUPS = ("dark", "dim", "light", "bright")
"""The blocks by their mean."""

CHANNELS: tuple[str, ...] = (
    "whole picture",
    "peaks",
    *(f"{group} blocks" for group in GROUPS),
    *(f"smooth {group} blocks" for group in GROUPS),
    *(f"black and white in {group} blocks" for group in GROUPS),
)
"""What each channel of `noise_spectra` holds."""

_MOST = 1600
"""More blocks than about this many say nothing new: they overlap less."""

_FEWEST = 12
"""Each of the four groups gets at least one in so many blocks."""

_SMOOTH = 3
"""One in so many blocks of a group is called smooth."""


def noise_spectra(images: ArrayLike) -> Array:
    """The spectra from which the network tells the kind of noise, all on the same axes: frequencies from -0.5 to 0.5.

    Each value is log10(1 + |Y(f)| / sqrt(sum w^2)) / 4, Y the Fourier transform in grey levels (0-255 scale) under Hann's window
    w, so that white noise of standard deviation s lies around log10(1 + s) / 4 for every picture size and block.
    "whole picture" is `log_spectrum`, where a wave is a narrow peak; "peaks" how far it rises above the median of 5 x 5
    frequencies, before it is brought to size by the largest value a cell.
    One spectrum of the whole picture shows that noise is white, not whether it is Gaussian, photons' or speckle: these differ in
    how strong it is where the picture is dark or bright. So the picture (all its channels) is cut into overlapping blocks of
    16 x 16 pixels, put into four groups by equal steps of their mean (each of at least a twelfth of them), and the mean of their
    log spectra is given for each group, frequency 0 kept, from which the brightness is read. Texture adds to it, and impulses are
    sparse, so the mean over the smooth third of the group (the least energy over a quarter cycle per pixel) is given as well. A
    block of many impulses has the spectrum of Gaussian noise: the last four channels are the spectra (root mean square over the
    blocks) of the mask of the pixels that are exactly black or white.
    images: as for `detect_noise`. Returns (N, 64, 64, 14) float32, 0 to about 1.2; `CHANNELS` names the channels.
    """
    out = [np.concatenate([_whole(image), _in_blocks(image)], axis=-1) for image in checked(images)]
    return np.asarray(out, np.float32).reshape(-1, SIDE, SIDE, len(CHANNELS))


def log_spectrum(images: ArrayLike, *, size: int = 128) -> Array:
    """Log-magnitude spectrum of each picture at a fixed size: log10(1 + |Y(f)| / sqrt(sum w^2)) / 4.

    Y is the Fourier transform, in grey levels (0-255 scale), of the mean channel less its mean under Hann's window w:
    white noise of standard deviation s lies around log10(1 + s) / 4 whatever the size. Where it shrinks, the largest
    value in each cell stays, so that the narrow peak of a wave does; where it grows, it is bilinear.
    images: as for `detect_noise`. size: side of the result. Returns (N, size, size, 1) float32, 0 to about 1, frequency 0
    at (size // 2, size // 2) or beside it, frequencies in cycles per pixel from -0.5 to 0.5 whatever the picture's size.
    """
    if size < 1:
        raise InvalidInput(f"Expected a spectrum of at least 1 x 1, received size {size}.")
    out = [_to_size(_logarithm(image), size) for image in checked(images)]
    return np.asarray(out, np.float32).reshape(-1, size, size, 1)


def windowed(image: Array) -> tuple[Floats, Floats]:
    """The mean channel in grey levels, its mean under Hann's window taken away, and the window."""
    plane = 255 * image.mean(axis=-1, dtype=np.float64)
    window = np.multiply.outer(*(_hann(side) for side in plane.shape))
    plane -= np.average(plane, weights=window)
    return plane, window


def _hann(side: int) -> Floats:
    window: Floats = np.hanning(side + 2)[1:-1]
    return window


def _logarithm(image: Array) -> Array:
    plane, window = windowed(image)
    magnitude = np.abs(np.fft.fftshift(np.fft.fft2(plane * window))) / np.sqrt((window**2).sum())
    return _scaled(magnitude.astype(np.float32))


def _scaled(magnitude: Array) -> Array:
    return np.asarray(np.log10(1 + magnitude) / 4, np.float32)


def _to_size(spectrum: Array, size: int) -> Array:
    import cv2

    for axis in (0, 1):
        if (side := spectrum.shape[axis]) > size:
            spectrum = np.maximum.reduceat(spectrum, np.arange(size) * side // size, axis=axis)
    return np.asarray(cv2.resize(spectrum, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _whole(image: Array) -> Array:
    import cv2

    spectrum = _logarithm(image)
    around = cv2.medianBlur(spectrum, 5)
    return np.stack([_to_size(spectrum, SIDE), _to_size(np.maximum(spectrum - around, 0), SIDE)], axis=-1)


def _in_blocks(image: Array) -> Array:
    """The channels of the blocks, (64, 64, 12)."""
    height, width, channels = image.shape
    step = max(BLOCK // 4, round(np.sqrt(height * width * channels / _MOST)))
    # White noise is told by the whole picture: no row or column is left out for good.
    rows, columns = (np.unique(np.append(np.arange(0, side - BLOCK, step), side - BLOCK)) for side in (height, width))
    views = np.lib.stride_tricks.sliding_window_view(image, (BLOCK, BLOCK), axis=(0, 1))
    blocks = views[np.ix_(rows, columns)].reshape(-1, BLOCK, BLOCK)
    mask = ((blocks == 0) | (blocks == 1)).astype(np.float32)
    means = blocks.mean(axis=(1, 2))
    magnitude = _half_spectra(blocks)
    logarithms = _scaled(magnitude)
    extremes = _half_spectra(mask) ** 2
    v, u = np.fft.fftfreq(BLOCK)[:, None], np.fft.rfftfreq(BLOCK)
    fine = (magnitude[:, np.hypot(v, u) > 0.25] ** 2).sum(axis=1)
    found: list[list[Array]] = [[], [], []]
    for group in _groups(means):
        smooth = group[np.argsort(fine[group], kind="stable")[: max(1, len(group) // _SMOOTH)]]
        found[0].append(logarithms[group].mean(axis=0))
        found[1].append(logarithms[smooth].mean(axis=0))
        found[2].append(_scaled(np.sqrt(extremes[group].mean(axis=0))))
    return _full(np.stack([*found[0], *found[1], *found[2]], axis=-1))


def _groups(means: Array) -> list[np.ndarray]:
    """Indices of the blocks in four equal steps from the darkest to the brightest, each of at least a twelfth of all."""
    order = np.argsort(means, kind="stable")
    ordered, count = means[order], len(means)
    least = max(1, count // _FEWEST)
    steps = np.linspace(ordered[count // 100], ordered[-1 - count // 100], len(GROUPS) + 1)[1:-1]
    ends = np.searchsorted(ordered, steps)
    for k in range(len(ends)):
        low = (ends[k - 1] if k else 0) + least
        ends[k] = min(max(ends[k], low), count - least * (len(ends) - k))
    return np.split(order, ends)


def _half_spectra(blocks: Array) -> Array:
    """|Y| / sqrt(sum w^2) in grey levels of blocks (n, 16, 16), frequencies (n, 16, 9) in the order of rfft2."""
    from scipy.fft import rfft2

    window = np.multiply.outer(_hann(BLOCK), _hann(BLOCK)).astype(np.float32)
    return np.asarray(np.abs(rfft2(blocks * (255 * window))) / np.sqrt((window**2).sum()), np.float32)


def _full(half: Array) -> Array:
    """Half a spectrum (16, 9, C), frequency 0 first, as (64, 64, C) with frequency 0 in the middle."""
    turned = np.roll(half[::-1], 1, axis=0)[:, BLOCK // 2 - 1 : 0 : -1]  # Y(-f) has the magnitude of Y(f)
    whole = np.fft.fftshift(np.concatenate([half, turned], axis=1), axes=(0, 1))
    repeat = SIDE // BLOCK
    # Each value covers 4 x 4 cells, moved by half of one so that its middle lies at its frequency.
    return np.roll(whole.repeat(repeat, axis=0).repeat(repeat, axis=1), -(repeat // 2), axis=(0, 1))
