"""Where files are looked for, how they are downloaded, how parsed data is kept."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import DataNotFound, InvalidInput
from ..images import to_channels, to_uint8
from ..types import Progress
from . import fits

REPOSITORY = Path(__file__).resolve().parents[2]


def data_dirs() -> list[Path]:
    """The folders searched for data sets, first match first: XAI_DATA_DIR alone if it is set, else data/, ../shared/data."""
    given = os.environ.get("XAI_DATA_DIR")
    if given:
        return [Path(given)]
    return [REPOSITORY / "data", REPOSITORY.parent / "shared" / "data"]


def find(relative: str) -> Path | None:
    """The first existing file or folder of that name in `data_dirs()`."""
    return next((folder / relative for folder in data_dirs() if (folder / relative).exists()), None)


class ImageFiles:
    """Pictures that stay on disk: `files[i]` decodes one, `numpy.asarray(files)` all of them.

    side: height and width that all are brought to, of a picture that is not square its central square; None keeps the size
        of each, and `shape` then says 0 for both.
    """

    def __init__(self, paths: list[Path], side: int | None, channels: int = 3) -> None:
        self.paths = paths
        self.shape = (len(paths), side or 0, side or 0, channels)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        import cv2

        _, side, _, channels = self.shape
        pixels = _decode(self.paths[index], channels)
        if side and pixels.shape[:2] != (side, side):
            height, width = pixels.shape[:2]
            short = min(height, width)
            top, left = (height - short) // 2, (width - short) // 2
            square = np.ascontiguousarray(pixels[top : top + short, left : left + short])
            pixels = np.asarray(cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        return np.asarray(pixels, np.uint8).reshape(*pixels.shape[:2], channels)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("Pictures on disk cannot become an array without a copy.")
        if not self.shape[1]:
            raise ValueError("Pictures of several sizes do not fit into one array.")
        array = np.empty(self.shape, np.uint8 if dtype is None else dtype)
        for index in range(len(self)):
            array[index] = self[index]
        return array


def _decode(path: Path, channels: int) -> NDArray[np.uint8]:
    import cv2

    if path.suffix.lower() in fits.SUFFIXES:
        try:
            image = fits.read_fits(path.read_bytes()).image
        except (OSError, InvalidInput) as error:
            raise DataNotFound(f"The picture {path} cannot be read: {error}") from None
        return to_uint8(to_channels(image[None], channels)[0])
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB if channels == 3 else cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise DataNotFound(f"The picture {path} is missing or damaged. Copy the data set again.")
    return np.asarray(pixels, np.uint8)


def cached_arrays(name: str, build: Callable[[], dict[str, NDArray[np.generic]]]) -> dict[str, NDArray[np.generic]]:
    """Arrays that are slow to parse, kept as .npz in the user's cache folder (XDG_CACHE_HOME); built again if unreadable."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "noiselens"
    path = folder / f"{name}.npz"
    try:
        # Opened here because numpy leaves the file open when it is cut off.
        with path.open("rb") as opened, np.load(opened) as stored:
            return {key: stored[key] for key in stored.files}
    except Exception:  # missing, cut off or from another version: parse the source
        arrays = build()
    part: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npz", delete=False) as file:
            part = Path(file.name)
            stored_arrays: dict[str, Any] = dict(arrays)
            np.savez(file, **stored_arrays)
        part.replace(path)
    except OSError:  # a read-only home or a full disk costs time, nothing else
        if part is not None:
            part.unlink(missing_ok=True)
    return arrays


def download(url: str, relative: str, sha256: str, progress: Progress | None = None) -> Path:
    """Download a file into the first data folder, checksummed; a partial or wrong file is never left behind.

    Raises DataNotFound with one sentence if the server cannot be reached or the checksum differs.
    """
    import hashlib
    import urllib.request
    from http.client import HTTPException

    target = data_dirs()[0] / relative
    part: Path | None = None
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(url, timeout=30) as response,
            # A name of its own: two sessions may download at once.
            tempfile.NamedTemporaryFile(dir=target.parent, prefix=target.name, suffix=".part", delete=False) as file,
        ):
            part = Path(file.name)
            total = int(response.headers.get("Content-Length") or 0)
            done = 0
            while chunk := response.read(1 << 18):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if progress and total:
                    progress(done / total)
        if digest.hexdigest() != sha256:
            raise DataNotFound(f"The file downloaded from {url} is not the expected one (checksum differs). Try again later.")
        part.chmod(0o644)  # temporary files are private; data sets are not
        part.replace(target)
    except DataNotFound:
        raise
    except (OSError, HTTPException) as error:
        raise DataNotFound(
            f"{url} could not be downloaded ({error}). Check the network, or place the file at {target}."
        ) from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return target
