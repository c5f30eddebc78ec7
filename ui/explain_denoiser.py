"""The page Explain a denoiser: the picture to click, its sections, and what is shared of it."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from xai_core.denoisers import DENOISERS
from xai_core.experiments import Pictures
from xai_core.scene import Scene, usual_denoiser
from xai_core.types import Array, Dataset

from . import (
    cache,
    denoiser_chain,
    denoiser_code,
    denoiser_filters,
    denoiser_invented,
    denoiser_layers,
    denoiser_planted,
    denoiser_region,
    denoiser_split,
    panels,
    spot,
    state,
)
from .spot import Spot
from .viewer import Drawn, Picture, draw, viewer

GROUP = "explain-denoiser"
PICTURES = {"slider": "Before | after", "noisy": "Noisy", "denoised": "Denoised", "clean": "Clean"}


def picture(scene: Scene, found: Pictures) -> Spot:
    """The large picture; returns the pixel or box that is explained."""
    height, width = found.clean.shape[1:3]
    shown = state.setting(
        st.segmented_control,
        "picture",
        label="Click a pixel, or draw a box",
        format_func=PICTURES.__getitem__,
        required=True,
        help="Before | after: drag the line between the noisy and the denoised picture.",
    )
    chosen = spot.read(scene, height, width)
    drawn = cache.drawn(f"explain-{cache.picture_key(scene)}", lambda: _draw(found))
    pictures = [drawn["noisy"], drawn["denoised"]] if shown == "slider" else [drawn[shown]]
    picked = viewer(
        pictures, key="spot", group=GROUP, largest=512, mark=chosen.mark, boxes=True, divided=shown == "slider", square=False
    )
    if picked is not None:
        spot.put(picked, height, width)
        st.rerun()
    row, column = chosen.row, chosen.column
    values = {"clean": found.clean, "noisy": found.noisy, "denoised": found.denoised}
    told = ", ".join(f"{name} {255 * image[0, row, column].mean():.0f}" for name, image in values.items())
    st.caption(f"Explained: {chosen.words}. There, in grey levels of 255: {told}.")
    return chosen


def _draw(found: Pictures) -> dict[str, Drawn]:
    pictures = {
        "clean": Picture("Clean", found.clean[0]),
        "noisy": Picture("Noisy", found.noisy[0], panels.quality(found.clean, found.noisy)),
        "denoised": Picture("Denoised", found.denoised[0], panels.quality(found.clean, found.denoised)),
    }
    return {name: draw(one) for name, one in pictures.items()}


Section = Callable[[Scene, Dataset | None, Pictures, Spot], None]


def sections(scene: Scene, upload: Dataset | None, found: Pictures, chosen: Spot) -> None:
    """Each section opens by a click; what is closed is not computed."""
    neural = bool(DENOISERS.get(scene.denoiser).supports.get("neural"))
    if not neural:
        _offer_network(scene, found)
    for name, title, section, needs_network in SECTIONS:
        # The name of the setting is the widget's: a link opens it, and what a person opens is in the link.
        place = state.control(st.expander, title, f"view:{name}", scene.view(name), on_change="rerun")
        state.put_view(name, bool(place.open))
        if not place.open:
            continue
        with place, panels.guard():
            if needs_network and not neural:
                label = DENOISERS.get(scene.denoiser).label
                st.info(f"{label} is a filter without layers and gradients. Choose a network on the left.")
            else:
                section(state.scene(), upload, found, chosen)


def _offer_network(scene: Scene, found: Pictures) -> None:
    """A way to a network for those who came with a filter."""
    usual = usual_denoiser(found.clean.shape[1:], scene.dataset, scene.denoiser)
    if usual == scene.denoiser:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{DENOISERS.get(scene.denoiser).label} is a filter: three of the sections below look inside a network.")
        st.button(f"Explain {DENOISERS.get(usual).label} instead", on_click=state.move, args=("denoiser", usual))


def _invented(scene: Scene, upload: Dataset | None, found: Pictures, chosen: Spot) -> None:
    st.markdown("**What was removed.** If the denoiser takes only noise away, nothing of the picture is seen in the residual.")
    with panels.guard():
        denoiser_invented.residual(scene, found)
    st.markdown("**What else may lie under the noise.** Other pictures of the same patch that fit the noisy one nearly as well.")
    with panels.guard():
        denoiser_invented.posterior(scene, upload, found, _patch(found, chosen))
    denoiser_invented.explain()
    st.markdown("**A faint structure is planted.** Its place is known, so it is seen what survives, what is lost, what appears.")
    with panels.guard():
        denoiser_planted.section(scene, upload, found)


def _patch(found: Pictures, chosen: Spot) -> tuple[int, int, int, int]:
    return denoiser_invented.patch_around(found, chosen.row, chosen.column) if chosen.single else chosen.box


def _chain(scene: Scene, upload: Dataset | None, found: Pictures, chosen: Spot) -> None:
    method = state.setting(st.segmented_control, "back", format_func=denoiser_chain.LABELS.__getitem__, required=True)
    denoiser_chain.section(state.scene(), upload, found, method)


def _split(scene: Scene, upload: Dataset | None, found: Pictures, chosen: Spot) -> None:
    denoiser_split.section(scene, upload, found)


SECTIONS: tuple[tuple[str, str, Section, bool], ...] = (
    ("split", "Signal and noise: where the output comes from", _split, False),
    ("layers", "Noise through the layers: where it is lost, and which channels carry it", denoiser_layers.section, True),
    ("region", "What a region depends on: maps for the pixel or box", denoiser_region.section, True),
    ("invented", "Did the denoiser invent it?", _invented, False),
    ("chain", "Through to the classifier: its evidence at the noisy pixels", _chain, True),
)
"""Name of the setting, title, what is drawn, whether it looks inside a network."""


def sharing(upload: Dataset | None, found: Pictures, chosen: Spot, rows: tuple[denoiser_filters.Row, ...]) -> None:
    """Link, code and downloads of what is open."""
    scene = state.scene()
    named = [("clean", found.clean[0]), ("noisy", found.noisy[0]), ("denoised", found.denoised[0])]

    def arrays() -> dict[str, Array]:
        made = dict(named) | denoiser_filters.arrays(rows)
        return made | denoiser_split.arrays(denoiser_split.compute(scene, upload, found)) if scene.view("split") else made

    shown = [(name, np.clip(image, 0, 1)) for name, image in named]
    panels.share(arrays, shown, more=denoiser_code.lines(scene, chosen))
