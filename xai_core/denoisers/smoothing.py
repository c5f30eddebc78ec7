"""Noise reduction of heat maps for display: filters of this package on a map scaled to a range of 1."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..registry import Parameter, Registry, Spec
from ..types import Array

CLASSICAL = "xai_core.denoisers.classical"

LEVEL = Parameter("level", "Noise assumed", 0.03, 0, 1, 0.01, "standard deviation, of the map's range")
"""The grain of integrated gradients has a standard deviation of 2 to 5 % of the map's range (measured on galaxies and digits)."""

SMOOTHINGS = Registry(
    "smoothing",
    (
        Spec("none", "None", "", "The map as it is."),
        Spec(
            "gaussian",
            "Gaussian blur",
            f"{CLASSICAL}.gaussian:gaussian",
            "An average in which near pixels count more.",
            (Parameter("width", "Width", 1.5, 0.3, 5, 0.1, "pixels"),),
            citation="Marr & Hildreth (1980), doi:10.1098/rspb.1980.0020",
        ),
        Spec(
            "median",
            "Median",
            f"{CLASSICAL}.median:median",
            "The middle value of each neighbourhood.",
            (Parameter("size", "Window", 5, 3, 9, 2, "pixels"),),
            citation="Tukey (1977)",
        ),
        Spec(
            "bilateral",
            "Bilateral filter",
            f"{CLASSICAL}.bilateral:bilateral",
            "A blur that leaves out pixels of another value.",
            (LEVEL,),
            citation="Tomasi & Manduchi (1998), doi:10.1109/ICCV.1998.710815",
        ),
        Spec(
            "nlm",
            "Non-local means",
            f"{CLASSICAL}.non_local_means:non_local_means",
            "Averages places of the map that look alike.",
            (LEVEL,),
            citation="Buades, Coll & Morel (2005), doi:10.1109/CVPR.2005.38",
        ),
        Spec(
            "wavelet",
            "Wavelet shrinkage",
            f"{CLASSICAL}.wavelet:wavelet",
            "Drops the waves of the map that are as small as its grain.",
            (LEVEL,),
            citation="Chang, Yu & Vetterli (2000), doi:10.1109/83.862633",
        ),
        Spec(
            "tv",
            "Total variation, weight 0.1",
            f"{CLASSICAL}.total_variation:total_variation",
            "The flattest map that is still close to the raw one.",
            (
                Parameter("level", "Weight", 0.1, 0, 1, 0.01, "of the map's range"),
                Parameter("strength", "Factor of the weight", 1.0, 0, 10, 0.1),
            ),
            citation="Chambolle (2004), doi:10.1023/B:JMIV.0000011325.36760.1e",
        ),
    ),
)
"""Those that take a `level` are given it as the noise's standard deviation; the others need none. "none" has no function."""


def smooth(heatmap: ArrayLike, method: str = "tv", **parameters: Any) -> Array:
    """Smooth one heat map for display: span * f(map / span), span = largest - least value.

    heatmap: (H, W), finite. method: a name of SMOOTHINGS; parameters: its own, in units of the map's range or of pixels, so that
    they mean the same on every map.
    Returns (H, W) float32 in the unit of the input, within its least and largest value. All these f commute with a shift and
    with a change of sign, f(m + c) = f(m) + c and f(-m) = -f(m), so neither sign is preferred and zero stays the middle.
    It changes what is seen, never a figure: metrics use the raw map.
    Raises UnknownName for another method, InvalidInput for another shape, NaN, or a parameter out of its range.
    """
    array = np.asarray(heatmap, np.float32)
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise InvalidInput(f"Expected a finite heat map of shape (H, W), received {array.shape} or NaN in it.")
    spec = SMOOTHINGS.get(method)
    values = spec.complete(parameters)
    low, high = float(array.min()), float(array.max())
    span = high - low
    if not spec.function or span == 0:
        return array.copy()
    noise = ([values.pop("level")],) if "level" in values else ()
    smoothed = spec.load()(array[None, ..., None] / np.float32(span), *noise, **values)[0, ..., 0]
    # Wavelets overshoot at edges: a map without evidence against may not get any.
    return np.asarray(np.clip(smoothed * np.float32(span), low, high), np.float32)
