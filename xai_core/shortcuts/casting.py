"""Where the casting is in a picture of an impeller cover."""

import numpy as np
from numpy.typing import NDArray

from ..types import Array

SMOOTHING = 1 / 150
"""Sigma of the smoothing, as a share of the picture's side."""
DARK = 0.5
"""Darker than this share of the picture's usual brightness: the cavity."""
RATIO = 1.79
"""The casting's radius in radii of its cavity: of simulated castings 1.77 (1 / 0.565) to 1.81."""


def casting_mask(image: Array) -> NDArray[np.bool_]:
    """The casting in the middle of a picture, estimated: the ellipse of its dark cavity, `RATIO` times as large.

    The cavity is the dark part with most pixels near the middle, filled; its ellipse has the same second moments. The table's
    shadow, of another brightness in each photograph, has no part in it.
    image: (H, W, C) in [0, 1]. Returns (H, W) bool, all False where nothing near the middle is dark.
    """
    from scipy import ndimage

    light = np.asarray(image, np.float64).mean(axis=-1)
    side = min(light.shape)
    smooth = ndimage.gaussian_filter(light, SMOOTHING * side)
    # Opened: a groove in the shade is thin, and does not join the cavity to a shadow.
    dark = ndimage.binary_opening(smooth < DARK * np.percentile(smooth, 60), iterations=max(1, side // 75))
    rows, columns = np.indices(light.shape)
    middle = np.hypot(rows - (light.shape[0] - 1) / 2, columns - (light.shape[1] - 1) / 2) < side / 4
    parts, count = ndimage.label(dark)
    if not (dark & middle).any():
        return np.zeros(light.shape, bool)
    largest = 1 + int(np.argmax(ndimage.sum_labels(middle, parts, range(1, count + 1))))
    places = np.argwhere(ndimage.binary_fill_holes(parts == largest)).astype(np.float64)
    offsets = np.stack([rows, columns], axis=-1) - places.mean(axis=0)
    # Of a filled ellipse, the points x with x' C^-1 x = 4 are the edge, C being the covariance of its pixels; 1/12: of one pixel.
    spread = np.linalg.inv(np.cov(places.T, bias=True) + np.eye(2) / 12)
    return np.asarray(np.einsum("hwi,ij,hwj->hw", offsets, spread, offsets) < 4 * RATIO**2)
