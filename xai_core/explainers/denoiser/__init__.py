"""Explain a denoiser: what an output pixel depends on, what came from the noise, what was added."""

from ._shapes import diffusion_index, gini
from .ablation import ChannelEffects, ablate, channel_effects
from .chain import ChainResult, chain
from .effective_filter import EffectiveFilter, effective_filter
from .lam import LamResult, lam
from .noise_through_layers import LayerNoise, noise_through_layers
from .posterior import PosteriorDirections, posterior_directions
from .removed_evidence import RemovedEvidence, removed_evidence
from .split import NoiseShares, Regions, Split, noise_by_region, regions, split_noise

__all__ = [
    "ChainResult",
    "ChannelEffects",
    "EffectiveFilter",
    "LamResult",
    "LayerNoise",
    "NoiseShares",
    "PosteriorDirections",
    "Regions",
    "RemovedEvidence",
    "Split",
    "ablate",
    "chain",
    "channel_effects",
    "diffusion_index",
    "effective_filter",
    "gini",
    "lam",
    "noise_by_region",
    "noise_through_layers",
    "posterior_directions",
    "regions",
    "removed_evidence",
    "split_noise",
]
