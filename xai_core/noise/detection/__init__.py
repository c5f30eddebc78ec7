"""Which noise is on a picture and how much of it, told from the noisy picture alone."""

from .base import KINDS, LAWS, Detected, Kind
from .detect import METHODS, Method, detect_noise, estimate, opinion_pool
from .network import DETECTORS, NoiseDetector, load_noise_detector
from .spectra import CHANNELS, log_spectrum, noise_spectra

__all__ = [
    "CHANNELS",
    "DETECTORS",
    "KINDS",
    "LAWS",
    "METHODS",
    "Detected",
    "Kind",
    "Method",
    "NoiseDetector",
    "detect_noise",
    "estimate",
    "load_noise_detector",
    "log_spectrum",
    "noise_spectra",
    "opinion_pool",
]
