"""Every cache of the product. Keys are texts made from the Scene; arrays are passed as `_arguments`, never hashed."""

import threading
from typing import Any

import numpy as np
import streamlit as st

from xai_core import device, weights
from xai_core.classifiers import Classifier, load_classifier
from xai_core.datasets import load_dataset
from xai_core.datasets._sources import data_dirs
from xai_core.denoisers import DENOISERS, Denoiser, load_denoiser
from xai_core.errors import NoiseLensError
from xai_core.experiments import Pictures, source
from xai_core.experiments import pictures as _pictures
from xai_core.explainers import activations as _activations
from xai_core.explainers import explain as _explain
from xai_core.images import resize, to_channels
from xai_core.scene import Scene
from xai_core.types import Array, Dataset, Explanation, Progress

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


def picture_key(scene: Scene) -> str:
    return f"{scene.key(*PICTURE_FIELDS)}-{weights_key(scene.denoiser)}"


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import TensorFlow in the background, once a server: the first page need not wait for it."""
    thread = threading.Thread(target=device.configure, name="warm-up", daemon=True)
    thread.start()
    return thread


def warm() -> bool:
    """Whether TensorFlow is loaded."""
    return not warm_up().is_alive()


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


def pictures(scene: Scene, upload: Dataset | None) -> Pictures:
    """The scene's pictures, from the cache if they were computed before."""
    return _cached_pictures(picture_key(scene), scene, upload)


@st.cache_data(show_spinner=False, max_entries=256)
def _cached_pictures(key: str, _scene: Scene, _upload: Dataset | None) -> Pictures:
    return _pictures(_scene, _upload)


def columns(scene: Scene, upload: Dataset | None) -> Array:
    """Clean, noisy and denoised picture as one batch (3, H, W, C)."""
    found = pictures(scene, upload)
    return np.concatenate([found.clean, found.noisy, found.denoised])


@st.cache_data(show_spinner=False, max_entries=64)
def thumbnails(key: str, indices: tuple[int, ...], side: int, _dataset: Dataset) -> list[Array]:
    """Small copies of some pictures of a data set."""
    small = []
    for index in indices:
        image = _dataset.image(index)
        scale = max(1, round(max(image.shape[1:3]) / side))
        small.append(to_channels(resize(image, image.shape[1] // scale, image.shape[2] // scale), 3)[0])
    return small


def dataset_of(scene: Scene, upload: Dataset | None) -> Dataset:
    return source(scene, upload)


def denoiser(scene: Scene) -> Denoiser:
    return load_denoiser(scene.denoiser, **dict(scene.denoiser_parameters))


def classifier(scene: Scene) -> Classifier:
    return load_classifier(scene.classifier)


def probabilities(scene: Scene, upload: Dataset | None) -> Array:
    """Probabilities of the classes for clean, noisy, denoised: (3, classes)."""
    key = f"{picture_key(scene)}-{scene.classifier}-{weights_key(scene.classifier)}"
    return _cached_probabilities(key, scene, upload)


@st.cache_data(show_spinner=False, max_entries=256)
def _cached_probabilities(key: str, _scene: Scene, _upload: Dataset | None) -> Array:
    return classifier(_scene)(columns(_scene, _upload))


def activations(scene: Scene, upload: Dataset | None, name: str) -> dict[str, Array]:
    """Outputs of all layers of a network (the scene's denoiser or classifier) for clean, noisy, denoised."""
    return _cached_activations(f"{picture_key(scene)}-{name}-{weights_key(name)}", name, scene, upload)


@st.cache_resource(show_spinner=False, max_entries=12)  # a resource: tens of megabytes, read only, need not be copied
def _cached_activations(key: str, name: str, _scene: Scene, _upload: Dataset | None) -> dict[str, Array]:
    network = denoiser(_scene) if name == _scene.denoiser else classifier(_scene)
    return _activations(network, columns(_scene, _upload))


def explanation_key(scene: Scene, name: str, method: str, target: str, parameters: dict[str, Any]) -> str:
    """The key of one row of maps: what is shown, which network, how it is explained."""
    return f"{picture_key(scene)}-{name}-{weights_key(name)}-{method}-{target}-{sorted(parameters.items())}"


def explanation(
    scene: Scene, upload: Dataset | None, name: str, method: str, target: str, parameters: dict[str, Any]
) -> Explanation:
    """Maps of one method for clean, noisy, denoised: heatmap (3, H, W)."""
    return _cached_explanation(
        explanation_key(scene, name, method, target, parameters), name, method, target, parameters, scene, upload
    )


@st.cache_data(show_spinner=False, max_entries=256)
def _cached_explanation(
    key: str, name: str, method: str, target: str, parameters: dict[str, Any], _scene: Scene, _upload: Dataset | None
) -> Explanation:
    return compute_explanation(_scene, _upload, name, method, target, parameters)


def compute_explanation(
    scene: Scene,
    upload: Dataset | None,
    name: str,
    method: str,
    target: str,
    parameters: dict[str, Any],
    progress: Progress | None = None,
) -> Explanation:
    """As `explanation`, computed here and now."""
    network = denoiser(scene) if name == scene.denoiser else classifier(scene)
    images = columns(scene, upload)
    if method == "lime":
        # The superpixels of the clean picture for all three, so that their maps can be compared.
        from xai_core.explainers import superpixels

        count = parameters.get("segments", 50)
        parameters = parameters | {"segments": superpixels(network.prepare(images[:1])[0], count)}
    return _explain(network, images, method, target, progress=progress, **parameters)
