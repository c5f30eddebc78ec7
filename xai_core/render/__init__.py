"""Pictures of numbers: colour maps, heat maps, channel grids, Plotly figures. The only place that imports Plotly."""

from ..denoisers.smoothing import SMOOTHINGS, smooth
from .colour import DIVERGING, JET_WARNING, LABELS, apply, css_colours
from .experiments import confusion_difference, confusion_matrix, interval_curves
from .figures import CONFIG, PALETTE, curves, histogram, prediction_bars, training_curves
from .heatmap import ColourBar, bar_note, colour_bar, limits, overlay, reordering, unit
from .mosaic import SCALES, Mosaic, dead_channels, mosaic
from .projection import projection
from .spectra import SpectrumPicture, level_curve, noise_histogram, radial_spectrum, ringed, spectrum_picture
from .trust import drift_curves, matrix, removal_curves

__all__ = [
    "CONFIG",
    "DIVERGING",
    "JET_WARNING",
    "LABELS",
    "PALETTE",
    "SCALES",
    "SMOOTHINGS",
    "ColourBar",
    "Mosaic",
    "SpectrumPicture",
    "apply",
    "bar_note",
    "colour_bar",
    "confusion_difference",
    "confusion_matrix",
    "css_colours",
    "curves",
    "dead_channels",
    "drift_curves",
    "histogram",
    "interval_curves",
    "level_curve",
    "limits",
    "matrix",
    "mosaic",
    "noise_histogram",
    "overlay",
    "prediction_bars",
    "projection",
    "radial_spectrum",
    "removal_curves",
    "reordering",
    "ringed",
    "smooth",
    "spectrum_picture",
    "training_curves",
    "unit",
]
