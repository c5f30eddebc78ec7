"""An experiment computed, piece by piece, each piece a file: what a killed run has finished is never computed again.

The folder of a grid holds grid.json, which says what it is, and parts/*.parquet, one file a piece (some pictures under one noise
and one denoiser, all classifiers). A part is written aside and renamed, so it is there whole or not at all.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..classifiers import Classifier, load_classifier
from ..datasets import load_dataset
from ..denoisers import Denoiser, load_denoiser
from ..errors import InvalidInput, NoiseLensError
from ..explainers import explain
from ..metrics import psnr, ssim
from ..scene import Scene
from ..trust import rank_correlation
from ..types import Array, Dataset
from ..weights import REPOSITORY
from .chain import with_noise
from .drift import parameters
from .grid import NONE, Condition, Grid

DESCRIPTION, PARTS, LOCK = "grid.json", "parts", "lock"
ASIDE = ".unfinished"
"""Ending of a file that is being written."""


@dataclass(frozen=True)
class Status:
    """How far a run is: cells done, of how many; seconds_left: None until the first piece is done."""

    done: int
    total: int
    seconds_left: float | None

    @property
    def share(self) -> float:
        return self.done / self.total

    def __str__(self) -> str:
        left = "" if self.seconds_left is None or self.done == self.total else f", {duration(self.seconds_left)} left"
        return f"{self.done:,} of {self.total:,} cells{left}"


def duration(seconds: float) -> str:
    """A time in words, as exact as a person needs: "8 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


Report = Callable[[Status], None]
"""Told several times a second how far the run is; may raise `errors.Cancelled` to stop it."""


def experiments_dir() -> Path:
    """Where experiments are kept: XAI_RUNS_DIR, or runs/experiments in the repository (git-ignored)."""
    return Path(os.environ.get("XAI_RUNS_DIR") or REPOSITORY / "runs" / "experiments")


def folder_of(grid: Grid, name: str) -> Path:
    """The usual folder of a grid: the same one for the same results."""
    return experiments_dir() / f"{name}-{grid.key()[:12]}"


def parts_of(folder: Path) -> list[Path]:
    """The finished pieces in a folder, sorted."""
    return sorted((folder / PARTS).glob("*.parquet"))


def run(grid: Grid, folder: Path, report: Report = lambda status: None) -> None:
    """Compute every cell that the folder does not hold yet; `results.load(folder)` gives them, also while this runs.

    Stopped at any moment, by `report` or by a kill, it goes on where it was when called again, and the rows are those of an
    uninterrupted run. Raises InvalidInput where the folder holds another experiment or another process works in it; DataNotFound,
    ModelNotFound, UnknownName as the parts of the grid do.
    """
    dataset = load_dataset(grid.scene.dataset, grid.split)
    pieces = _pieces(grid, len(dataset))
    parts = folder / PARTS
    try:
        parts.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _describe(grid, dataset, folder)
            for leftover in parts.glob(f"*{ASIDE}"):
                leftover.unlink()
            finished = {piece for piece in pieces if _whole(parts / piece.file, piece.cells)}
            clock = _Clock(pieces, finished, report)
            clock.tell()
            todo = [piece for piece in pieces if piece not in finished]
            for piece, table in _computed(grid, dataset, todo, clock.tell):
                _write(table, parts / piece.file)
                clock.finished(piece)
                clock.tell()
    except OSError as error:
        if isinstance(error, NoiseLensError):  # missing data or weights have their own sentence
            raise
        raise InvalidInput(f"{folder} cannot be written ({error}). Choose another folder, or set XAI_RUNS_DIR.") from None


@dataclass(frozen=True)
class _Piece:
    """Some pictures under the noise and the denoiser at these places of the grid, for all classifiers."""

    chunk: int
    noise: int
    denoiser: int
    indices: tuple[int, ...]
    cells: int

    @property
    def file(self) -> str:
        return f"{self.noise:03d}-{self.denoiser:03d}-{self.chunk:05d}.parquet"


def _pieces(grid: Grid, count: int) -> list[_Piece]:
    """All pieces in the order of the work: of some pictures everything, then of the next."""
    indices = grid.indices(count)
    chunks = [indices[at : at + grid.chunk] for at in range(0, len(indices), grid.chunk)]
    return [
        _Piece(number, noise, denoiser, chunk, len(chunk) * len(grid.classifiers))
        for number, chunk in enumerate(chunks)
        for noise in range(len(grid.noises))
        for denoiser in range(len(grid.denoisers))
    ]


class _Clock:
    """Counts cells and foretells the time: a piece takes as long as others of its noise and denoiser, or as all on average."""

    def __init__(self, pieces: list[_Piece], finished: set[_Piece], report: Report) -> None:
        self.total = sum(piece.cells for piece in pieces)
        self.done = sum(piece.cells for piece in finished)
        self.left = [piece for piece in pieces if piece not in finished]
        self.spent: dict[tuple[int, int], tuple[float, int]] = {}
        self.last = time.monotonic()
        self.report = report

    def finished(self, piece: _Piece) -> None:
        now = time.monotonic()
        seconds, cells = self.spent.get((piece.noise, piece.denoiser), (0.0, 0))
        self.spent[piece.noise, piece.denoiser] = seconds + now - self.last, cells + piece.cells
        self.last = now
        self.done += piece.cells
        self.left.remove(piece)

    def tell(self) -> None:
        self.report(Status(self.done, self.total, self._seconds()))

    def _seconds(self) -> float | None:
        if not self.spent:
            return None if self.left else 0.0
        every = sum(seconds for seconds, _ in self.spent.values()) / sum(cells for _, cells in self.spent.values())
        rates = {place: seconds / cells for place, (seconds, cells) in self.spent.items()}
        left = sum(piece.cells * rates.get((piece.noise, piece.denoiser), every) for piece in self.left)
        return max(0.0, left - (time.monotonic() - self.last))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else works in the folder meanwhile; the system lets go of the lock however this process ends."""
    import fcntl

    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InvalidInput(
                f"Another process computes the experiment in {folder} right now. Wait until it ends, or stop it first."
            ) from None
        yield


def _describe(grid: Grid, dataset: Dataset, folder: Path) -> None:
    """Write what the folder holds, or check that it is this."""
    text = json.dumps(
        {
            "grid": grid.to_dict(),
            "models": grid.models(),
            "pictures": len(dataset),
            "origin": dataset.provenance.origin,
            "class_names": list(dataset.class_names),
            "conditions": len(grid.conditions),
        },
        indent=1,
    )
    path = folder / DESCRIPTION
    if path.exists():
        if path.read_text() != text:
            raise InvalidInput(
                f"{folder} holds another experiment: other settings, another data set, or networks trained again since. "
                "Choose another folder, or delete this one."
            )
        return
    if parts_of(folder):
        raise InvalidInput(f"{folder} holds results without their description. Choose another folder, or delete this one.")
    aside = path.with_suffix(ASIDE)
    aside.write_text(text)
    aside.replace(path)


def _whole(path: Path, rows: int) -> bool:
    """Whether a part is there; one that cannot be read (the machine lost its power) is removed and computed again."""
    import pyarrow.parquet as parquet

    if not path.exists():
        return False
    try:
        found = bool(parquet.read_table(path).num_rows == rows)
    except Exception:  # Arrow raises its own types on damaged files
        found = False
    if not found:
        path.unlink()
    return found


def _write(table: Any, path: Path) -> None:
    import pyarrow.parquet as parquet

    aside = path.with_suffix(ASIDE)
    parquet.write_table(table, aside)
    aside.replace(path)


@dataclass(frozen=True)
class _Ready:
    """A piece up to the classifiers: inputs by classifier, PSNR and SSIM of each picture, those whose maps are followed."""

    inputs: Mapping[str, Array]
    psnr: Array
    ssim: Array
    clean: tuple[Array, ...]
    seen: tuple[Array, ...]


def _computed(grid: Grid, dataset: Dataset, todo: list[_Piece], wait: Callable[[], None]) -> Iterator[tuple[_Piece, Any]]:
    """Each piece and its table of rows; while the networks work on one, a thread prepares the next."""
    if not todo:
        return
    networks = {name: load_classifier(name) for name in grid.classifiers}
    for name, network in networks.items():
        _same_classes(name, network, dataset)
    stop = threading.Event()
    rows = _Rows(grid, dataset, networks, wait)
    with ThreadPoolExecutor(1, "prepares") as ahead, ThreadPoolExecutor(_workers(), "denoises") as pool:
        try:
            prepared = _prepared(grid, dataset, todo, networks, pool, stop)
            following = ahead.submit(next, prepared)
            for place, piece in enumerate(todo):
                ready = _await(following, wait)
                if place + 1 < len(todo):
                    following = ahead.submit(next, prepared)
                yield piece, rows.of(piece, ready)
        finally:
            stop.set()  # the thread ends after the picture that it is at


def _same_classes(name: str, network: Classifier, dataset: Dataset) -> None:
    """A folder of the user's own may have other classes, whose numbers would be compared with the network's."""
    if dataset.class_names and dataset.class_names != network.class_names:
        raise InvalidInput(
            f"{name} tells {', '.join(network.class_names)} apart; the pictures are of {', '.join(dataset.class_names)}. "
            "Rename the classes in the folder's mapping, in that order, or choose another data set."
        )


def _workers() -> int:
    return min(8, os.cpu_count() or 1)


def _await(future: "Future[_Ready]", wait: Callable[[], None]) -> _Ready:
    """The future's result; meanwhile `wait` is called now and then, and may stop it all by raising."""
    while True:
        try:
            return future.result(0.2)
        except TimeoutError:
            if future.done():
                raise
            wait()


def _prepared(
    grid: Grid,
    dataset: Dataset,
    todo: list[_Piece],
    networks: Mapping[str, Classifier],
    pool: ThreadPoolExecutor,
    stop: threading.Event,
) -> Iterator[_Ready]:
    """The pieces one by one; pictures are read once, noise is added once for all denoisers."""
    denoisers = {
        place: load_denoiser(name, **grid.parameters_of(name)) for place, name in enumerate(grid.denoisers) if name != NONE
    }
    followed = grid.drifting(len(dataset))
    chunk = noise = -1
    clean: list[Array] = []
    noisy: list[tuple[Array, float | None]] = []
    for piece in todo:
        scenes = [
            grid.scene_of(Condition(*grid.noises[piece.noise], grid.denoisers[piece.denoiser], grid.classifiers[0]), index)
            for index in piece.indices
        ]
        if piece.chunk != chunk:
            chunk, noise, clean = piece.chunk, -1, [dataset.image(index) for index in piece.indices]
        if piece.noise != noise:
            noise, noisy = piece.noise, list(pool.map(_noisy, scenes, clean))
        seen = [image for image, _ in noisy]
        if piece.denoiser in denoisers:
            levels = [level for _, level in noisy]
            seen = list(pool.map(partial(_denoise, denoisers[piece.denoiser], stop), seen, levels))
        quality = np.array([_quality(*pair) for pair in zip(clean, seen, strict=True)], np.float32)
        inputs = {name: np.concatenate([network.prepare(one) for one in seen]) for name, network in networks.items()}
        of = [place for place, index in enumerate(piece.indices) if index in followed]
        yield _Ready(
            inputs, quality[:, 0], quality[:, 1], tuple(clean[place] for place in of), tuple(seen[place] for place in of)
        )


def _noisy(scene: Scene, clean: Array) -> tuple[Array, float | None]:
    """What a denoiser is given: the picture and the level that it is told."""
    if scene.level == 0 and scene.noise == "gaussian":
        return clean, None if scene.level_source == "estimated" else 0.0  # what the chain gives, without drawing numbers
    found = with_noise(scene, clean)
    return found.noisy, found.true_sigma if scene.level_source == "known" else None


def _quality(clean: Array, seen: Array) -> tuple[float, float]:
    """PSNR, infinite for the same picture, and SSIM, NaN below 11 pixels a side."""
    if seen is clean:
        return float("inf"), 1.0
    similarity = float(ssim(clean, seen)[0]) if min(clean.shape[1:3]) >= 11 else float("nan")
    with np.errstate(divide="ignore"):
        return float(psnr(clean, seen)[0]), similarity


def _denoise(denoiser: Denoiser, stop: threading.Event, image: Array, level: float | None) -> Array:
    return image if stop.is_set() else denoiser(image, level)


class _Rows:
    """Classifies prepared pieces; keeps the clean pictures' maps as long as their pictures are worked on."""

    def __init__(self, grid: Grid, dataset: Dataset, networks: Mapping[str, Classifier], wait: Callable[[], None]) -> None:
        self.grid, self.dataset, self.networks, self.wait = grid, dataset, networks, wait
        self.order = {condition: place for place, condition in enumerate(grid.conditions)}
        self.followed = grid.drifting(len(dataset))
        self.chunk = -1
        self.maps: dict[tuple[str, str], tuple[list[str], list[Array]]] = {}

    def of(self, piece: _Piece, ready: _Ready) -> Any:
        """The rows of a piece, classifier by classifier."""
        import pyarrow

        if piece.chunk != self.chunk:
            self.chunk, self.maps = piece.chunk, {}
        tables = [self._classified(piece, ready, name) for name in self.networks]
        return pyarrow.concat_tables(tables)

    def _classified(self, piece: _Piece, ready: _Ready, name: str) -> Any:
        import pyarrow

        grid, dataset, count = self.grid, self.dataset, len(piece.indices)
        kind, level = grid.noises[piece.noise]
        condition = Condition(kind, level, grid.denoisers[piece.denoiser], name)
        probabilities = self.networks[name](ready.inputs[name])
        ordered = np.sort(probabilities, axis=1)
        of = list(piece.indices)
        texts = (
            ("dataset", dataset.name),
            ("split", grid.split),
            ("noise", kind),
            ("denoiser", condition.denoiser),
            ("classifier", name),
        )
        columns: dict[str, Any] = {
            "condition": pyarrow.array([self.order[condition]] * count, pyarrow.int32()),
            **{title: pyarrow.array([text] * count) for title, text in texts},
            "level": pyarrow.array([level] * count, pyarrow.float64()),
            "index": pyarrow.array(of, pyarrow.int32()),
            "seed": pyarrow.array([grid.scene_of(condition, index).seed for index in of], pyarrow.int64()),
            "group": pyarrow.array([""] * count if dataset.groups is None else [str(one) for one in dataset.groups[of]]),
            "subtype": pyarrow.array([""] * count if dataset.subtypes is None else [str(one) for one in dataset.subtypes[of]]),
            "truth": pyarrow.array(dataset.labels[of], pyarrow.int32()),
            "predicted": pyarrow.array(probabilities.argmax(axis=1), pyarrow.int32()),
            "probabilities": pyarrow.array(list(probabilities.astype(np.float32)), pyarrow.list_(pyarrow.float32())),
            "margin": pyarrow.array((ordered[:, -1] - ordered[:, -2]).astype(np.float32)),
            "psnr": pyarrow.array(ready.psnr),
            "ssim": pyarrow.array(ready.ssim),
        }
        for method in grid.methods if grid.drift else ():
            self.wait()
            moved = iter(self._drift(name, method, ready))
            values = [next(moved) if index in self.followed else None for index in of]
            columns[f"drift_{method}"] = pyarrow.array(values, pyarrow.float64())
        return pyarrow.table(columns)

    def _drift(self, name: str, method: str, ready: _Ready) -> list[float]:
        """Rank correlation of each followed picture's map with that of its clean version, for the class predicted there."""
        if not ready.seen:
            return []
        network, values = self.networks[name], parameters(self.grid.scene, method)
        if (name, method) not in self.maps:
            targets = [f"class:{network(one)[0].argmax()}" for one in ready.clean]
            self.maps[name, method] = targets, _maps(network, ready.clean, method, targets, values)
        targets, before = self.maps[name, method]
        after = _maps(network, ready.seen, method, targets, values)
        return [rank_correlation(*pair) for pair in zip(before, after, strict=True)]


def _maps(network: Classifier, images: tuple[Array, ...], method: str, targets: list[str], values: dict[str, Any]) -> list[Array]:
    """The map of each picture; pictures of one size in one batch."""
    if len({image.shape for image in images}) == 1:
        return list(explain(network, np.concatenate(images), method, targets, **values).heatmap)
    pairs = zip(images, targets, strict=True)
    return [explain(network, image, method, target, **values).heatmap[0] for image, target in pairs]
