"""The page Experiments: choose a grid, see its cost, run it in the background, watch, stop, go on, read the results."""

import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from xai_core import weights
from xai_core.classifiers import CLASSIFIERS
from xai_core.datasets import DATASETS, load_dataset
from xai_core.denoisers import DENOISERS
from xai_core.experiments import (
    CLEAN,
    NONE,
    PRESETS,
    Grid,
    Preset,
    Results,
    cost,
    drift_levels,
    folder_of,
    get_preset,
    grid_of,
    load_results,
    run,
)
from xai_core.experiments.results import to_csv, to_parquet
from xai_core.experiments.runner import Status, duration, parts_of
from xai_core.noise import NOISES
from xai_core.scene import Scene, classifiers_for, denoisers_for

from . import cache, confusions, panels, state
from . import experiments_views as views
from .jobs import Job, Jobs

GONE = 600.0
"""Seconds after which an experiment stops whose tabs are all closed; what is finished is kept."""


@st.cache_resource(show_spinner=False)
def _queue() -> Jobs:
    """One experiment at a time, beside the queue of the explanations, so that those do not wait for an hour."""
    return Jobs()


def page(scene: Scene) -> None:
    """All sections, from the choice to the results."""
    corner = st.container()
    preset = _preset()
    if not preset.dataset and not classifiers_for(scene.dataset):
        known = ", ".join(spec.label for spec in DATASETS if classifiers_for(spec.name))
        st.info(f"No classifier knows these pictures. Choose others in the column on the left: {known}.")
        return
    grid = _form(preset, scene)
    if grid is None:
        return
    folder = folder_of(grid, preset.name)
    job = _queue().get(str(folder))
    running = job is not None and not job.finished
    results = _results(folder)  # after the job was asked for: it may end at any moment
    if job is not None and job.failed:
        with panels.guard():
            job.future.result()  # raises its error
    if running:
        st.fragment(_watch, run_every=1.0)(folder, preset, grid)
    else:
        if results is None or not results.complete:
            _offer(folder, grid, results)
        if results is not None:
            _show(results, preset, scene)
    with corner:
        _sharing(folder, preset, results)


def _show(results: Results, preset: Preset, scene: Scene) -> None:
    """Every section of the results."""
    with panels.guard():
        views.headline(results)
        views.curves(results, scene)
        views.table(results, preset)
    if (results.columns["truth"] >= 0).any():
        with panels.guard():
            views.comparison(results)
        with panels.guard():
            confusions.section(results, scene)
    else:
        st.info("The classes of these pictures are not known: there is no accuracy, only what the network says and how surely.")
    views.explanations()


def _preset() -> Preset:
    names = [preset.name for preset in PRESETS]
    name = views.control(
        st.pills,
        "Experiment",
        "preset",
        names[0],
        options=names,
        format_func=lambda name: get_preset(name).label,
        label_visibility="collapsed",
    )
    preset = get_preset(name or names[0])
    st.caption(preset.summary)
    return preset


def _form(preset: Preset, scene: Scene) -> Grid | None:
    """The grid, with what the person changed; None, and a sentence, while it cannot be computed."""
    dataset = preset.dataset or scene.dataset
    fitting = [name for name in classifiers_for(dataset) if name in weights.trained_models()]
    missing = [name for name in preset.classifiers if name not in fitting]
    usual = [name for name in preset.classifiers if name in fitting] if preset.classifiers else [scene.classifier]
    base = grid_of(preset, scene, classifiers=(fitting[0],) if missing else ())
    kind = next((noise for noise, _ in base.noises if noise != NONE), scene.noise)
    # Named by what they belong to, so that each experiment keeps its own settings.
    name = f"{preset.name}:{dataset}:{kind}"
    if preset.dataset and preset.dataset != scene.dataset:
        st.caption(f"Its pictures: {DATASETS.get(dataset).label}, whatever the column on the left shows.")
    with st.expander("Change it", expanded=bool(missing)):
        if missing:
            st.info(
                f"It is made for {' and '.join(missing)}, not trained on this machine (python -m xai_core train {missing[0]}). "
                "Choose which classifiers take part instead."
            )
        left, right = st.columns(2, gap="medium")
        with left:
            classifiers = views.control(
                st.multiselect,
                "Classifiers",
                f"{name}:classifiers",
                usual,
                options=fitting,
                format_func=lambda name: CLASSIFIERS.get(name).label,
            )
            denoisers = _denoisers(dataset, name, base)
        with right:
            levels = _levels(kind, name, base)
            count = len(load_dataset(dataset))
            images = _number("Pictures", f"{name}:images", base.images or count, count, least=1)
            followed = _number(
                "Pictures whose explanations are compared, too",
                f"{name}:drift",
                min(base.drift, images),
                min(images, 200),
                least=0,
                help="Saliency, Grad-CAM and integrated gradients of each, under every condition: slow.",
            )
    if not classifiers or not denoisers:
        st.info("Choose at least one classifier and one denoiser (or none, as it is) above.")
        return None
    return replace(
        base,
        noises=(CLEAN, *((kind, level) for level in sorted(levels))),
        denoisers=tuple(denoisers),
        classifiers=tuple(classifiers),
        images=0 if images == count else images,
        drift=followed,
    )


def _denoisers(dataset: str, name: str, base: Grid) -> list[str]:
    size = load_dataset(dataset).size(0)
    trained = weights.trained_models()
    options = [one for one in denoisers_for(size, dataset) if one in trained or not DENOISERS.get(one).supports.get("neural")]
    chosen: list[str] = views.control(
        st.multiselect,
        "Denoisers",
        f"{name}:denoisers",
        [one for one in base.denoisers if one == NONE or one in options],
        options=[NONE, *options],
        format_func=views.denoiser_label,
        help="Each with its usual settings; the one in the column on the left with the settings there.",
    )
    return [one for one in (NONE, *options) if one in chosen]


def _levels(kind: str, name: str, base: Grid) -> list[float]:
    spec = NOISES.get(kind)
    level = spec.parameter("level")
    own = [at for noise, at in base.noises if noise == kind]
    options = sorted({at for at in (*drift_levels(kind), *own) if not (at == 0 and views.zero_is_clean(kind))})
    chosen: list[float] = views.control(
        st.multiselect,
        f"{spec.label}: levels beside the clean pictures ({level.unit})",
        f"{name}:levels",
        own,
        options=options,
        format_func=lambda at: f"{at:g}",
    )
    return chosen


def _number(label: str, name: str, value: int, most: int, *, least: int, **options: Any) -> int:
    key = f"control:experiment:{name}"
    if key in st.session_state:
        st.session_state[key] = min(max(int(st.session_state[key]), least), most)
    number = views.control(
        st.number_input, f"{label} (at most {most:,})", name, value, min_value=least, max_value=most, step=1, **options
    )
    return int(number)


def _offer(folder: Path, grid: Grid, results: Results | None) -> None:
    """What it costs, and the button that starts it or goes on."""
    with st.spinner("Timing one picture"):
        price = cost(grid, lambda name, measure: cache.drawn(f"seconds-{name}", measure))
    words = f"**{price.cells:,} cells**: {price.pictures:,} pictures under {len(grid.conditions)} conditions"
    if price.maps:
        words += f", with {price.maps:,} heat maps"
    if results is None:
        st.markdown(f"{words}. About {duration(price.seconds)} on this server.")
    else:
        done = results.table.num_rows
        left = price.seconds * (1 - done / results.total)
        st.markdown(f"{words}. {done:,} cells are done and kept; the rest takes about {duration(left)}.")
    label = "Run" if results is None else "Go on"
    st.button(label, type="primary", on_click=_start, args=(folder, grid), key="run-experiment")


def _start(folder: Path, grid: Grid) -> None:
    def work(job: Job) -> None:
        def report(status: Status) -> None:
            job.show(status)
            job(status.share)

        run(grid, folder, report)

    job = _queue().start(str(folder), work, _session())
    # It shall go on while its person looks at other pages, which say nothing to this queue.
    job.abandoned = _Presence(job).gone


def _session() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""


@dataclass
class _Presence:
    """Whether those who wait for a job still have a tab open."""

    job: Job
    last: float = field(default_factory=time.monotonic)

    def gone(self) -> bool:
        if not runtime.exists() or any(runtime.get_instance().is_active_session(name) for name in tuple(self.job.waiting)):
            self.last = time.monotonic()
        return time.monotonic() - self.last > GONE


def _watch(folder: Path, preset: Preset, grid: Grid) -> None:
    """Progress, a button that stops it, and the results so far; a timer draws this again and again."""
    job = _queue().get(str(folder))
    if job is None or job.finished:
        st.rerun()
    status: Status | None = job.partial
    st.progress(status.share if status else 0.0, str(status) if status else "Starting")
    if st.button("Stop", key="stop-experiment"):
        _queue().leave(str(folder), _session())
        st.rerun()
    st.caption("It goes on while you look at other pages. Stop keeps what is finished.")
    results = _results(folder)
    if results is not None:
        views.curves(results, state.scene(), running=True)
        views.table(results, preset)


def _results(folder: Path) -> Results | None:
    """What the folder holds; read again only if there is more of it."""
    parts = len(parts_of(folder))
    if not parts:
        return None
    found: Results = cache.drawn(f"experiment-{folder}-{parts}", partial(load_results, folder))
    return found


def _sharing(folder: Path, preset: Preset, results: Results | None) -> None:
    """Link, code and downloads, in the same corner as on other pages."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        with st.popover("Copy link"):
            st.caption("This page with the same data set, noise, denoiser and classifier.")
            st.code(panels.link(), language=None, wrap_lines=True)
        with st.popover("Show the code"):
            st.caption("The same rows in a notebook; a run goes on where this one is:")
            st.code(_code(folder, results), language="python")
        with st.popover("Download"):
            if results is None:
                st.caption("Nothing is measured yet.")
                return
            name = f"noiselens-{folder.name}"
            rows = f"One row a picture and condition: {results.table.num_rows:,} rows."
            st.caption(rows)
            st.download_button("Rows (CSV)", partial(to_csv, results), f"{name}.csv", "text/csv", on_click="ignore")
            st.download_button(
                "Rows (Parquet)",
                partial(to_parquet, results),
                f"{name}.parquet",
                "application/vnd.apache.parquet",
                on_click="ignore",
            )


def _code(folder: Path, results: Results | None) -> str:
    grid = "" if results is None else "\nprint(results.grid)"
    return (
        "from pathlib import Path\n"
        "from xai_core.experiments import load_results, run, summaries\n\n"
        f"folder = Path({str(folder)!r})\n"
        f"results = load_results(folder)  # results.table is a pyarrow.Table{grid}\n"
        "run(results.grid, folder)  # what is missing\n"
        "for one in summaries(load_results(folder)):\n"
        "    print(one.condition, one.accuracy)\n"
    )
