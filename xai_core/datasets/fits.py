"""FITS cut-outs as pictures, through the optional package astropy."""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..images import MAX_PIXELS, MIN_SIDE, Picture, resize
from ..types import Array
from ._stretch import asinh_colour

SIGNATURE = b"SIMPLE  ="
"""How every FITS file begins."""

SUFFIXES = (".fits", ".fit")

BLACK, WHITE = 5.0, 99.8
"""Percentiles of a band that become black, and of the mean of the bands that become white."""

SOFTENING = 4.0
"""Where the stretch turns from linear to logarithmic, in sky noises of one pixel."""

_DAMAGED = "The FITS file is damaged, cut off or of a rare kind, and cannot be read. Write it again as a plain image and retry."


def read_fits(data: bytes, *, max_pixels: int = MAX_PIXELS, max_side: int | None = None) -> Picture:
    """The first image of a FITS file as a picture, north up as stored, stretched by asinh.

    Each band: black at its 5th percentile, unit the sky noise (1.4826 x median absolute deviation); white at the 99.8th
    percentile of the mean of the bands (`_stretch.asinh_colour`). Pixels without a value (NaN, infinity) take the band's median.
    data: a file with one band (H, W) or three (3, H, W), taken from blue to red (g, r, z; g, r, i). max_pixels: larger
        images, all bands counted, are refused before they are read. max_side: a longer picture is shrunk, before the stretch.
    Returns a `Picture` with C = 1 or 3. Raises InvalidInput with one sentence, also where astropy is not installed.
    """
    try:
        from astropy.io import fits
    except ImportError:
        raise InvalidInput(
            "FITS files need the package astropy. Install it: pip install -r requirements-fits.txt, or upload a PNG."
        ) from None
    try:
        with warnings.catch_warnings(), fits.open(io.BytesIO(data), memmap=False) as file:
            warnings.simplefilter("ignore")  # astropy warns of headers that it repairs
            bands = _bands(file, max_pixels)
    except InvalidInput:
        raise
    except Exception:  # astropy raises many types on broken files (OSError, VerifyError, TypeError, ...)
        raise InvalidInput(_DAMAGED) from None
    height, width = bands.shape[:2]
    light = _fill(bands)
    if max_side is not None and max(height, width) > max_side:
        scale = max_side / max(height, width)
        light = resize(light[None], *(max(MIN_SIDE, round(side * scale)) for side in (height, width)))[0]
    return Picture(_stretched(light), (height, width))


def _bands(file: Any, max_pixels: int) -> NDArray[np.float64]:
    """The first image with two or more axes, as (H, W, C), the top row first, red before blue."""
    hdu = next((hdu for hdu in file if hdu.is_image and len([side for side in hdu.shape if side > 1]) >= 2), None)
    if hdu is None:
        raise InvalidInput("The FITS file holds no image: expected one of (H, W) or (3, H, W). Choose another file.")
    shape = tuple(int(side) for side in hdu.shape)
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) == 2:
        shape = (1, *shape)
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise InvalidInput(
            f"The FITS image has the shape {' x '.join(map(str, hdu.shape))}; expected one band (H, W) or three (3, H, W). "
            "Cut out the bands that should be seen."
        )
    if np.prod(shape, dtype=np.int64) > max_pixels:
        raise InvalidInput(
            f"The FITS image has {shape[2]} x {shape[1]} pixels in {shape[0]} bands; at most {max_pixels / 1e6:g} million values "
            "are accepted. Cut out a part and try again."
        )
    if min(shape[1:]) < MIN_SIDE:
        raise InvalidInput(
            f"The FITS image has {shape[2]} x {shape[1]} pixels; at least {MIN_SIDE} x {MIN_SIDE} are needed. Cut out more."
        )
    data = np.asarray(hdu.data, np.float64).reshape(shape)
    # The first row of a FITS image is its lowest; the longest wavelength, last in the file, is shown red.
    return data[::-1, ::-1].transpose(1, 2, 0)


def _fill(bands: NDArray[np.float64]) -> Array:
    """Each band with its sky noise as unit and its BLACK percentile at 0, pixels without a value at the median."""
    light = np.empty(bands.shape, np.float32)
    for channel in range(bands.shape[-1]):
        band = bands[..., channel]
        known = band[np.isfinite(band)]
        if not known.size or np.ptp(known) == 0:
            raise InvalidInput("A band of the FITS image has no values, or one value everywhere. Choose another file.")
        median = float(np.median(known))
        noise = 1.4826 * float(np.median(np.abs(known - median))) or float(known.std())
        black = float(np.percentile(known, BLACK))
        light[..., channel] = (np.where(np.isfinite(band), band, median) - black) / noise
    return light


def _stretched(light: Array) -> Array:
    top = float(np.percentile(light.mean(axis=-1), WHITE))
    return asinh_colour(light, SOFTENING, max(top, 2 * SOFTENING))
