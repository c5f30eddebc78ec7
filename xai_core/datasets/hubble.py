"""Hubble deep field: real galaxies of the distant universe, cut out of the picture that comes with scikit-image."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import images
from ..errors import DataNotFound, InvalidInput
from ..types import Array, Dataset, Provenance

FILE = "hubble_deep_field.jpg"
SIDE = 96
CITATION = "Illingworth et al. (2013), doi:10.1088/0067-0049/209/1/6"
LICENCE = "public domain; credit NASA, ESA, G. Illingworth, D. Magee, P. Oesch, R. Bouwens and the HUDF09 team"

SMOOTHING = 2.0
"""Sigma in pixels of the picture: joins the clumps of one galaxy, keeps neighbours apart."""
THRESHOLD = 8.0
"""Detection limit above the sky, in robust standard deviations (1.4826 x median absolute deviation)."""
SMALLEST = 150
"""Smallest area in pixels: below it a galaxy shows no shape."""
COMPACTNESS = 0.9
"""Smallest solidity (area over that of the convex hull): objects that touch make a region with a waist."""
NEIGHBOUR = 0.5
"""Largest light of another object in the cut-out, as a share of the galaxy's own."""


def load(split: str) -> Dataset:
    """Galaxies of the Hubble extreme deep field, one split `all`, 96x96 colour, unlabelled, brightest first.

    The picture is smoothed and cut at THRESHOLD; each connected region is an object. Left out are those smaller than
    SMALLEST, at the edge of the picture, touching another or beside one of comparable light, and stars.
    Raises DataNotFound where scikit-image has no such picture.
    """
    package = find_spec("skimage")
    path = Path(package.origin or "").parent / "data" / FILE if package else None
    try:
        if path is None:
            raise FileNotFoundError
        picture = images.decode(path.read_bytes())
    except (OSError, InvalidInput):
        raise DataNotFound(
            "The Hubble deep field is not on this machine: expected it in the package scikit-image. "
            "Install it again: pip install --force-reinstall scikit-image"
        ) from None
    cutouts = _cut_out(picture)
    return Dataset(
        name="hubble",
        split=split,
        pixels=cutouts,
        labels=np.full(len(cutouts), -1, np.int64),
        class_names=(),
        provenance=Provenance(
            "bundled subset",
            "skimage.data.hubble_deep_field",
            LICENCE,
            CITATION,
            f"{len(cutouts)} galaxies found by brightness and size in a picture of 1000 x 872 pixels; nobody labelled them.",
        ),
    )


def _cut_out(picture: Array) -> NDArray[np.uint8]:
    """The galaxies in a picture (H, W, 3): (N, SIDE, SIDE, 3) 8-bit, brightest first."""
    import skimage

    filters: Any = skimage.filters  # untyped
    measure: Any = skimage.measure

    light = picture.mean(-1)
    smooth = filters.gaussian(light, SMOOTHING)
    sky = np.median(smooth)
    spread = 1.4826 * np.median(np.abs(smooth - sky))
    regions = measure.label(smooth > sky + THRESHOLD * spread)
    objects = [found for found in measure.regionprops(regions, light - sky) if found.area >= SMALLEST]
    total = {found.label: float(found.area * found.intensity_mean) for found in objects}
    cutouts = []
    for found in sorted(objects, key=lambda found: total[found.label], reverse=True):
        half = max(20, round(0.9 * found.axis_major_length))
        top, left = (round(centre) - half for centre in found.centroid)
        window = slice(top, top + 2 * half), slice(left, left + 2 * half)
        inside = min(top, left) >= 0 and top + 2 * half <= len(light) and left + 2 * half <= light.shape[1]
        if not inside or found.solidity < COMPACTNESS or _is_star(found, picture):
            continue
        others = [total.get(int(label), 0.0) for label in np.unique(regions[window]) if label not in (0, found.label)]
        if max(others, default=0.0) <= NEIGHBOUR * total[found.label]:
            cutouts.append(images.to_uint8(images.resize(picture[window][None], SIDE, SIDE)[0]))
    return np.array(cutouts, np.uint8).reshape(-1, SIDE, SIDE, 3)


def _is_star(found: Any, picture: Array) -> bool:
    """A round object with a burnt-out white core; the cores of galaxies keep a colour."""
    white = picture[found.slice].min(-1) >= 245 / 255
    return bool(found.eccentricity < 0.6 and (white & found.image).sum() >= 8)
