"""A folder of pictures as a data set: with a catalogue (a CSV table), or with one sub-folder a class."""

import csv
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import DataNotFound, InvalidInput
from ..types import Dataset, Provenance
from . import _sources, fits
from .catalogue import Catalogue, Row, read_catalogue, split_of

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", *fits.SUFFIXES)
SIDE = 256
TABLE, MAPPING = "catalogue.csv", "mapping.json"
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "val",
}
"""Folders of this name hold a split, not a class."""


def load(split: str) -> Dataset:
    """The user's own folder, `train` or `val`: XAI_FOLDER, or folder/ in a data folder.

    catalogue.csv in it is the table, mapping.json says how its columns are read (see `catalogue.read_catalogue`); without a
    table each sub-folder is a class. Raises DataNotFound where there is no such folder, and as `load_folder`.
    """
    given = os.environ.get("XAI_FOLDER")
    folder = Path(given) if given else _sources.find("folder")
    if folder is None or not folder.is_dir():
        raise DataNotFound(
            f"There is no folder of your own pictures: {f'XAI_FOLDER names {given}' if given else 'expected data/folder'}. "
            "Put pictures there, one sub-folder a class (Elliptical/, Other/), or beside a catalogue.csv; or set XAI_FOLDER."
        )
    mapping, table = folder / MAPPING, folder / TABLE
    catalogue = read_catalogue(mapping) if mapping.exists() else None
    return load_folder(folder, split, catalogue, table if table.exists() else None, name="folder")


def load_folder(
    folder: Path | str,
    split: str,
    catalogue: Catalogue | None = None,
    table: Path | str | None = None,
    *,
    name: str = "folder",
    side: int | None = SIDE,
    provenance: Provenance | None = None,
) -> Dataset:
    """Pictures of a folder, read from disk when they are asked for.

    split: `train` or `val`, as the catalogue, a folder of that name, or else the file's name decides (`split_of`).
    catalogue: how a row of the table becomes file, class, group, subtype and split. Without a table a row is made for each
        picture: columns file, folder (its sub-folder, without train/ or val/) and split (where such a folder says it).
    side: pictures are cut to their central square and brought to side x side; None keeps each as it is.
    Returns colour pictures; classes in the order of `catalogue.classes`, else of the alphabet, the same in every split.
    Raises InvalidInput for a wrong column, an unknown label, a class without pictures; DataNotFound for missing or unreadable
    files. Other libraries' folders: `catalogue.PRESETS`.
    """
    folder = Path(folder)
    lines = _read_table(Path(table)) if table is not None else _scan(folder)
    if catalogue is None:
        catalogue = _usual(folder, lines, table)
    listed = catalogue.read(lines, table or folder)
    rows, absent = _present(folder, listed, catalogue)
    names = catalogue.classes or tuple(sorted({row.label for row in rows}))
    chosen = [row for row in rows if (row.split or split_of(row.file)) == split]
    empty = [one for one in names if not any(row.label == one for row in chosen)]
    if empty:
        raise InvalidInput(
            f"The split {split} of {folder} holds no picture of the class {empty[0]!r} ({len(chosen)} pictures in all). "
            "Add pictures, or change the labels or the split in the catalogue's mapping."
        )
    pixels = _sources.ImageFiles([folder / row.file for row in chosen], side)
    pixels[0]  # a folder of files that are no pictures should say so now
    where = provenance or Provenance("full", str(folder), "the owner's", "your own pictures", catalogue.note)
    if absent:
        where = replace(where, note=f"{where.note} {absent:,} rows of the catalogue have no picture here.".strip())
    return Dataset(
        name=name,
        split=split,
        pixels=pixels,
        labels=np.array([names.index(row.label) for row in chosen], np.int64),
        class_names=names,
        provenance=where,
        groups=np.array([row.group for row in chosen]) if all(row.group for row in chosen) else None,
        subtypes=np.array([row.subtype for row in chosen]) if all(row.subtype for row in chosen) else None,
    )


def _read_table(path: Path) -> list[Mapping[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows: list[Mapping[str, str]] = list(csv.DictReader(file))
    except FileNotFoundError:
        raise DataNotFound(f"The catalogue {path} is not there. Name the CSV table that lists the pictures.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"The catalogue {path} cannot be read as a CSV table ({error}). Save it as CSV in UTF-8.") from None
    if not rows:
        raise InvalidInput(f"The catalogue {path} has no rows: expected a line of column names and one line a picture.")
    return rows


def _scan(folder: Path) -> list[Mapping[str, str]]:
    """A row for each picture: file, folder and split."""
    rows: list[Mapping[str, str]] = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        parts = path.relative_to(folder).parts
        if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in parts):
            continue
        folders = [part for part in parts[:-1] if part.lower() not in SPLIT_FOLDERS]
        splits = [SPLIT_FOLDERS[part.lower()] for part in parts[:-1] if part.lower() in SPLIT_FOLDERS]
        rows.append({"file": "/".join(parts), "folder": "/".join(folders), "split": splits[0] if splits else ""})
    if not rows:
        raise DataNotFound(f"There are no pictures in {folder}: expected files that end in {', '.join(SUFFIXES)}.")
    return rows


def _usual(folder: Path, rows: list[Mapping[str, str]], table: Path | str | None) -> Catalogue:
    """How to read a folder that comes without a mapping: sub-folders, or the columns file and label."""
    if table is not None:
        optional = {name: name for name in ("group", "subtype", "split") if name in rows[0]}
        return Catalogue.of(file="file", label="label", **optional)
    if not all(row["folder"] for row in rows):
        raise InvalidInput(
            f"Pictures lie directly in {folder}, so their class is unknown. Sort them into one sub-folder a class, "
            "or add a catalogue.csv with the columns file and label."
        )
    return Catalogue.of(file="file", label="folder", split="split")


def _present(folder: Path, rows: list[Row], catalogue: Catalogue) -> tuple[list[Row], int]:
    """The rows whose picture is there, and how many have none; DataNotFound where that is not foreseen."""
    folders = {path: _names(path) for path in {(folder / row.file).parent for row in rows}}
    absent = [row for row in rows if Path(row.file).name not in folders[(folder / row.file).parent]]
    if absent and (not catalogue.partial or len(absent) == len(rows)):
        raise DataNotFound(
            f"{len(absent):,} of {len(rows):,} pictures of the catalogue are missing in {folder}, the first is {absent[0].file}. "
            'Copy them there, or set "partial": true in the mapping to leave them out.'
        )
    lost = {row.file for row in absent}
    return [row for row in rows if row.file not in lost], len(absent)


def _names(folder: Path) -> frozenset[str]:
    """The names in a folder, listed once: a survey has a hundred thousand pictures in one."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()
