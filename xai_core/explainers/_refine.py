"""Maps that grow better in view: samples are worked off round by round over the images."""

from collections.abc import Callable
from typing import TypeVar

from .base import Evidence, Report

Drawn = TypeVar("Drawn")


def refine(
    images: int,
    rounds: list[slice],
    draw: Callable[[slice], Drawn],
    advance: Callable[[int, Drawn], bool],
    evidence: Callable[[], Evidence],
    progress: Report,
) -> Evidence:
    """All samples of all images, each round for every image before the next, so that all maps are there early.

    rounds: the samples of each round. draw(samples): what all images share in a round. advance(image, drawn): adds it to an
    image's sums and says whether this image needs no more. evidence(): maps and diagnostics from what is there; offered to
    `progress` after each round but the last. Batches do not depend on how many images there are, nor on who looks.
    """
    wanted = list(range(images))
    for samples in rounds:
        drawn, total = draw(samples), rounds[-1].stop
        enough = set()
        for done, image in enumerate(wanted, 1):
            if advance(image, drawn):
                enough.add(image)
            share = done / len(wanted)
            progress((samples.start + share * (samples.stop - samples.start)) / total)
        wanted = [image for image in wanted if image not in enough]
        if not wanted or samples.stop == total:
            break
        progress(samples.stop / total, evidence)
    progress(1.0)
    return evidence()


def rounds_of(total: int, first: int, size: int) -> list[slice]:
    """`total` samples in rounds: a short one, for a coarse map at once, then nearly equal ones of at most `size`."""
    first = min(first, size, total)
    left = total - first
    count = -(-left // size)
    ends = [first, *(first + left * (part + 1) // count for part in range(count))]
    return [slice(start, stop) for start, stop in zip([0, *ends[:-1]], ends, strict=True)]
