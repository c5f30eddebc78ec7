"""From surface brightness to a picture."""

import numpy as np

from ..types import Array


def asinh_colour(light: Array, softening: float, top: float) -> Array:
    """asinh(I / s) / asinh(I_top / s) with I the mean of the channels, one factor for all of them so that colours stay.

    light: (..., C) in any unit, the sky at about 0. softening: s, where the stretch turns from linear to logarithmic.
    top: the brightness that becomes white. Returns float32 in [0, 1]; where a channel would exceed 1 all are scaled down.
    Source: Lupton et al. (2004), doi:10.1086/382245.
    """
    channels = [light[..., channel] for channel in range(light.shape[-1])]  # NumPy is slow on an axis of 3
    mean = np.maximum(sum(channels[1:], channels[0]) / len(channels), 1e-3)[..., None]
    factor = np.arcsinh(mean / softening) / float(np.arcsinh(top / softening)) / mean
    colour = light * factor
    brightest = colour[..., 0]
    for channel in range(1, len(channels)):
        brightest = np.maximum(brightest, colour[..., channel])
    return np.clip(colour / np.maximum(1, brightest)[..., None], 0, 1).astype(np.float32)
