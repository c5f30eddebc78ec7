"""The sections of the page Compare."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from xai_core import render, weights
from xai_core.denoisers import DENOISERS
from xai_core.experiments import Pictures, Quality, noise_levels, sweep
from xai_core.noise import NOISES
from xai_core.scene import TILES, Scene, denoisers_for
from xai_core.types import Array, Dataset, Progress

from . import cache, jobs, panels, state
from .viewer import Drawn, Picture, draw, viewer

FIRST = ("total_variation", "non_local_means", "wavelet", "bilateral", "wiener", "median", "gaussian")
"""Filters that stand beside the data set's networks until the person chooses."""

SHOWN = 8

TILE_WORDS = {"denoised": "the picture", "removed": "what was removed", "spectrum": "the spectrum of what was removed"}
ORDERS = ("as chosen", "PSNR", "SSIM", "whiteness", "time")


def choice(scene: Scene, upload: Dataset | None) -> tuple[str, ...]:
    """The denoisers that are compared."""
    fitting = denoisers_for(cache.dataset_of(scene, upload).size(scene.index), scene.dataset)
    given = tuple(name for name in scene.compared if name in fitting)
    trained = weights.trained_models()
    made = [name for name in fitting if scene.dataset in DENOISERS.get(name).supports.get("pictures", ()) and name in trained]
    usual = (*made, *(name for name in FIRST if name in fitting))[:SHOWN]
    key = f"compared:{scene.dataset}"
    chosen = state.control(
        st.multiselect,
        "Denoisers",
        key,
        list(given or usual),
        options=fitting,
        format_func=lambda name: DENOISERS.get(name).label,
        help="Each with its usual settings; the settings of one are in the column on the left of the page Denoise.",
    )
    names = tuple(chosen)
    state.put(compared=() if names == usual else names)
    return names


def tile(scene: Scene) -> str:
    """What the tiles show of each denoiser."""
    shown: str = state.control(
        st.segmented_control, "Show", "tile", scene.tile, options=TILES, format_func=lambda name: TILE_WORDS[name], required=True
    )
    state.put(tile=shown)
    return shown


def with_denoiser(scene: Scene, name: str) -> Scene:
    """The scene of one tile: the parameters that were set belong to the scene's own denoiser."""
    return scene if name == scene.denoiser else replace(scene, denoiser=name, denoiser_parameters=())


def tiles(scene: Scene, upload: Dataset | None, names: tuple[str, ...], shown: str) -> None:
    """One tile a denoiser, as soon as it is ready, and the table of their figures."""
    if not names:
        st.info("Choose at least one denoiser above.")
        return
    waiting = not all(job.finished for job in _jobs(scene, upload, names).values())
    st.fragment(_tiles, run_every=0.4 if waiting else None)(waiting, scene, upload, names, shown)


def _tiles(timed: bool, scene: Scene, upload: Dataset | None, names: tuple[str, ...], shown: str) -> None:
    """`timed`: a timer draws this again and again, until all are there."""
    work = _jobs(scene, upload, names)
    finished = [name for name in names if work[name].finished]
    if timed and len(finished) == len(names):
        st.rerun()  # only a run of the whole page ends the timer
    figures: dict[str, Quality] = {name: work[name].future.result() for name in finished if not work[name].failed}
    order = list(names) if timed else _ordered(names, figures)
    if figures:
        found = cache.pictures(with_denoiser(scene, next(iter(figures))), upload)
        row = list(cache.drawn(f"compare-{cache.noise_key(scene)}-{shown}", lambda: _references(found, shown)))
        for name in order:
            if name in figures:
                own = with_denoiser(scene, name)
                make = partial(_tile, name, cache.pictures(own, upload), figures[name], shown)
                row.append(cache.drawn(f"tile-{cache.picture_key(own)}-{shown}", make))
            else:
                word = "failed" if name in finished else "waits"
                row.append(Picture(DENOISERS.get(name).label, np.zeros_like(found.clean[0]), word))
        viewer(row, key="tiles", columns=4, smallest=150)
    if timed:
        st.progress(len(finished) / len(names), f"{len(finished)} of {len(names)} denoisers")
    for name in finished:
        if work[name].failed:
            with panels.guard():
                work[name].future.result()  # raises its error
    if figures:
        _table(scene, [name for name in order if name in figures], figures)


def _references(found: Pictures, shown: str) -> list[Drawn]:
    """The two tiles to which the others are compared."""
    clean, noisy = found.clean, found.noisy
    if shown == "removed":
        return [
            draw(Picture("Noisy", noisy[0], panels.quality(clean, noisy))),
            draw(_signed("The noise", noisy[0] - clean[0], "what should be removed")),
        ]
    if shown == "spectrum":
        return [
            draw(panels.spectrum("Spectrum of the picture", clean[0], "")),
            draw(panels.spectrum("Spectrum of the noise", noisy[0] - clean[0], "what should be removed")),
        ]
    return [draw(Picture("Clean", clean[0])), draw(Picture("Noisy", noisy[0], panels.quality(clean, noisy)))]


def _tile(name: str, found: Pictures, figures: Quality, shown: str) -> Drawn:
    label = DENOISERS.get(name).label
    caption = f"{panels.decibels(figures.psnr)} · SSIM {figures.ssim:.3f} · {_time(figures.seconds)}"
    if shown == "denoised":
        return draw(Picture(label, found.denoised[0], caption))
    caption = "nothing was removed" if np.isnan(figures.whiteness) else f"whiteness {figures.whiteness:.2f}"
    if shown == "removed":
        return draw(_signed(label, found.residual[0], caption))
    return draw(panels.spectrum(label, found.residual[0], caption))


def _signed(title: str, values: Array, caption: str) -> Picture:
    return panels.signed_picture(title, 255 * values, words=("made brighter", "made darker"), caption=caption)


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _parameters(name: str) -> int:
    """Trained numbers of a network."""
    return int(weights.entry(name)["parameters"]) if DENOISERS.get(name).supports.get("neural") else 0


def _table(scene: Scene, names: list[str], figures: dict[str, Quality]) -> None:
    multiscale = {"MS-SSIM": [figures[name].ms_ssim for name in names]}
    st.dataframe(
        {
            "Denoiser": [DENOISERS.get(name).label for name in names],
            "PSNR (dB)": [figures[name].psnr for name in names],
            "SSIM": [figures[name].ssim for name in names],
            **({} if any(np.isnan(one.ms_ssim) for one in figures.values()) else multiscale),
            "Edge damage": [figures[name].edge_damage for name in names],
            "Whiteness": [figures[name].whiteness for name in names],
            "Time (ms)": [1000 * figures[name].seconds for name in names],
            "Parameters": [_parameters(name) for name in names],
        },
        column_config={
            "PSNR (dB)": st.column_config.NumberColumn(format="%.2f"),
            "SSIM": st.column_config.NumberColumn(format="%.3f"),
            "MS-SSIM": st.column_config.NumberColumn(
                format="%.3f", help="SSIM over five scales; for pictures of at least 161 pixels a side."
            ),
            "Edge damage": st.column_config.NumberColumn(
                format="%.3f", help="Deviation of the gradient magnitude similarity (GMSD): 0 is best."
            ),
            "Whiteness": st.column_config.NumberColumn(
                format="%.2f",
                help="Of what was removed: 1 is noise without structure, less means that parts of the picture went too.",
            ),
            "Time (ms)": st.column_config.NumberColumn(format="%.0f", help="On this server, for this picture."),
            "Parameters": st.column_config.NumberColumn(format="localized", help="Trained numbers; a filter has 0."),
        },
        hide_index=True,
    )


def order_control() -> None:
    """By which figure the tiles stand; best first."""
    state.control(st.selectbox, "Order of the tiles", "tile_order", ORDERS[0], options=ORDERS)


def _ordered(names: tuple[str, ...], figures: dict[str, Quality]) -> list[str]:
    by = st.session_state.get("control:tile_order", ORDERS[0])
    value = {
        "PSNR": lambda figure: -figure.psnr,
        "SSIM": lambda figure: -figure.ssim,
        "whiteness": lambda figure: -figure.whiteness,
        "time": lambda figure: figure.seconds,
    }.get(by)
    if value is None:
        return list(names)
    values = {name: value(figures[name]) for name in figures}
    return sorted(names, key=lambda name: np.nan_to_num(values.get(name, np.inf), nan=np.inf))


def _jobs(scene: Scene, upload: Dataset | None, names: tuple[str, ...]) -> dict[str, jobs.Job]:
    """The computation of each tile: started when it is first asked for; one that failed is not tried again."""
    queue, found = jobs.jobs(), {}
    for name in names:
        own = with_denoiser(scene, name)
        key, work = f"quality-{cache.picture_key(own)}", partial(_measure_tile, own, upload)
        found[name] = queue.get(key) or queue.start(key, work, jobs.waiter())
    return found


def _measure_tile(scene: Scene, upload: Dataset | None, progress: Progress) -> Quality:
    # The first call of a denoiser loads its library or network, and prepares it for the size: no part of its time.
    size = cache.dataset_of(scene, upload).size(scene.index)
    cache.drawn(f"warm-{scene.denoiser}-{size}", lambda: cache.denoiser(scene)(np.zeros((1, *size), np.float32), 25.0).shape)
    return cache.quality(scene, upload)


def curves(scene: Scene, upload: Dataset | None, names: tuple[str, ...]) -> None:
    """PSNR and SSIM of each denoiser over the noise level; measured on demand, in the background."""
    if not names:
        return
    levels = noise_levels(scene.noise)
    asked = replace(scene, level=None, compared=names)
    key = f"curves-{asked.key(*cache.PICTURE_FIELDS, 'compared')}"
    job = jobs.jobs().get(key)
    if job is None or job.failed:
        if job is not None:
            with panels.guard():
                job.future.result()
        st.caption(f"{len(names)} denoisers at {len(levels)} levels of the noise, on this picture.")
        st.button("Measure the curves", on_click=_measure, args=(key, asked, upload, names, levels))
        return
    if job.finished:
        _curves(job.future.result(), scene, names, levels)
    else:
        st.fragment(jobs.follow, run_every=0.4)(key, "measured")


def _measure(key: str, scene: Scene, upload: Dataset | None, names: tuple[str, ...], levels: tuple[float, ...]) -> None:
    jobs.jobs().start(key, lambda progress: sweep(scene, upload, names, levels, progress), jobs.waiter())


def _curves(rows: dict[str, tuple[Quality, ...]], scene: Scene, names: tuple[str, ...], levels: tuple[float, ...]) -> None:
    """Two charts whose points set the level; not in a fragment, because a click changes the whole page."""
    spec = NOISES.get(scene.noise).parameter("level")
    now = float(spec.default if scene.level is None else scene.level)
    trained = (0.0, 75.0) if scene.noise == "gaussian" else None
    for column, (title, figure) in zip(st.columns(2), (("PSNR (dB)", "psnr"), ("SSIM", "ssim")), strict=True):
        lines = {DENOISERS.get(name).label: (levels, [getattr(one, figure) for one in rows[name]]) for name in names}
        chart = render.level_curve(lines, value=title, level=f"{spec.label} ({spec.unit})", current=now, trained=trained)
        name = f"curve-{figure}"
        column.plotly_chart(
            chart,
            config=render.CONFIG,
            key=name,
            width="stretch",
            on_select=lambda name=name: _move(scene, name),
            selection_mode="points",
        )
    words = "Click a point to set the noise to its level."
    if trained:
        words += " Shaded: the levels that the U-Nets and FFDNet were trained on."
    st.caption(words)


def _move(scene: Scene, chart: str) -> None:
    points = st.session_state[chart].selection.points
    if points:
        state.move(f"level:{scene.noise}", float(points[0]["x"]))


def sharing(scene: Scene, upload: Dataset | None, names: tuple[str, ...]) -> None:
    """Downloads of what is ready."""
    arrays: dict[str, Array] = {}
    for name, job in _jobs(scene, upload, names).items():
        if job.finished and not job.failed:
            found = cache.pictures(with_denoiser(scene, name), upload)
            arrays |= {"clean": found.clean[0], "noisy": found.noisy[0], name: found.denoised[0]}
    panels.share(lambda: arrays, [(name, np.clip(image, 0, 1)) for name, image in arrays.items()])
