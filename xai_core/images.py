"""Arrays of images: what is accepted, how they are changed, how files become arrays."""

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidInput
from .types import Array

MAX_PIXELS = 40_000_000
"""Largest picture that `decode` accepts (a 40-megapixel photograph)."""

MIN_SIDE = 8
"""Smallest side of a picture that `decode` accepts."""

_SIGNATURES = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
    "WEBP": (b"RIFF",),
}
"""Accepted formats and how their files begin."""

_DAMAGED = "The picture is damaged, cut off or of a rare kind, and cannot be read. Save it again as PNG and retry."

GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
"""Luma of ITU-R BT.601, the weights of OpenCV and Pillow."""


def check_images(images: ArrayLike, *, name: str = "images", clipped: bool = False) -> Array:
    """Return a batch of images as float32 NHWC, or say what is wrong.

    images: (N, H, W, C), (H, W, C) or (H, W); floats nominally in [0, 1] (noise may leave that range) or uint8,
    which is divided by 255. C = 1 or 3. A single picture becomes a batch of one.
    clipped: true to demand values within [0, 1].
    Raises InvalidInput on another shape, type, on NaN or infinity, and on floats that look like 0-255.
    """
    try:
        array = np.asarray(images)
    except ValueError:  # a ragged list
        raise InvalidInput(f"Expected {name} as one array of shape (N, H, W, C), received rows of unequal length.") from None
    if array.dtype == np.uint8:
        array = array.astype(np.float32) / 255
    if not (np.issubdtype(array.dtype, np.floating) or array.dtype == bool):
        raise InvalidInput(f"Expected {name} as floats in [0, 1] or as uint8, received {array.dtype}. Scale them to [0, 1].")
    if array.ndim == 2:
        array = array[None, :, :, None]
    elif array.ndim == 3:
        if array.shape[-1] not in (1, 3):
            raise InvalidInput(
                f"Expected {name} of shape (N, H, W, C) with C = 1 or 3, received {array.shape}. "
                "For a batch of grey images add the channel: images[..., None]."
            )
        array = array[None]
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape[1:]:
        raise InvalidInput(f"Expected {name} of shape (N, H, W, C) with C = 1 or 3, received {np.shape(images)}.")
    with np.errstate(over="ignore"):  # what overflows becomes infinite and is refused below
        array = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(array).all():
        raise InvalidInput(f"Expected finite {name}, received NaN or infinity. Replace them first (numpy.nan_to_num).")
    if array.size and (array.max() > 64 or array.min() < -64):
        raise InvalidInput(
            f"Expected {name} in [0, 1], received values from {array.min():g} to {array.max():g}. "
            "Divide by 255 if they are 8-bit."
        )
    if clipped and array.size and (array.min() < 0 or array.max() > 1):
        raise InvalidInput(f"Expected {name} within [0, 1], received values from {array.min():g} to {array.max():g}.")
    return array


def clip(images: Array) -> Array:
    """Limit values to [0, 1], as a camera or a file would."""
    return np.clip(images, 0, 1)


def quantise(images: Array, bits: int = 8) -> Array:
    """Round to 2^bits grey levels: round(x (2^b - 1)) / (2^b - 1). Raises InvalidInput unless bits is 1 to 16."""
    if not 1 <= bits <= 16:
        raise InvalidInput(f"Expected 1 to 16 bits, received {bits}.")
    top = np.float32(2**bits - 1)
    return (np.round(images * top) / top).astype(np.float32)


def to_uint8(images: Array) -> NDArray[np.uint8]:
    """Clip to [0, 1] and round to 8 bits."""
    return np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)


def to_grey(images: Array) -> Array:
    """(N, H, W, 3) -> (N, H, W, 1) luma (BT.601); grey images come back as they are."""
    return images if images.shape[-1] == 1 else (images @ GREY_WEIGHTS)[..., None]


def to_channels(images: Array, channels: int) -> Array:
    """Grey <-> colour: luma (BT.601), or the grey channel three times."""
    if images.shape[-1] == channels:
        return images
    return to_grey(images) if channels == 1 else np.repeat(images, 3, axis=-1)


def resize(images: Array, height: int, width: int) -> Array:
    """Resize a batch (N, H, W, C) without aliasing: area average where it shrinks, bilinear where it grows (OpenCV)."""
    import cv2

    if images.shape[1:3] == (height, width):
        return images
    small = min(height, images.shape[1]), min(width, images.shape[2])
    if small not in (images.shape[1:3], (height, width)):
        # One side shrinks, the other grows: OpenCV's area average would fall back to bilinear for both.
        images = resize(images, *small)
    method = cv2.INTER_LINEAR if small == images.shape[1:3] else cv2.INTER_AREA
    resized = [cv2.resize(image, (width, height), interpolation=method) for image in images]
    return np.asarray(resized, np.float32).reshape(len(images), height, width, images.shape[-1])


@dataclass(frozen=True)
class Picture:
    """A decoded file: image (H, W, C) float32 in [0, 1], C = 1 or 3; size (height, width) before it was shrunk."""

    image: Array
    size: tuple[int, int]


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, max_side: int | None = None) -> Array:
    """Decode a picture safely: `read_picture(...).image`."""
    return read_picture(data, max_pixels=max_pixels, max_side=max_side).image


def read_picture(data: bytes, *, max_pixels: int = MAX_PIXELS, max_side: int | None = None) -> Picture:
    """Decode a PNG, JPEG, TIFF, BMP or WebP file safely.

    The orientation of the EXIF header is applied, alpha is laid over black, 16-bit and float grey are scaled to [0, 1];
    of several frames or pages the first is taken.
    max_pixels: larger pictures (decompression bombs included) are refused before they are decoded.
    max_side: a longer picture is shrunk to it, by area average.
    Raises InvalidInput with one sentence for any other file.
    """
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise InvalidInput("The file is empty. Choose a PNG, JPEG, TIFF, BMP or WebP picture.")
    too_large = f"at most {max_pixels / 1e6:g} megapixels are accepted. Shrink it and try again."
    try:
        with warnings.catch_warnings():
            # The size is checked below, before any pixel is decoded; Pillow's own limit is a warning at 89 megapixels.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=list(_SIGNATURES)) as file:
                width, height = file.size
                if width * height > max_pixels:
                    raise InvalidInput(f"The picture has {width} x {height} pixels; {too_large}")
                if min(width, height) < MIN_SIDE:
                    raise InvalidInput(f"The picture has {width} x {height} pixels; at least {MIN_SIDE} x {MIN_SIDE} are needed.")
                if max_side is not None:
                    # A JPEG is decoded at half, a quarter or an eighth, still above the size that is wanted.
                    file.draft(None, (2 * max_side, 2 * max_side))
                file.load()
                stored = file.size
                _turn_upright(file)
                size = (height, width) if file.size == stored else (width, height)
                image = _to_array(file, max_side)
    except InvalidInput:
        raise
    except Image.DecompressionBombError:
        raise InvalidInput(f"The picture is too large; {too_large}") from None
    except UnidentifiedImageError:
        if not data.startswith(tuple(start for starts in _SIGNATURES.values() for start in starts)):
            raise InvalidInput("This file is not a PNG, JPEG, TIFF, BMP or WebP picture. Choose another file.") from None
        raise InvalidInput(_DAMAGED) from None
    except Exception:  # Pillow's decoders raise many types on broken files (OSError, SyntaxError, struct.error, ...)
        raise InvalidInput(_DAMAGED) from None
    if max_side is not None and max(image.shape[:2]) > max_side:
        scale = max_side / max(image.shape[:2])
        image = resize(image[None], *(max(MIN_SIDE, round(side * scale)) for side in image.shape[:2]))[0]
    return Picture(image, size)


def _turn_upright(picture: Any) -> None:
    from PIL import ImageOps

    # A broken EXIF header is no reason to refuse the pixels.
    with suppress(Exception):
        ImageOps.exif_transpose(picture, in_place=True)


def _to_array(picture: Any, max_side: int | None) -> Array:
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        return _scale_deep(np.asarray(picture, np.float32), at_least_16_bit=picture.mode != "F")
    picture = _flatten(picture)
    factor = max(picture.size) // (2 * max_side) if max_side is not None else 1
    if factor > 1:
        # Area average in 8 bits: a 40-megapixel photograph would take 500 MB as floats.
        picture = picture.reduce(factor)
    image = np.asarray(picture, np.float32)
    image /= 255
    return np.atleast_3d(image)


def _scale_deep(image: Array, at_least_16_bit: bool) -> Array:
    """Grey values of more than 8 bits to [0, 1]: over 1, 255 or 65535, the first that holds them, else over their maximum."""
    if not np.isfinite(image).all():
        raise InvalidInput("The picture holds NaN or infinite values. Replace them and save it again.")
    brightest = float(image.max())
    ranges = (65535.0,) if at_least_16_bit else (1.0, 255.0, 65535.0)
    top = next((top for top in ranges if brightest <= top), brightest)
    return np.atleast_3d(np.clip(image / np.float32(top), 0, 1))


def _flatten(picture: Any) -> Any:
    """Any 8-bit mode of Pillow to L or RGB, alpha laid over black."""
    from PIL import Image

    target = "L" if picture.mode in ("1", "L", "LA", "La") else "RGB"
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size)
        picture.paste(layer, mask=layer.getchannel("A"))
    return picture.convert(target)


def encode_png(image: Array | NDArray[np.uint8]) -> bytes:
    """(H, W, C) in [0, 1] (clipped to 8 bits) or uint8 -> PNG bytes. Raises InvalidInput on another shape."""
    import cv2

    if image.ndim != 3 or image.shape[-1] not in (1, 3):
        raise InvalidInput(f"Expected one picture of shape (H, W, C) with C = 1 or 3, received {image.shape}.")
    pixels = np.asarray(image, np.uint8) if image.dtype == np.uint8 else to_uint8(np.asarray(image, np.float32))
    if pixels.shape[-1] == 3:
        pixels = pixels[..., ::-1]
    # OpenCV's own choice of filter and strategy: 2.5 times as fast on noise as a compression level asked for by name.
    done, buffer = cv2.imencode(".png", np.ascontiguousarray(pixels))
    if not done:
        raise InvalidInput("The picture could not be written as PNG.")
    return bytes(buffer)
