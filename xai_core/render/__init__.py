"""Pictures of numbers: colour maps, heat maps, channel grids, Plotly figures. The only place that imports Plotly."""

from .colour import DIVERGING, LABELS, apply, css_colours
from .figures import CONFIG, PALETTE, curves, histogram, prediction_bars, training_curves
from .heatmap import SMOOTHINGS, ColourBar, colour_bar, limits, overlay, smooth
from .mosaic import SCALES, Mosaic, dead_channels, mosaic
from .spectra import SpectrumPicture, level_curve, noise_histogram, radial_spectrum, ringed, spectrum_picture

__all__ = [
    "CONFIG",
    "DIVERGING",
    "LABELS",
    "PALETTE",
    "SCALES",
    "SMOOTHINGS",
    "ColourBar",
    "Mosaic",
    "SpectrumPicture",
    "apply",
    "colour_bar",
    "css_colours",
    "curves",
    "dead_channels",
    "histogram",
    "level_curve",
    "limits",
    "mosaic",
    "noise_histogram",
    "overlay",
    "prediction_bars",
    "radial_spectrum",
    "ringed",
    "smooth",
    "spectrum_picture",
    "training_curves",
]
