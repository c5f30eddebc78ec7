"""Do the sums of a map tell what the target loses? Mu-fidelity."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ._probe import Numbers, Probe, probe


@dataclass(frozen=True)
class Ablation:
    """Random parts of a picture and what the target loses without each; no map is involved, so it serves all maps of a picture.

    cells: (h, w), the number of the cell of each pixel of the network's input. hidden: (samples, cells) bool. losses: (samples,)
    in units of the target.
    """

    cells: NDArray[np.intp]
    hidden: NDArray[np.bool_]
    losses: Numbers


def ablate(
    model: Any,
    image: ArrayLike,
    target: Any = None,
    *,
    share: float = 0.2,
    samples: int = 200,
    cells: int = 0,
    baseline: str = "black",
    seed: int = 0,
) -> Ablation:
    """Hide random parts of a picture and see what the target loses.

    model, image, target: as for `explain`, one image. share: of the cells that a part hides. cells: of the grid, each way; 0:
    single pixels. Costs `samples` + 1 forward passes.
    """
    return ablation_of(probe(model, image, target, baseline), share=share, samples=samples, cells=cells, seed=seed)


def ablation_of(one: Probe, *, share: float = 0.2, samples: int = 200, cells: int = 0, seed: int = 0) -> Ablation:
    """`ablate` for a picture that was examined before."""
    height, width = one.subject.shape[:2]
    down, right = (min(cells, height), min(cells, width)) if cells else (height, width)
    grid = (np.arange(height) * down // height)[:, None] * right + np.arange(width) * right // width
    return ablation_without(one, grid, random_parts(down * right, share, samples, seed))


def ablation_without(one: Probe, cells: NDArray[np.intp], hidden: NDArray[np.bool_]) -> Ablation:
    """What the target loses without given parts: cells (h, w), hidden (samples, cells)."""
    pictures = (np.where(part[cells][..., None], one.empty, one.picture) for part in hidden)
    return Ablation(cells, hidden, float(one.scores([one.picture])[0]) - one.scores(pictures))


def random_parts(count: int, share: float, samples: int, seed: int) -> NDArray[np.bool_]:
    """(samples, count) bool, each row with the same number of true ones at random places."""
    if not 0 < share < 1 or samples < 2:
        raise InvalidInput(f"Expected a share between 0 and 1 and at least 2 samples, received {share!r} and {samples!r}.")
    rng, chosen = np.random.default_rng(seed), np.zeros((samples, count), bool)
    for row in chosen:
        row[rng.choice(count, max(1, round(share * count)), replace=False)] = True
    return chosen


def mu_fidelity(model: Any, image: ArrayLike, heatmap: ArrayLike, target: Any = None, **how: Any) -> float:
    """Spearman's correlation, over random parts of a picture, of the map's sum in a part and what the target loses without it.

    heatmap: (H, W). how: share, samples, cells, baseline, seed, as for `ablate`; parts of single pixels (cells=0, the original)
    may change too little on large pictures. Returns -1 to 1, HIGHER is better; NaN where the target or the map does not change.
    Source: Bhatt, Weller & Moura (2020), arXiv:2005.00631 (with ranks, as xplique does).
    """
    one = probe(model, image, target, how.pop("baseline", "black"))
    return fidelity_of(one, heatmap, ablation_of(one, **how))


def fidelity_of(one: Probe, heatmap: ArrayLike, ablation: Ablation) -> float:
    """`mu_fidelity` with the losses at hand."""
    from scipy.stats import spearmanr

    values = np.asarray(one.values(heatmap), np.float64)
    sums = ablation.hidden @ np.bincount(ablation.cells.ravel(), values.ravel(), ablation.hidden.shape[1])
    if np.ptp(sums) <= 1e-12 * np.abs(sums).max() or np.ptp(ablation.losses) == 0:
        return float("nan")
    return float(spearmanr(sums, ablation.losses).statistic)
