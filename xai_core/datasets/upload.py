"""The user's own picture as a data set of one."""

import hashlib

import numpy as np

from .. import images
from ..types import Dataset, Provenance
from . import fits

MAX_SIDE = 512
"""Longest side of a picture on the pages: larger ones are shrunk, so that every explanation stays quick."""


def from_bytes(data: bytes, name: str) -> Dataset:
    """One uploaded picture as a data set.

    data: the bytes of a PNG, JPEG, TIFF, BMP, WebP or FITS file. name: its file name, kept in `groups`.
    Returns a Dataset with pixels (1, H, W, C) 8-bit, H and W at most MAX_SIDE, label -1; `provenance.path` is the SHA-256
    of the bytes in hex, by which the same picture is known again.
    Raises InvalidInput with one sentence if the bytes are not such a picture (see `images.decode`, `fits.read_fits`).
    """
    read = fits.read_fits if data.startswith(fits.SIGNATURE) else images.read_picture
    decoded = read(data, max_side=MAX_SIDE)
    picture, (height, width) = decoded.image, decoded.size
    note = ""
    if picture.shape[:2] != (height, width):
        note = f"Shrunk from {width} x {height} to {picture.shape[1]} x {picture.shape[0]} pixels."
    return Dataset(
        name="upload",
        split="all",
        pixels=images.to_uint8(picture)[None],
        labels=np.array([-1], np.int64),
        class_names=(),
        provenance=Provenance("uploaded", hashlib.sha256(data).hexdigest(), "the owner's", "your own picture", note),
        groups=np.array([name]),
    )
