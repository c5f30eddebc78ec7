"""Real galaxies, Elliptical or Other: SDSS colour cut-outs labelled by the volunteers of Galaxy Zoo."""

import csv

import numpy as np

from ..errors import DataNotFound
from ..types import Dataset, Provenance
from . import _sources

CLASSES = ("Elliptical", "Other")
CITATION = "Lintott et al. (2008, 2011), doi:10.1111/j.1365-2966.2010.17432.x; Willett et al. (2013), doi:10.1093/mnras/stt1458"
LICENCE = "SDSS imaging, for research and teaching; acknowledge SDSS and Galaxy Zoo"
SIDE = 256

SUBTYPES = {
    "GZ1 Elliptical": "elliptical",
    "GZ1 Spiral clockwise": "spiral clockwise",
    "GZ1 Spiral anticlockwise": "spiral anticlockwise",
    "GZ1 Spiral edge-on": "edge-on",
    "GZ1 Merger": "merger",
    "GZ2 featured/disk + spiral + odd (Kaggle)": "featured spiral (Galaxy Zoo 2)",
}
"""The column original_class in plain words; any other value is shown as it is."""


def load(split: str) -> Dataset:
    """Galaxies, `train` (4,810) or `val` (1,190), 256x256 colour; `groups` names the survey of each picture,
    `subtypes` what the volunteers called it.

    Expects galaxies/labels.csv (columns file, label, original_class, survey) and the pictures beside it in a data folder.
    """
    folder = _sources.find("galaxies")
    if folder is None:
        raise DataNotFound(
            "The galaxy pictures are not on this machine: expected galaxies/labels.csv in a data folder (XAI_DATA_DIR). "
            "Use the simulated galaxies instead."
        )
    try:
        with (folder / "labels.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["file"].startswith(f"{split}/")]
        pixels = _sources.ImageFiles([folder / row["file"] for row in rows], SIDE)
        labels = np.array([CLASSES.index(row["label"].capitalize()) for row in rows], np.int64)
        groups = np.array([row["survey"] for row in rows])
        subtypes = np.array([SUBTYPES.get(row["original_class"], row["original_class"]) for row in rows])
        if not rows:
            raise ValueError
    except (OSError, KeyError, ValueError, AttributeError, csv.Error):  # AttributeError: a row that is too short
        raise DataNotFound(
            f"{folder / 'labels.csv'} is missing or damaged: expected the columns file, label, original_class and survey, "
            f"and pictures of the split {split}. Copy the data set again, or use the simulated galaxies."
        ) from None
    return Dataset(
        name="galaxies",
        split=split,
        pixels=pixels,
        labels=labels,
        class_names=CLASSES,
        provenance=Provenance("full", str(folder), LICENCE, CITATION),
        groups=groups,
        subtypes=subtypes,
    )
