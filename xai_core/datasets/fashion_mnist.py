"""Fashion-MNIST: pictures of clothes, 28x28 grey."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from ..errors import DataNotFound
from ..types import Dataset, Progress, Provenance
from . import _sources

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
CITATION = "Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747"
LICENCE = "MIT"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
FILES = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}


def _folder() -> Path | None:
    found = _sources.find("fashion-mnist")
    if found is not None:
        return found
    return DEBIAN if DEBIAN.is_dir() else None


def load(split: str) -> Dataset:
    """Fashion-MNIST, `train` (60,000) or `test` (10,000), from a data folder or from Debian's dataset-fashion-mnist."""
    folder = _folder()
    if folder is None:
        raise DataNotFound(
            "Fashion-MNIST is not on this machine. Run: apt-get install dataset-fashion-mnist, "
            "or: python -m xai_core datasets --download fashion_mnist"
        )
    prefix = "train" if split == "train" else "t10k"
    try:
        pixels = np.frombuffer(gzip.decompress((folder / f"{prefix}-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
        labels = np.frombuffer(gzip.decompress((folder / f"{prefix}-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
        images = pixels.reshape(len(labels), 28, 28, 1)
        if labels.max() >= len(CLASSES):
            raise ValueError
    except (OSError, EOFError, ValueError, zlib.error):
        raise DataNotFound(
            f"The Fashion-MNIST files in {folder} are incomplete or damaged. Delete the folder and install them again."
        ) from None
    return Dataset(
        name="fashion_mnist",
        split=split,
        pixels=images,
        labels=labels.astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance("full", str(folder), LICENCE, CITATION),
    )


def download(progress: Progress | None = None) -> None:
    """Download the four idx files (31 MB) into the first data folder."""
    for index, (name, sha256) in enumerate(FILES.items()):
        part = (lambda share, index=index: progress((index + share) / len(FILES))) if progress else None
        _sources.download(URL + name, f"fashion-mnist/{name}", sha256, part)
