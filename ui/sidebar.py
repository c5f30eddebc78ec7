"""The column of controls that all pages share: picture, noise, denoiser, classifier, display."""

import numpy as np
import streamlit as st

from xai_core.classifiers import CLASSIFIERS
from xai_core.datasets import DATASETS
from xai_core.denoisers import DENOISERS
from xai_core.errors import NoiseLensError
from xai_core.noise import NOISES
from xai_core.render import JET_WARNING, LABELS, SMOOTHINGS
from xai_core.scene import UPLOAD, classifiers_for, denoisers_for, usual_denoiser
from xai_core.types import Dataset

from . import cache, forms, state
from .viewer import Picture, viewer

SHOWN = 12


def controls() -> None:
    """Draw the column and bring the Scene up to date."""
    _picture()
    _noise()
    _models()
    _display()


def _dataset_label(name: str) -> str:
    if name == UPLOAD:
        return "Your own picture"
    label = DATASETS.get(name).label
    return label if cache.origin(name) else f"{label} (not installed)"


def _picture() -> None:
    scene = state.scene()
    st.subheader("Picture", anchor=False)
    names = [*DATASETS.names, UPLOAD]
    chosen = state.control(st.selectbox, "Data set", "dataset", scene.dataset, options=names, format_func=_dataset_label)
    if chosen != scene.dataset:
        scene = state.put(
            dataset=chosen, index=0, upload="", target="", layer="", cam_layer="", spot="", denoiser_layer="", ablated=""
        )
    if chosen == UPLOAD:
        _uploader()
        return
    try:
        dataset = cache.dataset_of(scene, None)
    except NoiseLensError as error:
        st.warning(str(error))
        return
    last = len(dataset) - 1
    if scene.index > last:
        st.info(f"The link shows picture {scene.index}; this copy of the data set has 0 to {last}. Picture 0 is shown.")
        scene = state.put(index=0)
    name = f"index:{chosen}"
    # Where the picture's number will stand after a click or a throw of the dice in this run.
    _thumbnails(dataset, st.session_state.get(f"control:{name}", scene.index), name)
    index = state.control(st.number_input, f"Picture (0 to {last})", name, scene.index, min_value=0, max_value=last, step=1)
    st.button("Surprise me", on_click=_surprise, args=(name, last), width="stretch")
    if int(index) != scene.index:
        state.put(index=int(index))


def _surprise(name: str, last: int) -> None:
    state.move(name, int(np.random.default_rng().integers(0, last + 1)))


def _thumbnails(dataset: Dataset, shown: int, name: str) -> None:
    start = shown // SHOWN * SHOWN
    indices = tuple(range(start, min(start + SHOWN, len(dataset))))
    source = f"{dataset.name}-{dataset.provenance.path}"
    small = cache.drawn(f"{source}-{start}", lambda: [cache.thumbnail(dataset, index, 56) for index in indices])
    pictures = [
        Picture("", image, alt=f"Picture {index} {dataset.label_name(index)}".strip() + (" (shown)" if index == shown else ""))
        for index, image in zip(indices, small, strict=True)
    ]
    with st.expander("Pick from thumbnails"):
        click = viewer(pictures, key=f"thumbnails-{dataset.name}-{start}", smallest=48, largest=56, toolbar=False, clickable=True)
        st.caption(f"Pictures {indices[0]} to {indices[-1]}.")
    if click is not None:
        state.move(name, indices[click.picture])


def _uploader() -> None:
    file = st.file_uploader("A PNG, JPEG, TIFF, BMP, WebP or FITS picture", key="control:file", max_upload_size=10)
    if file is not None and file.file_id != st.session_state.get("decoded_file"):
        try:
            state.keep_upload(file.getvalue(), file.name)
        except NoiseLensError as error:
            st.error(str(error))
            return
        st.session_state["decoded_file"] = file.file_id
    dataset = state.upload()
    if dataset is None:
        st.info("Choose a picture. It stays on the server's memory for this session only.")
        return
    if state.scene().upload != dataset.provenance.path:
        state.put(upload=dataset.provenance.path, index=0)
    if dataset.provenance.note:
        st.caption(dataset.provenance.note)


def _noise() -> None:
    scene = state.scene()
    st.subheader("Noise", anchor=False)
    kind = state.control(
        st.selectbox, "Kind", "noise", scene.noise, options=NOISES.names, format_func=lambda name: NOISES.get(name).label
    )
    if kind != scene.noise:
        scene = state.put(noise=kind, level=None, noise_parameters=())
    spec = NOISES.get(kind)
    st.caption(spec.summary)
    level = spec.parameter("level")
    value = forms.parameter_widget(level, f"level:{kind}", level.default if scene.level is None else scene.level)
    given = dict(scene.noise_parameters)
    changed = {}
    for parameter in spec.parameters[1:]:
        new = forms.parameter_widget(parameter, f"noise:{kind}:{parameter.name}", given.get(parameter.name, parameter.default))
        if new != parameter.default:
            changed[parameter.name] = new
    seed = state.control(st.number_input, "Seed", "seed", scene.seed, min_value=0, max_value=999_999_999, step=1)
    st.button("Roll the dice", on_click=_roll, width="stretch", help="Draw the noise again with another seed.")
    clip = state.control(
        st.toggle, "Limit to 0-1, as a file does", "clip", scene.clip, help="Off: values below black and above white are kept."
    )
    state.put(
        level=None if value == level.default else value,
        noise_parameters=tuple(sorted(changed.items())),
        seed=int(seed),
        clip=bool(clip),
    )


def _roll() -> None:
    state.move("seed", int(np.random.default_rng().integers(0, 100_000)))


def _models() -> None:
    scene = state.scene()
    st.subheader("Denoiser", anchor=False)
    try:
        dataset = cache.dataset_of(scene, state.upload())
    except NoiseLensError:
        st.caption("Choose a picture first.")
        return
    size = dataset.size(scene.index)
    names = denoisers_for(size, scene.dataset)
    if scene.denoiser not in names or st.session_state.get("denoiser_for") not in (None, scene.dataset):
        usual = usual_denoiser(size, scene.dataset, scene.denoiser)
        if usual != scene.denoiser:
            scene = state.put(denoiser=usual, denoiser_parameters=(), denoiser_layer="", ablated="")
            state.move("denoiser", usual)
    st.session_state["denoiser_for"] = scene.dataset
    name = state.control(
        st.selectbox, "Method", "denoiser", scene.denoiser, options=names, format_func=lambda name: DENOISERS.get(name).label
    )
    if name != scene.denoiser:
        scene = state.put(denoiser=name, denoiser_parameters=(), denoiser_layer="", ablated="")
    spec = DENOISERS.get(name)
    st.caption(spec.summary)
    given, changed = dict(scene.denoiser_parameters), {}
    for parameter in spec.parameters:
        new = forms.parameter_widget(parameter, f"denoiser:{name}:{parameter.name}", given.get(parameter.name, parameter.default))
        if new != parameter.default:
            changed[parameter.name] = new
    if not spec.supports.get("blind"):
        known = state.control(
            st.toggle,
            "Tell it the true noise level",
            "known",
            scene.level_source == "known",
            help="Off: the level is estimated from the noisy picture, as it must be when the clean one is not known.",
        )
        scene = state.put(level_source="known" if known else "estimated")
    scene = state.put(denoiser_parameters=tuple(sorted(changed.items())))

    names = classifiers_for(scene.dataset)
    if names:
        st.subheader("Classifier", anchor=False)
        if scene.classifier not in names:
            scene = state.put(classifier=names[0])
            state.move("classifier", names[0])
        chosen = state.control(
            st.selectbox,
            "Network",
            "classifier",
            scene.classifier,
            options=names,
            format_func=lambda name: CLASSIFIERS.get(name).label,
        )
        if chosen != scene.classifier:
            state.put(classifier=chosen, target="", layer="", cam_layer="")


def _display() -> None:
    scene = state.scene()
    with st.expander("Display"):
        colormap = state.control(
            st.selectbox,
            "Colours of unsigned maps",
            "colormap",
            scene.colormap,
            options=[name for name in LABELS if not name.startswith("diverging")],
            format_func=lambda name: LABELS[name],
            help="Maps with evidence for and against always use blue and orange around a neutral zero.",
        )
        if colormap == "jet":
            st.caption(JET_WARNING)
        alpha = state.control(st.slider, "Opacity of heat maps", "alpha", scene.alpha, min_value=0.0, max_value=1.0, step=0.05)
        smoothing = state.control(
            st.selectbox,
            "Smoothing of heat maps",
            "smoothing",
            scene.smoothing,
            options=SMOOTHINGS.names,
            format_func=lambda name: SMOOTHINGS.get(name).label,
            help="Changes what is seen, never a figure.",
        )
        if smoothing != "none":
            st.caption(SMOOTHINGS.get(smoothing).summary)
        linked = state.control(
            st.toggle, "One colour scale a row", "linked", scene.linked, help="Off: each map uses the whole range of colours."
        )
    state.put(colormap=colormap, alpha=float(alpha), smoothing=smoothing, linked=bool(linked))
