"""Explain a denoiser, section "Did the denoiser invent it?": a faint known structure is planted below and above the noise."""

from functools import partial

import numpy as np
import streamlit as st

from xai_core.denoisers import DENOISERS
from xai_core.experiments import Pictures
from xai_core.experiments.planted_structure import PlantedStructure, planted_structure
from xai_core.scene import Scene
from xai_core.trust.randomisation import randomised
from xai_core.types import Dataset

from . import cache, explained, jobs, panels, state
from .viewer import Drawn, Picture, draw, viewer

STRUCTURES = {"arm": "A galaxy's arm", "stroke": "A stroke of a pen", "scratch": "A scratch"}
DRAWS = 8


def section(scene: Scene, upload: Dataset | None, found: Pictures) -> None:
    """The test for one structure: verdict, pictures at one height, table of all heights."""
    if not found.true_sigma > 0:
        st.info("The structure's height is counted in standard deviations of the noise, and there is no noise. Add some.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = state.setting(st.selectbox, "structure", format_func=STRUCTURES.__getitem__, width=230)
        untrained = False
        if DENOISERS.get(scene.denoiser).supports.get("neural"):
            untrained = state.setting(
                st.toggle, "untrained", help="The same network, its weights shuffled: it has learned nothing and must fail."
            )
    key = f"planted-{cache.picture_key(scene)}-{kind}-{untrained}"
    work = partial(_compute, scene, upload, found, kind, untrained)
    made = jobs.soon(key, work, "of the heights", begin=f"Plant it at five heights, {DRAWS} draws of the noise each")
    if made is not None:
        _show(made, scene, key)
    _explain()


def _compute(
    scene: Scene, upload: Dataset | None, found: Pictures, kind: str, untrained: bool, job: jobs.Job
) -> PlantedStructure:
    denoiser = cache.network(scene, upload, scene.denoiser)
    denoiser = randomised(denoiser) if untrained else denoiser
    return planted_structure(denoiser, found.clean, kind, sigma=found.true_sigma, draws=DRAWS, seed=scene.seed, progress=job)


def _show(made: PlantedStructure, scene: Scene, key: str) -> None:
    (st.success if made.verdict == "passes" else st.warning)(made.sentence)
    heights = [row.contrast for row in made.rows]
    given = scene.view("contrast")
    height = state.control(
        st.segmented_control,
        "Height of the structure, in standard deviations of the noise",
        "view:contrast",
        given if given in heights else 1.0,
        options=heights,
        format_func=lambda value: f"{value:g}",
        required=True,
    )
    state.put_view("contrast", height)
    index = heights.index(height) if height in heights else 0
    viewer(cache.drawn(f"{key}-{index}", lambda: _draw(made, index)), key="planted", columns=4, toolbar=False)
    rows = made.rows
    st.dataframe(
        {
            "Height (sigma)": heights,
            "Verdict": [row.verdict for row in rows],
            "Left of it": [row.amplitude for row in rows],
            "Detectable before (d')": [row.detectability_before for row in rows],
            "after": [row.detectability for row in rows],
            "Seen where nothing was": [row.fired for row in rows],
            "before denoising": [row.fired_before for row in rows],
        },
        column_config={
            "Left of it": st.column_config.NumberColumn(
                format="%.2f", help="Share of the planted height: 1 survives, 0 is lost."
            ),
            "Detectable before (d')": st.column_config.NumberColumn(
                format="%.1f", help="Standard deviations between the readings of a matched filter with and without the structure."
            ),
            "after": st.column_config.NumberColumn(format="%.1f"),
            "Seen where nothing was": st.column_config.NumberColumn(
                format="percent", help="Share of the draws without a structure in which the matched filter says that it is there."
            ),
            "before denoising": st.column_config.NumberColumn(format="percent"),
        },
        hide_index=True,
    )


def _draw(made: PlantedStructure, index: int) -> list[Drawn]:
    row = made.rows[index]
    brought = 255 * (made.denoised[index] - made.without)
    pictures = [
        Picture("Clean, with the structure", np.clip(made.with_structure[index], 0, 1), f"{row.contrast:g} sigma high"),
        Picture("Noisy", np.clip(made.noisy[index], 0, 1)),
        Picture("Denoised", np.clip(made.denoised[index], 0, 1), row.verdict),
        panels.signed_picture(
            "What the structure brought",
            brought,
            words=("darker", "brighter"),
            caption=f"{row.amplitude:.2f} of what was planted",
            unit="grey levels",
        ),
    ]
    return [draw(one) for one in pictures]


_explain = partial(
    explained.foldouts,
    how=(
        "A line $s$ with soft edges is added to the clean picture at heights below and above the noise; noise is added, and "
        "all is denoised, with and without the line, under the same noises. A matched filter $\\langle f, s\\rangle / \\langle "
        "s, s\\rangle$ reads what is left of it: 1 survives, 0 is lost. Without a line it must not say that there is one."
    ),
    cost=f"{6 * DRAWS} forward passes",
    source="Burgess, Li & Abbey (1997), doi:10.1364/JOSAA.14.002420",
    misread=(
        "It is one shape at one place: a denoiser may keep this line and lose another. A structure that is lost at a quarter "
        "of the noise's standard deviation is no fault: nobody can see it there. The noise of this test is Gaussian, whatever "
        "the page's is."
    ),
)
