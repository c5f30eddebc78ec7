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


def salt_pepper(images: Array, level: float, rng: Rng, *, salt: float = 0.5) -> Array:
    """Impulse noise: a pixel (all its channels) becomes 1 with probability level * salt, 0 with level * (1 - salt).

    level: amount, the share of replaced pixels in [0, 1]. Mean (1 - level) x + level * salt.
    """
    draw = rng.random((*images.shape[:3], 1), np.float32)
    noisy = np.where(draw < level * salt, np.float32(1), images)
    noisy = np.where((draw >= level * salt) & (draw < level), np.float32(0), noisy)
    return np.asarray(noisy, np.float32)


def poisson(images: Array, level: float, rng: Rng) -> Array:
    """Photon (shot) noise: y = Poisson(peak x) / peak. Negative x counts as 0.

    level: peak, the expected number of photons of a white pixel; fewer photons are noisier. Mean x, variance x / peak.
    """
    return (rng.poisson(np.maximum(images, 0) * level) / level).astype(np.float32)


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
