"""Everything that the pages ask for, from the store if it was computed before. Keys are texts made from the Scene."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import script_runner

from xai_core import device, weights
from xai_core.classifiers import Classifier, load_classifier
from xai_core.datasets import load_dataset
from xai_core.datasets._sources import data_dirs
from xai_core.denoisers import DENOISERS, Denoiser, load_denoiser
from xai_core.errors import NoiseLensError
from xai_core.experiments import Noisy, Pictures, Quality, source
from xai_core.experiments import noisy as _noisy
from xai_core.experiments import pictures as _pictures
from xai_core.experiments import quality as _quality
from xai_core.explainers import LayerHealth, LayerSummary, layer_health, summarise_layers
from xai_core.explainers import activations as _activations
from xai_core.explainers import explain as _explain
from xai_core.images import resize, to_channels
from xai_core.scene import Scene
from xai_core.types import Array, Dataset, Explanation, Progress

from .store import Store

CAPACITY = 192 * 2**20
"""Bytes of results that a server keeps."""

PICTURE_FIELDS = (
    *("dataset", "index", "upload", "noise", "level", "seed", "noise_parameters", "clip"),
    *("denoiser", "denoiser_parameters", "level_source"),
)
"""The fields of a Scene that decide its clean, noisy and denoised picture."""


def weights_key(name: str) -> str:
    """What a trained model's results depend on besides the Scene: the checksum of its weights ("" for a filter)."""
    if name in DENOISERS and not DENOISERS.get(name).supports.get("neural"):
        return ""
    return str(weights.entry(name)["sha256"])


def noise_key(scene: Scene) -> str:
    """The key of a scene's clean and noisy picture, whatever the denoiser."""
    return scene.key(*PICTURE_FIELDS[: PICTURE_FIELDS.index("denoiser")])


def picture_key(scene: Scene) -> str:
    return f"{scene.key(*PICTURE_FIELDS)}-{weights_key(scene.denoiser)}"


def keep_networks() -> None:
    """Keep networks and their compiled functions from one run of a page to the next.

    Streamlit ends every run with keras.backend.clear_session(), for scripts that build a network each time they run. Here
    networks are built once, and clearing costs 0.4 s a run and makes TensorFlow prepare every function again.
    """
    vars(script_runner)["_clean_problem_modules"] = lambda: None


@st.cache_resource(show_spinner=False)
def _loader() -> threading.Thread:
    """One thread a server, which imports TensorFlow when it is started."""
    return threading.Thread(target=device.configure, name="warm-up", daemon=True)


def warm_up() -> threading.Thread:
    """Import TensorFlow in the background, once a server.

    Importing takes ten seconds and slows down whatever runs beside it, so a page that can do without starts it when it is drawn.
    """
    keep_networks()
    thread = _loader()
    with suppress(RuntimeError):  # it was started before
        thread.start()
    return thread


def warm() -> bool:
    """Whether TensorFlow is loaded."""
    return _loader().ident is not None and not _loader().is_alive()


def device_name() -> str:
    """The device that networks run on; waits for TensorFlow."""
    warm_up().join()
    return device.configure()


def origin(name: str) -> str:
    """Where a data set comes from ("simulated", "bundled subset", ...); empty if it is not on this machine."""
    return _cached_origin(name, str(data_dirs()))


@st.cache_data(show_spinner=False, max_entries=32)
def _cached_origin(name: str, where: str) -> str:
    try:
        return load_dataset(name).provenance.origin
    except NoiseLensError:
        return ""


@st.cache_resource(show_spinner=False)
def results() -> Store:
    """All results of this server: pictures, maps, drawn rows."""
    return Store(CAPACITY)


def drawn(key: str, draw: Callable[[], Any]) -> Any:
    """What `draw()` returns, from the store if it was drawn before."""
    return results().get(f"drawn-{key}", draw)


def noisy(scene: Scene, upload: Dataset | None) -> Noisy:
    """The scene's picture before and after noise."""
    found: Noisy = results().get(f"noisy-{noise_key(scene)}", lambda: _noisy(scene, upload))
    return found


def pictures(scene: Scene, upload: Dataset | None) -> Pictures:
    """The scene's pictures."""
    found: Pictures = results().get(f"pictures-{picture_key(scene)}", lambda: _pictures(scene, upload))
    return found


def quality(scene: Scene, upload: Dataset | None) -> Quality:
    """The figures of the scene's denoised picture."""
    found: Quality = results().get(f"quality-{picture_key(scene)}", lambda: _quality(pictures(scene, upload)))
    return found


def columns(scene: Scene, upload: Dataset | None) -> Array:
    """Clean, noisy and denoised picture as one batch (3, H, W, C)."""
    found = pictures(scene, upload)
    return np.concatenate([found.clean, found.noisy, found.denoised])


def thumbnail(dataset: Dataset, index: int, side: int) -> Array:
    """A small copy of one picture of a data set, (h, w, 3)."""
    image = dataset.image(index)
    scale = max(1, round(max(image.shape[1:3]) / side))
    return to_channels(resize(image, image.shape[1] // scale, image.shape[2] // scale), 3)[0]


def dataset_of(scene: Scene, upload: Dataset | None) -> Dataset:
    return source(scene, upload)


def denoiser(scene: Scene) -> Denoiser:
    return load_denoiser(scene.denoiser, **dict(scene.denoiser_parameters))


def classifier(scene: Scene) -> Classifier:
    return load_classifier(scene.classifier)


def network(scene: Scene, upload: Dataset | None, name: str) -> Denoiser | Classifier:
    """The scene's denoiser, told the level of the scene's noise, or its classifier."""
    return denoiser(scene).at(pictures(scene, upload).level) if name == scene.denoiser else classifier(scene)


def probabilities(scene: Scene, upload: Dataset | None) -> Array:
    """Probabilities of the classes for clean, noisy, denoised: (3, classes)."""
    key = f"probabilities-{picture_key(scene)}-{scene.classifier}-{weights_key(scene.classifier)}"
    found: Array = results().get(key, lambda: classifier(scene)(columns(scene, upload)))
    return found


def activations_key(scene: Scene, name: str) -> str:
    """The key of a network's activations: what is shown, which network."""
    return f"{picture_key(scene)}-{name}-{weights_key(name)}"


def activations(scene: Scene, upload: Dataset | None, name: str, layer: str) -> Array:
    """Outputs of one layer of a network (the scene's denoiser or classifier) for clean, noisy, denoised: (3, ...).

    Not kept: what is drawn from them is, and they are large.
    """
    return _activations(network(scene, upload, name), columns(scene, upload), [layer])[layer]


def layer_summaries(scene: Scene, upload: Dataset | None, name: str) -> tuple[LayerSummary, ...]:
    """Range and change of every layer of a network for clean, noisy, denoised."""

    def compute() -> tuple[LayerSummary, ...]:
        return summarise_layers(network(scene, upload, name), columns(scene, upload))

    found: tuple[LayerSummary, ...] = results().get(f"layers-{activations_key(scene, name)}", compute)
    return found


def health(name: str, sha256: str, dataset: str, count: int) -> tuple[LayerHealth, ...]:
    """The health of a classifier's layers on the first pictures of a data set; sha256: of its weights."""

    def compute() -> tuple[LayerHealth, ...]:
        images = load_dataset(dataset)
        return layer_health(load_classifier(name), np.concatenate([images.image(index) for index in range(count)]))

    found: tuple[LayerHealth, ...] = results().get(f"health-{name}-{sha256}-{dataset}-{count}", compute)
    return found


def explanation_key(scene: Scene, name: str, method: str, target: str, parameters: dict[str, Any]) -> str:
    """The key of one row of maps: what is shown, which network, how it is explained."""
    return f"{picture_key(scene)}-{name}-{weights_key(name)}-{method}-{target}-{sorted(parameters.items())}"


def explanation(
    scene: Scene, upload: Dataset | None, name: str, method: str, target: str, parameters: dict[str, Any]
) -> Explanation:
    """Maps of one method for clean, noisy, denoised: heatmap (3, H, W)."""
    key = explanation_key(scene, name, method, target, parameters)
    found: Explanation = results().get(key, lambda: compute_explanation(scene, upload, name, method, target, parameters))
    return found


def compute_explanation(
    scene: Scene,
    upload: Dataset | None,
    name: str,
    method: str,
    target: str,
    parameters: dict[str, Any],
    progress: Progress | None = None,
    preview: Callable[[Explanation], None] | None = None,
) -> Explanation:
    """As `explanation`, computed here and now; progress, preview: as for `xai_core.explain`."""
    model = network(scene, upload, name)
    images = columns(scene, upload)
    if method == "lime":
        # The superpixels of the clean picture for all three, so that their maps can be compared.
        from xai_core.explainers import superpixels

        count = parameters.get("segments", 50)
        parameters = parameters | {"segments": superpixels(model.prepare(images[:1])[0], count)}
    return _explain(model, images, method, target, progress=progress, preview=preview, **parameters)
