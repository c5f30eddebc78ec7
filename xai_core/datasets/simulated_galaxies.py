"""Simulated galaxies, Elliptical or Other, in the look of SDSS gri colour pictures; each with its true outline.

A picture is made as a telescope makes it: surface brightness in the bands g, r, i -> point spread function ->
sky noise -> colour picture by the asinh stretch. Lengths are in pixels of a 128-pixel picture, brightness in
units of the sky noise of one pixel.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..types import Array, Dataset, Provenance
from ._stretch import asinh_colour

CLASSES = ("Elliptical", "Other")
KINDS = ("elliptical", "spiral", "edge_on")
CITATION = "Sersic (1963); Peng et al. (2002), doi:10.1086/340952; Lupton et al. (2004), doi:10.1086/382245"
SIDE = 128
SIZES = {"val": 120, "train": 1_200}
ISOPHOTE = 1.5
"""The mask ends where the galaxy's own light falls to this many times the sky noise of a pixel."""

DUST = np.array([0.7, 1.0, 1.35], np.float32)
"""Optical depth of dust in i, r, g relative to r; about the 0.76 and 1.38 of Schlegel et al. (1998), doi:10.1086/305772."""

FIRST_SEEDS = {"val": 0, "train": 100_000}
OPENING = 1052
"""Seed of the first picture of `val`: a large face-on spiral."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Grid:
    """Pixel positions relative to an object's centre, turned so that its long axis is x.

    side: pixels of the picture. centre: (x, y) from the middle of the picture. angle: of the long axis, in radians.
    """

    side: int
    centre: tuple[float, float]
    angle: float

    @cached_property
    def _axes(self) -> tuple[Floats, Floats]:
        steps = (np.arange(self.side) + 0.5) * (SIDE / self.side) - SIDE / 2
        dx, dy = steps[None, :] - self.centre[0], steps[:, None] - self.centre[1]
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        # Single precision halves the time; Python floats, unlike NumPy's, leave it single.
        return (dx * cos + dy * sin).astype(np.float32), (dy * cos - dx * sin).astype(np.float32)

    @property
    def x(self) -> Floats:
        return self._axes[0]

    @property
    def y(self) -> Floats:
        return self._axes[1]

    def place(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """From the object's coordinates to those of the picture."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return self.centre[0] + x * cos - y * sin, self.centre[1] + x * sin + y * cos


def load(split: str) -> Dataset:
    """Simulated galaxies, `val` (120) or `train` (1,200), 128x128 colour; half of them Elliptical, with masks.

    `subtypes` says what was drawn: elliptical, spiral or edge-on. The same on every run; no seed is in both splits.
    """
    rng = np.random.default_rng(FIRST_SEEDS[split])
    kinds = np.repeat(KINDS, [SIZES[split] * share // 20 for share in (10, 7, 3)])
    kinds = kinds[rng.permutation(len(kinds))]
    seeds = FIRST_SEEDS[split] + 1 + np.arange(len(kinds))
    if split == "val":
        first = int(np.argmax(kinds == "spiral"))
        kinds[[0, first]] = kinds[[first, 0]]
        seeds[0] = FIRST_SEEDS[split] + OPENING
    pixels = np.empty((len(kinds), SIDE, SIDE, 3), np.uint8)
    masks = np.empty(pixels.shape[:3], bool)
    for index, (kind, seed) in enumerate(zip(kinds, seeds, strict=True)):
        image, masks[index] = draw(str(kind), int(seed))
        pixels[index] = np.round(image * 255)
    return Dataset(
        name="simulated_galaxies",
        split=split,
        pixels=pixels,
        labels=(kinds != "elliptical").astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance(
            "simulated",
            "xai_core.datasets.simulated_galaxies",
            "made by this program: free to use",
            CITATION,
            f"Drawn, not observed. The mask is the galaxy's own light above {ISOPHOTE:g} x the sky noise of a pixel.",
        ),
        masks=masks,
        subtypes=np.char.replace(kinds, "_", "-"),
    )


def draw(kind: str, seed: int, side: int = SIDE) -> tuple[Array, NDArray[np.bool_]]:
    """Draw one galaxy.

    Elliptical: Sersic profile exp(-b_n ((r / r_e)^(1/n) - 1)), b_n = 2n - 1/3, n from 2.5 to 5.
    Spiral: exponential disk exp(-r / h) with 2 to 4 logarithmic arms theta = ln(r) / tan(pitch), knots, dust, bulge, at
    times a bar. Edge-on: exp(-R / h) sech^2(z / z_0) with bulge and dust lane exp(-tau).
    kind: elliptical, spiral or edge_on. seed: whole number; the same seed is the same galaxy at any side.
    side: pixels, at least 32.
    Returns the picture (side, side, 3) float32 in [0, 1] and its mask (side, side) bool: the galaxy's own light, blurred
    and before noise, above ISOPHOTE times the sky noise. Field stars and background galaxies are never part of it.
    Raises InvalidInput on another kind or a smaller side.
    Source: Sersic (1963); Freeman (1970), doi:10.1086/150474; van der Kruit & Searle (1981); stretch Lupton et al. (2004).
    """
    if kind not in KINDS:
        raise InvalidInput(f"Expected a kind of galaxy out of {', '.join(KINDS)}; received {kind!r}.")
    if side < 32:
        raise InvalidInput(f"Expected a side of at least 32 pixels, received {side}.")
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    scale = side / SIDE
    own = _Grid(side, (rng.normal(0, 2.0), rng.normal(0, 2.0)), rng.uniform(0, 2 * np.pi))
    paint = {"elliptical": _elliptical, "spiral": _spiral, "edge_on": _edge_on}[kind]
    galaxy, field = paint(own, rng), _field(side, rng)
    seeing = rng.uniform(0.9, 1.5) * scale
    galaxy, field = _blur(galaxy, seeing), _blur(field, seeing)
    # Smoothed, so that the outline follows the galaxy and not each of its knots.
    mask = _blur(_mean(galaxy), 1.5 * scale) > ISOPHOTE
    return _stretch(galaxy + field + _noise(galaxy, rng), rng), mask


def _bands(brightness: Floats, colour: float) -> Floats:
    """Light of one colour in the display channels i, r, g (red, green, blue); colour is g - r in magnitudes."""
    # r - i = 0.5 (g - r) is about the colour line of galaxies; the weights are those of the SDSS pictures.
    red, blue = 0.86 * 10 ** (0.4 * 0.5 * colour), 1.37 * 10 ** (-0.4 * colour)
    return brightness[..., None] * np.array([red, 1.0, blue], brightness.dtype)


def _mean(light: Floats) -> Floats:
    """Mean of the three channels (the sum written out: NumPy is slow on an axis of 3)."""
    return (light[..., 0] + light[..., 1] + light[..., 2]) / 3


def _sersic(grid: _Grid, effective: float, index: float, axis_ratio: float) -> Floats:
    """exp(-b_n ((r / r_e)^(1/n) - 1)): 1 at the effective radius."""
    # The seeing hides the cusp; half a pixel of softening keeps one bright pixel from standing for the centre.
    radius = np.sqrt(grid.x**2 + (grid.y / axis_ratio) ** 2 + 0.25) / effective
    return np.asarray(np.exp(-(2 * index - 1 / 3) * ((radius if index == 1 else radius ** (1 / index)) - 1)))


def _elliptical(grid: _Grid, rng: np.random.Generator) -> Floats:
    effective = rng.lognormal(np.log(9), 0.35)
    index, axis_ratio = rng.uniform(2.5, 5), rng.uniform(0.55, 1)
    brightness = rng.lognormal(np.log(15), 0.4)
    return _bands(brightness * _sersic(grid, effective, index, axis_ratio), rng.normal(0.82, 0.08))


def _smooth_field(side: int, cells: int, rng: np.random.Generator) -> Floats:
    """A smooth random field of variance about 1, independent of the picture's size."""
    import cv2

    coarse = rng.standard_normal((cells, cells))
    return np.asarray(cv2.resize(coarse.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC))


def _spiral(grid: _Grid, rng: np.random.Generator) -> Floats:
    length = rng.lognormal(np.log(9), 0.22)
    axis_ratio = float(np.cos(rng.uniform(0.1, 1.2)))
    arms, handed = int(rng.choice([2, 3, 4], p=[0.65, 0.2, 0.15])), int(rng.choice([-1, 1]))
    winding = handed / float(np.tan(np.radians(rng.uniform(12, 28))))
    inner = length * rng.uniform(0.5, 0.9)
    barred = rng.random() < 0.35
    ragged = rng.uniform(0.15, 0.55)
    start = rng.uniform(0, 2 * np.pi) if not barred else 0.0

    x, y = grid.x, grid.y / axis_ratio
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    turn = angle - start - winding * np.log(np.maximum(radius, 0.5) / inner)
    wobble = ragged * _smooth_field(grid.side, 14, rng)
    phase = arms * turn + wobble * 1.5
    width = rng.uniform(1.2, 2.6)
    arm = np.exp(width * (np.cos(phase) - 1))
    born = 1 / (1 + np.exp(-(radius - inner) / (0.12 * length)))
    patchy = np.clip(1 + 0.8 * ragged * _smooth_field(grid.side, 30, rng), 0.2, 2.5)

    central = rng.lognormal(np.log(40), 0.35)
    disk = central * np.exp(-radius / length) / axis_ratio**0.5
    lopsided = 1 + rng.uniform(0, 0.25) * np.cos(angle - rng.uniform(0, 2 * np.pi))
    strength = rng.uniform(0.3, 2.4)
    # Dust follows the inner edge of an arm and dims blue light more than red.
    lane = np.exp(3 * (np.cos(phase + handed * 0.9) - 1)) * born
    dust = np.exp(-rng.uniform(0.1, 0.7) * lane[..., None] * DUST)
    old = _bands(disk * lopsided * rng.uniform(0.4, 0.8), rng.normal(0.62, 0.06))
    young = _bands(disk * lopsided * strength * arm * born * patchy, rng.normal(0.22, 0.08))
    light = (old + young) * dust

    knots = int(rng.integers(10, 60))
    distance = inner + length * rng.gamma(2.0, 0.75, knots)
    where = start + winding * np.log(distance / inner) + 2 * np.pi * rng.integers(0, arms, knots) / arms
    where += rng.normal(0, 0.12, knots)
    flux = central * np.exp(-distance / length / 1.4) * rng.lognormal(0.2, 0.7, knots)
    knot_x, knot_y = grid.place(distance * np.cos(where), distance * np.sin(where) * axis_ratio)
    colours = _bands(flux, rng.normal(-0.02, 0.08))
    light += _blobs(grid.side, knot_x, knot_y, colours, rng.uniform(0.6, 1.3, knots))

    bulge = rng.uniform(0.3, 2.0) * central
    size = length * rng.uniform(0.2, 0.4)
    light += _bands(bulge * _sersic(grid, size, rng.uniform(1, 2), min(1.0, axis_ratio + 0.25)), rng.normal(0.78, 0.06))
    if barred:
        # Ferrers bar: (1 - m^2)^2 within its ellipse; the arms start at its ends.
        m2 = (x / (1.15 * inner)) ** 2 + (y / (0.32 * inner)) ** 2
        light += _bands(central * rng.uniform(0.5, 1.1) * np.clip(1 - m2, 0, 1) ** 2, 0.75)
    return np.asarray(light)


def _edge_on(grid: _Grid, rng: np.random.Generator) -> Floats:
    length = rng.lognormal(np.log(13), 0.25)
    height = length * rng.uniform(0.15, 0.3)
    bend = rng.normal(0, 0.02) / length
    x, z = grid.x, grid.y - bend * grid.x**2
    central = rng.lognormal(np.log(45), 0.35)
    disk = central * np.exp(-np.hypot(x, 0.4 * length) / length) / np.cosh(np.clip(z / height, -20, 20)) ** 2
    patchy = np.clip(1 + 0.15 * _smooth_field(grid.side, 20, rng), 0.5, 1.5)
    light = _bands(disk * patchy, rng.normal(0.55, 0.1))
    bulge = rng.uniform(0.2, 1.6) * central
    light += _bands(bulge * _sersic(grid, length * rng.uniform(0.2, 0.4), 2.0, rng.uniform(0.55, 0.9)), rng.normal(0.8, 0.06))
    tilt = rng.normal(0, 0.35) * height
    depth = rng.uniform(0, 4) * np.exp(-np.abs(x) / (2 * length)) * np.exp(-(((z - tilt) / (0.5 * height)) ** 2))
    return np.asarray(light * np.exp(-depth[..., None] * DUST))


def _blobs(side: int, x: Floats, y: Floats, peaks: Floats, widths: Floats) -> Floats:
    """Sum of round Gaussians with peaks (K, 3); a Gaussian is separable, so the sum is one small product a channel."""
    steps = (np.arange(side) + 0.5) * (SIDE / side) - SIDE / 2
    across = np.exp(-((steps - x[:, None]) ** 2) / (2 * widths[:, None] ** 2))
    down = np.exp(-((steps - y[:, None]) ** 2) / (2 * widths[:, None] ** 2))
    down, across = down.astype(np.float32), across.astype(np.float32)
    # einsum and not @: for products this small the threads of BLAS cost more than they bring.
    channels = [np.einsum("ky,kx->yx", down * peak[:, None], across) for peak in peaks.astype(np.float32).T]
    return np.stack(channels, axis=-1)


def _field(side: int, rng: np.random.Generator) -> Floats:
    """Foreground stars and faint background galaxies; they may lie on the galaxy, as they do in the sky."""
    stars = int(rng.poisson(3.5))
    x, y = rng.uniform(-SIDE / 2, SIDE / 2, (2, stars))
    peaks = rng.lognormal(np.log(40), 1.4, stars)[:, None] * _bands(np.ones(stars), 0)
    peaks *= 10 ** (-0.4 * rng.choice([-0.1, 0.4, 0.9, 1.4], (stars, 1), p=[0.25, 0.35, 0.25, 0.15]) * np.array([-0.5, 0, 1]))
    light = _blobs(side, x, y, peaks, np.full(stars, 0.8))
    for _ in range(rng.poisson(4)):
        grid = _Grid(side, (rng.uniform(-SIDE / 2, SIDE / 2), rng.uniform(-SIDE / 2, SIDE / 2)), rng.uniform(0, np.pi))
        peak = rng.lognormal(np.log(2), 0.7)
        light += _bands(peak * _sersic(grid, rng.uniform(1, 2.2), 1, rng.uniform(0.4, 1)), rng.normal(0.8, 0.35))
    return light


def _blur(light: Floats, seeing: float) -> Floats:
    """Point spread function: a Gaussian core and a wider one for the wings."""
    import cv2

    core = cv2.GaussianBlur(light, (0, 0), seeing)
    return np.asarray(0.88 * core + 0.12 * cv2.GaussianBlur(light, (0, 0), 2.5 * seeing))


def _noise(light: Floats, rng: np.random.Generator) -> Floats:
    """Sky noise (sigma 1 on average over the bands) and photon noise, smoothed a little: the grain of a resampled picture."""
    import cv2

    grain = rng.uniform(0.4, 1.0)
    noise = cv2.GaussianBlur(rng.standard_normal(light.shape, np.float32), (0, 0), grain)
    return np.asarray(noise / noise.std() * np.array([1.2, 0.8, 1.0], np.float32) * np.sqrt(1 + np.maximum(light, 0) / 40))


def _stretch(light: Floats, rng: np.random.Generator) -> Array:
    """The colour picture, with a sky that is nearly black and of slightly different colour each time."""
    softening, top = rng.uniform(4, 9), rng.uniform(300, 1000)
    light = light + rng.uniform(0.2, 0.9) + rng.normal(0, 0.15, 3).astype(np.float32)
    return asinh_colour(light, softening, top)
