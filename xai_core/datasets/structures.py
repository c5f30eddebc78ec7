"""Faint things to plant into a picture: a galaxy's arm, a stroke of a pen, a scratch. Drawn, so that their place is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Array

STRUCTURES = ("arm", "stroke", "scratch")
THICKNESS = {"arm": 2.0, "stroke": 1.2, "scratch": 0.7}
"""Standard deviation across the line, in pixels; at most 5 % of the picture's shorter side."""

ENDS = 2.5
"""In thicknesses: where a line ends, with 4 % of its height."""

POINTS = 2000
SMALLEST = 16

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Structure:
    """A line of soft edges: profile (H, W) float32 from 0 to 1, 0 outside mask (H, W) bool."""

    kind: str
    profile: Array
    mask: NDArray[np.bool_]


def draw_structure(kind: str, height: int, width: int, seed: int = 0) -> Structure:
    """Draw one structure near the middle of a picture; the same arguments give the same bytes.

    arm: a logarithmic spiral r = a exp(b phi) of 0.6 turns, whose pitch is 15 to 25 degrees. stroke: a quadratic Bezier curve.
    scratch: a straight line. Profile exp(-d^2 / (2 w^2)), d the distance from the line, w its thickness.
    kind: of `STRUCTURES`. height, width: of the picture, at least 16. seed: of place, direction and bend.
    Raises InvalidInput on another kind or a smaller picture.
    """
    from scipy.spatial import KDTree

    if kind not in STRUCTURES:
        raise InvalidInput(f"Expected a structure of {', '.join(STRUCTURES)}, received {kind!r}.")
    if min(height, width) < SMALLEST:
        raise InvalidInput(f"Expected a picture of at least {SMALLEST} x {SMALLEST} pixels, received {height} x {width}.")
    rng = np.random.default_rng(seed)
    side, thickness = min(height, width), min(THICKNESS[kind], 0.05 * min(height, width))
    line = {"arm": _arm, "stroke": _stroke, "scratch": _scratch}[kind](rng) * side
    middle = np.array([height - 1, width - 1]) / 2
    pixels = np.moveaxis(np.mgrid[:height, :width], 0, -1) - middle
    distance = KDTree(line).query(pixels.reshape(-1, 2))[0].reshape(height, width)
    mask = distance <= ENDS * thickness
    profile = np.where(mask, np.exp(-(distance**2) / (2 * thickness**2)), 0)
    return Structure(kind, np.asarray(profile / profile.max(), np.float32), mask)


def _arm(rng: np.random.Generator) -> Floats:
    """(points, 2), rows and columns from the middle, as a share of the shorter side."""
    growth = np.tan(np.radians(rng.uniform(15, 25)))
    turn = np.linspace(-1.2 * np.pi, 0, POINTS)
    radius, angle = rng.uniform(0.26, 0.33) * np.exp(growth * turn), rng.uniform(0, 2 * np.pi) + rng.choice([-1, 1]) * turn
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=-1)


def _stroke(rng: np.random.Generator) -> Floats:
    start, end = _ends(rng, 0.25)
    across = np.array([-1, 1]) * (end - start)[::-1]
    bend = (start + end) / 2 + rng.choice([-1, 1]) * rng.uniform(0.3, 0.6) * across
    t = np.linspace(0, 1, POINTS)[:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    return np.asarray(curve - (curve.max(axis=0) + curve.min(axis=0)) / 2)


def _scratch(rng: np.random.Generator) -> Floats:
    start, end = _ends(rng, 0.3)
    shift = rng.uniform(-0.1, 0.1, 2)
    return np.asarray(np.linspace(start, end, POINTS) + shift)


def _ends(rng: np.random.Generator, reach: float) -> tuple[Floats, Floats]:
    angle = rng.uniform(0, 2 * np.pi)
    towards = reach * np.array([np.sin(angle), np.cos(angle)])
    return -towards, towards
