"""CIFAR-10: small colour photographs of ten kinds, 32x32."""

import numpy as np

from ..errors import DataNotFound
from ..types import Dataset, Provenance
from . import _sources

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CITATION = "Krizhevsky (2009), Learning multiple layers of features from tiny images"
LICENCE = "no explicit licence; cite the technical report"


def load(split: str) -> Dataset:
    """CIFAR-10, `train` or `test`, from cifar10.npz (x_train, y_train, x_test, y_test) in a data folder."""
    path = _sources.find("cifar10.npz")
    if path is None:
        raise DataNotFound("CIFAR-10 is not on this machine: expected cifar10.npz in a data folder (XAI_DATA_DIR).")
    try:
        # Opened here because numpy leaves the file open when it is cut off.
        with path.open("rb") as file, np.load(file) as stored:
            pixels, labels = stored[f"x_{split}"], stored[f"y_{split}"].ravel()
        if pixels.dtype != np.uint8 or pixels.shape != (len(labels), 32, 32, 3) or labels.min() < 0 or labels.max() > 9:
            raise ValueError
    except Exception:  # a cut or foreign file: BadZipFile, zlib.error, KeyError, EOFError, ValueError, ...
        raise DataNotFound(
            f"{path} is not CIFAR-10: expected x_{split} of shape (N, 32, 32, 3) and y_{split} from 0 to 9. Copy the file again."
        ) from None
    complete = len(labels) == {"train": 50_000, "test": 10_000}[split]
    note = (
        ""
        if complete
        else (
            f"{len(labels):,} pictures of the official training set, chosen class by class: figures measured on them are not "
            "CIFAR-10 test figures."
        )
    )
    return Dataset(
        name="cifar10",
        split=split,
        pixels=pixels,
        labels=labels.astype(np.int64),
        class_names=CLASSES,
        provenance=Provenance("full", str(path), LICENCE, CITATION, note),
    )
