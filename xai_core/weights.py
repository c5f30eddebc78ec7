"""Weight files and their manifest: models/NAME.weights.h5, models/NAME.film.npz and models/manifest.json.

The manifest is the only list of trained models: file, sha256, data and split, steps, seed, figures.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ModelNotFound
from .registry import Spec

FORMAT = ".weights.h5"
FILM = ".film.npz"

NEEDED = ("file", "sha256", "build", "arguments", "classes")
"""The fields of an entry without which its model cannot be loaded."""


REPOSITORY = Path(__file__).resolve().parents[1]


def models_dir() -> Path:
    """The folder of the weight files: XAI_MODELS_DIR, or models/ in the repository."""
    return Path(os.environ.get("XAI_MODELS_DIR") or REPOSITORY / "models")


def read_manifest() -> dict[str, dict[str, Any]]:
    """All entries by model name, not to be changed; empty where no manifest is there."""
    path = models_dir() / "manifest.json"
    try:
        state = path.stat()
    except FileNotFoundError:
        return {}
    return _parse_manifest(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _parse_manifest(path: Path, modified: int, size: int) -> dict[str, dict[str, Any]]:
    """Read the manifest once for each time that it was written: a page asks for it twenty times a run."""
    try:
        manifest: Any = json.loads(path.read_text())
    except ValueError:
        manifest = None
    if not (isinstance(manifest, dict) and all(isinstance(record, dict) for record in manifest.values())):
        raise ModelNotFound(f"{path} is damaged. Restore it with: git checkout models/manifest.json")
    return manifest


def trained_models() -> frozenset[str]:
    """The names of the models with weights; none where the manifest cannot be read."""
    try:
        return frozenset(read_manifest())
    except ModelNotFound:
        return frozenset()


def entry(name: str) -> dict[str, Any]:
    """The manifest entry of one model."""
    manifest = read_manifest()
    if name not in manifest:
        raise ModelNotFound(f"The model {name!r} has not been trained on this machine. Run: python -m xai_core train {name}")
    missing = [key for key in NEEDED if key not in manifest[name]]
    if missing:
        raise ModelNotFound(
            f"The entry of {name!r} in {models_dir() / 'manifest.json'} lacks {', '.join(missing)}. "
            f"Restore it with: git checkout models/manifest.json, or train it again: python -m xai_core train {name}"
        )
    return manifest[name]


def update_manifest(name: str, **fields: Any) -> None:
    """Set fields of one entry; the file is replaced in one step."""
    manifest = dict(read_manifest())
    manifest[name] = manifest.get(name, {}) | fields
    path = models_dir() / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(dict(sorted(manifest.items())), indent=1) + "\n")
    part.replace(path)


def trained_numbers(model: Any) -> int:
    """How many numbers of a Keras model or layer are trained: no running statistics of a normalisation."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save(model: Any, name: str, *, half: bool = False) -> Path:
    """Write a model's weights into `models_dir()`.

    half: store kernels (arrays of two or more axes) as float16; vectors such as biases and moving averages stay
    float32, because a variance may exceed what float16 can hold.
    """
    import h5py

    path = models_dir() / f"{name}{FORMAT}"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and moved: an interruption leaves the old file as it was.
    part = path.with_name(f"part-{path.name}")
    model.save_weights(part)
    if half:
        halved = path.with_name(f"half-{path.name}")
        with h5py.File(part) as source, h5py.File(halved, "w") as target:

            def copy(key: str, item: Any) -> None:
                if isinstance(item, h5py.Group):
                    target.require_group(key).attrs.update(item.attrs)
                else:
                    target[key] = _halved(item[()])

            target.attrs.update(source.attrs)
            source.visititems(copy)
        halved.replace(part)
    part.replace(path)
    return path


def _halved(values: Any) -> Any:
    return values.astype(np.float16) if values.ndim >= 2 else values


def save_film(name: str, kept: Mapping[int, Sequence[Any]]) -> Path:
    """Write the weights of some epochs into one file in `models_dir()`, kernels in half precision."""
    path = models_dir() / f"{name}{FILM}"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"part-{path.name}")
    arrays = {f"{epoch}.{i}": _halved(np.asarray(values)) for epoch in sorted(kept) for i, values in enumerate(kept[epoch])}
    np.savez_compressed(part, **arrays)
    part.replace(path)
    return path


def load_film(name: str) -> dict[int, list[Any]]:
    """The weights of each epoch that the film of a network keeps, float32, in the order of the epochs.

    Raises ModelNotFound, with what to do, if it has none or the file is missing or differs from the manifest's sha256.
    """
    record = entry(name).get("film")
    if not record:
        raise ModelNotFound(f"No film of the training of {name!r} is kept: its recipe names no epochs for one.")
    path = _checked(models_dir() / record["file"], record["sha256"], "film", name)
    kept: dict[int, list[Any]] = {}
    with np.load(path) as stored:
        for key in stored.files:
            kept.setdefault(int(key.partition(".")[0]), []).append(stored[key].astype(np.float32))
    return kept


def build(name: str) -> Any:
    """A new network as the manifest says that it is built, untrained."""
    record = entry(name)
    return Spec(name, name, record["build"], "").load()(**record["arguments"])


def _checked(path: Path, sha256: str, what: str, name: str) -> Path:
    restore = f"Restore it with: git checkout models/{path.name}, or train it again: python -m xai_core train {name}"
    if not path.exists():
        raise ModelNotFound(f"The {what} file {path} is missing. {restore}")
    if sha256_of(path) != sha256:
        raise ModelNotFound(f"The {what} file {path} is damaged: its checksum is not the one in manifest.json. {restore}")
    return path


def load(name: str) -> Any:
    """The network of that name with its trained weights; the last few stay in memory and are shared.

    The manifest says how it is built ("build", "arguments") and which file holds its weights.
    Raises ModelNotFound, with what to do, if the file is missing, differs from the manifest's sha256, or does not fit.
    """
    return _load(name, models_dir(), entry(name)["sha256"])


@lru_cache(maxsize=8)
def _load(name: str, folder: Path, sha256: str) -> Any:
    path = _checked(folder / entry(name)["file"], sha256, "weight", name)
    try:
        model = build(name)
        model.load_weights(path)
    except Exception:  # Keras and h5py raise many types here
        raise ModelNotFound(
            f"The weight file {path} does not fit the network {name!r} (other layers or shapes). "
            f"Restore it with: git checkout models/{path.name}, or train it again: python -m xai_core train {name}"
        ) from None
    return model
