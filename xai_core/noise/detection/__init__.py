"""Which noise is on a picture and how much of it, told from the noisy picture alone."""

from .base import KINDS, LAWS, Detected, Kind
from .classical import detect_noise
from .spectra import log_spectrum

__all__ = ["KINDS", "LAWS", "Detected", "Kind", "detect_noise", "log_spectrum"]
