"""Noise models: pure functions (images, level, rng, ...) -> noisy images, unclipped float32.

Levels are in the unit of the field; `add_noise` checks them and makes the random generator from a seed.
"""

import numpy as np

from ..types import Array

Rng = np.random.Generator


def gaussian(images: Array, level: float, rng: Rng) -> Array:
    """Additive white Gaussian noise: y = x + (level / 255) n, n ~ N(0, 1).

    level: standard deviation sigma on the 0-255 scale. Mean x, variance (level / 255)^2.
    """
    return images + np.float32(level / 255) * rng.standard_normal(images.shape, np.float32)


def laplace(images: Array, level: float, rng: Rng) -> Array:
    """Additive Laplace noise of scale b = sigma / sqrt(2): heavier tails than a Gaussian of the same variance.

    level: standard deviation sigma on the 0-255 scale. Mean x, variance (level / 255)^2.
    """
    scale = level / 255 / np.sqrt(2)
    return (images + rng.laplace(0, scale, images.shape)).astype(np.float32)


def uniform(images: Array, level: float, rng: Rng) -> Array:
    """Additive uniform noise: y = x + U(-a, a), a = sigma sqrt(3), as coarse rounding leaves.

    level: standard deviation sigma on the 0-255 scale. Mean x, variance (level / 255)^2.
    """
    half = level / 255 * np.sqrt(3)
    return (images + rng.uniform(-half, half, images.shape)).astype(np.float32)


def salt_pepper(images: Array, level: float, rng: Rng, *, salt: float = 0.5) -> Array:
    """Impulse noise: a pixel (all its channels) becomes 1 with probability level * salt, 0 with level * (1 - salt).

    level: amount, the share of replaced pixels in [0, 1]. Mean (1 - level) x + level * salt.
    """
    draw = rng.random((*images.shape[:3], 1), np.float32)
    noisy = np.where(draw < level * salt, np.float32(1), images)
    noisy = np.where((draw >= level * salt) & (draw < level), np.float32(0), noisy)
    return np.asarray(noisy, np.float32)


def impulse(images: Array, level: float, rng: Rng) -> Array:
    """Random-valued impulse noise: with probability p a pixel's channels are replaced, each by a number of U(0, 1) of its own.

    level: p, the share of replaced pixels in [0, 1]. Mean (1 - p) x + p / 2, second moment (1 - p) x^2 + p / 3.
    """
    draw = rng.random((*images.shape[:3], 1 + images.shape[3]), np.float32)
    return np.asarray(np.where(draw[..., :1] < level, draw[..., 1:], images))


def poisson(images: Array, level: float, rng: Rng) -> Array:
    """Photon (shot) noise: y = Poisson(peak x) / peak. Negative x counts as 0.

    level: peak, the expected number of photons of a white pixel; fewer photons are noisier. Mean x, variance x / peak.
    """
    return (rng.poisson(np.maximum(images, 0) * level) / level).astype(np.float32)


def poisson_gaussian(images: Array, level: float, rng: Rng, *, sigma: float = 10.0) -> Array:
    """Photon noise, then a sensor's read-out noise: y = Poisson(peak x) / peak + (sigma / 255) n, n ~ N(0, 1).

    level: peak, the expected number of photons of a white pixel. sigma: standard deviation on the 0-255 scale.
    Mean x, variance x / peak + (sigma / 255)^2. Negative x counts as 0.
    Source: Foi, Trimeche, Katkovnik & Egiazarian (2008), doi:10.1109/TIP.2008.2001399.
    """
    # A generator each: how many numbers the photons take depends on the pictures.
    counting, reading = rng.spawn(2)
    return gaussian(poisson(images, level, counting), sigma, reading)


def speckle(images: Array, level: float, rng: Rng) -> Array:
    """Multiplicative speckle of an L-look radar image: y = x g, g ~ Gamma(shape L, scale 1 / L).

    level: number of looks L; fewer looks are noisier. Mean x, variance x^2 / L.
    Source: Goodman, "Some fundamental properties of speckle", JOSA 66 (1976), doi:10.1364/JOSA.66.001145.
    """
    return (images * rng.gamma(level, 1 / level, images.shape)).astype(np.float32)


def periodic(images: Array, level: float, rng: Rng, *, frequency: float = 0.125, angle: float = 30.0) -> Array:
    """A sinusoidal pattern, as from mains hum or a moire: y = x + A sin(2 pi f (u cos t + v sin t) + phi).

    u runs along the columns (to the right), v along the rows (down); the phase phi is drawn per image.
    level: amplitude A on the 0-255 scale (standard deviation A / sqrt(2)).
    frequency: f in cycles per pixel, (0, 0.5]. angle: t in degrees from the column axis; 90 gives row banding.
    """
    height, width = images.shape[1:3]
    v, u = np.mgrid[:height, :width]
    direction = np.deg2rad(angle)
    phase = rng.uniform(0, 2 * np.pi, (len(images), 1, 1))
    wave = np.sin(2 * np.pi * frequency * (u * np.cos(direction) + v * np.sin(direction)) + phase)
    return np.asarray(images + level / 255 * wave[..., None], np.float32)


def quantisation(images: Array, level: float, rng: Rng, *, dither: bool = False) -> Array:
    """Rounding to n = 2^bits grey levels, step d = 1 / (n - 1): y = d round(x / d + e).

    level: bits; between whole numbers n is rounded. Without dither e = 0: smooth areas turn into bands, the error is at most
    d / 2, with variance d^2 / 12 over many greys. With dither e ~ U(-1/2, 1/2): mean x, variance d^2 s (1 - s), s being how
    far x / d is above a whole number, or d^2 / 6 over many greys: noise in place of bands.
    Source: Roberts (1962), doi:10.1109/TIT.1962.1057702.
    """
    top = round(2**level) - 1
    offset = rng.random(images.shape) if dither else 0.5
    return np.asarray(np.floor(images * float(top) + offset) / top, np.float32)
