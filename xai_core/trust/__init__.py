"""Can an explanation be trusted? Figures of one map, by name and source, each with a sentence on its value."""

from .agreement import Agreement, agreement, rank_correlation, top_overlap
from .complexity import complexity, half_share, sparseness
from .definitions import DEFINITIONS, Definition, Figure
from .faithfulness import Curve, deletion, insertion
from .fidelity import Ablation, ablate, mu_fidelity
from .imputation import impute, road
from .localisation import pointing_game, relevance_mass, relevance_rank
from .randomisation import efficient_mprt, randomised
from .row import Reference, glance, reference, trust

__all__ = [
    "DEFINITIONS",
    "Ablation",
    "Agreement",
    "Curve",
    "Definition",
    "Figure",
    "Reference",
    "ablate",
    "agreement",
    "complexity",
    "deletion",
    "efficient_mprt",
    "glance",
    "half_share",
    "impute",
    "insertion",
    "mu_fidelity",
    "pointing_game",
    "randomised",
    "rank_correlation",
    "reference",
    "relevance_mass",
    "relevance_rank",
    "road",
    "sparseness",
    "top_overlap",
    "trust",
]
