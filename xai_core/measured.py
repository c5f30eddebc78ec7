"""Figures that a command measured and that the pages show: assets/measured/NAME.json, committed, no picture in it."""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidInput
from .weights import REPOSITORY

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-image", "opencv-python-headless")
"""Those whose version may change a figure."""


@dataclass(frozen=True)
class Measured:
    """What one command found. rows: as the command describes them, plain JSON values, null where there is no figure.

    command: that makes them again. date: of the run (ISO 8601). seed: of all that is random. versions: of Python and packages.
    """

    name: str
    command: str
    date: str
    seed: int
    versions: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]

    def row(self, **wanted: Any) -> Mapping[str, Any] | None:
        """The first row whose fields have these values."""
        return next(iter(self.where(**wanted)), None)

    def where(self, **wanted: Any) -> tuple[Mapping[str, Any], ...]:
        """All rows whose fields have these values."""
        return tuple(row for row in self.rows if all(row.get(key) == value for key, value in wanted.items()))


def measured_dir() -> Path:
    """The folder of the files: XAI_MEASURED_DIR, or assets/measured in the repository."""
    return Path(os.environ.get("XAI_MEASURED_DIR") or REPOSITORY / "assets" / "measured")


def write(name: str, rows: Sequence[Any], *, command: str, seed: int = 0) -> Path:
    """Write rows (dataclasses or mappings of plain values), replacing the file in one step; numbers that are not finite: null.

    name: letters, digits and hyphens. Raises InvalidInput for another name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise InvalidInput(f"Expected a name of letters, digits and hyphens, received {name!r}.")
    content = {
        "name": name,
        "command": command,
        "date": date.today().isoformat(),
        "seed": seed,
        "versions": {"python": platform.python_version()} | _versions(),
        "rows": [_plain(asdict(row) if is_dataclass(row) and not isinstance(row, type) else dict(row)) for row in rows],
    }
    path = measured_dir() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def read(name: str) -> Measured | None:
    """The figures of that name, None if they were never measured; InvalidInput if the file is damaged."""
    path = measured_dir() / f"{name}.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Measured(
            str(content["name"]),
            str(content["command"]),
            str(content["date"]),
            int(content["seed"]),
            dict(content["versions"]),
            tuple(dict(row) for row in content["rows"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise InvalidInput(f"{path} is damaged. Restore it with: git checkout {path.name}, or measure again.") from None


def names(prefix: str = "") -> tuple[str, ...]:
    """What has been measured, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in measured_dir().glob(f"{prefix}*.json")))


def matrix_text(counts: ArrayLike) -> str:
    """A table of whole numbers as one value of a row: "9 1;2 8" for two lines. `matrix_of` reads it."""
    return ";".join(" ".join(str(int(number)) for number in line) for line in np.asarray(counts))


def matrix_of(text: str) -> NDArray[np.int64]:
    """The table (lines, columns) of `matrix_text`."""
    return np.array([line.split() for line in text.split(";")], np.int64)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and not isfinite(value) else value for key, value in row.items()}
