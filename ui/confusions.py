"""The confusion matrix of an experiment, its report, and the pictures behind each cell."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import NONE, Condition, Results
from xai_core.experiments.results import confused, report, scene_of
from xai_core.metrics import Estimate, ReportEstimates
from xai_core.noise import NOISES
from xai_core.scene import Scene

from . import cache, state
from . import experiments_views as views
from .viewer import Drawn, Picture, draw, viewer

SHOWN = 12
"""Pictures of one page of a gallery."""


def section(results: Results, scene: Scene) -> None:
    """The matrix of one condition, the report, and the pictures behind one cell."""
    st.subheader("Which pictures are mistaken?", anchor=False)
    conditions = [one.condition for one in views.summaries_of(results)]
    # What is nearest among the first results is not what is nearest among all.
    name = f"condition:{results.grid.key()[:12]}" + ("" if results.complete else ":so far")
    condition = views.pick("Condition", name, conditions, _nearest(conditions, scene))
    found: ReportEstimates = cache.drawn(f"report-{views.key_of(results)}-{condition}", lambda: report(results, condition))
    classes = results.class_names
    mistakes = found.confusion - np.diag(np.diag(found.confusion))
    usual = np.unravel_index(int((mistakes if mistakes.any() else found.confusion).argmax()), mistakes.shape)
    cell = f"cell:{results.grid.key()[:12]}:{condition}"
    left, right = st.columns([1, 2], gap="medium")
    with right:
        _report(found)
        one, other = st.columns(2)
        with one:
            truth = _class("True class", f"{cell}:truth", int(usual[0]), classes)
        with other:
            named = _class("Named", f"{cell}:named", int(usual[1]), classes)
        st.caption("A cell of the matrix, by a click on it or by these two boxes: its pictures are below.")
    with left:
        chart = render.confusion_matrix(found.confusion, classes, chosen=(truth, named))
        key = f"matrix-{condition}"
        st.plotly_chart(
            chart,
            config=render.CONFIG,
            key=key,
            width="stretch",
            on_select=lambda: _choose(key, cell),
            selection_mode="points",
        )
        st.caption("Rows: what it is. Columns: what it is taken for. Blue is right, orange is wrong; per cent of the row.")
    _gallery(results, condition, truth, named)


def _class(label: str, name: str, value: int, classes: Sequence[str]) -> int:
    chosen: int = views.control(
        st.selectbox, label, name, value, options=range(len(classes)), format_func=lambda place: classes[place]
    )
    return chosen


def _choose(chart: str, cell: str) -> None:
    points = st.session_state[chart].selection.points
    if points:
        state.move(f"experiment:{cell}:truth", round(points[0]["y"]))
        state.move(f"experiment:{cell}:named", round(points[0]["x"]))


def _nearest(conditions: Sequence[Condition], scene: Scene) -> int:
    """The condition that is most like the column on the left."""
    level = scene.level if scene.level is not None else NOISES.get(scene.noise).parameter("level").default

    def distance(place: int) -> tuple[bool, float, bool, bool]:
        one = conditions[place]
        away = abs(one.level - float(level or 0)) if one.noise == scene.noise else np.inf
        return (one.noise != scene.noise, away, one.denoiser != NONE, one.classifier != scene.classifier)

    return min(range(len(conditions)), key=distance)


def _report(found: ReportEstimates) -> None:
    rows: dict[str, list[Any]] = {"Class": [one.name for one in found.classes]}
    for title, name in (
        ("Precision", "precision"),
        ("Recall, sensitivity", "recall"),
        ("F1", "f1"),
        ("Specificity", "specificity"),
    ):
        rows[f"{title} (%)"] = [_short(getattr(one, name)) for one in found.classes]
    rows["Support"] = [one.support for one in found.classes]
    text = st.column_config.TextColumn
    st.dataframe(
        rows,
        column_config={
            "Precision (%)": text(help="Of the pictures that get this name, the share that deserves it."),
            "Recall, sensitivity (%)": text(help="Of the pictures of this class, the share that is found."),
            "F1 (%)": text(help="Harmonic mean of precision and recall."),
            "Specificity (%)": text(help="Of all other pictures, the share that does not get this name."),
            "Support": st.column_config.NumberColumn(help="Pictures of this class."),
        },
        hide_index=True,
    )
    st.caption(
        f"In brackets: 95 % bootstrap intervals ({found.drawn} drawn anew). *100 to 100* says that none of these pictures was "
        "wrong, not that none ever will be."
    )


def _short(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"


def _gallery(results: Results, condition: Condition, truth: int, named: int) -> None:
    """The pictures of one cell; a click opens one on the page Classify."""
    rows, classes = confused(results, condition, truth, named), results.class_names
    what = f"{classes[truth]} named {classes[named]}"
    if not len(rows):
        st.info(f"No picture here: {what}. Choose another cell.")
        return
    pages = -(-len(rows) // SHOWN)
    at = 1
    if pages > 1:
        name = f"page:{results.grid.key()[:12]}:{condition}:{truth}:{named}"
        at = int(views.control(st.number_input, f"Page (of {pages})", name, 1, min_value=1, max_value=pages, step=1))
    shown = rows[(at - 1) * SHOWN : at * SHOWN]
    st.markdown(
        f"**{what}**: {len(rows)} {'picture' if len(rows) == 1 else 'pictures'}, the surest first, as the network got them"
    )
    scenes = [scene_of(results, int(row)) for row in shown]
    with st.spinner("Drawing the pictures"):
        drawn = [_drawn(results, int(row), scene, condition) for row, scene in zip(shown, scenes, strict=True)]
    click = viewer(
        drawn,
        key=f"gallery-{condition}-{truth}-{named}-{at}",
        columns=6,
        smallest=110,
        largest=180,
        clickable=True,
        toolbar=False,
    )
    column = "Noisy" if condition.denoiser == NONE else "Denoised"
    st.caption(f"Click a picture, or choose it with Tab and press Enter, to open it on the page Classify (there: *{column}*).")
    if click is not None:
        _open(scenes[click.picture])


def _drawn(results: Results, row: int, scene: Scene, condition: Condition) -> Drawn:
    """What the classifier got, with its answer."""
    columns, classes = results.columns, results.class_names
    named = int(columns["predicted"][row])
    caption = f"{classes[named]}, {columns['probabilities'][row][named]:.0%}"
    title = f"Picture {scene.index}"
    if kind := str(columns["subtype"][row]):
        caption += f"\n{kind}"

    def make() -> Drawn:
        image = (cache.noisy(scene, None).noisy if condition.denoiser == NONE else cache.pictures(scene, None).denoised)[0]
        alt = f"Picture {scene.index}, {classes[int(columns['truth'][row])]}, named {caption}: open it in Classify"
        return draw(Picture(title, np.clip(image, 0, 1), caption, alt=alt))

    drawn: Drawn = cache.drawn(f"gallery-{cache.picture_key(scene)}-{condition}-{caption}", make)
    return drawn


SEEN = (*cache.PICTURE_FIELDS, "classifier")
"""What a cell of an experiment decides of the Scene."""

FORGOTTEN = ("target", "layer", "denoiser_layer", "cam_layer", "spot")
"""What belongs to the picture or network that was shown before."""


def _open(scene: Scene) -> None:
    """Show a cell of the experiment on the page Classify."""
    defaults = {field.name: field.default for field in fields(Scene)}
    state.put(**{name: getattr(scene, name) for name in SEEN}, **{name: defaults[name] for name in FORGOTTEN})
    # The column on the left starts again at the scene's values; its own memory would undo them.
    for name in list(st.session_state):
        if str(name).startswith("control:") and not str(name).startswith("control:experiment:"):
            del st.session_state[name]
    st.session_state["denoiser_for"] = scene.dataset
    st.switch_page("pages/classify.py")
