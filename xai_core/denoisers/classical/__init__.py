"""Filters: thin calls of well-kept libraries. Adding one is a file with a function and a line here.

supports: blind - the filter needs no noise level.
"""

from ...registry import Parameter, Spec

FILTERS: tuple[Spec, ...] = (
    Spec(
        "median",
        "Median filter",
        "xai_core.denoisers.classical.median:median",
        "The middle value of each neighbourhood: removes salt & pepper, rounds off corners.",
        (Parameter("size", "Window", 3, 3, 9, 2, "pixels"),),
        citation="Tukey (1977)",
        passes="1 filter",
        supports={"blind": True},
    ),
    Spec(
        "non_local_means",
        "Non-local means",
        "xai_core.denoisers.classical.non_local_means:non_local_means",
        "Averages places of the picture that look alike.",
        (
            Parameter("strength", "Strength h / sigma", 0.6, 0.2, 2, 0.1),
            Parameter("patch", "Patch", 5, 3, 9, 2, "pixels"),
            Parameter("distance", "Search distance", 6, 3, 15, 1, "pixels"),
        ),
        citation="Buades, Coll & Morel (2005), doi:10.1109/CVPR.2005.38",
        passes="1 filter",
    ),
    Spec(
        "total_variation",
        "Total variation",
        "xai_core.denoisers.classical.total_variation:total_variation",
        "The flattest picture that is still close to the noisy one: keeps edges, removes texture.",
        (Parameter("strength", "Weight / sigma", 1.1, 0.2, 4, 0.1),),
        citation="Chambolle (2004), doi:10.1023/B:JMIV.0000011325.36760.1e",
        passes="up to 200 iterations",
    ),
)
