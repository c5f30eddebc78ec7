"""Explain a denoiser, section "What a region depends on": maps of one pixel or box of the output, by one method of seven."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Pictures
from xai_core.explainers import EXPLAINERS, Psnr, default_layer, explain, spatial_layers
from xai_core.explainers.denoiser import LamResult, diffusion_index, lam
from xai_core.scene import VIEW, Scene
from xai_core.types import Array, Dataset

from . import cache, explained, jobs, state
from .classify import HOW
from .spot import Spot
from .viewer import Drawn, Picture, draw, viewer

LABELS = {name: EXPLAINERS.get(name).label for name in VIEW.parameter("method").choices if name != "lam"} | {"lam": "LAM"}
MEASURES = {
    "value": "Brightness (pixel, or mean of the box)",
    "detail": "Detail (mean gradient in the box)",
    "residual": "What was taken away there (mean square)",
    "psnr": "PSNR of the whole picture",
}
BASELINES = {"black": "Black", "blurred": "Blurred picture", "clean": "Picture without noise", "denoised": "Denoised picture"}
PATHS = {"blur": "Blur falls to 0", "noise": "Noise falls to 0, its field fixed", "denoised": "Denoised to noisy"}
SIGNED = ("makes it less", "makes it more")
LAM_HOW = (
    "Integrated gradients along a path of pictures that are alike but for what the path adds: detail (the blur falls to 0) or "
    "noise (sigma falls to 0 while the noise field stays the same). The diffusion index, $100\\,(1 - $ Gini$)$ of the absolute "
    "map, says how many pixels are involved: 0 for one, 100 for all alike."
)
LAM_MISREAD = (
    "The map tells what the target changed by along this path, and another path tells another story. The diffusion index "
    "depends on the size of the picture: compare it only between maps of one size."
)
LAM_SOURCE = "Gu & Dong (2021), arXiv:2011.11036; the paths of noise are this library's"


def section(scene: Scene, upload: Dataset | None, found: Pictures, chosen: Spot) -> None:
    """The map of one method for the chosen pixel or box, over the noisy picture."""
    st.markdown(f"Which pixels of the noisy picture the output at **{chosen.words}** depends on.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = state.setting(st.selectbox, "measure", format_func=MEASURES.__getitem__, width=330)
        method = state.setting(st.selectbox, "method", format_func=LABELS.__getitem__, width=230)
        parameters, words = _parameters(scene, upload, method)
    if measure == "psnr":
        target: Any = Psnr(found.clean[0])
    else:
        target = chosen.target(measure)
    key = f"region-{cache.picture_key(scene)}-{method}-{'psnr' if measure == 'psnr' else target}-{sorted(parameters.items())}"
    work = partial(_compute, scene, upload, found, method, target, parameters)
    made = jobs.soon(key, work, f"of {LABELS[method]}")
    if made is not None:
        look = state.scene().key("colormap", "alpha")
        viewer(
            cache.drawn(f"{key}-{look}", lambda: _draw(scene, found, made, method)),
            key="region",
            group="explain-denoiser",
            columns=3,
            toolbar=False,
            mark=None if measure == "psnr" else chosen.mark,
        )
        st.caption(f"{words} {_worth(made, method)}".strip())
    _foldouts(method)


def _parameters(scene: Scene, upload: Dataset | None, method: str) -> tuple[dict[str, Any], str]:
    """The method's own choice, and what it means in words."""
    if method == "integrated_gradients":
        baseline = state.setting(st.selectbox, "baseline", format_func=BASELINES.__getitem__, width=220)
        return {"baseline": baseline}, f"How much each pixel adds on the way from the baseline ({BASELINES[baseline].lower()})."
    if method == "lam":
        path = state.setting(st.selectbox, "path", format_func=PATHS.__getitem__, width=290)
        return {"path": path}, f"How much each pixel adds while: {PATHS[path].lower()}."
    if method == "grad_cam":
        network = cache.denoiser(scene)
        names = [layer.name for layer in spatial_layers(network)]
        usual = default_layer(network)
        given = scene.denoiser_layer if scene.denoiser_layer in names else usual
        layer = state.control(st.selectbox, "At layer", f"region-cam:{scene.denoiser}", given, options=names, width=230)
        if layer != given:
            state.put(denoiser_layer=layer)
        return {"layer": layer}, "Where the features of the layer raise what is explained."
    return {}, EXPLAINERS.get(method).summary.replace("the target", "what is explained")


def _compute(
    scene: Scene,
    upload: Dataset | None,
    found: Pictures,
    method: str,
    target: Any,
    parameters: dict[str, Any],
    job: jobs.Job,
) -> tuple[Array, dict[str, Any]]:
    """The map (H, W) and its figures."""
    network = cache.network(scene, upload, scene.denoiser)
    if method == "lam":
        made: LamResult = lam(network, found.noisy, target, path=parameters["path"], clean=found.clean, progress=job)
        return made.maps[0], {"residual": float(made.completeness_residual[0]), "delta": float(made.delta[0])}
    pictures = {"clean": found.clean, "denoised": found.denoised}
    if parameters.get("baseline") in pictures:
        parameters = parameters | {"baseline": pictures[parameters["baseline"]]}
    told = explain(network, found.noisy, method, target, progress=job, **parameters)
    figures = told.diagnostics
    known = {"residual": "completeness_residual", "delta": "delta", "r2": "r2"}
    return told.heatmap[0], {name: float(figures[key][0]) for name, key in known.items() if key in figures}


def _draw(scene: Scene, found: Pictures, made: tuple[Array, dict[str, Any]], method: str) -> list[Drawn]:
    heatmap, _ = made
    signed = method == "lam" or bool(EXPLAINERS.get(method).supports["signed"])
    [(low, high)] = render.limits([heatmap], signed)
    colormap = "diverging" if signed else scene.colormap
    words = SIGNED if signed else ("little", "much")
    bar = render.colour_bar(colormap, low, high, low_word=words[0], high_word=words[1])
    faded = render.colour_bar(colormap, low, high, low_word=words[0], high_word=words[1], fade=True)
    noisy = np.clip(found.noisy[0], 0, 1)
    overlay = render.overlay(noisy, heatmap, low=low, high=high, colormap=colormap, alpha=scene.alpha)
    label = LABELS[method]
    blank = "blank: one value everywhere" if np.ptp(heatmap) == 0 else f"diffusion index {diffusion_index(heatmap):.1f}"
    pictures = [
        Picture("Denoised, with what is explained", found.denoised[0]),
        Picture(f"{label} over the noisy picture", overlay, blank, values=heatmap, bar=faded),
        Picture(f"{label} alone", render.apply(heatmap, colormap, low, high), blank, values=heatmap, bar=bar),
    ]
    return [draw(one) for one in pictures]


def _worth(made: tuple[Array, dict[str, Any]], method: str) -> str:
    """What the map is worth, in its method's own figure."""
    heatmap, figures = made
    if "delta" in figures:
        return (
            f"The map sums to {heatmap.sum():.3g}, the target changes by {figures['delta']:.3g} "
            f"(completeness residual {figures['residual']:.1%}; 0 is exact)."
        )
    if "residual" in figures:
        return f"Completeness residual {figures['residual']:.1%} (0: the map and the parts without a place sum to the target)."
    if "r2" in figures:
        return f"How well a sum over superpixels describes the network here (R², 1 is perfectly): {figures['r2']:.2f}."
    return ""


def _foldouts(method: str) -> None:
    if method == "lam":
        explained.foldouts(how=LAM_HOW, cost="50 forward and backward passes", source=LAM_SOURCE, misread=LAM_MISREAD)
        return
    spec, (how, misread) = EXPLAINERS.get(method), HOW[method]
    explained.foldouts(
        how="The score $s$ is what is explained here: a number made of the output picture. "
        + how.replace("class score", "score"),
        cost=spec.passes,
        source=spec.citation,
        misread=misread + " It explains what the output is, not whether the output is right.",
    )
