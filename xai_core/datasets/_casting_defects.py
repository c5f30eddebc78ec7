"""What can be wrong with a simulated casting: an overlay for the finished picture, zero where nothing is wrong."""

from collections.abc import Callable, Mapping

import numpy as np

from ._casting_parts import CAVITY, FACE, RING, SIDE, Floats, View, by_angle, direction, smooth_field, turned

Overlay = tuple[Floats, Floats]
"""How far a defect covers each pixel (0: not at all), and its own brightness."""


def _even_log(low: float, high: float, rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _scratch(view: View, rng: np.random.Generator) -> Overlay:
    """One to three bent lines on the face that fade towards their ends: dark, or bare metal that shines."""
    import cv2

    cover, own = np.zeros((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    on_face = view.within(view.distance(), 0.98) * (1 - view.within(view.distance(1.0), FACE + 0.03))
    for _ in range(rng.integers(1, 4)):
        canvas = np.zeros((SIDE, SIDE), np.uint8)
        length, bend = _even_log(14, 80, rng), rng.normal(0, 0.25)
        along, heading = np.linspace(-0.5, 0.5, 25), rng.uniform(0, 2 * np.pi) + bend * np.linspace(-1, 1, 25)
        steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * length / 25
        points = np.cumsum(steps, axis=0) + view.place(rng.uniform(0.74, 0.92), direction(rng)) - steps.sum(axis=0) / 2
        fixed = np.round((points - 0.5) * 16).astype(int)
        for start, end, fade in zip(fixed, fixed[1:], 1 - np.abs(2 * along[1:]) ** 3, strict=False):
            shade = round(255 * max(0.3, float(fade)))
            cv2.line(canvas, start.tolist(), end.tolist(), shade, 1, cv2.LINE_AA, 4)
        dark = rng.random() < 0.75
        one = canvas / np.float32(255) * on_face * (_even_log(0.2, 0.9, rng) if dark else rng.uniform(0.6, 0.9))
        own = np.where(one > cover, 0.08 if dark else 1.0, own)
        cover = np.maximum(cover, one)
    return cover, own


def _pores(view: View, rng: np.random.Generator) -> Overlay:
    """One to six holes in the face or the ring, alone or in a cluster: dark, the wall that faces the light lit."""
    cover, own = np.zeros((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    middle, spread = direction(rng), float(rng.choice([0.12, 3]))
    for _ in range(rng.integers(1, 7)):
        near = rng.uniform(CAVITY + 0.03, RING - 0.02) if rng.random() < 0.3 else rng.uniform(FACE + 0.04, 0.94)
        x, y = view.place(near, middle + rng.uniform(-spread, spread))
        radius, phases = _even_log(1.3, 5.5, rng), rng.uniform(0, 2 * np.pi, 3)
        box = tuple(slice(int(at - 2 * radius) - 1, int(at + 2 * radius) + 3) for at in (y, x))
        dy, dx = np.mgrid[box] + 0.5 - np.array([y, x])[:, None, None]
        around = np.arctan2(dy, dx)
        ragged = sum(
            size * np.cos(k * around + phase) for size, k, phase in zip((0.25, 0.15, 0.1), (2, 3, 5), phases, strict=True)
        )
        one = np.clip(radius * (1 + ragged) - np.hypot(dx, dy) + 0.5, 0, 1) * _even_log(0.3, 1, rng)
        far_wall = -(dx * np.cos(view.light) + dy * np.sin(view.light)) / radius
        own[box] = np.where(one > cover[box], 0.06 + 0.9 * np.clip(far_wall - 0.35, 0, 1), own[box])
        cover[box] = np.maximum(cover[box], one)
    return cover, np.clip(own, 0, 1)


def _chipped_edge(view: View, rng: np.random.Generator) -> Overlay:
    """One to four stretches of the edge where metal has broken off or sticks out: rough and dark, with shining grains."""
    distance, angle = view.polar
    bite, flash = np.zeros_like(angle), np.zeros_like(angle)
    for _ in range(rng.integers(1, 5)):
        half = _even_log(0.05, 0.4, rng)
        bulge = np.sqrt(np.clip(1 - (turned(angle, direction(rng)) / half) ** 2, 0, 1))
        ragged = np.clip(0.7 + by_angle(angle, 110, 0.3, rng), 0.15, 2)
        bite = np.maximum(bite, bulge * ragged * _even_log(2, 9, rng))
        flash = np.maximum(flash, bulge * np.clip(by_angle(angle, 110, 1.0, rng), 0, 2) * rng.uniform(0, 6))
    rim = (distance - 1) * view.radius
    cover = np.clip(rim + bite + 0.5, 0, 1) * np.clip(flash - rim + 0.5, 0, 1) * (bite > 0) * rng.uniform(0.6, 1)
    rough = 0.22 + 0.1 * smooth_field(110, rng) + 0.8 * np.clip(smooth_field(90, rng) - 1.1, 0, 1)
    return np.asarray(cover), np.clip(rough, 0.02, 1)


DEFECTS: Mapping[str, Callable[[View, np.random.Generator], Overlay]] = {
    "scratch": _scratch,
    "pores": _pores,
    "chipped edge": _chipped_edge,
}
"""What can be wrong with a casting, and the function that draws it."""
