"""The figures of a map: what each is, where it comes from, and what a value of it says in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .faithfulness import Curve

NEAR = 0.05
"""What two random maps may differ by on the scale from 0 to 1, so what is not clearly better or worse than chance."""


@dataclass(frozen=True)
class Definition:
    """text: how the figure is computed and which way is better, in words. source: authors, year, address."""

    text: str
    source: str


@dataclass(frozen=True)
class Figure:
    """One figure of a map: name (a key of `DEFINITIONS`), value (NaN: does not apply), reading (one sentence on this value).

    curve: for deletion and insertion, whose value is the area on the scale from the baseline's score to the picture's.
    """

    name: str
    value: float
    reading: str
    curve: Curve | None = None

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.name].text

    @property
    def source(self) -> str:
        return DEFINITIONS[self.name].source


SPARSENESS, COMPLEXITY, COMPLETENESS = "Sparseness", "Complexity", "Completeness residual"
MASS, RANK, POINTING = "Relevance mass", "Relevance rank accuracy", "Pointing game"
DELETION, INSERTION, ROAD, FIDELITY = "Deletion", "Insertion", "ROAD", "Mu-fidelity"
STABILITY, TWIN, MPRT = "Stability under noise", "Like an untrained network's", "Efficient MPRT"

PETSIUK = "Petsiuk, Das & Saenko (2018), arXiv:1806.07421"
ARRAS = "Arras, Osman & Samek (2022), arXiv:2003.07258"

DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        SPARSENESS: Definition(
            "Gini index of the absolute values: 0 evenly spread, near 1 on few pixels. Easier to read, not truer.",
            "Chalasani et al. (2020), arXiv:1810.06583",
        ),
        COMPLEXITY: Definition(
            "Entropy of the absolute values as shares of their sum, in nats: lower is easier to read.",
            "Bhatt, Weller & Moura (2020), arXiv:2005.00631",
        ),
        COMPLETENESS: Definition(
            "|sum of the map - (score of the picture - score of the baseline)|, as a share of that difference: 0 is exact.",
            "Sundararajan, Taly & Yan (2017), arXiv:1703.01365",
        ),
        MASS: Definition(
            "Share of the positive values that lies on the object (on castings: the defect); by chance its share of the picture.",
            ARRAS,
        ),
        RANK: Definition("Of the k highest pixels, k the object's size, the share that lies on the object.", ARRAS),
        POINTING: Definition(
            "1 if the highest value lies on the object, else 0.", "Zhang et al. (2018), doi:10.1007/s11263-017-1059-x"
        ),
        DELETION: Definition(
            "Area under the score while the highest pixels turn black first; 0: at the black picture's score from the start, "
            "1: at the full picture's to the end. LOWER is better.",
            PETSIUK,
        ),
        INSERTION: Definition(
            "Area under the score while the highest pixels appear first on black, on the scale of deletion. HIGHER is better.",
            PETSIUK,
        ),
        ROAD: Definition(
            "Score without the least marked pixels minus score without the most marked, halved, mean over 10 to 90 % of the "
            "pixels, which are filled from their neighbours. In units of the score; HIGHER is better.",
            "Rong et al. (2022), arXiv:2202.00449",
        ),
        FIDELITY: Definition(
            "Rank correlation, over 200 random parts of the picture, of the map's sum in the part and what the score loses when "
            "it turns black. 1 is best, 0 is chance.",
            "Bhatt, Weller & Moura (2020), arXiv:2005.00631",
        ),
        STABILITY: Definition(
            "Mean rank correlation of the map with those of the same picture under other draws of the same noise. 1 is best.",
            "this library",
        ),
        TWIN: Definition(
            "Rank correlation of the absolute values with the map of the same network after its weights were shuffled. "
            "Near 1 the map does not depend on what was learned; LOWER is better.",
            "Adebayo et al. (2018), arXiv:1810.03292",
        ),
        MPRT: Definition(
            "How much the entropy of the map's histogram rises when the network's weights are shuffled, as a share of it. "
            "It must be ABOVE 0.",
            "Hedström et al. (2024), arXiv:2401.06465",
        ),
    }
)
"""All figures, in the order in which they are measured."""


def read_sparseness(half: float) -> str:
    """half: share of the pixels that hold half of the map's total."""
    return "The map is blank." if np.isnan(half) else f"Half of the map's total lies on {half:.0%} of the pixels."


def read_complexity(value: float, pixels: int) -> str:
    return (
        "The map is blank."
        if np.isnan(value)
        else f"As spread out as an even map over {np.exp(value):,.0f} of {pixels:,} pixels."
    )


def read_completeness(value: float) -> str:
    if value < NEAR:
        return f"The pixels' parts add up to the change of the score, within {value:.1%}."
    return (
        f"The parts miss {value:.0%} of the change of the score: take more steps (integrated gradients), or the network adds "
        "constants outside of its layers (FullGrad)."
    )


def read_mass(value: float, chance: float) -> str:
    if np.isnan(value):
        return "Nothing in the map is positive."
    end = ", no more than by chance" if value < 1.1 * chance else ""
    return f"{value:.0%} of the evidence lies on the object, which fills {chance:.0%} of the picture{end}."


def read_rank(value: float, count: int, chance: float) -> str:
    return f"Of the {count:,} highest pixels {value:.0%} lie on the object; by chance {chance:.0%} would."


def read_pointing(hit: bool) -> str:
    return "The highest value lies on the object." if hit else "The highest value does not lie on the object."


def read_deletion(value: float, chance: float) -> str:
    if np.isnan(value) or np.isnan(chance):
        return NO_SCALE
    if abs(value - chance) < NEAR:
        return f"Hiding what is marked lowers the score no faster than hiding random pixels does ({chance:.2f})."
    return f"Hiding what is marked lowers the score {_speed(value < chance)} than hiding random pixels does ({chance:.2f})."


def read_insertion(value: float, chance: float) -> str:
    if np.isnan(value) or np.isnan(chance):
        return NO_SCALE
    if abs(value - chance) < NEAR:
        return f"Showing only what is marked brings the score back no faster than random pixels do ({chance:.2f})."
    return f"Showing only what is marked brings the score back {_speed(value > chance)} than random pixels do ({chance:.2f})."


NO_SCALE = "The picture hardly scores higher than a black one, so there is nothing to lose: see the curve."


def _number(value: float) -> str:
    """Two decimals and a minus sign that is none of a line break's hyphens."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\u2212")


def _speed(faster: bool) -> str:
    return "faster" if faster else "more slowly"


def read_road(value: float, chance: float, span: float) -> str:
    """span: |score of the picture - score of the baseline|, the scale on which a difference is small or not."""
    if abs(value - chance) < NEAR * span:
        return f"Removing what is marked costs the score no more than removing the rest (random map: {_number(chance)})."
    words = "lower" if value > chance else "higher"
    return f"The score is {2 * abs(value):.2g} {words} without what is marked than without the rest."


def read_fidelity(value: float, chance: float) -> str:
    if np.isnan(value):
        return "The score or the map does not change, so there is nothing to compare."
    if abs(value) < max(0.2, 2 * abs(chance)):
        return f"Where the map is high, the score loses no more than elsewhere (random map: {_number(chance)})."
    if value < 0:
        return "Where the map is high, the score loses less than elsewhere: it ranks the parts the wrong way round."
    how = "closely" if value > 0.7 else "roughly" if value > 0.4 else "weakly"
    return f"The map ranks the parts of the picture {how} as the score's losses do (random map: {_number(chance)})."


def read_stability(value: float, note: str) -> str:
    words = ((0.9, "nearly the same"), (0.6, "a similar"), (0.3, "a rather different"), (-1, "quite another"))
    how = next(word for least, word in words if value >= least)
    return f"Another draw of the noise gives {how} order of the pixels{note}."


def read_twin(value: float, note: str) -> str:
    if value > 0.8:
        return f"A network that has learned nothing gives nearly the same map: it shows the picture, not what was learned{note}."
    if value > 0.5:
        return f"A network that has learned nothing gives a similar map: part of it shows the picture alone{note}."
    return f"A network that has learned nothing gives another map: this one depends on what was learned{note}."


def read_mprt(value: float, note: str) -> str:
    if np.isnan(value):
        return "The map is constant, so it has no complexity to compare."
    if value > 0:
        return f"The map of a network that has learned nothing is {value:.0%} more complex, as it should be{note}."
    return f"The map of a network that has learned nothing is no more complex ({value:.0%}): the test is not passed{note}."
