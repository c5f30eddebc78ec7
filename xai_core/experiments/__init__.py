"""Scenes computed: the chain of one, the figures of a model over a whole split."""

from .bench import LEVELS, PUBLISHED, Row, bench_denoiser, bench_denoisers, write_csv
from .chain import Noisy, Pictures, noisy, pictures, source
from .evaluation import evaluate
from .sweep import Quality, noise_levels, quality, rank_without_clean, sweep

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
    "rank_without_clean",
    "source",
    "sweep",
    "write_csv",
]
