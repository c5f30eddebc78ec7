"""The sections of the page Classify."""

from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Pictures
from xai_core.explainers import EXPLAINERS, default_layer, has_attention, list_layers, spatial_layers
from xai_core.scene import Scene, takes_layer
from xai_core.types import Array, Dataset, Explanation

from . import cache, forms, panels, progressive, state, trust
from .viewer import Drawn, Picture, draw, viewer

GROUP = "classify"

ROWS = ("grad_cam", "lime", "integrated_gradients")
"""Methods that always have a row; the others are shown on request."""


def predictions(scene: Scene, upload: Dataset | None) -> str:
    """The three pictures with their most probable class, the probabilities as bars; returns the target to explain."""
    st.session_state["maps"], st.session_state["map_keys"] = {}, {}  # for the download; the rows below fill them
    found = cache.pictures(scene, upload)
    names = cache.classifier(scene).class_names
    shares = cache.probabilities(scene, upload)
    truth = cache.dataset_of(scene, upload).label_name(scene.index)
    key = f"{cache.picture_key(scene)}-{scene.classifier}-{cache.weights_key(scene.classifier)}"
    pictures, figure = cache.drawn(key, lambda: _draw_predictions(found, shares, names, truth))
    left, right = _table_row("Prediction")
    with left:
        st.caption(f"True class: {truth}." if truth else "The true class of this picture is not known.")
        st.plotly_chart(figure, config=render.CONFIG, key="predictions", width="stretch")
        target = _target(scene, shares, names)
    with right:
        viewer(pictures, key="pictures", group=GROUP, columns=3)
    return target


def _draw_predictions(found: Pictures, shares: Array, names: tuple[str, ...], truth: str) -> tuple[list[Drawn], Any]:
    """The three pictures with the class that each is taken for, and the bars of their probabilities."""
    drawn = []
    for name, image, share in zip(panels.COLUMNS, (found.clean, found.noisy, found.denoised), shares, strict=True):
        quality = "" if image is found.clean else f" · {panels.quality(found.clean, image)}"
        drawn.append(draw(Picture(name, image[0], f"{names[int(share.argmax())]} {share.max():.0%}{quality}")))
    return drawn, render.prediction_bars(names, dict(zip(panels.COLUMNS, shares, strict=True)), truth=truth, top=3)


def _table_row(title: str) -> tuple[Any, Any]:
    """A row of the table: words and settings on the left, the three columns of pictures on the right."""
    left, right = st.columns([1, 3], gap="medium")
    left.subheader(title, anchor=False)
    return left, right


def _target(scene: Scene, shares: Array, names: tuple[str, ...]) -> str:
    """The class whose evidence is shown: a choice, by default the class predicted on the clean picture."""
    predicted = int(shares[0].argmax())
    options = ["", *(f"class:{index}" for index in range(len(names)))]
    given = scene.target if scene.target in options else ""
    chosen = state.control(
        st.selectbox,
        "Evidence for",
        f"target:{scene.classifier}",
        given,
        options=options,
        format_func=lambda text: f"{names[predicted]} (predicted)" if not text else names[int(text[6:])],
        help="The class whose evidence the maps show. Predicted: the most probable class of the clean picture.",
    )
    if chosen != given:
        state.put(target=chosen)
    return chosen or f"class:{predicted}"


def words(scene: Scene, text: str) -> tuple[str, str]:
    """What the ends of a signed colour bar mean."""
    names = cache.classifier(scene).class_names
    return f"against {names[int(text[6:])]}", f"evidence for {names[int(text[6:])]}"


def activations(scene: Scene, upload: Dataset | None, text: str) -> None:
    """The channels of one layer for the three pictures."""
    network = cache.classifier(scene)
    known = {layer.name: layer for layer in list_layers(network)}
    names = list(known)
    first = next(name for name in names if known[name].kind == "Conv2D")
    chosen = scene.layer if scene.layer in names else first
    left, right = _table_row("Activations")
    with left:
        layer = state.control(st.selectbox, "Layer", f"layer:{scene.classifier}", chosen, options=names)
        st.caption(f"{known[layer].kind}, output {' x '.join(str(side) for side in known[layer].shape)}.")
        panels.scale_control("classify")
    state.put(layer=layer if layer != first else "")
    with right:
        panels.channel_grids(state.scene(), upload, scene.classifier, layer, key="layer-grid")


def grad_cam(scene: Scene, upload: Dataset | None, text: str) -> None:
    """The row of Grad-CAM, with a choice of layer."""
    network = cache.classifier(scene)
    names = [layer.name for layer in spatial_layers(network)]
    usual = default_layer(network)
    chosen = scene.cam_layer if scene.cam_layer in names else usual
    left, right = _table_row("Grad-CAM")
    with left:
        st.caption("Where the features of a layer support the class. Coarse by nature: one value for each position of the layer.")
        layer = state.control(st.selectbox, "At layer", f"cam:{scene.classifier}", chosen, options=names)
        _how("grad_cam")
    state.put(cam_layer=layer if layer != usual else "")
    how = (scene.classifier, "grad_cam", text, {"layer": layer})
    maps = cache.explanation(scene, upload, *how)
    with right:
        key = cache.explanation_key(scene, *how)
        _maps(scene, upload, maps, key, ("no support", words(scene, text)[1]))
        trust.row(scene, upload, how, key, maps)


def integrated_gradients(scene: Scene, upload: Dataset | None, text: str) -> None:
    """The row of integrated gradients with its completeness residual."""
    left, right = _table_row("Integrated gradients")
    with left:
        slot = st.empty()
        parameters = _parameters(scene, "integrated_gradients", ("steps", "baseline", "path", "tolerance"))
        _how("integrated_gradients")
    how = (scene.classifier, "integrated_gradients", text, parameters)
    maps = cache.explanation(scene, upload, *how)
    residuals = maps.diagnostics["completeness_residual"]
    figures = progressive.by_column(residuals, ".1%")
    start = "the blurred" if parameters["path"] == "blur" else f"a {parameters['baseline']}"
    slot.caption(
        f"How much each pixel adds to the class's score on the way from {start} picture. "
        f"Completeness residual (0 is exact; over 5 % wants more steps or a tolerance): {figures}."
    )
    with right:
        key = cache.explanation_key(scene, *how)
        _maps(scene, upload, maps, key, words(scene, text))
        trust.row(scene, upload, how, key, maps)


def lime(scene: Scene, upload: Dataset | None, text: str) -> None:
    """The row of LIME: it starts by itself, never in the way of the rest."""
    left, right = _table_row("LIME")
    with left:
        st.caption("What happens to the class's score when superpixels are hidden at random.")
        parameters = _parameters(scene, "lime", ("samples", "segments", "tolerance"))
        how = (scene.classifier, "lime", text, parameters)
        st.caption(progressive.cost_text(scene, upload, how))
        _how("lime")
        told = st.empty()
    with right:
        _slow(scene, upload, how, words(scene, text), told, begin=True)


def _slow(
    scene: Scene, upload: Dataset | None, how: progressive.How, ends: tuple[str, str], told: Any, *, begin: bool = False
) -> None:
    """The maps of a slow method and, when they are complete, what they are worth.

    told: where that is said: beside the maps, so that nothing below them moves.
    """
    found = progressive.row(scene, upload, how, ends, begin=begin)
    if found is not None:
        told.caption(progressive.result_text(found))
        key = cache.explanation_key(scene, *how)
        _keep(found, key)
        trust.row(scene, upload, how, key, found)


def more_methods(scene: Scene, upload: Dataset | None, text: str) -> None:
    """A choice of further methods, and a row for each."""
    attentive = has_attention(cache.classifier(scene))
    others = [spec.name for spec in EXPLAINERS if spec.name not in ROWS and (attentive or not spec.supports.get("attention"))]
    chosen = state.control(
        st.multiselect,
        "More methods",
        "methods",
        [name for name in scene.explainers if name in others],
        options=others,
        format_func=lambda name: EXPLAINERS.get(name).label,
        placeholder="Choose a method, or a control to compare with",
    )
    state.put(explainers=(*(name for name in scene.explainers if name in ROWS), *chosen))
    progressive.forget_others([*ROWS, *chosen])
    for method in chosen:
        with panels.guard():
            _method_row(state.scene(), upload, text, method)


def _method_row(scene: Scene, upload: Dataset | None, text: str, method: str) -> None:
    """A row of one method: at once where it is fast, on demand and in the background where it is not."""
    spec = EXPLAINERS.get(method)
    left, right = _table_row(spec.label)
    with left:
        st.caption(spec.summary)
        shown = tuple(parameter.name for parameter in spec.parameters if parameter.name not in ("layer", "seed"))
        parameters = _parameters(scene, method, shown) if shown else dict(scene.parameters_of(method))
        if takes_layer(method):
            parameters["layer"] = scene.cam_layer or default_layer(cache.classifier(scene))
            st.caption(f"At layer {parameters['layer']}, chosen in the row of Grad-CAM.")
        how = (scene.classifier, method, text, parameters)
        if spec.supports["slow"]:
            st.caption(progressive.cost_text(scene, upload, how))
        _how(method)
        told = st.empty()
    against, support = words(scene, text)
    ends = (against, support) if spec.supports["signed"] else (LEAST, MOST)
    with right:
        if spec.supports["slow"]:
            _slow(scene, upload, how, ends, told)
            return
        maps = cache.explanation(scene, upload, *how)
        key = cache.explanation_key(scene, *how)
        _maps(scene, upload, maps, key, ends)
        trust.row(scene, upload, how, key, maps)


def _maps(scene: Scene, upload: Dataset | None, maps: Explanation, key: str, ends: tuple[str, str]) -> None:
    panels.map_row(
        lambda: cache.columns(scene, upload),
        maps,
        of=key,
        key=f"maps-{maps.method}",
        group=GROUP,
        words=ends,
        network=lambda: cache.classifier(scene),
    )
    _keep(maps, key)


def _keep(found: Explanation, key: str) -> None:
    """For the download and the comparison of methods at the end of the page."""
    st.session_state["maps"][found.method], st.session_state["map_keys"][found.method] = found.heatmap, key


def _parameters(scene: Scene, method: str, names: tuple[str, ...]) -> dict[str, Any]:
    """A method's settings as widgets in a popover; those that differ from the defaults go into the Scene."""
    spec = EXPLAINERS.get(method)
    given = scene.parameters_of(method)
    values = {name: value for name, value in given.items() if name not in names}  # set by the link, without a widget here
    with st.popover("Settings"):
        st.caption(f"Cost: {spec.passes}, a picture.")
        for name in names:
            parameter = spec.parameter(name)
            values[name] = forms.parameter_widget(parameter, f"{method}:{name}", given.get(name, parameter.default))
    others = [(key, value) for key, value in state.scene().explainer_parameters if not key.startswith(f"{method}.")]
    changed = [(f"{method}.{name}", value) for name, value in values.items() if value != spec.parameter(name).default]
    state.put(explainer_parameters=tuple(sorted([*others, *changed])))
    return values


LEAST, MOST = "little", "much"
"""Ends of the colour bar of a map without a sign."""

CAM_MISREAD = "It shows support only, never evidence against, on the coarse grid of its layer."

HOW = {
    "grad_cam_plus_plus": (
        r"ReLU$(\sum_k w_k A_k)$ with $w_k = \sum_{ij} \alpha_{ij}\,$ReLU$(\partial s / \partial A_k)$: positions where a "
        r"feature raises the score count more than the others.",
        CAM_MISREAD,
    ),
    "layer_cam": (
        r"ReLU$(\sum_k$ ReLU$(\partial s / \partial A_k) \odot A_k)$: a weight for every position of the layer.",
        CAM_MISREAD + " In early layers it follows edges.",
    ),
    "score_cam": (
        r"ReLU$(\sum_k w_k A_k)$, where $w_k$ is the probability of the class when only what channel $k$ marks is visible.",
        CAM_MISREAD + " Black around the marked parts is something that the network has never seen.",
    ),
    "saliency": (
        r"$\max_c |\partial s / \partial x_c|$: how much the score changes with a small change of the pixel.",
        "It says where the network is sensitive, not what speaks for the class. It is grainy even for a good network.",
    ),
    "smoothgrad": (
        r"The gradient averaged over noisy copies of the picture, then $\max_c |\cdot|$.",
        "Smoother than saliency, but it describes the network around the picture, not at it.",
    ),
    "occlusion": (
        "A patch is hidden at each place; the map is what the score loses, averaged over the patches on a pixel.",
        "Evidence in two places that can replace each other shows nowhere. The patch itself is a strange object.",
    ),
    "rise": (
        r"$E[S M_i] / E[M_i] - E[S]$ over random smooth masks $M$: how much higher the score is when a pixel is visible.",
        "The standard error is stated below; structure weaker than it is chance.",
    ),
    "full_grad": (
        r"$x\, \partial s / \partial x$ of the pixels plus $b\, \partial s / \partial y$ of the constant part $b$ of every layer "
        "(biases, batch normalisation), laid over the picture: together they add up to the score.",
        "A bias is no part of the picture: its share says where it took effect. What layers without rows and columns add has no "
        "place in the map. Black pixels have no part of their own.",
    ),
    "attention_rollout": (
        r"$\prod_l \frac{1}{2}(A_l + I)$ over the attention $A_l$ of the layers, the row of the class token; by gradient "
        r"$I + \sum$ of ReLU$(A_l\, \partial s / \partial A_l)$ taken along the layers.",
        "Attention says where values were taken from, not what they were used for. Without the gradient all classes have the "
        "same map.",
    ),
    "random_map": ("Evenly distributed noise.", "It means nothing. A method whose figures are no better has shown nothing."),
    "edges": (
        "Sobel's gradient magnitude of the picture.",
        "It looks convincing and has never seen the network.",
    ),
    "grad_cam": (
        r"ReLU$(\sum_k \alpha_k A_k)$, where $A_k$ is channel $k$ of the layer and $\alpha_k$ the mean over it of "
        "the class score's gradient.",
        "It shows support only, never evidence against. Its edges are those of the layer's grid, not of the object. "
        "A blank map says that nothing in this layer supports the class.",
    ),
    "integrated_gradients": (
        r"$(x - b) \int_0^1 \nabla s(b + a(x - b))\, da$ for the picture $x$, the baseline $b$ and the class score (logit) $s$.",
        "Pixels that look like the baseline get no evidence: with a black baseline, black is invisible. "
        "A grainy map is usual and no error; single pixels mean little.",
    ),
    "lime": (
        "A linear model of the class score is fitted to pictures with superpixels hidden at random; "
        "each superpixel is coloured by its weight.",
        "The superpixels are those of the clean picture for all columns. Hidden parts become flat patches that the network has "
        "never seen. A low R² says that no sum over superpixels describes the network here.",
    ),
}


def _how(method: str) -> None:
    spec = EXPLAINERS.get(method)
    how, misread = HOW[method]
    with st.popover("How it works"):
        st.markdown(f"{how}\n\n**How to misread it.** {misread}\n\nCost: {spec.passes}, a picture. Source: {spec.citation}")


def sharing(scene: Scene, upload: Dataset | None) -> None:
    found = cache.pictures(scene, upload)
    named = [("clean", found.clean[0]), ("noisy", found.noisy[0]), ("denoised", found.denoised[0])]
    arrays: dict[str, Array] = dict(named) | {"probabilities": cache.probabilities(scene, upload)}
    maps: dict[str, Array] = st.session_state["maps"]

    def everything() -> dict[str, Array]:
        return arrays | {f"heatmap_{method}": heatmap for method, heatmap in maps.items()}

    panels.share(everything, [(name, np.clip(image, 0, 1)) for name, image in named])
