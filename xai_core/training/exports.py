"""What a training leaves for other programs: architecture, weights, figures and feature maps, as plain files in one folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import weights
from ..compiled import forward
from ..datasets import load_dataset
from ..errors import DataNotFound
from ..images import clip, encode_png, resize, to_channels
from ..metrics import psnr
from ..noise import add_noise, with_level
from ..types import Array
from .film import Film, render
from .recipe import Recipe
from .recipes import get_recipe

EXPORTS = weights.REPOSITORY / "exports"
"""Git-ignored: pictures of data sets are in it."""

PANEL = 8
"""Pictures in the figure and the feature maps: the first of the evaluation split."""
SIGMA = 25.0
SEED = 0

FEATURES = ("latent_mean", "latent_log_variance", "latent", "code", "bottom_sum")
"""The layers whose outputs are saved where a network has them: the narrowest of autoencoders and U-Nets."""

INSTEAD = "small_photos"
"""The pictures of the panel where those of the recipe are not on this machine."""


def export(name: str, folder: Path | None = None) -> tuple[Path, ...]:
    """Write a trained model into a folder (default: exports/NAME) and return the files.

    architecture.json: for keras.models.model_from_json, after `import xai_core.denoisers.neural.variational` (or the module of
    another network) where it has layers of its own. NAME.weights.h5: as in models/. curve.png: loss over the epochs.
    Of a denoiser also reconstructions.png: eight pictures of the evaluation split clean | with Gaussian noise of sigma 25 |
    denoised; and feature_maps.npz: "clean", "noisy", "denoised" and the outputs of its narrowest layers for them.
    Raises UnknownName for a name without a recipe, ModelNotFound where it is not trained.
    """
    recipe, record, model = get_recipe(name), weights.entry(name), weights.load(name)
    folder = folder or EXPORTS / name
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "architecture.json", folder / record["file"], folder / "curve.png"]
    files[0].write_text(model.to_json(indent=1))
    shutil.copyfile(weights.models_dir() / record["file"], files[1])
    files[2].write_bytes(encode_png(curve(record["history"])))
    if recipe.kind == "denoiser":
        clean, noisy, inputs = _panel(recipe)
        denoised = clip(forward(model, inputs))
        shown = Film(np.array([record["epochs"]]), clean, noisy, denoised[None], psnr(clean, denoised)[None])
        files += [folder / "reconstructions.png", folder / "feature_maps.npz"]
        files[3].write_bytes(encode_png(render(shown)[0]))
        np.savez_compressed(files[4], clean=clean, noisy=noisy, denoised=denoised, **_features(model, inputs))
    return tuple(files)


def _panel(recipe: Recipe) -> tuple[Array, Array, Array]:
    """Clean and noisy pictures, and the network's input."""
    try:
        data = load_dataset(recipe.datasets[0])
    except DataNotFound:
        data = load_dataset(INSTEAD)
    side = recipe.side or recipe.patch
    pictures = [resize(to_channels(data.image(index), recipe.channels), side, side) for index in range(min(PANEL, len(data)))]
    clean = np.concatenate(pictures)
    noisy = add_noise(clean, "gaussian", SIGMA, seed=SEED)
    return clean, noisy, with_level(noisy, np.full(len(noisy), SIGMA)) if recipe.guided else noisy


def _features(model: Any, inputs: Array) -> dict[str, Any]:
    import keras

    there = [layer for layer in model.layers if layer.name in FEATURES]
    return {layer.name: forward(keras.Model(model.inputs, layer.output), inputs) for layer in there}


def curve(history: Sequence[dict[str, float]], height: int = 300, width: int = 480) -> NDArray[np.uint8]:
    """A training curve as an 8-bit RGB picture: loss (blue) and held-out loss (orange) over the epochs, logarithmic."""
    import cv2

    left, bottom, edge = 70, 40, 24
    picture = np.full((height, width, 3), 255, np.uint8)
    lines = {"loss": (31, 119, 180), "held_out_loss": (255, 127, 14)}
    values = np.array([[row.get(key, np.nan) for row in history] for key in lines], np.float64)
    logs = np.log10(np.where(values > 0, values, np.nan))
    low, high = (np.nanmin(logs), np.nanmax(logs)) if np.isfinite(logs).any() else (-1.0, 0.0)
    high = max(high, low + 1e-6)

    def write(text: str, x: int, y: int, colour: tuple[int, int, int] = (0, 0, 0)) -> None:
        cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)

    cv2.rectangle(picture, (left, edge), (width - edge, height - bottom), (0, 0, 0), 1)
    for share in (0.0, 0.5, 1.0):
        write(f"{10 ** (low + share * (high - low)):.3g}", 6, round(height - bottom - share * (height - bottom - edge)) + 4)
    write("1", left - 3, height - bottom + 16)
    write(str(len(history)), width - edge - 12, height - bottom + 16)
    write("epoch", (left + width) // 2 - 30, height - 10)
    x = left + np.arange(len(history)) / max(len(history) - 1, 1) * (width - edge - left)
    for index, (key, colour) in enumerate(lines.items()):
        y = height - bottom - (logs[index] - low) / (high - low) * (height - bottom - edge)
        points = np.column_stack([x, y])[np.isfinite(y)].round().astype(np.int32)
        cv2.polylines(picture, [points], False, colour, 2, cv2.LINE_AA)
        write(key.replace("_", " "), left + 90 * index, 16, colour)
    return picture
