"""Local Attribution Maps: which pixels a network uses for the detail in a window of its output."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...compiled import forward
from ...errors import InvalidInput
from ...types import Array, Progress
from .._models import Subject, examine, network_of, scores
from ..base import completeness_residual, no_progress, part_of
from ..integrated_gradients import along_line, blurred, through_blurs
from ..targets import targets_text
from ._shapes import diffusion_index

PATHS = ("blur", "noise", "denoised")


@dataclass(frozen=True)
class LamResult:
    """What each pixel adds to the target S on the way from a first picture to a last one.

    maps: (N, H, W) float32, signed, over channels; the sum of one is `delta` up to its `completeness_residual`.
    target: in its link form. path: its name. first, last: where it begins and ends, (N, H, W, C) float32.
    score: S(last), delta: S(last) - S(first), completeness_residual: |sum - delta| / |delta|, each (N,). steps: on the path.
    Where the target is about the same at both ends, parts for and against it cancel and the residual is large though the map
    is right: `map_error` tells then.
    """

    maps: Array
    target: str
    path: str
    first: Array
    last: Array
    score: Array
    delta: Array
    completeness_residual: NDArray[np.float64]
    steps: int

    @property
    def map_error(self) -> NDArray[np.float64]:
        """|sum - delta| over the sum of the map's absolute values, (N,): 0 for a map of zeros."""
        size = np.abs(self.maps).sum(axis=(1, 2), dtype=np.float64)
        missing = np.abs(self.maps.sum(axis=(1, 2), dtype=np.float64) - self.delta)
        return np.asarray(missing / np.where(size > 0, size, np.inf))

    @property
    def diffusion_index(self) -> NDArray[np.float64]:
        """How many pixels are involved, 0 (one) to 100 (all alike), (N,): see `diffusion_index`."""
        return np.array([diffusion_index(one) for one in self.maps])


def lam(
    model: Any,
    images: ArrayLike,
    target: Any,
    *,
    path: str = "blur",
    clean: ArrayLike | None = None,
    steps: int = 50,
    blur: float = 1.2,
    progress: Progress = no_progress,
) -> LamResult:
    """Integrated gradients of a target along a path of pictures that are alike but for what the path adds.

    w = sum over the steps of dS/dx in the middle of the step, times the step, summed over channels; steps in batches.
    path: "blur", from the picture under a Gaussian blur to the picture: detail appears, no foreign picture is mixed in, the
    method of the source. "noise", from the noisy picture to the clean one, clean + t (noisy - clean) with t from 1 to 0: sigma
    falls to 0 with the noise field fixed. "denoised", straight from the network's output to the noisy picture: what the
    network took away comes back. A guided network is told the level of the noisy picture all the way.

    model: a denoiser with a network, or a Keras image-to-image model. images: (N, H, W, C), noisy. target: as for `explain`;
    the source's is the detail in a window, "detail:top,left,height,width". clean: for the path "noise". blur: sigma in pixels
    where the path "blur" begins; 1.2 and 50 steps are the source's demonstration.
    Raises InvalidInput for another path, where pictures do not fit or the clean one is missing, and for what is no network.
    Source: Gu & Dong (2021), arXiv:2011.11036; the paths "noise" and "denoised" are this library's.
    """
    if path not in PATHS:
        raise InvalidInput(f"Expected a path of {', '.join(PATHS)}, received {path!r}.")
    if steps < 1 or not blur > 0:
        raise InvalidInput(f"Expected at least 1 step and a blur above 0, received {steps} and {blur}.")
    network_of(model)
    subject = examine(model, images, target)
    first, last = _ends(subject, path, clean, blur)
    subject = replace(subject, inputs=last)
    score = scores(subject, last, subject.arguments)
    delta = score - scores(subject, first, subject.arguments)
    maps = np.empty(first.shape[:3], np.float32)
    for index in range(len(first)):
        share = part_of(progress, index, len(first))
        if path == "blur":
            ((_, maps[index]),) = through_blurs(subject, index, blur, (steps,), share)
        else:
            ((_, maps[index]),) = along_line(subject, index, first[index], (steps,), share)
    residual = completeness_residual(maps.sum(axis=(1, 2), dtype=np.float64), delta, score)
    channels = subject.shape[-1] - subject.guides
    text = targets_text(subject.targets)
    return LamResult(maps, text, path, first[..., :channels], last[..., :channels], score, delta, residual, steps)


def _ends(subject: Subject, path: str, clean: ArrayLike | None, blur: float) -> tuple[Array, Array]:
    """Where the path begins and ends, as the network takes it: two (N, h, w, c) float32."""
    given = subject.inputs
    if path == "blur":
        return subject.with_guides(np.stack([blurred(image, blur) for image in given])), given
    if path == "noise":
        if clean is None:
            raise InvalidInput("The path of falling noise ends at the clean picture. Give it: clean=...")
        truth = subject.prepare(clean)
        if truth.shape != given.shape:
            raise InvalidInput(f"Expected clean pictures of the noisy ones' shape {given.shape}, received {truth.shape}.")
        return given, subject.with_guides(truth)
    output = forward(subject.model, given)
    pictures = given[..., : given.shape[-1] - subject.guides]
    if output.shape != pictures.shape:
        raise InvalidInput(f"This path needs an output of the picture's shape {pictures.shape[1:]}, received {output.shape[1:]}.")
    return np.concatenate([output, given[..., pictures.shape[-1] :]], axis=-1), given
