"""Explanation drift on the page: how each map changes while the noise grows, measured on demand, drawn point by point."""

import csv
import io
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Drift, drift, drift_levels
from xai_core.experiments.drift import METHODS
from xai_core.explainers import EXPLAINERS
from xai_core.noise import NOISES
from xai_core.scene import Scene
from xai_core.types import Dataset

from . import cache, jobs, panels, state

FIGURES = {"ranks": "Rank correlation with the clean map", "overlap": "Overlap of the top tenth with the clean map"}
SCALES = {
    "ranks": "1 is the order of the pixels in the clean picture's map, 0 is chance.",
    "overlap": "1: the strongest tenth of the pixels is the clean map's; by chance 0.10.",
}


def section(scene: Scene, upload: Dataset | None, target: str) -> None:
    """A button, then curves over the noise's level; target: what is explained ("class:1")."""
    levels = drift_levels(scene.noise)
    asked = replace(scene, level=None)
    fields = (*cache.PICTURE_FIELDS, "cam_layer", "explainer_parameters")
    key = f"drift-{asked.key(*fields)}-{cache.weights_key(scene.denoiser)}-{cache.weights_key(scene.classifier)}-{target}"
    job = jobs.jobs().get(key)
    if job is None or job.failed:
        if job is not None:
            with panels.guard():
                job.future.result()  # raises its error
        labels = ", ".join(EXPLAINERS.get(method).label for method in METHODS)
        seconds = len(levels) * (cache.pictures(scene, upload).seconds + 1)
        st.caption(
            f"{labels} at {len(levels)} levels of the noise, for the noisy and the denoised picture, with one draw of the noise. "
            f"About {seconds:.0f} s; points appear as they come."
        )
        st.button("Measure the drift", on_click=_start, args=(key, asked, upload, target))
        return
    timed = not job.finished
    st.fragment(_view, run_every=0.5 if timed else None)(timed, key, scene)


def _start(key: str, scene: Scene, upload: Dataset | None, target: str) -> None:
    def work(job: jobs.Job) -> tuple[Drift, ...]:
        levels = drift_levels(scene.noise)
        found: tuple[Drift, ...] = ()
        for one in drift(scene, levels, upload=upload, target=target):
            found = (*found, one)
            job.show(found)
            job(len(found) / len(levels))
        return found

    jobs.jobs().start(key, work, jobs.waiter())


def _view(timed: bool, key: str, scene: Scene) -> None:
    """The curves so far, or all. `timed`: a timer draws this again and again."""
    found: tuple[Drift, ...] | None = jobs.so_far(timed, key, "stop-drift")
    if found:
        _show(found, scene)


def _show(found: tuple[Drift, ...], scene: Scene) -> None:
    spec = NOISES.get(scene.noise).parameter("level")
    now = float(spec.default or 0 if scene.level is None else scene.level)
    name = state.control(
        st.segmented_control, "Figure", "drift", "ranks", options=FIGURES, format_func=FIGURES.__getitem__, required=True
    )
    levels = [one.level for one in found]
    level = f"{spec.label} ({spec.unit})"
    maps = {
        EXPLAINERS.get(method).label: (levels, *_columns([getattr(one, name)[method] for one in found])) for method in METHODS
    }
    lower = -0.2 if name == "ranks" else 0.0
    least = min(float(np.min(line[1:])) for line in maps.values())
    bounds = (min(lower, least - 0.05), 1.05)
    chart = render.drift_curves(maps, value=FIGURES[name], level=level, current=now, bounds=bounds)
    st.plotly_chart(chart, config=render.CONFIG, key="drift-maps", width="stretch")
    st.caption(f"Solid: the map of the noisy picture; dashed: of the denoised one. {SCALES[name]}")
    left, right = st.columns(2, gap="medium")
    with left:
        pair = {"": (levels, *_columns([one.probability for one in found]))}
        chart = render.drift_curves(pair, value="Probability of the class", level=level, current=now, bounds=(-0.05, 1.05))
        st.plotly_chart(chart, config=render.CONFIG, key="drift-probability", width="stretch")
    with right:
        quality = [[value if np.isfinite(value) else np.nan for value in one.psnr] for one in found]
        pair = {"": (levels, *_columns(quality))}
        chart = render.drift_curves(pair, value="PSNR (dB)", level=level, current=now)
        st.plotly_chart(chart, config=render.CONFIG, key="drift-psnr", width="stretch")
    st.download_button("Drift (CSV)", lambda: _csv(found), "drift.csv", "text/csv", on_click="ignore")


def _columns(pairs: Any) -> tuple[list[float], list[float]]:
    noisy, denoised = np.array(pairs, float).T
    return noisy.tolist(), denoised.tolist()


def _csv(found: tuple[Drift, ...]) -> bytes:
    """A line for each level, picture and method."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["level", "picture", "method", "rank_correlation", "top_tenth_overlap", "probability", "psnr_db"])
    for one in found:
        for index, picture in enumerate(("noisy", "denoised")):
            for method in one.ranks:
                pairs = (one.ranks[method], one.overlap[method], one.probability, one.psnr)
                writer.writerow([one.level, picture, method, *(pair[index] for pair in pairs)])
    return text.getvalue().encode()
