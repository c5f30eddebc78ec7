"""xai_core: noise, denoisers, classifiers and their explanations, as pure functions over images.

    import xai_core as xc
    data = xc.load_dataset("simulated_galaxies")
    noisy = xc.add_noise(data.images[:4], "gaussian", level=25, seed=0)
    denoised = xc.load_denoiser("non_local_means")(noisy)
    maps = xc.explain(xc.load_classifier("galaxy-cnn2"), denoised, "integrated_gradients")

Everything is imported on first use: `import xai_core` costs milliseconds and does not import TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "load_dataset": "datasets",
    "from_bytes": "datasets.upload",
    "add_noise": "noise",
    "estimate_sigma": "noise.estimate",
    "load_denoiser": "denoisers",
    "load_classifier": "classifiers",
    "activation_maximisation": "explainers",
    "activations": "explainers",
    "explain": "explainers",
    "evaluate": "experiments",
    "pictures": "experiments",
    "Scene": "scene",
    "clip": "images",
    "quantise": "images",
}
_REGISTRIES = {
    "list_datasets": ("datasets", "DATASETS"),
    "list_noises": ("noise", "NOISES"),
    "list_denoisers": ("denoisers", "DENOISERS"),
    "list_classifiers": ("classifiers", "CLASSIFIERS"),
    "list_explainers": ("explainers", "EXPLAINERS"),
}

__all__ = ["__version__", "metrics", *_PLACES, *_REGISTRIES]

if TYPE_CHECKING:
    from . import metrics as metrics
    from .classifiers import load_classifier as load_classifier
    from .datasets import load_dataset as load_dataset
    from .datasets.upload import from_bytes as from_bytes
    from .denoisers import load_denoiser as load_denoiser
    from .experiments import evaluate as evaluate
    from .experiments import pictures as pictures
    from .explainers import activation_maximisation as activation_maximisation
    from .explainers import activations as activations
    from .explainers import explain as explain
    from .images import clip as clip
    from .images import quantise as quantise
    from .noise import add_noise as add_noise
    from .noise.estimate import estimate_sigma as estimate_sigma
    from .scene import Scene as Scene


def __getattr__(name: str) -> Any:
    if name == "metrics":
        return import_module(".metrics", __name__)
    if name in _PLACES:
        return getattr(import_module(f".{_PLACES[name]}", __name__), name)
    if name in _REGISTRIES:
        place, registry = _REGISTRIES[name]
        specs = getattr(import_module(f".{place}", __name__), registry).specs
        return lambda: specs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
