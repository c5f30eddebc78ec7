"""How a simulated casting looks: where it lies in the picture, and its parts from the back to the front."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 300
FACE, RING, CAVITY, HUB, BORE = 0.665, 0.635, 0.565, 0.30, 0.235
"""Radii in units of the casting's: where its flat face begins, outer and inner edge of the ring, of the hub."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class View:
    """How a casting lies in the picture; lengths in pixels, angles in radians.

    centre: (x, y). radius: of the casting, the long half axis of its ellipse. ratio: short to long axis. turn: of the long axis.
    tilt: (x, y), by how much a part that stands up is displaced. light: the direction that light comes from.
    """

    centre: tuple[float, float]
    radius: float
    ratio: float
    turn: float
    tilt: tuple[float, float]
    light: float

    @classmethod
    def of(cls, seed: int) -> "View":
        rng = np.random.default_rng([seed, 0])
        x, y = np.clip(rng.normal(SIDE / 2, 5, 2), SIDE / 2 - 10, SIDE / 2 + 10).tolist()
        radius, ratio = float(np.clip(rng.normal(120, 8), 105, 136)), max(0.85, 1 - abs(rng.normal(0, 0.06)))
        return cls((x, y), radius, ratio, direction(rng), (rng.normal(0, 2.2), rng.normal(0, 2.2)), direction(rng))

    def offsets(self, lift: float = 0.0) -> tuple[Floats, Floats]:
        """Of each pixel from the centre of a part, in units of the radius, along the axes of the ellipse."""
        steps = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
        dx = steps[None, :] - (self.centre[0] + lift * self.tilt[0])
        dy = steps[:, None] - (self.centre[1] + lift * self.tilt[1])
        cos, sin = float(np.cos(self.turn)), float(np.sin(self.turn))
        # Python's floats, unlike NumPy's, leave single precision single, which halves the time.
        return (dx * cos + dy * sin) / self.radius, (dy * cos - dx * sin) / (self.radius * self.ratio)

    def distance(self, lift: float = 0.0) -> Floats:
        """Of each pixel from the centre of a part that stands up by `lift`: 1 at the casting's edge."""
        return np.asarray(np.hypot(*self.offsets(lift)))

    @cached_property
    def polar(self) -> tuple[Floats, Floats]:
        """Distance and angle of each pixel."""
        x, y = self.offsets()
        return np.hypot(x, y), np.arctan2(y, x)

    def place(self, distance: float, angle: float) -> Floats:
        """The pixel position (x, y) of a point of the face."""
        x, y = distance * np.cos(angle) * self.radius, distance * np.sin(angle) * self.radius * self.ratio
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return np.array([self.centre[0] + x * cos - y * sin, self.centre[1] + x * sin + y * cos])

    def within(self, distance: Floats, edge: float | Floats) -> Floats:
        """The share of each pixel inside an edge, 0 to 1."""
        return np.clip((edge - distance) * self.radius + 0.5, 0, 1)


def casting(view: View, rng: np.random.Generator) -> Floats:
    """A sound casting on its table, (SIDE, SIDE) float32 about [0, 1], blurred as by a lens, without grain."""
    import cv2

    distance, angle = view.polar
    toward_light = np.cos(angle + view.turn - view.light)
    picture = _background(view, rng)
    face = _face(view, rng)
    # The bevel of the edge: bright toward the light, dark on the other side.
    edge = view.within(np.abs(distance - 0.985), 0.008)
    face = face + edge * (0.18 * toward_light - rng.uniform(0.05, 0.3))
    picture = _over(picture, face, view.within(distance, 1.0))
    # The ring stands up: seen at a slant it bares the groove on one side and hides it on the other.
    ring, groove = view.distance(1.0), view.distance(rng.uniform(-0.5, 0.5))
    picture = _over(picture, rng.uniform(0.03, 0.2), view.within(groove, FACE))
    metal = rng.uniform(0.66, 0.8) + 0.06 * toward_light + by_angle(angle, 40, 0.04, rng)
    glints = np.clip(by_angle(angle, 80, 1.0, rng) - 1.6, 0, 1) * rng.uniform(0, 0.5)
    picture = _over(picture, metal + glints, view.within(ring, RING))
    picture = _over(picture, _cavity(view, rng), view.within(ring, CAVITY))
    hub = view.distance(rng.uniform(0.0, 1.0))
    picture = _over(picture, rng.uniform(0.6, 0.75) + 0.07 * toward_light, view.within(hub, HUB))
    # Inside the bore: its wall in the shade, and the table that shows through its lower end.
    picture = _over(picture, rng.uniform(0.2, 0.4) - 0.08 * toward_light, view.within(hub, BORE))
    table = rng.uniform(0.45, 0.6) + hub / BORE * (0.2 * toward_light - rng.uniform(0, 0.25))
    end = view.distance(-rng.uniform(0.5, 3.0))
    picture = _over(picture, table, view.within(hub, BORE) * view.within(end, 0.97 * BORE))
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), rng.uniform(0.5, 0.9)))


def _over(back: Floats, front: Floats | float, cover: Floats) -> Floats:
    return np.asarray(back + cover * (front - back))


def _background(view: View, rng: np.random.Generator) -> Floats:
    """An even table, brighter on one side, with the shadow that the casting throws away from the light."""
    steps = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE - 0.5
    right, down = rng.uniform(-0.15, 0.15, 2).tolist()
    table = rng.uniform(0.55, 0.72) + right * steps[None, :] + down * steps[:, None] + 0.02 * smooth_field(5, rng)
    x, y = view.offsets()
    away, reach = view.light + np.pi - view.turn, rng.uniform(0.0, 0.05)
    beyond = np.hypot(x - float(reach * np.cos(away)), y - float(reach * np.sin(away))) - 1
    shade = rng.uniform(0.25, 0.75) * np.exp(-np.maximum(beyond, 0) / rng.uniform(0.03, 0.1))
    return np.asarray(table * (1 - shade * (0.65 + 0.35 * np.cos(np.arctan2(y, x) - away))))


def _face(view: View, rng: np.random.Generator) -> Floats:
    """Metal turned on a lathe: it reflects in sectors, and each turn of the tool leaves a fine circle."""
    distance, angle = view.polar
    face = rng.uniform(0.66, 0.78) + 0.06 * np.cos(angle + view.turn - view.light)
    for _ in range(rng.integers(3, 6)):
        half, soft = rng.uniform(0.15, 0.8), rng.uniform(0.03, 0.3)
        off = np.abs(turned(angle, direction(rng)))
        face = face + rng.uniform(-0.2, 0.12) / (1 + np.exp(np.clip((off - half) / soft, -20, 20)))
    turns = _interpolate(distance, np.linspace(0, 1.05, 160), rng.normal(0, rng.uniform(0.004, 0.02), 160))
    step = 0.05 * rng.uniform(-1, 1) * view.within(distance, rng.uniform(0.7, 0.8))
    face = face + turns + step + by_angle(angle, 120, 0.005, rng) + 0.015 * smooth_field(24, rng)
    return np.asarray(np.minimum(face, 0.9))


def _cavity(view: View, rng: np.random.Generator) -> Floats:
    """Nearly black, with blades that wind outwards and catch a little light."""
    distance, angle = view.polar
    blades, handed = int(rng.integers(6, 9)), float(rng.choice([-1, 1]))
    phase = blades * (angle + rng.uniform(0, 2 * np.pi) + handed * rng.uniform(1.2, 2.2) * np.log(np.maximum(distance, 0.05)))
    lit = np.exp(rng.uniform(6, 14) * (np.cos(phase) - 1)) * np.clip((distance - HUB) / (CAVITY - HUB), 0, 1)
    uneven = np.clip(0.7 + by_angle(angle, 14, 0.5, rng), 0, 2)
    return np.asarray(rng.uniform(0.03, 0.08) + rng.uniform(0.1, 0.3) * lit * uneven + 0.01 * smooth_field(30, rng))


def grain(rng: np.random.Generator) -> Floats:
    """The noise of the camera, (SIDE, SIDE) float32."""
    return np.asarray(rng.uniform(0.003, 0.01) * rng.standard_normal((SIDE, SIDE), np.float32))


def by_angle(angle: Floats, cells: int, deviation: float, rng: np.random.Generator) -> Floats:
    """A random function of the angle, without a seam."""
    values = rng.normal(0, deviation, cells)
    return _interpolate(angle, np.linspace(-np.pi, np.pi, cells + 1), np.append(values, values[0]))


def _interpolate(at: Floats, positions: Floats, values: Floats) -> Floats:
    return np.asarray(np.interp(at, positions, values), np.float32)


def turned(angle: Floats, by: float) -> Floats:
    """The angle measured from another direction, -pi to pi."""
    return (angle - by + np.pi) % (2 * np.pi) - np.pi


def smooth_field(cells: int, rng: np.random.Generator) -> Floats:
    """A smooth random field (SIDE, SIDE) of variance about 1."""
    import cv2

    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def direction(rng: np.random.Generator) -> float:
    return rng.uniform(0, 2 * np.pi)
