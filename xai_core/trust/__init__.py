"""Can an explanation be trusted? Figures of one map, by name and source, each with a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..explainers import EXPLAINERS, explain
from ..types import Explanation
from .agreement import Agreement, agreement, rank_correlation, top_overlap
from .complexity import complexity, sparseness
from .faithfulness import Curve, deletion, impute, insertion, mu_fidelity, road
from .localisation import pointing_game, relevance_mass, relevance_rank
from .randomisation import randomised

__all__ = [
    "Agreement",
    "Curve",
    "Figure",
    "agreement",
    "complexity",
    "deletion",
    "impute",
    "insertion",
    "mu_fidelity",
    "pointing_game",
    "randomised",
    "rank_correlation",
    "relevance_mass",
    "relevance_rank",
    "road",
    "sparseness",
    "top_overlap",
    "trust",
]


PETSIUK = "Petsiuk et al. (2018)"


@dataclass(frozen=True)
class Figure:
    """One figure of a map: name (of the field), value (NaN: does not apply), reading (one sentence), source."""

    name: str
    value: float
    reading: str
    source: str
    curve: Curve | None = None


def trust(
    model: Any, image: ArrayLike, found: Explanation, *, redrawn: ArrayLike | None = None, mask: ArrayLike | None = None
) -> Iterator[Figure]:
    """The figures of a map, one after the other, the quick ones first.

    model, image: what was explained, one image. found: its explanation by `explain`. redrawn: (K, H, W, C), the same picture
    under other draws of the same noise. mask: (H, W) bool, true on the object, where it is known.
    """
    if len(found.heatmap) != 1:
        raise InvalidInput(f"Expected the explanation of one image, received one of {len(found.heatmap)}.")
    heatmap, target = found.heatmap[0], found.target
    yield Figure("Sparseness", sparseness(heatmap), "0: spread evenly, 1: on few pixels.", "Chalasani et al. (2020)")
    yield Figure("Complexity", complexity(heatmap), "Entropy in nats: lower is easier to read.", "Bhatt et al. (2020)")
    if "completeness_residual" in found.diagnostics:
        value = float(found.diagnostics["completeness_residual"][0])
        words = "the parts add up" if value < 0.05 else "the parts do not add up: take more steps"
        yield Figure("Completeness residual", value, f"0 is exact; {words}.", "Sundararajan et al. (2017)")
    if mask is not None:
        yield Figure("Relevance mass", relevance_mass(heatmap, mask), _chance(mask), "Arras et al. (2022)")
        hit = pointing_game(heatmap, mask)
        words = "The highest value lies on the object." if hit else "The highest value does not lie on the object."
        yield Figure("Pointing game", float(hit), words, "Zhang et al. (2018)")
    out, back = deletion(model, image, heatmap, target), insertion(model, image, heatmap, target)
    yield Figure("Deletion", out.area, "Score while the marked pixels go: lower is better.", PETSIUK, out)
    yield Figure("Insertion", back.area, "Score while the marked pixels come: higher is better.", PETSIUK, back)
    value = road(model, image, heatmap, target)
    words = "what is marked matters" if value > 0 else "what is marked matters no more than the rest"
    yield Figure("ROAD", value, f"Above 0, {words}." if value > 0 else f"Not above 0: {words}.", "Rong et al. (2022)")
    value = mu_fidelity(model, image, heatmap, target, cells=9)
    yield Figure("Mu-fidelity", value, "1: the map's sums rank as the score's losses; 0: by chance.", "Bhatt et al. (2020)")
    again = _again(image, found)
    if EXPLAINERS.get(found.method).supports.get("control"):
        return
    if redrawn is not None:
        values = [rank_correlation(heatmap, again(model, picture[None])) for picture in np.asarray(redrawn)]
        yield Figure(
            "Stability under noise", float(np.mean(values)), "1: another draw of the noise gives the same ranks.", "this library"
        )
    try:
        value = rank_correlation(np.abs(heatmap), np.abs(again(randomised(model), image)))
    except InvalidInput:
        return
    words = "the same as for an untrained network: it shows the picture" if value > 0.8 else "the map depends on what was learned"
    yield Figure("Like an untrained network's", value, f"Rank correlation; {words}.", "Adebayo et al. (2018)")


def _again(image: ArrayLike, found: Explanation) -> Callable[[Any, ArrayLike], Any]:
    """The same method, target and parameters for another model or picture: (H, W)."""
    parameters = dict(found.parameters)
    if parameters.get("segments") == "given":  # LIME on given superpixels: the same again
        parameters["segments"] = found.diagnostics["segments"][0]
    return lambda model, picture: explain(model, picture, found.method, found.target, **parameters).heatmap[0]


def _chance(mask: ArrayLike) -> str:
    return f"Share of the evidence on the object; {np.mean(np.asarray(mask, bool)):.0%} by chance."
