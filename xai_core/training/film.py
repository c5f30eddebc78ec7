"""The film of a training: a network of a few epochs, kept as weights, redraws any picture as it would have then.

No picture is stored, so that any picture at any noise can be played, and none of a data set is copied.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import weights
from ..compiled import forward
from ..errors import InvalidInput
from ..images import check_images, clip, to_channels, to_uint8
from ..metrics import psnr
from ..types import Array, Progress

PREFIX = "film-"
"""Of the arrays of an epoch in the checkpoint of a run."""

SHOWN = 112
"""Pixels of a picture's longer side in GIF and MP4, about."""
GAP, STRIP = 4, 22
"""Pixels between pictures, and of the lines of text above them."""
MOST_IN_A_COLUMN = 4


@dataclass(frozen=True)
class Film:
    """What a network made of the same noisy pictures after each of some epochs.

    epochs: (E,) int, 0 is the untrained network. noisy: (N, H, W, C) as given; clean: the same without noise.
    pictures: (E, N, H, W, C) float32 in [0, 1]. psnr: (E, N) dB against clean.
    """

    epochs: NDArray[np.int64]
    clean: Array
    noisy: Array
    pictures: Array
    psnr: NDArray[np.float64]


def epochs_kept(arrays: Mapping[str, list[Any]]) -> dict[int, list[Any]]:
    """The weights of each epoch of a film among the arrays of a checkpoint."""
    return {int(name.removeprefix(PREFIX)): values for name, values in arrays.items() if name.startswith(PREFIX)}


def frames(name: str, clean: ArrayLike, noisy: ArrayLike, *, progress: Progress | None = None) -> Film:
    """Denoise pictures with the network `name` of every epoch that its film keeps.

    clean, noisy: (N, H, W, C) of the network's size; noisy may exceed [0, 1]. progress: called after each epoch.
    Raises ModelNotFound where no film is kept or its file is missing or damaged, InvalidInput for pictures of another shape.
    """
    before, after = check_images(clean, name="clean pictures"), check_images(noisy, name="noisy pictures")
    kept = weights.load_film(name)
    model = weights.build(name)
    wanted = tuple(model.input_shape[1:])
    if before.shape != after.shape or after.shape[1:] != wanted:
        raise InvalidInput(
            f"The film of {name} plays clean and noisy pictures of (height, width, channels) = {wanted}; "
            f"received {before.shape[1:]} and {after.shape[1:]}."
        )
    pictures = []
    for done, values in enumerate(kept.values(), 1):
        model.set_weights(values)
        pictures.append(clip(forward(model, after)))
        if progress:
            progress(done / len(kept))
    quality = np.stack([psnr(before, shown) for shown in pictures])
    return Film(np.array(list(kept)), before, after, np.stack(pictures), quality)


def render(film: Film) -> NDArray[np.uint8]:
    """The film as 8-bit RGB frames (E, h, w, 3), h and w even: clean | noisy | output of each picture, below epoch and mean PSNR.

    More than four pictures are laid out in several columns.
    """
    import cv2

    count, height, width, _ = film.noisy.shape
    scale = max(1, round(SHOWN / max(height, width)))
    columns = -(-count // MOST_IN_A_COLUMN)
    rows = -(-count // columns)
    cell = np.array([height * scale + GAP, 3 * width * scale + 2 * GAP + 2 * GAP])
    canvas = np.full((rows * cell[0] + 2 * STRIP, columns * cell[1], 3), 255, np.uint8)
    canvas = np.pad(canvas, ((0, canvas.shape[0] % 2), (0, canvas.shape[1] % 2), (0, 0)), constant_values=255)

    def enlarged(image: Array) -> NDArray[np.uint8]:
        return to_uint8(to_channels(image[None], 3)[0]).repeat(scale, axis=0).repeat(scale, axis=1)

    def write(target: NDArray[np.uint8], text: str, x: int, y: int) -> None:
        cv2.putText(target, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)

    def paste(target: NDArray[np.uint8], image: Array, index: int, place: int) -> None:
        top = 2 * STRIP + cell[0] * (index % rows)
        left = cell[1] * (index // rows) + GAP + place * (width * scale + GAP)
        target[top : top + height * scale, left : left + width * scale] = enlarged(image)

    for column in range(columns):
        for place, word in enumerate(("clean", "noisy", "output")):
            write(canvas, word, int(cell[1] * column + GAP + place * (width * scale + GAP)), 2 * STRIP - 6)
    for index in range(count):
        paste(canvas, film.clean[index], index, 0)
        paste(canvas, film.noisy[index], index, 1)
    shown = []
    for epoch, pictures, quality in zip(film.epochs, film.pictures, film.psnr, strict=True):
        frame = canvas.copy()
        write(frame, f"epoch {epoch}   {quality.mean():.1f} dB", GAP, STRIP - 6)
        for index, picture in enumerate(pictures):
            paste(frame, picture, index, 2)
        shown.append(frame)
    return np.stack(shown)


def to_gif(film: Film, seconds: float = 0.6) -> bytes:
    """The film as an animated GIF that runs for ever; seconds: a frame, the last one three times as long."""
    import io

    from PIL import Image

    first, *others = (Image.fromarray(frame) for frame in render(film))
    buffer = io.BytesIO()
    durations = [round(1000 * seconds)] * len(others) + [round(3000 * seconds)]
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return buffer.getvalue()


def to_mp4(film: Film, seconds: float = 0.6) -> bytes:
    """The film as MP4 (MPEG-4 part 2: for a player of videos, not every browser shows it); seconds: a frame.

    Raises InvalidInput where this build of OpenCV writes no MP4.
    """
    import cv2

    shown = render(film)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 1 / seconds, shown.shape[2:0:-1])
        if not writer.isOpened():
            raise InvalidInput("OpenCV on this machine writes no MP4. Take the GIF.")
        for frame in shown:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
        writer.release()
        return path.read_bytes()
