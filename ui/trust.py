"""The trust row under a map: figures that say how far it can be believed, measured on demand."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from xai_core import trust
from xai_core.explainers import EXPLAINERS
from xai_core.scene import Scene
from xai_core.types import Array, Dataset, Explanation, Progress

from . import cache, jobs, panels, state
from .viewer import Picture, draw, viewer

REDRAWN = 2
"""Other draws of the noise under which a map is computed again."""

How = tuple[str, str, str, dict[str, Any]]
"""Network, method, target, parameters: what an explanation is asked for with."""


def row(scene: Scene, upload: Dataset | None, how: How, key: str, found: Explanation) -> None:
    """Deletion, insertion, ROAD and the other figures for clean, noisy, denoised, each with a sentence."""
    with st.expander("Can it be trusted?"):
        name = f"trust-{key}"
        job = jobs.jobs().get(name)
        if job is not None and job.finished and not job.failed:
            _table(job.future.result())
        elif job is not None and not job.finished:
            st.fragment(jobs.follow, run_every=0.4)(name, "measured")
        else:
            if job is not None:
                with panels.guard():
                    job.future.result()  # raises its error
            st.caption(
                "Hides what the map marks and looks at the score, draws the noise again, and asks a network that has learned "
                f"nothing. Cost: about 400 passes and {REDRAWN + 1} further maps, for each of the three pictures."
            )
            st.button("Measure", key=f"measure-{how[1]}", on_click=_start, args=(name, scene, upload, how, found))


def _start(name: str, scene: Scene, upload: Dataset | None, how: How, found: Explanation) -> None:
    jobs.jobs().start(name, lambda progress: measure(scene, upload, how, found, progress), jobs.waiter())


def measure(
    scene: Scene, upload: Dataset | None, how: How, found: Explanation, progress: Progress
) -> tuple[tuple[trust.Figure, ...], ...]:
    """The figures of each column's map."""
    model = cache.network(scene, upload, how[0])
    images = cache.columns(scene, upload)
    redrawn = [cache.columns(replace(scene, seed=scene.seed + draw), upload) for draw in range(1, REDRAWN + 1)]
    masks = cache.dataset_of(scene, upload).masks
    columns = []
    for index in range(len(images)):
        figures = []
        others = np.stack([pictures[index] for pictures in redrawn]) if index else None  # a clean picture has no noise
        mask = masks[scene.index] if masks is not None else None
        for figure in trust.trust(model, images[index : index + 1], _one(found, index), redrawn=others, mask=mask):
            figures.append(figure)
            progress(min(1.0, (index + len(figures) / 11) / len(images)))
        columns.append(tuple(figures))
    return tuple(columns)


def _one(found: Explanation, index: int) -> Explanation:
    """The explanation of one picture of a batch."""
    count = len(found.heatmap)
    parts = {
        name: value[index : index + 1] if isinstance(value, np.ndarray) and value.shape[:1] == (count,) else value
        for name, value in found.diagnostics.items()
    }
    targets = found.target.split(";")
    target = targets[index] if len(targets) == count else found.target
    return replace(found, heatmap=found.heatmap[index : index + 1], target=target, diagnostics=parts)


def _table(columns: tuple[tuple[trust.Figure, ...], ...]) -> None:
    names = list(dict.fromkeys(figure.name for figures in columns for figure in figures))
    by_column = [{figure.name: figure for figure in figures} for figures in columns]
    known = {figure.name: figure for figures in columns for figure in figures}
    st.dataframe(
        {
            "Figure": names,
            **{
                title: [found[name].value if name in found else np.nan for name in names]
                for title, found in zip(panels.COLUMNS, by_column, strict=True)
            },
            "Reading (denoised)": [by_column[-1].get(name, known[name]).reading for name in names],
            "Source": [known[name].source for name in names],
        },
        column_config={title: st.column_config.NumberColumn(format="%.3f") for title in panels.COLUMNS},
        hide_index=True,
    )
    st.caption("Areas and ROAD are in units of the class score (logit). No figure alone decides; compare with a control's.")


def agreement(maps: dict[str, Array]) -> None:
    """How alike the maps on this page are, method by method, for one of the columns; and where they differ.

    maps: method to (3, H, W).
    """
    if len(maps) < 2:
        st.caption("Two maps or more are needed.")
        return
    column = state.control(st.segmented_control, "Maps of", "agreement", panels.COLUMNS[0], options=panels.COLUMNS, required=True)
    stack = np.stack([heatmap[panels.COLUMNS.index(column)] for heatmap in maps.values()])
    found = trust.agreement(stack)
    labels = [EXPLAINERS.get(method).label for method in maps]
    left, right = st.columns([3, 1], gap="medium")
    with left:
        for title, matrix in (("Rank correlation", found.ranks), ("Overlap of the top tenth", found.overlap)):
            table = {title: labels} | {label: matrix[:, index] for index, label in enumerate(labels)}
            st.dataframe(
                table, column_config={label: st.column_config.NumberColumn(format="%.2f") for label in labels}, hide_index=True
            )
        st.caption(
            "Rank correlation: 1 orders all pixels alike, 0 is chance. Overlap: share of the tenth of the pixels of highest "
            "values that two methods have in common; by chance 0.10. Methods answer different questions, so they need not agree."
        )
    with right:
        shown = (2 * found.disagreement)[..., None]
        picture = Picture("Where they disagree", np.clip(shown, 0, 1), "white: ranks differ most", values=found.disagreement)
        viewer([draw(picture)], key="disagreement", columns=1, toolbar=False)
