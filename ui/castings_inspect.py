"""Castings, section "Does the inspection get better?": a classifier's answer on clean, noisy and denoised, and its evidence."""

import numpy as np
import streamlit as st

from xai_core.classifiers import Classifier, load_classifier
from xai_core.datasets.catalogue import DEFECTIVE, OK
from xai_core.experiments import Noisy
from xai_core.explainers import explain
from xai_core.scene import Scene
from xai_core.shortcuts import casting_mask
from xai_core.trust.localisation import relevance_mass
from xai_core.types import Array, Dataset, Explanation

from . import cache, explained, panels, state
from .castings_route import Treated
from .castings_why import GROUP
from .classify import HOW
from .rows import label

CASTINGS = ("casting", "simulated_castings")


def section(scene: Scene, upload: Dataset | None, found: Noisy, treated: Treated | None) -> None:
    """Probability of Defective and Grad-CAM on the three pictures."""
    st.subheader("3. Does the inspection get better?", anchor=False)
    if scene.dataset not in CASTINGS:
        st.info("This section needs pictures of castings, whose defects a classifier was trained to see.")
        to_castings("inspect")
        return
    if treated is None:
        st.caption("Waits for the denoised picture.")
        return
    images = np.concatenate([found.clean, found.noisy, treated.image])
    key = f"castings-inspect-{treated.key}-{cache.noise_key(scene)}-{scene.classifier}-{cache.weights_key(scene.classifier)}"
    network = load_classifier(scene.classifier)
    defective = network.class_names.index(DEFECTIVE)
    shares: Array = cache.drawn(key, lambda: network(images)[:, defective])
    dataset = cache.dataset_of(scene, upload)
    _answer(scene, shares, dataset.label_name(scene.index))
    how = (f"{key}-grad-cam", defective)
    maps = _maps(network, images, *how)
    panels.map_row(
        lambda: images,
        maps,
        of=how[0],
        key="castings-cam",
        group=GROUP,
        words=("no support", f"evidence for {DEFECTIVE}"),
        network=lambda: network,
    )
    _beside(maps, cache.drawn(f"castings-mask-{cache.noise_key(scene)}", lambda: casting_mask(found.clean[0])))
    if dataset.masks is not None:
        _on_defect(maps, dataset.masks[scene.index])
    explained.foldouts(
        how=HOW["grad_cam"][0],
        cost="1 forward and backward pass a picture",
        source="Selvaraju et al. (2017), doi:10.1109/ICCV.2017.74",
        misread=HOW["grad_cam"][1]
        + " The photographs of the two classes were lit differently: a map off the casting may be how the network tells them "
        "apart.",
    )


def to_castings(place: str) -> None:
    """A button that shows castings: photographs where they are installed, else simulated ones."""
    name = next(name for name in CASTINGS if cache.origin(name))
    st.button("Show a casting", key=f"castings-to-{place}", on_click=state.move, args=("dataset", name))


def _maps(network: Classifier, images: Array, key: str, target: int) -> Explanation:
    found: Explanation = cache.drawn(key, lambda: explain(network, images, "grad_cam", target))
    return found


def _answer(scene: Scene, shares: Array, truth: str) -> None:
    st.markdown(
        f"The network is **{label(scene.classifier).removesuffix(' (castings)')}** (choose another on the left, under "
        f"*Classifier*); the casting is labelled **{truth or 'unknown'}**."
    )
    for column, name, share in zip(st.columns(len(panels.COLUMNS)), panels.COLUMNS, shares.tolist(), strict=True):
        named = DEFECTIVE if share >= 0.5 else OK
        right = "" if not truth else (" (right)" if named == truth else " (wrong)")
        column.metric(f"{name}: probability of {DEFECTIVE}", _certain(share))
        column.caption(f"named {named}{right}")


def _certain(share: float) -> str:
    """A probability, never 0 or 100 %: no network is that sure, rounding is."""
    if share >= 0.9995:
        return "over 99.9%"
    return "under 0.1%" if share < 0.0005 else f"{share:.1%}"


def _beside(maps: Explanation, mask: Array) -> None:
    """How much of each map lies beside the casting, whose outline is estimated from the clean picture."""
    if mask.any():
        st.caption(
            f"Share of the map beside the casting: {_shares(maps, ~mask)}. A map that knows nothing has "
            f"{1 - mask.mean():.0%} there."
        )


def _on_defect(maps: Explanation, mask: Array) -> None:
    """How much of each map lies on the defect, whose place is known."""
    if not mask.any():
        st.caption("This casting has no defect, so no map can lie on one.")
        return
    st.caption(
        f"Share of the map on the defect: {_shares(maps, mask)}. A map that knows nothing has {mask.mean():.1%} there, "
        "the defect's share of the picture."
    )


def _shares(maps: Explanation, mask: Array) -> str:
    """The share of each map on a part of the picture, in words."""
    shares = [relevance_mass(heatmap, mask) for heatmap in maps.heatmap]
    return ", ".join(
        f"{name.lower()} {'blank' if np.isnan(share) else f'{share:.1%}'}"
        for name, share in zip(panels.COLUMNS, shares, strict=True)
    )
