"""The photographs on which denoisers are measured: BSD68 and CBSD68 with their training pictures, and Set12."""

from pathlib import Path

import numpy as np

from ..errors import DataNotFound
from ..types import Dataset, Provenance
from . import _sources

CITATION = "Martin, Fowlkes, Tal & Malik (2001), doi:10.1109/ICCV.2001.937655; Zhang et al. (2017), doi:10.1109/TIP.2017.2662206"
LICENCE = "Berkeley Segmentation Dataset, for non-commercial research and education"
LICENCE_SET12 = "classic test pictures; rights of single pictures unclear"

FOLDERS = {
    ("bsd68", "train"): ("train400", "bsds500_train"),
    ("bsd68", "test"): ("bsd68",),
    ("cbsd68", "train"): ("bsds500_train",),
    ("cbsd68", "test"): ("cbsd68",),
    ("set12", "test"): ("set12",),
}


def load_bsd68(split: str) -> Dataset:
    """Grey photographs: `test` is BSD68 (68, 481x321 or 321x481); `train` (600) the 400 crops of 180x180 from BSDS500 train and
    test with which DnCNN was trained, and the 200 photographs of BSDS500 train, which overlap.
    """
    return _load("bsd68", split, channels=1)


def load_cbsd68(split: str) -> Dataset:
    """Colour photographs: `test` is CBSD68 (68, 481x321 or 321x481); `train` the 200 photographs of BSDS500 train."""
    return _load("cbsd68", split, channels=3)


def load_set12(split: str) -> Dataset:
    """Set12, one split `test`: 12 grey pictures, 256x256 or 512x512."""
    return _load("set12", split, channels=1)


def _load(name: str, split: str, *, channels: int) -> Dataset:
    paths: list[Path] = []
    for folder in FOLDERS[name, split]:
        found = _sources.find(f"bsd/{folder}")
        files = sorted(path for path in found.iterdir() if path.suffix in (".png", ".jpg")) if found else []
        if not files:
            raise DataNotFound(
                f"The photographs of {name} are not on this machine: expected pictures in bsd/{folder} in a data folder "
                "(XAI_DATA_DIR). Use the data set photos instead."
            )
        paths += files
    return Dataset(
        name=name,
        split=split,
        pixels=_sources.ImageFiles(paths, None, channels),
        labels=np.full(len(paths), -1, np.int64),
        class_names=(),
        provenance=Provenance("full", str(paths[0].parents[1]), LICENCE_SET12 if name == "set12" else LICENCE, CITATION),
        groups=np.array([path.stem for path in paths]),
    )
