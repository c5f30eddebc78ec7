"""What a detector of noise says, and the pictures that it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...images import check_images
from ...types import Array

Kind = Literal["none", "gaussian", "salt_pepper", "periodic", "speckle", "poisson"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LAWS: tuple[Kind, ...] = ("gaussian", "poisson", "speckle")
"""Noises told apart by their variance: constant, proportional to the brightness, proportional to its square."""

SMALLEST = 28
"""Smallest side in pixels: statistics of fewer pixels decide nothing."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Detected:
    """What `detect_noise` says about one picture.

    kind: one of `KINDS`. level: in the unit of that noise in `NOISES` (sigma or amplitude on the 0-255 scale, share of
        pixels, photons at white, looks); 0 for "none".
    confidence: score of `kind`. scores: of every kind, sum 1. The network's are those of its softmax. The classical ones are soft
        decisions, not measured frequencies: evidence of r times its limit counts as r^8 to 1 (waves: a logistic regression);
        the laws of the variance share what impulses, waves and "none" leave, as exp(-misfit / 0.004).
    wave: (u, v) in cycles per pixel along columns and rows, of a periodic noise only.
    evidence: figures behind the decision, named in plain words with their unit.
    method: which detector said it: "network", "classical", "both", or "planted" where the kind was given by hand.
    """

    kind: Kind
    level: float
    confidence: float
    scores: Mapping[Kind, float]
    wave: tuple[float, float] | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    method: str = "classical"


def checked(images: ArrayLike) -> Array:
    """Pictures (N, H, W, C) float32; InvalidInput for smaller ones and what `check_images` refuses."""
    batch = check_images(images)
    if min(batch.shape[1:3]) < SMALLEST:
        raise InvalidInput(
            f"Expected pictures of at least {SMALLEST} x {SMALLEST} pixels, received {batch.shape[1]} x {batch.shape[2]}. "
            "Take a larger cut-out."
        )
    return batch
