"""The trust row under a map: figures that say how far it can be believed, measured on demand; and how far maps agree."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render, trust
from xai_core.explainers import EXPLAINERS
from xai_core.scene import Scene
from xai_core.types import Array, Dataset, Explanation

from . import cache, jobs, panels, state
from .progressive import How
from .viewer import Drawn, Picture, draw, viewer

REDRAWN = 2
"""Other draws of the noise under which a map is computed again."""

CONTROLS = {"random_map": "Random map", "edges": "Edges"}
MINUS = "\u2212"
DIGITS = {"Complexity": 2, "ROAD": 2, "Pointing game": 0}

Controls = Mapping[str, Mapping[str, trust.Figure]]


@dataclass(frozen=True)
class Measured:
    """The figures of the maps of clean, noisy and denoised picture, and those of the controls (None: not yet measured)."""

    figures: tuple[tuple[trust.Figure, ...], ...]
    controls: tuple[Controls | None, ...]

    @property
    def names(self) -> list[str]:
        known = {figure.name for figures in self.figures for figure in figures}
        return [name for name in trust.DEFINITIONS if name in known]

    def find(self, column: int, name: str) -> trust.Figure | None:
        return next((figure for figure in self.figures[column] if figure.name == name), None)

    def control(self, column: int, method: str, name: str) -> trust.Figure | None:
        controls = self.controls[column]
        return controls[method].get(name) if controls else None


def row(scene: Scene, upload: Dataset | None, how: How, key: str, found: Explanation) -> None:
    """Deletion, insertion, ROAD and the other figures for clean, noisy, denoised, each with a sentence."""
    with st.expander("Can it be trusted?"):
        name = f"trust-{key}"
        job = jobs.jobs().get(name)
        if job is None or job.failed:
            if job is not None:
                with panels.guard():
                    job.future.result()  # raises its error
            st.caption(
                "Hides what the map marks and looks at the score, draws the noise again, and asks a network that has learned "
                f"nothing. Cost: about 400 passes and {REDRAWN + 1} further maps, for each of the three pictures; figures appear "
                "as they come."
            )
            st.button("Measure", key=f"measure-{how[1]}", on_click=_start, args=(name, scene, upload, how, found))
        else:
            timed = not job.finished
            st.fragment(_view, run_every=0.5 if timed else None)(timed, name, how[1])


def _start(name: str, scene: Scene, upload: Dataset | None, how: How, found: Explanation) -> None:
    job = jobs.jobs().start(name, lambda job: measure(scene, upload, how, found, job), jobs.waiter())
    if job.partial is None and not job.finished:  # it may have to wait for its turn; these are there at once
        mask = _mask(scene, upload)
        columns = range(len(found.heatmap))
        job.show(
            Measured(tuple(tuple(trust.glance(_one(found, column), mask=mask)) for column in columns), (None,) * len(columns))
        )


def measure(scene: Scene, upload: Dataset | None, how: How, found: Explanation, job: jobs.Job) -> Measured:
    """The figures of each column's map, handed out as they come: the same figure of all columns, then the next."""
    model = cache.network(scene, upload, how[0])
    images = cache.columns(scene, upload)
    mask = _mask(scene, upload)
    controls: list[Controls | None] = [None] * len(images)

    def reference(column: int, target: str) -> trust.Reference:
        """What all maps of this column's picture are measured against."""
        key = f"trust-{cache.picture_key(scene)}-{how[0]}-{cache.weights_key(how[0])}-{target}-{column}"
        image = images[column : column + 1]
        shared: trust.Reference = cache.results().get(key, lambda: trust.reference(model, image, target, mask=mask))
        controls[column] = shared.controls
        return shared

    def redrawn(column: int) -> Array:
        """This column's picture under other draws of the noise."""
        seeds = range(scene.seed + 1, scene.seed + 1 + REDRAWN)
        return np.stack([cache.columns(replace(scene, seed=seed), upload)[column] for seed in seeds])

    running = {}
    for column in range(len(images)):
        one = _one(found, column)
        running[column] = trust.trust(
            model,
            images[column : column + 1],
            one,
            redrawn=partial(redrawn, column) if column else None,  # a clean picture has no noise
            mask=mask,
            shared=partial(reference, column, one.target),
        )
    figures: list[tuple[trust.Figure, ...]] = [()] * len(images)
    while running:
        for column in list(running):
            figure = next(running[column], None)
            if figure is None:
                del running[column]
                continue
            figures[column] += (figure,)
            job.show(Measured(tuple(figures), tuple(controls)))
            job(min(1.0, sum(map(len, figures)) / (len(images) * len(trust.DEFINITIONS))))
    return Measured(tuple(figures), tuple(controls))


def _mask(scene: Scene, upload: Dataset | None) -> Any:
    """(H, W) bool, where the object is; None where nobody knows."""
    masks = cache.dataset_of(scene, upload).masks
    # A mask without a pixel (a casting without a defect) marks nothing that a map could lie on.
    return masks[scene.index] if masks is not None and masks[scene.index].any() else None


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


def _view(timed: bool, name: str, method: str) -> None:
    """The figures so far, or all. `timed`: a timer draws this again and again."""
    measured: Measured | None = jobs.so_far(timed, name, f"stop-{method}")
    if measured is not None:
        _show(measured, method)


def _show(measured: Measured, method: str) -> None:
    column = panels.COLUMNS.index(
        state.control(
            st.segmented_control,
            "Readings and controls of",
            f"trust:{method}",
            panels.COLUMNS[-1],
            options=panels.COLUMNS,
            required=True,
        )
    )
    st.table(_table(measured, column), border="horizontal", hide_index=True)
    st.markdown(_readings(measured, column))
    curves = [name for name in ("Deletion", "Insertion") if any(measured.find(index, name) for index in range(3))]
    for place, name in zip(st.columns(2, gap="medium"), curves, strict=False):
        with place:
            _curves(measured, name, column, method)
    st.caption(
        "Deletion and insertion: 0 is the black picture's score, 1 the whole picture's. ROAD is in logits. No figure alone "
        "decides: a map says something where its figures are clearly better than those of the random map and of the edges, "
        "which know nothing of the network."
    )
    with st.container(horizontal=True):
        with st.popover("Definitions and sources"):
            for name in measured.names:
                st.markdown(f"**{name}.** {trust.DEFINITIONS[name].text} *{trust.DEFINITIONS[name].source}*")
        st.download_button(
            "Figures (CSV)", lambda: _csv(measured), f"trust-{method}.csv", "text/csv", key=f"csv-{method}", on_click="ignore"
        )


def _table(measured: Measured, column: int) -> dict[str, list[str]]:
    """One row a figure: the three pictures, and the controls on one of them."""
    names, controls = measured.names, CONTROLS.items()
    return {
        "Figure": names,
        **{title: [_written(measured.find(index, name)) for name in names] for index, title in enumerate(panels.COLUMNS)},
        **{label: [_written(measured.control(column, method, name)) for name in names] for method, label in controls},
    }


def _readings(measured: Measured, column: int) -> str:
    """What each figure says of one picture's map, a line each: beside the numbers they would be squeezed on a narrow screen."""
    found = [figure for name in measured.names if (figure := measured.find(column, name))]
    lines = "\n".join(f"- **{figure.name}**: {figure.reading}" for figure in found)
    return f"What they say of the map of the **{panels.COLUMNS[column].lower()}** picture:\n\n{lines}"


def _written(figure: trust.Figure | None) -> str:
    """The value with sensible digits; empty where there is none."""
    if figure is None or np.isnan(figure.value):
        return ""
    return f"{figure.value:.{DIGITS.get(figure.name, 3)}f}".replace("-", MINUS)


def _curves(measured: Measured, name: str, column: int, method: str) -> None:
    """The score while the marked pixels go or come, for the three pictures and for chance."""
    found = {title: measured.find(index, name) for index, title in enumerate(panels.COLUMNS)}
    found |= {"Random map": measured.control(column, "random_map", name)}
    curves = {title: figure.curve for title, figure in found.items() if figure is not None and figure.curve is not None}
    verb = "hidden" if name == "Deletion" else "shown"
    chart = render.removal_curves(
        {title: (curve.shares, curve.scores) for title, curve in curves.items()},
        share=f"Pixels {verb}, the highest first (%)",
        score="Class score (logit)",
        control="Random map",
    )
    st.plotly_chart(chart, config=render.CONFIG, key=f"{name}-{method}", width="stretch")
    areas = ", ".join(f"{title.lower()} {curve.area:.2f}" for title, curve in curves.items()).replace("-", MINUS)
    st.caption(f"**{name}**: {'lower' if name == 'Deletion' else 'higher'} is better. Areas in logits: {areas}.")


def _csv(measured: Measured) -> bytes:
    """Every figure of every picture, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", "figure", "value", "area_logit", *CONTROLS, "reading", "definition", "source"])
    for index, title in enumerate(panels.COLUMNS):
        for figure in measured.figures[index]:
            controls = [measured.control(index, control, figure.name) for control in CONTROLS]
            values = [one.value if one else "" for one in controls]
            area = figure.curve.area if figure.curve else ""
            writer.writerow(
                [title.lower(), figure.name, figure.value, area, *values, figure.reading, figure.definition, figure.source]
            )
    return text.getvalue().encode()


def agreement(maps: dict[str, Array], of: str) -> None:
    """How alike the maps on this page are: method by method for one of the columns, where they differ, and how far they moved.

    maps: method to (3, H, W). of: the keys of these explanations, under which what is drawn is kept.
    """
    if not maps:
        st.caption("There is no map yet.")
        return
    labels = [EXPLAINERS.get(method).label for method in maps]
    st.markdown("**How far each map moved from the clean picture's**")
    _charts(cache.drawn(f"moved-{of}", lambda: _moved(maps, labels)), "moved")
    if len(maps) < 2:
        st.caption("Two maps or more are needed to compare methods.")
        return
    column = state.control(st.segmented_control, "Maps of", "agreement", panels.COLUMNS[0], options=panels.COLUMNS, required=True)
    index = panels.COLUMNS.index(column)
    charts, picture = cache.drawn(f"agreement-{of}-{index}", lambda: _compared([maps[name][index] for name in maps], labels))
    _charts(charts, "agreement")
    st.caption(
        f"Rank correlation: 1 orders all pixels alike, 0 is chance, {MINUS}1 the other way round. Overlap: share of the tenth of "
        "the pixels of highest values that two methods have in common; by chance 0.10. Methods answer different questions, so "
        "they need not agree."
    )
    left, _ = st.columns([1, 2])
    with left:
        viewer([picture], key="disagreement", columns=1, toolbar=False)


Charts = dict[str, Any]
"""Title to Plotly figure."""


def _moved(maps: dict[str, Array], labels: list[str]) -> Charts:
    """How far noise, and denoising, moved the map of each method."""
    charts = {}
    for title, measure in (("Rank correlation", trust.rank_correlation), ("Overlap of the top tenth", trust.top_overlap)):
        values = [[measure(heatmap[0], other) for other in heatmap[1:]] for heatmap in maps.values()]
        charts[title] = render.matrix(np.array(values), labels, list(panels.COLUMNS[1:]), words=title)
    return charts


def _compared(maps: list[Array], labels: list[str]) -> tuple[Charts, Drawn]:
    """Each method with each other on one picture, and where they disagree."""
    found = trust.agreement(np.stack(maps))
    pairs = {"Rank correlation": found.ranks, "Overlap of the top tenth": found.overlap}
    charts = {title: render.matrix(values, labels, labels, words=title) for title, values in pairs.items()}
    shown = np.clip((2 * found.disagreement)[..., None], 0, 1)
    return charts, draw(Picture("Where they disagree", shown, "white: ranks differ most", values=found.disagreement))


def _charts(charts: Charts, key: str) -> None:
    for place, (title, chart) in zip(st.columns(2, gap="medium"), charts.items(), strict=True):
        with place:
            st.caption(title)
            st.plotly_chart(chart, config=render.CONFIG, key=f"{key}-{title}", width="stretch")
