"""Impulses: pixels that turned exactly black or white."""

from dataclasses import dataclass

import numpy as np

from ...types import Array

# Where the evidence tips over, chosen on the training splits of photographs, galaxies and castings.
SHARE, PURITY = 0.005, 0.6


@dataclass(frozen=True)
class Impulses:
    """level: share of the pixels where they could be seen. share: of all pixels. purity: of the outliers, black or white."""

    level: float
    share: float
    purity: float

    @property
    def strength(self) -> float:
        """1 where the evidence tips over."""
        return min(self.share / SHARE, self.purity / PURITY)


def find_impulses(image: Array) -> Impulses:
    """Those of one picture (H, W, C), as `detect_noise` describes."""
    import cv2

    level, extremes, outliers = 0.0, 0, 0
    for channel in range(image.shape[-1]):
        plane = np.ascontiguousarray(image[..., channel])
        middle = cv2.medianBlur(plane, 5)
        away = np.abs(plane - middle)
        limit = np.maximum(0.1, 5 * 1.4826 * cv2.medianBlur(away, 5))
        odd = away > limit
        outliers += int(odd.sum())
        for extreme in (0, 1):
            found = int((odd & (plane == extreme)).sum())
            extremes += found
            # White on white cannot be seen: the level is the share of the places where it can.
            visible = int((np.abs(middle - extreme) > limit).sum())
            level += found / max(visible, 0.02 * plane.size) / image.shape[-1]
    return Impulses(min(level, 1.0), extremes / image.size, extremes / max(outliers, 1))
