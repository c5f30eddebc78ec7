"""Galaxy10 DECaLS: galaxies of the DESI Legacy Imaging Surveys in ten kinds, here merged into Elliptical and Other."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import DataNotFound
from ..types import Dataset, Progress, Provenance
from . import _sources
from .catalogue import split_of

FILE = "Galaxy10_DECals.h5"
URL = "https://www.astro.utoronto.ca/~hleung/shared/Galaxy10/Galaxy10_DECals.h5"
SHA256 = "19aefc477c41bb7f77ff07599a6b82a038dc042f889a111b0d4d98bb755c1571"
CITATION = "Leung & Bovy (2019), doi:10.1093/mnras/sty3217; Walmsley et al. (2022), doi:10.1093/mnras/stab2093"
LICENCE = "DESI Legacy Imaging Surveys and Galaxy Zoo: acknowledge both"
CLASSES = ("Elliptical", "Other")
KINDS = (
    *("Disturbed", "Merging", "Round Smooth", "In-between Round Smooth", "Cigar Shaped Smooth", "Barred Spiral"),
    *("Unbarred Tight Spiral", "Unbarred Loose Spiral", "Edge-on without Bulge", "Edge-on with Bulge"),
)
"""The data set's own classes 0 to 9."""

SMOOTH = tuple(KINDS.index(name) for name in ("Round Smooth", "In-between Round Smooth", "Cigar Shaped Smooth"))
CHUNK = 256


class H5Pictures:
    """Some pictures of an HDF5 file, read when they are asked for. rows: their positions in it, ascending."""

    def __init__(self, path: Path, rows: NDArray[np.int64], shape: tuple[int, ...]) -> None:
        self.path = path
        self.rows = rows
        self.shape = (len(rows), *shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        return self._read(int(self.rows[index]))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Pictures on disk cannot become an array without a copy.")
        array = np.empty(self.shape, np.uint8 if dtype is None else dtype)
        for start in range(0, len(self), CHUNK):
            array[start : start + CHUNK] = self._read(self.rows[start : start + CHUNK])
        return array

    def _read(self, where: Any) -> NDArray[np.uint8]:
        import h5py

        try:
            # Opened for each read: an open file can neither be shared by processes nor replaced.
            with h5py.File(self.path) as file:
                return np.asarray(file["images"][where], np.uint8)
        except (OSError, KeyError, ValueError):
            raise DataNotFound(f"{self.path} is missing or damaged. {_ADVICE}") from None


_ADVICE = "Download it (2.5 GB): python -m xai_core datasets --download galaxy10"


def load(split: str) -> Dataset:
    """Galaxy10 DECaLS, `train` (about 80 %) or `val`, 256x256 colour; `subtypes` keeps the ten classes.

    The three smooth classes are Elliptical, the seven others Other. The split is a hash of the row's number (`split_of`).
    Raises DataNotFound where the file is missing or damaged.
    """
    import h5py

    path = _sources.find(FILE)
    if path is None:
        raise DataNotFound(f"Galaxy10 DECaLS is not on this machine: expected {FILE} in a data folder (XAI_DATA_DIR). {_ADVICE}")
    try:
        with h5py.File(path) as file:
            kinds, shape, dtype = np.asarray(file["ans"], np.int64), file["images"].shape, file["images"].dtype
        if shape != (len(kinds), *shape[1:3], 3) or dtype != np.uint8 or not 0 <= kinds.min() <= kinds.max() < len(KINDS):
            raise ValueError
    except (OSError, KeyError, ValueError):
        raise DataNotFound(
            f"{path} is not the complete Galaxy10 DECaLS: expected images (N, 256, 256, 3) uint8 and ans (N,) from 0 to 9. "
            f"{_ADVICE}"
        ) from None
    rows = np.array([row for row in range(len(kinds)) if split_of(str(row)) == split], np.int64)
    return Dataset(
        name="galaxy10",
        split=split,
        pixels=H5Pictures(path, rows, shape[1:]),
        labels=(~np.isin(kinds[rows], SMOOTH)).astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance(
            "full", str(path), LICENCE, CITATION, "Ten classes merged into two: the smooth ones are Elliptical, all others Other."
        ),
        subtypes=np.array(KINDS)[kinds[rows]],
    )


def download(progress: Progress | None = None) -> None:
    """Download the complete set (2.5 GB) into the first data folder."""
    _sources.download(URL, FILE, SHA256, progress)
