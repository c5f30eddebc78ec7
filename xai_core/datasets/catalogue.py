"""How a row of a catalogue of pictures becomes a file, a class, a group, a subtype and a split."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..errors import InvalidInput

SPLITS = ("train", "val")
VAL_SHARE = 20
"""Percent of the pictures that are `val` where nothing says which."""


@dataclass(frozen=True)
class Named:
    """A name that is the text of a column.

    names: (pattern, name) pairs for renaming and merging; the first pattern (shell wildcards: * and ?) that the text matches
        counts, the name "" leaves the picture out. Without any the text is the name.
    """

    column: str
    names: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def name(self, row: Mapping[str, str]) -> str:
        text = row[self.column].strip()
        if not self.names:
            return text
        for pattern, name in self.names:
            if fnmatchcase(text, pattern):
                return name
        known = ", ".join(pattern for pattern, _ in self.names)
        raise InvalidInput(f"the value {text!r} of the column {self.column} is none of {known}.")


@dataclass(frozen=True)
class Voted:
    """A name that votes decide: of (name, ((column, least share), ...)) the first whose conditions all hold; else ""."""

    rules: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for _, conditions in self.rules for column, _ in conditions))

    def name(self, row: Mapping[str, str]) -> str:
        for name, conditions in self.rules:
            if all(_share(row, column) >= least for column, least in conditions):
                return name
        return ""


def _share(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise InvalidInput(f"the value {row[column]!r} of the column {column} is not a number.") from None


Reader = Named | Voted


@dataclass(frozen=True)
class Row:
    """One picture: file (path below the folder), label, group, subtype, split; "" where nothing says it."""

    file: str
    label: str
    group: str = ""
    subtype: str = ""
    split: str = ""


@dataclass(frozen=True)
class Catalogue:
    """A mapping of columns.

    file: column with the file's name, or with an id to which prefix ("images/") and extension (".jpg") are added.
    label: the class; where it is "" the picture is left out. group: the source. subtype: a finer kind. split: `train` or `val`.
    classes: their order; () is the alphabet's. partial: rows without a picture are left out rather than an error.
    note: what a person should know of these pictures, shown with where they come from.
    """

    file: str
    label: Reader
    group: Reader | None = None
    subtype: Reader | None = None
    split: Reader | None = None
    prefix: str = ""
    extension: str = ""
    classes: tuple[str, ...] = ()
    partial: bool = False
    note: str = ""

    @classmethod
    def of(cls, *, file: str, label: str, group: str = "", subtype: str = "", split: str = "") -> "Catalogue":
        """A mapping of plain columns; "" where there is none."""
        return cls(file, Named(label), _column(group), _column(subtype), _column(split))

    def read(self, rows: Sequence[Mapping[str, str]], source: Path | str) -> list[Row]:
        """The pictures of a table, those with no class left out. source: the table's name, for errors (InvalidInput)."""
        readers = {name: getattr(self, name) for name in ("label", "group", "subtype", "split") if getattr(self, name)}
        needed = dict.fromkeys([self.file, *(column for reader in readers.values() for column in reader.columns)])
        missing = [column for column in needed if column not in rows[0]]
        if missing:
            there = ", ".join(str(column) for column in rows[0])
            raise InvalidInput(f"{source} has no column {missing[0]!r}. It has: {there}. Correct the mapping of the columns.")
        found = []
        for number, row in enumerate(rows, 1):
            if any(row[column] is None for column in needed):
                raise InvalidInput(f"{source}, picture {number}: the line is too short. Expected a value in each column.")
            try:
                values = {name: reader.name(row) for name, reader in readers.items()}
            except InvalidInput as error:
                raise InvalidInput(f"{source}, picture {number}: {error} Correct the table or the mapping.") from None
            if values.get("split", "") not in ("", *SPLITS):
                raise InvalidInput(f"{source}, picture {number}: expected the split train or val, received {values['split']!r}.")
            if values["label"]:
                found.append(Row(f"{self.prefix}{row[self.file].strip()}{self.extension}", **values))
        if not found:
            raise InvalidInput(f"No row of {source} belongs to a class. Correct the mapping of the labels.")
        return found


def _column(name: str) -> Named | None:
    return Named(name) if name else None


def split_of(file: str) -> str:
    """`val` for about 20 % of all file names, else `train`: md5(name without folders) mod 100 < 20.

    A picture keeps its split whatever else is added to the folder.
    """
    digest = hashlib.md5(file.rpartition("/")[2].encode(), usedforsecurity=False).hexdigest()
    return "val" if int(digest, 16) % 100 < VAL_SHARE else "train"


ELLIPTICAL, OTHER = "Elliptical", "Other"
OK, DEFECTIVE = "OK", "Defective"

PRESETS: Mapping[str, Catalogue] = {
    # Willett et al. (2013), doi:10.1093/mnras/stt1458, with the file names of the release of the pictures (asset_id.jpg).
    # gz2_class begins with E (smooth), S (features or disk; Se: edge-on, SB: barred) or A (star or artefact).
    "galaxy_zoo_2": Catalogue(
        file="asset_id",
        extension=".jpg",
        label=Named("gz2_class", (("E*", ELLIPTICAL), ("S*", OTHER), ("A*", ""))),
        subtype=Named(
            "gz2_class",
            (
                ("Er*", "round elliptical"),
                ("Ei*", "in-between elliptical"),
                ("Ec*", "cigar-shaped elliptical"),
                ("E*", "elliptical"),
                ("Se*", "edge-on"),
                ("SB*", "barred spiral or disk"),
                ("S*", "spiral or disk"),
                ("*", "artefact"),
            ),
        ),
        classes=(ELLIPTICAL, OTHER),
        partial=True,
    ),
    # Galaxy Zoo 1 or GAMA as folders: Elliptical/ and others (Other/, Spiral/, Merger/ ...), perhaps below train/ and val/.
    "galaxy_folders": Catalogue(
        file="file",
        label=Named("folder", (("[Ee]llip*", ELLIPTICAL), ("*", OTHER))),
        subtype=Named("folder"),
        split=Named("split"),
        classes=(ELLIPTICAL, OTHER),
    ),
    # The Galaxy Challenge of 2013: GalaxyID and the shares of 37 answers. Clear cases only: at least 80 % of the votes, as in the
    # clean samples of Lintott et al. (2011), doi:10.1111/j.1365-2966.2010.17432.x.
    "kaggle_galaxy_challenge": Catalogue(
        file="GalaxyID",
        extension=".jpg",
        label=Voted(((ELLIPTICAL, (("Class1.1", 0.8),)), (OTHER, (("Class1.2", 0.8),)))),
        subtype=Voted(
            (
                ("merger", (("Class8.6", 0.4),)),
                ("edge-on", (("Class2.1", 0.5),)),
                ("spiral", (("Class4.1", 0.5),)),
                ("round elliptical", (("Class7.1", 0.5),)),
                ("in-between elliptical", (("Class7.2", 0.5),)),
                ("cigar-shaped elliptical", (("Class7.3", 0.5),)),
                ("other", ()),
            )
        ),
        classes=(ELLIPTICAL, OTHER),
    ),
    # Dabhi (2020) as Kaggle packs it. The folder casting_512x512 holds the same castings once more.
    "casting_folders": Catalogue(
        file="file",
        label=Named("folder", (("*casting_512x512/*", ""), ("*ok_front", OK), ("*def_front", DEFECTIVE))),
        split=Named("split"),
        classes=(OK, DEFECTIVE),
        note=(
            "The photograph that a picture was made from is not known here: these folders hold copies of 135 photographs, most "
            "with copies in both splits, so that figures are too good."
        ),
    ),
}
"""Mappings of well-known catalogues."""


def read_catalogue(path: Path) -> Catalogue:
    """A mapping from a JSON file.

    {"preset": "galaxy_zoo_2"}, or the fields of `Catalogue`: "file": "name", "label": "kind" (a column), or
    {"column": "kind", "names": {"E*": "Elliptical", "S*": "Other", "A*": ""}}, or {"votes": {"Elliptical": {"smooth": 0.8}}}.
    Raises InvalidInput with what is wrong.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} is not a JSON file ({error}). Correct it, or delete it.") from None
    known = [field.name for field in fields(Catalogue)]
    if isinstance(given, dict) and set(given) == {"preset"} and given["preset"] in PRESETS:
        return PRESETS[given["preset"]]
    if not isinstance(given, dict) or not {"file", "label"} <= set(given) <= set(known):
        raise InvalidInput(
            f"{path}: expected the fields file and label, perhaps {', '.join(known[2:])}; or one field preset, "
            f"out of {', '.join(PRESETS)}."
        )
    try:
        readers = {name: _reader(given[name]) for name in ("label", "group", "subtype", "split") if name in given}
        return Catalogue(
            str(given["file"]),
            readers.pop("label"),
            **readers,
            prefix=str(given.get("prefix", "")),
            extension=str(given.get("extension", "")),
            classes=tuple(str(name) for name in given.get("classes", ())),
            partial=bool(given.get("partial", False)),
            note=str(given.get("note", "")),
        )
    except (TypeError, ValueError, KeyError, AttributeError):
        raise InvalidInput(
            f'{path}: expected a column ("label": "kind"), or {{"column": "kind", "names": {{"E*": "Elliptical"}}}}, '
            'or {"votes": {"Elliptical": {"smooth": 0.8}}}.'
        ) from None


def _reader(given: Any) -> Reader:
    if isinstance(given, str):
        return Named(given)
    if "votes" in given:
        return Voted(
            tuple(
                (str(name), tuple((str(column), float(least)) for column, least in conditions.items()))
                for name, conditions in given["votes"].items()
            )
        )
    return Named(str(given["column"]), tuple((str(text), str(name)) for text, name in given.get("names", {}).items()))
