"""One check for each way in which a map may fail. Adding one is a function and its name in CHECKS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..registry import Spec
from ..types import Array
from .agreement import rank_correlation

SURE = 0.999
"""Probability from which (or 1 - which) a softmax is called saturated: its slope p (1 - p) is a thousandth or less."""

FLAT = 1e-3
"""Score that all pixels together would change, at the map's slope, from black to white, below which a gradient is called flat."""

SAME = 0.8
"""Rank correlation from which two maps are called the same. With edges, maps of our trained networks reach 0.66 at most."""

ENOUGH = 96
"""Rows or columns of pixels that are compared with the edges, about: more cost time and change nothing."""

COARSE = 3
"""Rows or columns up to which a layer's map is called coarse."""

FEW = 8
"""Superpixels below which LIME's map is called coarse."""

POOR_FIT = 0.2
"""R^2 below which LIME's linear model describes nothing."""

RESIDUAL = 0.05
"""Completeness residual above which the parts do not add up."""

MUTE = 0.5
"""Share of a layer's channels above which silent ones are worth a word."""


@dataclass(frozen=True)
class Failure:
    """Something unusual about a map.

    code: its kind. sentence: what is seen, and why. advice: what to do. grave: the map should not be read as it is; else only
    good to know.
    """

    code: str
    sentence: str
    advice: str
    grave: bool = True


@dataclass(frozen=True)
class Case:
    """The map of one picture and what is known of it.

    spec: of the method. figures: its diagnostics that are one number a picture. image: (H, W, C).
    probability: of the class, None where there is none or no network was given. channels: (h, w, C), what the layer holds;
    finer: convolutions with a finer map.
    """

    spec: Spec
    heatmap: Array
    figures: Mapping[str, float]
    image: Array
    layer: str = ""
    probability: float | None = None
    channels: Array | None = None
    finer: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """One value everywhere."""
        return float(np.ptp(self.heatmap)) == 0

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Channels of the layer that are zero everywhere on this picture, (C,)."""
        return np.zeros(0, np.bool_) if self.channels is None else np.asarray(~self.channels.any(axis=(0, 1)), np.bool_)


def _blank_layer(case: Case) -> Failure | None:
    if not (case.blank and case.layer):
        return None
    if case.silent.size and case.silent.all():
        return Failure(
            "dead_layer",
            f"Blank, because layer {case.layer} is silent on this picture: all its {case.silent.size} channels are zero.",
            "Choose an earlier layer. If it is silent on other pictures too, the layer is dead: train the network again.",
        )
    if case.heatmap.any():
        return None
    return Failure(
        "blank_cam",
        f"Blank, because nowhere in layer {case.layer} do the features support the target on balance, and {case.spec.label} "
        "shows support only.",
        "Choose another layer or class, or a method that shows evidence against too, such as LIME.",
    )


def _blank(case: Case) -> Failure | None:
    if not case.blank or _blank_layer(case) or case.figures.get("segment_count") == 1:
        return None
    name, supports = case.spec.name, case.spec.supports
    why, advice = "the map has the same value everywhere and marks nothing", "Try another class, layer or method."
    if name == "edges":
        why, advice = "the picture has no edges", "Choose another picture."
    elif "delta" in case.figures and not case.heatmap.any():
        why = "the score does not change on the way from the baseline to the picture, which may be the baseline itself"
        advice = "Choose another baseline, picture or class."
    elif supports["gradients"] and not case.heatmap.any():
        why = "the target does not depend on the picture here: its gradient is zero at every pixel"
        advice = "Try another class, or a method that takes large steps (integrated gradients, occlusion, LIME)."
    elif not supports["gradients"]:
        why = "hiding parts of the picture never changed the score"
        advice = (
            "In a picture of one colour, hidden parts must not have that colour. Else the target does not depend on the picture."
        )
    return Failure("blank", f"Blank, because {why}.", advice)


def _superpixels(case: Case) -> Failure | None:
    count = case.figures.get("segment_count")
    if count is None or count >= FEW:
        return None
    advice = "Ask for more superpixels, or take a larger picture."
    if count <= 1:
        return Failure(
            "one_superpixel",
            "The picture is a single superpixel, so there is nothing to compare: the one value stands for the whole picture.",
            advice,
        )
    return Failure("few_superpixels", f"Fewer than {FEW} superpixels: each value stands for a large part of the picture.", advice)


def _fit(case: Case) -> Failure | None:
    if not case.figures.get("r2", 1.0) < POOR_FIT:
        return None
    return Failure(
        "poor_fit",
        f"No sum over superpixels describes the network here (R² below {POOR_FIT}): the values are fitted to hardly anything.",
        "Do not read the map. Try fewer superpixels, more samples, or a method without a linear model (RISE, occlusion).",
    )


def _residual(case: Case) -> Failure | None:
    residual = case.figures.get("completeness_residual", 0.0)
    if not residual > RESIDUAL:
        return None
    delta, score = case.figures.get("delta"), case.figures.get("score", 0.0)
    if delta is not None and abs(delta) < 0.01 * max(1.0, abs(score)):
        return Failure(
            "no_difference",
            "Baseline and picture have nearly the same score, so there is hardly anything to share out among the pixels.",
            "Choose another baseline, or compare with another class.",
        )
    return Failure(
        "incomplete",
        f"The parts do not add up: the map's sum misses the change of the score by more than {RESIDUAL:.0%}.",
        "With integrated gradients take more steps, a tolerance, or a baseline nearer to the picture.",
    )


def _flat(case: Case) -> Failure | None:
    if case.spec.name not in ("saliency", "smoothgrad") or case.blank or float(case.heatmap.sum()) >= FLAT:
        return None
    return Failure(
        "flat_gradient",
        "The gradient is nearly zero at every pixel (saturated): what is drawn may be rounding.",
        "Take a method that makes large steps: integrated gradients, occlusion or LIME.",
    )


def _edges(case: Case) -> Failure | None:
    if case.spec.supports.get("control") or case.blank:
        return None
    from skimage.filters import sobel

    step = max(1, min(case.heatmap.shape) // ENOUGH)
    strength, edges = (one[::step, ::step] for one in (np.abs(case.heatmap), sobel(case.image.mean(axis=-1))))
    # An empty background is empty in both, whatever the method: it may not make them alike.
    shared = (strength > 0) | (edges > 0)
    if rank_correlation(strength[shared], edges[shared]) <= SAME:
        return None
    return Failure(
        "edges",
        f"Nearly the picture's edges: their rank correlation with the map is above {SAME}, though they know no network.",
        "Do not take it for what the network uses: compare with the map of the same network with random weights.",
    )


def _coarse(case: Case) -> Failure | None:
    if case.channels is None or min(case.channels.shape[:2]) > COARSE:
        return None
    rows, columns = case.channels.shape[:2]
    named = ", ".join(case.finer[-3:])
    return Failure(
        "coarse_layer",
        f"Layer {case.layer} has a map of {rows} x {columns} values only, enlarged to the picture: its blobs have no shape.",
        f"Choose an earlier layer, for instance {named}." if named else "Choose a method that works on pixels.",
    )


def _silent(case: Case) -> Failure | None:
    count, total = int(case.silent.sum()), case.silent.size
    if not total or count == total or count <= MUTE * total:
        return None
    return Failure(
        "silent_channels",
        f"Most channels of layer {case.layer} are silent on this picture ({count} of {total} are zero): few speak in this map.",
        "See the layer's channels on other pictures: those that are silent on all are dead.",
        grave=False,
    )


def _saturated(case: Case) -> Failure | None:
    share = case.probability
    if share is None or 1 - SURE <= share <= SURE or case.blank:
        return None
    bound = f"above {SURE}" if share > SURE else f"below {1 - SURE:.3f}"
    seen = f"The network gives this class a probability {bound}, where the softmax is saturated: it hardly moves any more"
    if case.spec.name == "score_cam":
        return Failure(
            "saturated", f"{seen}, and {case.spec.label} weighs its channels by it.", "Take Grad-CAM, which uses the logit."
        )
    return Failure(
        "saturated",
        f"{seen}.",
        "This map explains the logit, the score before the softmax, which still moves; the probability may stay where it is.",
        grave=False,
    )


BLANK = ("dead_layer", "blank_cam", "blank", "one_superpixel")
"""Kinds that make the others meaningless."""

CHECKS: tuple[Callable[[Case], Failure | None], ...] = (
    *(_blank_layer, _blank, _superpixels, _fit, _residual, _flat, _edges, _coarse, _silent, _saturated),
)


def findings(case: Case) -> tuple[Failure, ...]:
    """What is unusual about one map, the grave first."""
    found = [failure for check in CHECKS if (failure := check(case)) is not None]
    # A blank map has no edges, parts or slopes to speak of: its reason is enough.
    found = [failure for failure in found if failure.code in BLANK] or found
    return tuple(sorted(found, key=lambda failure: not failure.grave))
