"""CIFAR-10, section "What lies near it in the code?": neighbours, clusters and a plane of pictures that can be clicked."""

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from xai_core import render
from xai_core.datasets import DATASETS, load_dataset
from xai_core.denoisers import Denoiser, load_denoiser
from xai_core.denoisers.latent import features
from xai_core.experiments import Noisy
from xai_core.experiments.latent_map import LatentMap, kinds, latent_map
from xai_core.noise import add_noise
from xai_core.render.projection import projection
from xai_core.scene import UPLOAD, Scene
from xai_core.types import Array, Dataset, Labels

from . import cache, cifar10_measured, explained, jobs, panels, state
from .viewer import Drawn, Picture, draw, viewer

PICTURES, REFERENCE = 500, 3000
"""Pictures of the plane, and training pictures among which their neighbours are looked for where there are classes."""
NEAREST, SHOWN = 10, 7
GRID = 4
"""The map of the code is averaged into so many parts a side, so that a neighbour need not be alike pixel by pixel."""
CHUNK = 250
LAYOUTS = {"pca": "Principal components", "tsne": "t-SNE (slower)"}
INPUTS = {"clean": "Clean pictures", "noisy": "With the noise"}


def section(scene: Scene, upload: Dataset | None, found: Noisy, name: str) -> None:
    """The plane, the picture that was clicked with its neighbours, and the figures beside chance."""
    if scene.dataset == UPLOAD:
        st.info("One picture has no neighbours. Choose CIFAR-10 or the small photographs on the left.")
        return
    left, right = st.columns(2)
    with left:
        what = state.setting(st.segmented_control, "codes", format_func=INPUTS.get, required=True)
    with right:
        layout = state.setting(st.segmented_control, "plane", format_func=LAYOUTS.get, required=True)
    dataset = load_dataset(scene.dataset)
    key = f"latents-{name}-{cache.weights_key(name)}-{dataset.name}-{dataset.provenance.path}-{layout}-{what}"
    if what == "noisy":
        key += f"-{scene.key('noise', 'level', 'seed', 'noise_parameters', 'clip')}"
    made: LatentMap | None = jobs.soon(key, partial(_compute, scene, name, what, layout), "of the pictures encoded")
    if made is None:
        return
    kind, names = _kinds(dataset)
    plane, beside = st.columns([3, 2], gap="medium")
    with beside:
        chosen = _chosen(scene, len(made.points))
    with plane:
        _plane(made, kind, names, chosen, layout)
    with beside:
        _figures(made, kind, names, bool(dataset.class_names))
    _neighbours(key, dataset, made, names, kind, chosen, scene)
    with panels.guard():
        cifar10_measured.latents()
    _explain(layout)


def _kinds(dataset: Dataset) -> tuple[Labels, tuple[str, ...]]:
    """What the points of the plane are coloured by."""
    kind, names = kinds(dataset)
    return kind[:PICTURES], names


def _compute(scene: Scene, name: str, what: str, layout: str, job: jobs.Job) -> LatentMap:
    denoiser, dataset = load_denoiser(name), load_dataset(scene.dataset)
    reference, total = None, min(PICTURES, len(dataset))
    training = None
    if dataset.class_names and "train" in DATASETS.get(scene.dataset).supports["splits"]:
        training = load_dataset(scene.dataset, "train")
        total += min(REFERENCE, len(training))
    done = 0

    def encoded(source: Dataset, count: int) -> Array:
        nonlocal done
        parts = []
        for first in range(0, count, CHUNK):
            images = np.concatenate([source.image(index) for index in range(first, min(first + CHUNK, count))])
            parts.append(_features(denoiser, images, scene if what == "noisy" else None, first))
            done += len(images)
            job(0.9 * done / total)
        return np.concatenate(parts)

    rows = encoded(dataset, min(PICTURES, len(dataset)))
    if training is not None:
        count = min(REFERENCE, len(training))
        reference = (encoded(training, count), training.labels[:count])
    return latent_map(rows, _kinds(dataset)[0], reference, neighbours=NEAREST, projection=layout, seed=0)


def _features(denoiser: Denoiser, images: Array, noise: Scene | None, place: int) -> Array:
    if noise is not None:
        seed = noise.seed + place
        images = add_noise(images, noise.noise, noise.level, seed=seed, **dict(noise.noise_parameters))
        images = np.clip(images, 0, 1) if noise.clip else images
    return features(denoiser, images, GRID)


def _chosen(scene: Scene, count: int) -> int:
    """The picture that is looked at: by its number, or by a click on its point."""
    first = scene.index if scene.index < count else 0
    number: int = state.control(
        st.number_input,
        f"Picture (0 to {count - 1}), or click a point",
        f"cifar10:point:{scene.dataset}",
        first,
        min_value=0,
        max_value=count - 1,
        step=1,
    )
    return int(number)


def _plane(made: LatentMap, kind: Labels, names: tuple[str, ...], chosen: int, layout: str) -> None:
    titles = ("First component", "Second component") if layout == "pca" else ("t-SNE 1", "t-SNE 2")
    chart = projection(made.points, kind, names, chosen=chosen, titles=titles)
    st.plotly_chart(
        chart,
        config=render.CONFIG,
        key="cifar10-plane",
        width="stretch",
        on_select=_click,
        selection_mode="points",
    )
    told = f"These two axes hold {made.explained:.0%} of the variance of the codes. " if layout == "pca" else ""
    st.caption(f"{told}A point is a picture, ringed: the one that is looked at. Click another.")


def _click() -> None:
    points = st.session_state["cifar10-plane"].selection.points
    if points and "customdata" in points[0]:
        state.move(f"cifar10:point:{state.scene().dataset}", int(points[0]["customdata"][0]))


def _figures(made: LatentMap, kind: Labels, names: tuple[str, ...], classes: bool) -> None:
    """Neighbours and clusters beside chance."""
    what = "classes" if classes else "photographs"
    scores = made.scores
    rows = [
        ("Purity of clusters", f"{scores.purity:.1%}", f"{scores.chance:.1%}"),
        ("Adjusted Rand index", f"{scores.rand:.2f}", "0.00"),
    ]
    if made.accuracy is not None:
        accuracy = f"{made.accuracy.value:.1%} ({100 * made.accuracy.low:.0f} to {100 * made.accuracy.high:.0f})"
        rows.insert(0, (f"Named by {NEAREST} neighbours", accuracy, f"{1 / len(names):.1%}"))
    else:
        same = float((kind[made.neighbours] == kind[:, None]).mean())
        shares = np.bincount(kind) / len(kind)
        rows.insert(0, (f"Of {NEAREST} nearest: same photograph", f"{same:.1%}", f"{np.square(shares).sum():.1%}"))
    st.dataframe(
        {
            "Figure": [row[0] for row in rows],
            "Here": [row[1] for row in rows],
            "By chance": [row[2] for row in rows],
        },
        hide_index=True,
    )
    st.caption(
        f"{len(kind)} pictures; k-means with {len(np.unique(made.clusters))} clusters, as many as {what}."
        + ("" if classes else " These photographs have no classes, so no accuracy of naming them exists.")
    )


def _neighbours(
    key: str, dataset: Dataset, made: LatentMap, names: tuple[str, ...], kind: Labels, chosen: int, scene: Scene
) -> None:
    """The picture and its nearest."""
    trained = made.predicted is not None
    source = load_dataset(scene.dataset, "train") if trained else dataset
    near = made.neighbours[chosen][:SHOWN]
    row = cache.drawn(f"{key}-near-{chosen}", lambda: _draw(dataset, source, near, names, kind, chosen))
    viewer(row, key="cifar10-near", columns=SHOWN + 1, smallest=84, largest=150, toolbar=False)
    words = (
        f"named **{names[int(made.predicted[chosen])]}** by its {NEAREST} nearest training pictures"
        if made.predicted is not None
        else ""
    )
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        st.markdown(
            f"Picture {chosen}, *{names[int(kind[chosen])]}*{', ' + words if words else ''}, and those whose codes are nearest"
            f"{' among the training pictures' if trained else ''}."
        )
    with right:
        st.button(
            f"Show picture {chosen} above",
            on_click=state.move,
            args=(f"index:{scene.dataset}", chosen),
            disabled=chosen == scene.index,
            key="cifar10-open",
        )


def _draw(
    dataset: Dataset, source: Dataset, near: NDArray[np.int64], names: tuple[str, ...], kind: Labels, chosen: int
) -> list[Drawn]:
    of = kinds(source)[0]
    pictures = [Picture(f"Picture {chosen}", dataset.image(chosen)[0], names[int(kind[chosen])])]
    for order, index in enumerate(near.tolist(), 1):
        pictures.append(Picture(f"{order}", source.image(index)[0], names[int(of[index])]))
    return [draw(one) for one in pictures]


def _explain(layout: str) -> None:
    explained.foldouts(
        how=(
            f"The mean code of each picture, averaged into {GRID} x {GRID} parts, is one row of numbers. Neighbours are nearest "
            "by Euclidean distance; k-means makes clusters without having seen a class; the plane is "
            + ("the two directions of largest variance." if layout == "pca" else "t-SNE, which keeps neighbours together.")
        ),
        cost="1 forward pass of the encoder a picture, once",
        source="Cover & Hart (1967), doi:10.1109/TIT.1967.1053964; Lloyd (1982), doi:10.1109/TIT.1982.1056489; Hubert & Arabie "
        "(1985), doi:10.1007/BF01908075",
        misread=(
            "The plane is a shadow of many dimensions: what lies together there need not be near, and the neighbours below are "
            "those of all dimensions. In t-SNE distances between far groups and their sizes mean nothing. The code was trained "
            "to redraw pictures, not to tell classes apart: likeness here is mostly of colour and layout."
        ),
    )
