"""Explain a denoiser, section "Through to the classifier": the class's evidence pushed back to the noisy pixels."""

from functools import partial

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Pictures
from xai_core.explainers.denoiser import ChainResult, chain
from xai_core.scene import Scene, classifiers_for
from xai_core.trust import rank_correlation
from xai_core.types import Array, Dataset

from . import cache, explained, jobs
from .viewer import Drawn, Picture, draw, viewer

LABELS = {
    "gradient": "Gradient",
    "gradient_x_input": "Gradient x input",
    "integrated_gradients": "Integrated gradients",
}
UNITS = {
    "gradient": "logit per brightness",
    "gradient_x_input": "logit",
    "integrated_gradients": "logit",
}


def section(scene: Scene, upload: Dataset | None, found: Pictures, method: str) -> None:
    """The maps of one method, the classifier's own beside them, and what the denoiser did to the evidence."""
    if not scene.classifier or scene.classifier not in classifiers_for(scene.dataset):
        st.info("No classifier knows the classes of this data set. Choose digits, clothes or galaxies on the left.")
        return
    key = f"chain-{cache.picture_key(scene)}-{scene.classifier}-{cache.weights_key(scene.classifier)}-{scene.target}-{method}"
    result: ChainResult | None = jobs.soon(key, partial(_compute, scene, upload, found, method), "pushed back")
    if result is None:
        return
    names = cache.classifier(scene).class_names
    label = names[int(result.target.partition(":")[2])]
    st.markdown(
        f"The evidence for **{label}**, twice: at the noisy pixels, pushed back *through* the denoiser, and at the denoised "
        "pixels, as the classifier alone has it. The third map shows the evidence in what the denoiser changed."
    )
    viewer(
        cache.drawn(f"{key}-drawn", lambda: _draw(found, result)), key="chain", group="explain-denoiser", columns=4, toolbar=False
    )
    removed = result.removed
    st.caption(
        f"Score (logit of {label}): noisy {result.score[0] - removed.change[0]:+.2f}, denoised {result.score[0]:+.2f}. What "
        f"the denoiser changed spoke for it with {removed.raised[0]:+.2f} and against it with {removed.lowered[0]:+.2f}. The "
        "first two maps order the pixels alike with a rank correlation of "
        f"{rank_correlation(_plane(result.through), _plane(result.own)):.2f}."
    )
    if method == "integrated_gradients":
        st.caption(
            f"Parts of the score that the maps do not account for: {result.through_residual[0]:.1%} through the denoiser, "
            f"{result.own_residual[0]:.1%} of the classifier's own."
        )
    _explain()


def _compute(scene: Scene, upload: Dataset | None, found: Pictures, method: str, job: jobs.Job) -> ChainResult:
    return chain(
        cache.network(scene, upload, scene.denoiser),
        cache.classifier(scene),
        found.noisy,
        scene.target or None,
        method,
        progress=job,
    )


def _plane(maps: Array) -> Array:
    return np.asarray(maps[0].sum(axis=-1), np.float32)


def _draw(found: Pictures, result: ChainResult) -> list[Drawn]:
    maps = (
        ("At the noisy pixels", result.through, found.noisy, UNITS[result.method]),
        ("The classifier's own", result.own, result.denoised, UNITS[result.method]),
        ("In what was changed", result.removed.values, result.denoised, "logit"),
    )
    pictures = [Picture("Denoised", result.denoised[0])]
    for title, values, under, unit in maps:
        plane = _plane(values)
        [(low, high)] = render.limits([plane], True)
        bar = render.colour_bar("diverging", low, high, low_word="against", high_word="for", unit=unit, fade=True)
        overlay = render.overlay(np.clip(under[0], 0, 1), plane, low=low, high=high, colormap="diverging", alpha=0.7)
        pictures.append(Picture(title, overlay, values=plane, bar=bar))
    return [draw(one) for one in pictures]


_explain = partial(
    explained.foldouts,
    how=(
        "The chain rule: the class's score is a function of the noisy pixels, $s = c(f(y))$, so its gradient there is $J^T "
        "\\nabla c$, $J$ the Jacobian of the denoiser. Times the input, or averaged on the way from black, it becomes "
        "evidence. The third map is the way from the noisy to the denoised picture: (denoised - noisy) times the mean gradient "
        "between the two."
    ),
    cost="gradient: 2 passes of each network; integrated gradients: 50. The third map: 50 of the classifier",
    source="Sundararajan, Taly & Yan (2017), arXiv:1703.01365, and the chain rule",
    misread=(
        "Evidence at the noisy pixels is wider than the classifier's own, because the denoiser draws each pixel from many: "
        "that is no sign that the classifier looks elsewhere. What the denoiser changed may speak for the class and still be "
        "wrong: a class that was invented has evidence too."
    ),
)
