"""All targets, and how they are read: from links, from class numbers, one for each image."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InvalidInput
from .base import ClassLogit, Target
from .image_targets import Pixel, Psnr, ResidualEnergy, WindowDetail, WindowMean

TARGETS: tuple[type[Target], ...] = (ClassLogit, Pixel, WindowMean, WindowDetail, ResidualEnergy, Psnr)


def parse_target(text: str) -> Target:
    """Read the form used in links: "class:1", "pixel:12,7", "pixel:12,7,0", "window:4,4,8,8" (top, left, height, width),
    "detail:4,4,8,8", "residual", "residual:4,4,8,8", "psnr" (give the clean picture then: `Psnr(clean)`).

    Raises InvalidInput for anything else.
    """
    kind, _, values = text.strip().partition(":")
    for target in TARGETS:
        if target.kind == kind:
            try:
                return target(*(int(value) for value in values.split(",") if values))
            except (TypeError, ValueError):
                break
    raise InvalidInput(f"Expected a target such as class:1, pixel:12,7, window:4,4,8,8 or residual, received {text!r}.")


def as_targets(target: Any, count: int) -> tuple[Target, ...]:
    """One target per image, all of one kind.

    target: a class (int), a `Target`, its link form, or a sequence of these, one per image ("class:1;class:0" too).
    """
    if isinstance(target, str) and ";" in target:
        target = target.split(";")
    if isinstance(target, np.ndarray):
        target = target.tolist()
    if not isinstance(target, (list, tuple)):
        target = [target] * count
    if len(target) != count:
        raise InvalidInput(f"Expected one target, or one for each of the {count} images, received {len(target)}.")
    targets = tuple(_as_target(item) for item in target)
    if len({item.kind for item in targets}) > 1:
        raise InvalidInput("Expected targets of one kind for all images, received a mixture. Explain them one kind at a time.")
    return targets


def _as_target(item: Any) -> Target:
    if isinstance(item, Target):
        return item
    if isinstance(item, str):
        return parse_target(item)
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        return ClassLogit(int(item))
    raise InvalidInput(f"Expected a target as a class number, a Target or its link form such as pixel:12,7, received {item!r}.")


def targets_text(targets: Sequence[Target]) -> str:
    """The link form of the targets of a batch: one, or one per image joined by ";" where they differ."""
    texts = [str(target) for target in targets]
    return texts[0] if len(set(texts)) == 1 else ";".join(texts)
