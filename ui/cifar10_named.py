"""CIFAR-10, section "Can a classifier still name it?": its answers on this picture, and how often it is right over many."""

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.classifiers import CLASSIFIERS, load_classifier
from xai_core.denoisers import DENOISERS, fits
from xai_core.experiments import Noisy
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, cifar10_measured, panels
from .cifar10_denoise import BESIDE, denoised, key_of

NAME = "cnn-cifar10"


def section(scene: Scene, upload: Dataset | None, found: Noisy, name: str) -> None:
    """Bars for this picture, then what was measured over many."""
    with panels.guard():
        _picture(scene, upload, found, name)
    cifar10_measured.section(scene)


def _picture(scene: Scene, upload: Dataset | None, found: Noisy, name: str) -> None:
    """Probabilities of the classes on clean, noisy and denoised."""
    if not fits(DENOISERS.get("variational-cifar10"), found.clean.shape[1:]):
        st.info("The classifier knows the ten classes of CIFAR-10, at 32 x 32 pixels.")
        return
    columns = {"Clean": found.clean, "Noisy": found.noisy, "Denoised (variational)": denoised(scene, found, name)}
    keys = [key_of(scene, name), cache.weights_key(NAME)]
    other = next(other for other in BESIDE if fits(DENOISERS.get(other), found.clean.shape[1:]))
    with panels.guard():
        columns[f"Denoised ({BESIDE[other]})"] = denoised(scene, found, other)
        keys.append(key_of(scene, other))
    shares: Array = cache.drawn(
        f"named-{keys}-{scene.level_source}", lambda: load_classifier(NAME)(np.concatenate(list(columns.values())))
    )
    classes = load_classifier(NAME).class_names
    truth = cache.dataset_of(scene, upload).label_name(scene.index)
    st.markdown(_sentence(classes, dict(zip(columns, shares, strict=True)), truth))
    chart = render.prediction_bars(classes, dict(zip(columns, shares, strict=True)), top=4, truth=truth)
    st.plotly_chart(chart, config=render.CONFIG, key="cifar10-named", width="stretch")


def _sentence(classes: tuple[str, ...], shares: dict[str, Array], truth: str) -> str:
    """What each picture is taken for."""
    told = ", ".join(f"{column}: **{classes[int(share.argmax())]}** ({share.max():.0%})" for column, share in shares.items())
    label = CLASSIFIERS.get(NAME).label
    if truth not in classes:
        return f"{label} names it as follows. {told}. The picture has no label of the ten, so no answer is right or wrong."
    return f"The picture is labelled **{truth}**. {label} names it as follows. {told}."
