"""Where the galaxy is in a picture of one."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array

SMOOTHING = 1 / 128
"""Sigma of the smoothing, as a share of the picture's side."""
FRAME = 1 / 16
"""Width of the frame that counts as sky."""
THRESHOLD = 3.0
"""Brightness above the sky, in robust standard deviations of the smoothed sky."""
MARGIN = 1 / 32
"""By how much the outline is widened, so that faint arms and the wings of the light lie inside."""


def galaxy_mask(image: Array) -> NDArray[np.bool_]:
    """The galaxy in the middle of a picture, estimated: smoothed, cut above the sky, the part at the centre, filled, widened.

    image: (H, W, C) in [0, 1]. Returns (H, W) bool, all False where nothing rises above the sky near the centre.
    An estimate by brightness: a star or a neighbour that touches the galaxy is taken for a part of it.
    """
    from scipy import ndimage

    light = np.asarray(image, np.float64).mean(axis=-1)
    side = min(light.shape)
    smooth = ndimage.gaussian_filter(light, SMOOTHING * side)
    frame = np.ones(light.shape, bool)
    width = max(1, round(FRAME * side))
    frame[width:-width, width:-width] = False
    sky = np.median(smooth[frame])
    spread = 1.4826 * np.median(np.abs(smooth[frame] - sky))
    # Half a grey level: a sky of one value has no spread of its own.
    parts, count = ndimage.label(smooth > sky + max(THRESHOLD * spread, 0.5 / 255))
    if not count:
        return np.zeros(light.shape, bool)
    rows, columns = np.indices(light.shape)
    distance = np.hypot(rows - (light.shape[0] - 1) / 2, columns - (light.shape[1] - 1) / 2)
    nearest = np.unravel_index(np.where(parts > 0, distance, np.inf).argmin(), light.shape)
    if distance[nearest] > side / 8:
        return np.zeros(light.shape, bool)
    body = ndimage.binary_fill_holes(parts == parts[nearest])
    reach = ndimage.distance_transform_edt(~body)
    return np.asarray(reach <= MARGIN * side)
