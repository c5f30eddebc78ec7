"""The sections of the page Home."""

import streamlit as st

from xai_core import render
from xai_core.datasets import DATASETS
from xai_core.experiments import Pictures
from xai_core.scene import Scene, classifiers_for
from xai_core.types import Dataset
from xai_core.weights import read_manifest

from . import cache, panels
from .viewer import ColourBar, Picture, viewer


def chain(scene: Scene, upload: Dataset | None) -> None:
    """The whole product in one row: clean, noisy, denoised, classified, explained."""
    found = cache.pictures(scene, upload)
    pictures = [
        Picture("1. A clean picture", found.clean[0]),
        Picture("2. Noise is added", found.noisy[0], panels.quality(found.clean, found.noisy)),
        Picture("3. A denoiser cleans it", found.denoised[0], panels.quality(found.clean, found.denoised)),
    ]
    bar = None
    if cache.warm() and classifiers_for(scene.dataset):
        with panels.guard():
            evidence, bar = _evidence(scene, upload, found)
            pictures.append(evidence)
    viewer(pictures, key="chain", columns=4, bar=bar)
    if cache.warm():
        st.caption("It is live: move the noise slider in the column on the left.")
    else:
        _wait()


def _evidence(scene: Scene, upload: Dataset | None, found: Pictures) -> tuple[Picture, ColourBar]:
    """The last picture of the chain: Grad-CAM on the denoised picture, for the class predicted on the clean one."""
    names = cache.classifier(scene).class_names
    shares = cache.probabilities(scene, upload)
    top = int(shares[0].argmax())
    heatmap = cache.explanation(scene, upload, scene.classifier, "grad_cam", f"class:{top}", {}).heatmap[2]
    [(low, high)] = render.limits([heatmap], False)
    drawn = render.overlay(found.denoised[0], heatmap, low=low, high=high, colormap=scene.colormap, alpha=scene.alpha)
    caption = f"taken for {names[int(shares[2].argmax())]}, {shares[2].max():.0%}"
    bar = render.colour_bar(
        scene.colormap, low, high, low_word="no support", high_word=f"evidence for {names[top]} (Grad-CAM, picture 4)"
    )
    return Picture("4. Classified and explained", drawn, caption, values=heatmap), bar


@st.fragment(run_every=0.5)
def _wait() -> None:
    st.caption("TensorFlow is starting: the fourth picture, the classifier's evidence, comes in some seconds.")
    if cache.warm():
        st.rerun()


def doors() -> None:
    """Where to start."""
    explore, teach, measure = st.columns(3)
    with explore.container(border=True):
        st.markdown("**Explore**\n\nTurn the noise up and watch what a denoiser keeps, layer by layer.")
        st.page_link("pages/denoise.py", label="Open Denoise")
    with teach.container(border=True):
        st.markdown(
            "**Teach**\n\nPut Grad-CAM, LIME and integrated gradients side by side; every view is a link that you can hand out."
        )
        st.page_link("pages/classify.py", label="Open Classify")
        st.page_link("pages/castings.py", label="Open a whole study: Castings")
        st.page_link("pages/cifar10.py", label="Open a whole study: CIFAR-10")
    with measure.container(border=True):
        st.markdown(
            "**Measure**\n\nRead what each network was trained on, how good it is on pictures it never saw, and where it fails."
        )
        st.page_link("pages/models.py", label="Open Models")


def installed() -> None:
    """Which data and models are on this machine, and how to get more."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Data on this machine**")
        rows = []
        for spec in DATASETS:
            origin = cache.origin(spec.name)
            rows.append((spec.label, origin or "not installed", "" if origin else _how_to_get(spec.name)))
        st.dataframe(
            {"Data set": [row[0] for row in rows], "Here": [row[1] for row in rows], "How to get it": [row[2] for row in rows]},
            hide_index=True,
        )
    with right:
        st.markdown("**Trained models**")
        manifest = read_manifest()
        st.dataframe(
            {
                "Model": [record["label"] for record in manifest.values()],
                "Parameters": [record["parameters"] for record in manifest.values()],
            },
            hide_index=True,
        )
        st.caption(
            f"Computing on: {cache.device_name()}. A GPU is used by itself where TensorFlow finds one (requirements-gpu.txt)."
        )


def _how_to_get(name: str) -> str:
    if DATASETS.get(name).supports.get("download"):
        return f"python -m xai_core datasets --download {name}"
    return "copy it into data/ (see README)"
