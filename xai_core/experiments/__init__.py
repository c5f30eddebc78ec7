"""Scenes computed: the chain of one, the figures of a model over a whole split."""

from .bench import LEVELS, PUBLISHED, Row, bench_denoiser, bench_denoisers, write_csv
from .chain import Noisy, Pictures, noisy, pictures, source
from .drift import Drift, drift, drift_levels
from .evaluation import evaluate
from .planted import PlantedRow, PlantedTable, planted_markdown, planted_table
from .sweep import Quality, noise_levels, quality, rank_without_clean, sweep

__all__ = [
    "LEVELS",
    "PUBLISHED",
    "Drift",
    "Noisy",
    "Pictures",
    "PlantedRow",
    "PlantedTable",
    "Quality",
    "Row",
    "bench_denoiser",
    "bench_denoisers",
    "drift",
    "drift_levels",
    "evaluate",
    "noise_levels",
    "noisy",
    "pictures",
    "planted_markdown",
    "planted_table",
    "quality",
    "rank_without_clean",
    "source",
    "sweep",
    "write_csv",
]
