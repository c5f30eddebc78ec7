"""STL-10: photographs of ten kinds, 96x96 colour, and 100,000 more without a label, from the official binary files."""

import shutil
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataNotFound
from ..types import Dataset, Labels, Progress, Provenance
from . import _sources

FOLDER = "stl10_binary"
URL = "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz"
SHA256 = "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866"
CITATION = "Coates, Ng & Lee (2011), An analysis of single-layer networks in unsupervised feature learning"
LICENCE = "pictures of ImageNet, for research; cite the paper"
SIDE = 96
CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
"""As in class_names.txt; the files count them from 1."""

FILES = {
    "train": ("train_X.bin", "train_y.bin"),
    "test": ("test_X.bin", "test_y.bin"),
    "unlabelled": ("unlabeled_X.bin", None),
}
COMPLETE = {"train": 5_000, "test": 8_000, "unlabelled": 100_000}
_ADVICE = (
    f"Run: python -m xai_core datasets --download stl10 (2.6 GB), or unpack {URL} into a data folder (XAI_DATA_DIR). "
    "Use the data set cifar10 or small_photos instead."
)


def load(split: str) -> Dataset:
    """STL-10, `train` (5,000), `test` (8,000) or `unlabelled` (100,000, class -1), 96x96 colour, read from disk when asked for.

    Expects stl10_binary/train_X.bin, train_y.bin, test_X.bin, test_y.bin and, for the third split, unlabeled_X.bin.
    Raises DataNotFound where a file is missing, cut off or of other contents.
    """
    folder = _sources.find(FOLDER)
    if folder is None:
        raise DataNotFound(f"STL-10 is not on this machine: expected the folder {FOLDER}. {_ADVICE}")
    pictures, classes = FILES[split]
    try:
        pixels = _pixels(folder / pictures)
        labels = _labels(folder / classes) if classes else np.full(len(pixels), -1, np.int64)
        if len(pixels) != len(labels):
            raise ValueError
    except (OSError, ValueError):
        expected = f"{pictures} of {3 * SIDE**2:,} bytes a picture" + (f" and {classes} of labels 1 to 10" if classes else "")
        raise DataNotFound(
            f"The files of STL-10 in {folder} are incomplete or damaged: expected {expected}. Delete the folder. {_ADVICE}"
        ) from None
    note = (
        "" if len(pixels) == COMPLETE[split] else f"{len(pixels):,} of {COMPLETE[split]:,} pictures: figures are not of STL-10."
    )
    return Dataset(
        name="stl10",
        split=split,
        pixels=pixels,
        labels=labels,
        class_names=CLASSES if classes else (),
        provenance=Provenance("full", str(folder), LICENCE, CITATION, note),
    )


def _pixels(path: Path) -> NDArray[np.uint8]:
    """(N, 96, 96, 3), a view of the mapped file, which holds each picture as red, green and blue planes, column by column."""
    size = path.stat().st_size
    if not size or size % (3 * SIDE**2):
        raise ValueError
    planes = np.memmap(path, np.uint8, "r").reshape(-1, 3, SIDE, SIDE)
    return planes.transpose(0, 3, 2, 1)


def _labels(path: Path) -> Labels:
    labels = np.fromfile(path, np.uint8).astype(np.int64) - 1
    if not labels.size or labels.min() < 0 or labels.max() >= len(CLASSES):
        raise ValueError
    return labels


def download(progress: Progress | None = None) -> None:
    """Download the archive (2.6 GB) into the first data folder and unpack it there (another 3.1 GB); the archive is deleted."""
    archive = _sources.download(URL, f"{FOLDER}.tar.gz", SHA256, progress)
    folder = archive.parent / FOLDER
    wanted = [name for names in FILES.values() for name in names if name]
    try:
        folder.mkdir(exist_ok=True)
        with tarfile.open(archive) as packed:
            for name in wanted:
                source = packed.extractfile(f"{FOLDER}/{name}")
                if source is None:
                    raise KeyError(name)
                with source, (folder / name).open("wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except (OSError, KeyError, EOFError, tarfile.TarError) as error:
        raise DataNotFound(
            f"{archive} could not be unpacked ({error}). Make room for 3.1 GB in {folder}, and try again."
        ) from None
    archive.unlink()
