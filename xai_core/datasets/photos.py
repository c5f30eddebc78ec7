"""Photographs that come with scikit-image, brought to one size."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import images
from ..errors import DataNotFound, InvalidInput
from ..types import Array, Dataset, Provenance

CITATION = "van der Walt et al. (2014), doi:10.7717/peerj.453"
LICENCE = "CC0, public domain or no known restrictions, stated for each picture in skimage.data"
SIDE = 256

# Those inside the wheel and free to use: skimage.data would try to download any other.
FILES = {
    "astronaut": "astronaut.png",
    "camera": "camera.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "coins": "coins.png",
    "moon": "moon.png",
    "retina": "retina.jpg",
    "tissue": "ihc.png",
    "brick": "brick.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
}


def load(split: str) -> Dataset:
    """Photographs, one split `all` (12), 256x256 colour, unlabelled; `groups` names each of them.

    The largest centred square of each, shrunk by area average; grey ones have three equal channels.
    Raises DataNotFound where scikit-image comes without its pictures.
    """
    pixels = np.stack([_square(photograph) for photograph in photographs().values()])
    return Dataset(
        name="photos",
        split=split,
        pixels=pixels,
        labels=np.full(len(pixels), -1, np.int64),
        class_names=(),
        provenance=Provenance(
            "bundled subset",
            "skimage.data",
            LICENCE,
            CITATION,
            f"The photographs inside the package, cut to a centred square and shrunk to {SIDE} x {SIDE} pixels.",
        ),
        groups=np.array(list(FILES)),
    )


def photographs() -> dict[str, Array]:
    """The photographs as they are, by name: (H, W, C) float32 in [0, 1], C = 1 or 3; DataNotFound where they are missing."""
    package = find_spec("skimage")
    try:
        if package is None or package.origin is None:
            raise FileNotFoundError
        folder = Path(package.origin).parent / "data"
        return {name: images.decode((folder / file).read_bytes()) for name, file in FILES.items()}
    except (OSError, InvalidInput):
        raise DataNotFound(
            "The photographs are not on this machine: expected them in the package scikit-image. "
            "Install it again: pip install --force-reinstall scikit-image"
        ) from None


def _square(photograph: Array) -> NDArray[np.uint8]:
    side = min(photograph.shape[:2])
    top, left = (photograph.shape[0] - side) // 2, (photograph.shape[1] - side) // 2
    square = photograph[None, top : top + side, left : left + side]
    return images.to_uint8(images.to_channels(images.resize(square, SIDE, SIDE), 3)[0])
