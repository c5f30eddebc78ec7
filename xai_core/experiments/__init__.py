"""Scenes computed: the chain of one, the figures of a model over a whole split."""

from .bench import LEVELS, PUBLISHED, Row, bench_denoiser, bench_denoisers, write_csv
from .chain import Noisy, Pictures, noisy, pictures, source
from .evaluation import evaluate
from .sweep import Quality, noise_levels, quality, sweep

__all__ = [
    "LEVELS",
    "PUBLISHED",
    "Noisy",
    "Pictures",
    "Quality",
    "Row",
    "bench_denoiser",
    "bench_denoisers",
    "evaluate",
    "noise_levels",
    "noisy",
    "pictures",
    "quality",
    "source",
    "sweep",
    "write_csv",
]
