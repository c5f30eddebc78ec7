"""Does the network depend on what a map marks? Deletion and insertion: pixels go, or come, in the order of the map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..types import Array
from ._probe import Numbers, Probe, probe

STEPS = 20


@dataclass(frozen=True)
class Curve:
    """The target while pixels change: shares (points,) of the pixels, from 0 to 1, and scores (points,), in its unit.

    full, empty: the target of the whole picture and of the baseline, between which the scores run.
    """

    shares: Numbers
    scores: Numbers
    full: float
    empty: float

    @property
    def area(self) -> float:
        """Under the scores, by trapezoids over shares from 0 to 1: in units of the target."""
        return float(np.trapezoid(self.scores, self.shares))

    @property
    def normalised(self) -> float:
        """The area on the scale from the baseline's target (0) to the picture's (1), which it may leave.

        NaN where the picture's target is not above the baseline's by a tenth of the curve's range: there is nothing to lose or
        to win, and the scale would blow up what happens between.
        """
        gain = self.full - self.empty
        return (self.area - self.empty) / gain if gain > 0.1 * float(np.ptp(self.scores)) else float("nan")


def deletion(
    model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, *, steps: int = STEPS, baseline: str = "black"
) -> Curve:
    """The target while the pixels with the highest values of the map are replaced first: LOWER areas are better.

    model, image, target: as for `explain`, one image. heatmap: (H, W), not its absolute value. baseline: what replaces them.
    Raises InvalidInput where map and image do not fit.
    Source: Petsiuk, Das & Saenko (2018), arXiv:1806.07421.
    """
    return deletion_of(probe(model, image, target, baseline), heatmap, steps)


def insertion(
    model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, *, steps: int = STEPS, baseline: str = "black"
) -> Curve:
    """The target while the pixels with the highest values of the map are shown first: HIGHER areas are better.

    The opposite of `deletion`, which see.
    """
    return insertion_of(probe(model, image, target, baseline), heatmap, steps)


def deletion_of(one: Probe, heatmap: ArrayLike, steps: int = STEPS) -> Curve:
    """`deletion` of a picture that was examined before."""
    shares, scores = _replace(one, heatmap, one.picture, one.empty, steps)
    return Curve(shares, scores, full=float(scores[0]), empty=float(scores[-1]))


def insertion_of(one: Probe, heatmap: ArrayLike, steps: int = STEPS) -> Curve:
    """`insertion` of a picture that was examined before."""
    shares, scores = _replace(one, heatmap, one.empty, one.picture, steps)
    return Curve(shares, scores, full=float(scores[-1]), empty=float(scores[0]))


def _replace(one: Probe, heatmap: ArrayLike, start: Array, end: Array, steps: int) -> tuple[Numbers, Numbers]:
    """The target on the way from one picture to another: (shares, scores)."""
    if steps < 1:
        raise InvalidInput(f"Expected at least 1 step, received {steps!r}.")
    ranks = one.ranks(heatmap)
    counts = np.round(np.linspace(0, ranks.size, steps + 1))
    return counts / ranks.size, one.scores(np.where((ranks < count)[..., None], end, start) for count in counts)
