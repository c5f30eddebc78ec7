"""Real castings, OK or Defective: photographs of impeller covers of submersible pumps, split by photograph."""

import csv

import numpy as np

from ..errors import DataNotFound
from ..types import Dataset, Provenance
from . import _sources
from .catalogue import DEFECTIVE, OK

CLASSES = (OK, DEFECTIVE)
LABELS = {"ok": 0, "defect": 1}
CITATION = "Dabhi (2020), casting product image data for quality inspection, Kaggle; photographs of Pilot Technocast, Rajkot"
LICENCE = "CC BY-NC-ND 4.0: shown unmodified, not for commercial use; none is shipped"
SIDE = 300
NOTE = (
    "The publisher turned, mirrored and sheared few photographs into many pictures: {pictures:,} here are of {photographs} "
    "photographs, {ok} of them of OK castings. No photograph is in both splits. The classes were lit differently, so that even "
    "corners without metal tell them apart."
)


def load(split: str) -> Dataset:
    """Castings, `train` (2,304 pictures of 90 photographs) or `val` (576 of 27), 300x300 grey; `groups` names the photograph.

    Expects casting/labels.csv (columns file, split, label, source_photo) and the pictures in a data folder.
    """
    folder = _sources.find("casting")
    if folder is None:
        raise DataNotFound(
            "The photographs of castings are not on this machine: expected casting/labels.csv in a data folder (XAI_DATA_DIR). "
            "Use the simulated castings instead, or the original folders (docs/own-pictures.md)."
        )
    try:
        with (folder / "labels.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == split]
        # The table's paths begin with the name of its folder.
        pixels = _sources.ImageFiles([folder / row["file"].removeprefix("casting/") for row in rows], SIDE, 1)
        labels = np.array([LABELS[row["label"]] for row in rows], np.int64)
        groups = np.array([row["source_photo"] for row in rows])
        if not rows or "" in groups or groups.dtype.kind != "U":
            raise ValueError
    except (OSError, KeyError, ValueError, AttributeError, csv.Error):  # AttributeError: a row that is too short
        raise DataNotFound(
            f"{folder / 'labels.csv'} is missing or damaged: expected the columns file, split, label and source_photo, "
            f"and pictures of the split {split}. Copy the data set again, or use the simulated castings."
        ) from None
    note = NOTE.format(pictures=len(rows), photographs=len(np.unique(groups)), ok=len(np.unique(groups[labels == 0])))
    return Dataset(
        name="casting",
        split=split,
        pixels=pixels,
        labels=labels,
        class_names=CLASSES,
        provenance=Provenance("full", str(folder), LICENCE, CITATION, note),
        groups=groups,
    )


def families() -> dict[str, str]:
    """Photograph -> family: photographs that show, in all likelihood, the same casting. Raises DataNotFound."""
    folder = _sources.find("casting")
    try:
        if folder is None:
            raise OSError
        with (folder / "labels.csv").open(newline="") as file:
            return {row["source_photo"]: row["family"] for row in csv.DictReader(file)}
    except (OSError, KeyError, csv.Error):
        raise DataNotFound("Expected casting/labels.csv with the columns source_photo and family in a data folder.") from None
