"""Scenes computed: the chain of one, the figures of a model over a whole split."""

from .bench import LEVELS, PUBLISHED, Row, bench_denoiser, bench_denoisers, write_csv
from .chain import Noisy, Pictures, noisy, pictures, source, with_noise
from .cost import Cost, cost
from .drift import Drift, drift, drift_levels
from .evaluation import evaluate
from .grid import CLEAN, NONE, Condition, Grid
from .latent_map import PROJECTIONS, LatentMap, kinds, latent_map
from .planted import PlantedRow, PlantedTable, planted_markdown, planted_table
from .presets import PRESETS, Preset, get_preset, grid_of, usual_scene
from .results import Results, Summary, load_results, summaries
from .runner import Status, folder_of, run
from .sweep import Quality, noise_levels, quality, rank_without_clean, sweep

__all__ = [
    "CLEAN",
    "LEVELS",
    "NONE",
    "PRESETS",
    "PROJECTIONS",
    "PUBLISHED",
    "Condition",
    "Cost",
    "Drift",
    "Grid",
    "LatentMap",
    "Noisy",
    "Pictures",
    "PlantedRow",
    "PlantedTable",
    "Preset",
    "Quality",
    "Results",
    "Row",
    "Status",
    "Summary",
    "bench_denoiser",
    "bench_denoisers",
    "cost",
    "drift",
    "drift_levels",
    "evaluate",
    "folder_of",
    "get_preset",
    "grid_of",
    "kinds",
    "latent_map",
    "load_results",
    "noise_levels",
    "noisy",
    "pictures",
    "planted_markdown",
    "planted_table",
    "quality",
    "rank_without_clean",
    "run",
    "source",
    "summaries",
    "sweep",
    "usual_scene",
    "with_noise",
    "write_csv",
]
