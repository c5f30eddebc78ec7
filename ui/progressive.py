"""The row of a slow method: its cost, the map so far while it runs, a button that stops it, the result."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.explainers import EXPLAINERS
from xai_core.explainers.cost import cost
from xai_core.scene import Scene
from xai_core.types import Dataset, Explanation

from . import cache, jobs, panels
from .viewer import Drawn, Picture, draw, viewer

GROUP = "classify"
LOOK = 0.4
"""Seconds between two looks at a map that is being made."""
TIMED = 8
"""Pictures of the pass whose seconds are measured."""

How = tuple[str, str, str, dict[str, Any]]
"""Network, method, target, parameters: what an explanation is asked for with."""


@dataclass(frozen=True)
class Asked:
    """What this session asked for in a row. stopped: it does not wait any longer; partial: the map that it had then."""

    key: str
    stopped: bool = False
    partial: Explanation | None = None


def row(scene: Scene, upload: Dataset | None, how: How, ends: tuple[str, str], *, begin: bool = False) -> Explanation | None:
    """The maps of a slow method for clean, noisy, denoised; returned when they are complete.

    ends: words for the ends of the colour bar. begin: without being asked, unless it was stopped.
    Pictures stand in the same place before, while and after.
    """
    method, key = how[1], cache.explanation_key(scene, *how)
    asked = _asked(method)
    if asked and asked.key != key:
        forget(method)
        asked = None
    job = jobs.jobs().get(key)
    # Somebody else's computation of the same is shared without a click.
    if (not asked and (begin or job)) or (asked and not asked.stopped and job is None):
        _start(key, scene, upload, how)
    timed = _runs(method, key)
    st.fragment(_view, run_every=LOOK if timed else None)(timed, key, scene, upload, how, ends)
    job = jobs.jobs().get(key)
    complete = not timed and job is not None and job.finished and not job.failed  # else the timer asks for another run
    return job.future.result() if job is not None and complete else None


def forget(method: str) -> None:
    """Wait no longer for what was asked for in the row of this method."""
    asked = _all_asked().pop(method, None)
    if asked:
        jobs.jobs().leave(asked.key, jobs.waiter())


def forget_others(methods: list[str]) -> None:
    """Wait no longer for the rows of methods that are not shown."""
    for method in set(_all_asked()) - set(methods):
        forget(method)


def cost_text(scene: Scene, upload: Dataset | None, how: How) -> str:
    """Passes, and about how long they take here."""
    spec = EXPLAINERS.get(how[1])
    parameters = {parameter.name: parameter.default for parameter in spec.parameters} | how[3]
    found = cost(cache.classifier(scene), how[1], parameters)
    if found is None:
        return f"Cost: {spec.passes}, for each of the three pictures."
    kind = "forward and backward passes" if found.backward else "forward passes"
    count = len(panels.COLUMNS)
    seconds = count * found.passes * _seconds_of_a_pass(scene, upload)
    return f"Cost: {count} x {found.steps:,} {kind}, {_duration(seconds)}."


def _seconds_of_a_pass(scene: Scene, upload: Dataset | None) -> float:
    """Of one picture in a batch, measured once a network."""

    def measure() -> float:
        classifier, pictures = cache.classifier(scene), np.repeat(cache.columns(scene, upload)[:1], TIMED, axis=0)
        started = time.perf_counter()
        classifier(pictures)
        return (time.perf_counter() - started) / TIMED

    seconds: float = cache.results().get(f"pace-{scene.classifier}-{cache.weights_key(scene.classifier)}", measure)
    return seconds


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    return f"about {seconds:.0f}\u00a0s" if seconds < 100 else f"about {seconds / 60:.0f}\u00a0min"


def _all_asked() -> dict[str, Asked]:
    asked: dict[str, Asked] = st.session_state.setdefault("asked", {})
    return asked


def _asked(method: str) -> Asked | None:
    return _all_asked().get(method)


def _start(key: str, scene: Scene, upload: Dataset | None, how: How) -> None:
    def work(job: jobs.Job) -> Explanation:
        return cache.compute_explanation(scene, upload, *how, job, job.show)

    _all_asked()[how[1]] = Asked(key)
    jobs.jobs().start(key, work, jobs.waiter())


def _stop(method: str, key: str) -> None:
    job = jobs.jobs().get(key)
    _all_asked()[method] = Asked(key, True, job.partial if job else None)
    jobs.jobs().leave(key, jobs.waiter())


def _runs(method: str, key: str) -> bool:
    """Whether this session waits for a job that has not finished."""
    job = jobs.jobs().get(key)
    return _asked(method) == Asked(key) and job is not None and not job.finished


def _view(timed: bool, key: str, scene: Scene, upload: Dataset | None, how: How, ends: tuple[str, str]) -> None:
    """Maps, and under them one line, as high as what stands there when they are complete: how far they are, what can be done.

    timed: a timer draws this again and again.
    """
    method = how[1]
    job, asked = jobs.jobs().get(key), _asked(method)
    if _runs(method, key) != timed:
        st.rerun()  # only a run of the whole page starts and ends the timer
    label = EXPLAINERS.get(method).label
    if timed and job:
        _so_far(scene, upload, job.partial, method, ends)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", on_click=_stop, args=(method, key), key=f"stop-{method}", help=f"Keep the {label} map so far.")
            st.progress(job.share, _progress_text(job))
        return
    if job is not None and job.finished and not job.failed:
        with panels.guard():
            found: Explanation = job.future.result()
            panels.map_row(
                lambda: cache.columns(scene, upload),
                found,
                of=key,
                key=f"maps-{method}",
                group=GROUP,
                words=ends,
                network=lambda: cache.classifier(scene),
            )
        return
    partial = asked.partial if asked else None
    _so_far(scene, upload, partial, method, ends)
    if job is not None and job.failed:
        with panels.guard():
            job.future.result()  # raises its error
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(f"Compute {label}", on_click=_start, args=(key, scene, upload, how), key=f"compute-{method}")
        if asked and asked.stopped:
            st.caption(f"Stopped after {used_text(partial)}." if partial else "Stopped before there was a map.")


def _so_far(scene: Scene, upload: Dataset | None, partial: Explanation | None, method: str, ends: tuple[str, str]) -> None:
    """The map so far; before there is one, the pictures in its place."""
    images = cache.columns(scene, upload)
    if partial is None:
        pictures, bar = _no_map_yet(scene, images, method, ends)
    else:
        drawn = panels.draw_maps(images, partial, scene, ends)
        pictures, bar = list(drawn.pictures), drawn.bar
    viewer(pictures, key=f"maps-{method}", group=GROUP, columns=3, bar=bar, toolbar=False)


def _no_map_yet(scene: Scene, images: Any, method: str, ends: tuple[str, str]) -> tuple[list[Drawn], render.ColourBar | None]:
    """The three pictures and a colour bar as high as the one to come."""
    signed = bool(EXPLAINERS.get(method).supports["signed"])
    [(low, high)] = render.limits([np.zeros(1)], signed)
    colours = "diverging" if signed else scene.colormap
    bar = render.colour_bar(colours, low, high, low_word=ends[0], high_word=ends[1], note="no map yet")
    pictures = [
        Picture(name, np.clip(image, 0, 1), "no map yet", bar=None if scene.linked else bar)
        for name, image in zip(panels.COLUMNS, images, strict=True)
    ]
    return [draw(picture) for picture in pictures], bar if scene.linked else None


def _progress_text(job: jobs.Job) -> str:
    if job.partial is not None:
        return used_text(job.partial)
    return f"{job.share:.0%} computed" if job.share else "waiting for its turn"


def used_text(found: Explanation) -> str:
    """How much of the work is in a map, and how far it may still be off: the largest error of the three."""
    used, total, unit = _used(found)
    text = f"{used:,} of {total:,} {unit}"
    errors = found.diagnostics.get("relative_error")
    if errors is None:
        return text
    worst = float(np.max(errors))
    return f"{text}: standard error {worst:.0%}" if worst < 1 else f"{text}: standard error over 100%"


def _used(found: Explanation) -> tuple[int, int, str]:
    """Samples in a map, those that were planned, what they are called."""
    planned = {"patches": found.diagnostics.get("patches"), "channels": found.diagnostics.get("channels")}
    unit, total = next(((unit, count) for unit, count in planned.items() if count), ("samples", found.parameters["samples"]))
    return int(np.max(found.diagnostics["samples"])), int(total), unit


def result_text(found: Explanation) -> str:
    """What the finished maps are worth."""
    figures = found.diagnostics
    sentences = []
    if found.method == "lime":
        shares = by_column(figures["r2"], ".2f")
        sentences.append(f"How well a sum over superpixels describes the network here (R², 1 is perfectly): {shares}.")
    if "relative_error" in figures:
        of = "coefficients, mean, of their range" if found.method == "lime" else "map, mean over its pixels, of its range"
        sentences.append(f"Standard error of the {of}: {by_column(figures['relative_error'], '.1%')}.")
    if "samples" in figures:
        used, total, unit = _used(found)
        early = np.min(figures["samples"]) < total
        sentences.append(
            f"The tolerance was reached after {by_column(figures['samples'], ',d')} {unit}." if early else f"{used:,} {unit}."
        )
    return " ".join(sentences)


def by_column(values: Any, form: str) -> str:
    """One figure a column."""
    return ", ".join(f"{name.lower()} {value:{form}}" for name, value in zip(panels.COLUMNS, values, strict=True))
