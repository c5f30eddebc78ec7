"""Explain a denoiser: how two denoisers weigh the pixels of the picture for one pixel of the output, at three noise levels."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.denoisers import DENOISERS, load_denoiser
from xai_core.experiments import Noisy
from xai_core.explainers.denoiser import EffectiveFilter, effective_filter
from xai_core.noise import NOISES
from xai_core.noise.estimate import estimate_sigma
from xai_core.scene import Scene, denoisers_for
from xai_core.types import Array, Dataset, Progress
from xai_core.weights import trained_models

from . import cache, explained, jobs, state
from .spot import Spot
from .viewer import Drawn, Picture, draw, viewer

NEAREST, FARTHEST = 5, 10
"""Pixels to each side of the clicked one that are drawn: at least and at most."""
WORDS = ("subtracts", "adds")


@dataclass(frozen=True)
class Row:
    """The filters of one denoiser, one a noise level; levels: in words ("sigma 25")."""

    name: str
    filters: tuple[EffectiveFilter, ...]
    levels: tuple[str, ...]

    @property
    def label(self) -> str:
        return DENOISERS.get(self.name).label


def section(scene: Scene, upload: Dataset | None, found: Noisy, spot: Spot) -> tuple[Row, ...]:
    """Both rows, drawn on one scale; returns those that are there."""
    beside = _choice(scene, found.clean.shape[1:])
    st.markdown(
        f"How much each pixel of the noisy picture counts for the output at row {spot.row}, column {spot.column}"
        + ("." if spot.single else ", the middle of the box.")
    )
    places = [st.container() for _ in range(2)]
    below = st.container()
    owners = [
        scene if name == scene.denoiser else replace(scene, denoiser=name, denoiser_parameters=())
        for name in (scene.denoiser, beside)
    ]
    made = {}
    for index in sorted((0, 1), key=lambda index: not _neural(owners[index].denoiser)):  # the quick one need not wait
        with places[index]:
            made[index] = _filters(owners[index], upload, spot)
    rows = [(own, place, made[index]) for index, (own, place) in enumerate(zip(owners, places, strict=True))]
    shown = [row for _, _, row in rows if row]
    if shown:
        half, limits = _scale(shown)
        for index, (own, place, row) in enumerate(rows):
            if row:
                key = f"filters-{cache.picture_key(own)}-{spot.row},{spot.column}-{half}-{limits}"
                pictures = cache.drawn(key, lambda row=row: _draw(row, half, limits))
                bar = render.colour_bar("diverging", *limits, low_word=WORDS[0], high_word=WORDS[1]) if row is shown[-1] else None
                with place:
                    st.markdown(f"**{row.label}**")
                    look: dict[str, Any] = {"columns": 3, "smallest": 96, "largest": 160, "toolbar": False}
                    viewer(pictures, key=f"filters-{index}", group="filters", bar=bar, **look)
        with below:
            _check(shown)
    with below:
        _explain()
    return tuple(shown)


def _choice(scene: Scene, shape: tuple[int, ...]) -> str:
    """The denoiser to compare with: by default a filter beside a network, a network beside a filter."""
    names = [name for name in denoisers_for(shape, scene.dataset) if name != scene.denoiser and _takes(name, shape)]
    networks = [name for name in names if _neural(name)]
    usual = "gaussian" if _neural(scene.denoiser) or not networks else networks[0]
    if usual == scene.denoiser:
        usual = names[0]
    given = scene.view("beside")
    name: str = state.control(
        st.selectbox,
        "Compared with",
        f"view:beside:{scene.denoiser}",
        given if given in names else usual,
        options=names,
        format_func=lambda name: DENOISERS.get(name).label,
        help="The denoiser in the column on the left comes first.",
    )
    name = name if name in names else usual
    state.put_view("beside", "" if name == usual else name)
    return name


def _neural(name: str) -> bool:
    return bool(DENOISERS.get(name).supports.get("neural"))


def _takes(name: str, shape: tuple[int, ...]) -> bool:
    """Whether a denoiser takes this picture as it is, and has weights if it needs them."""
    supports = DENOISERS.get(name).supports
    return not supports.get("neural") or (name in trained_models() and supports.get("channels", shape[-1]) == shape[-1])


def levels_of(scene: Scene) -> tuple[float, ...]:
    """Half the scene's noise level, the level, twice the level, within what that noise allows."""
    parameter = NOISES.get(scene.noise).parameter("level")
    now = float(parameter.default or 0 if scene.level is None else scene.level)

    def inside(value: float) -> float:
        value = value if parameter.low is None else max(value, parameter.low)
        return value if parameter.high is None else min(value, parameter.high)

    return tuple(dict.fromkeys(inside(factor * now) for factor in (0.5, 1, 2)))


def _filters(scene: Scene, upload: Dataset | None, spot: Spot) -> Row | None:
    """The filters at all levels; None while they are being made."""
    levels = levels_of(scene)
    key = f"filters-{scene.denoiser}-{cache.picture_key(scene)}-{spot.row},{spot.column}"

    def work(job: jobs.Job) -> tuple[EffectiveFilter, ...]:
        made = []
        for index, level in enumerate(levels):

            def share(part: float, index: int = index) -> None:
                job((index + part) / len(levels))

            made.append(filter_at(replace(scene, level=level), upload, spot, share))
        return tuple(made)

    made = jobs.soon(key, work, f"of the filters of {DENOISERS.get(scene.denoiser).label}")
    unit = NOISES.get(scene.noise).parameter("level").unit.partition(",")[0]
    return (
        None if made is None else Row(scene.denoiser, made, tuple(f"{unit} {level:g}".strip().capitalize() for level in levels))
    )


def filter_at(scene: Scene, upload: Dataset | None, spot: Spot, progress: Progress) -> EffectiveFilter:
    """The filter of one denoiser at one level; the denoised picture is not needed for it."""
    given = cache.noisy(scene, upload)
    level = given.true_sigma if scene.level_source == "known" else float(estimate_sigma(given.noisy)[0])
    denoiser = load_denoiser(scene.denoiser, **dict(scene.denoiser_parameters)).at(level)
    return effective_filter(denoiser, given.noisy, spot.row, spot.column, progress=progress)


def _scale(rows: list[Row]) -> tuple[int, tuple[float, float]]:
    """Pixels to each side, and the colours' range that all filters share."""
    filters = [one for row in rows for one in row.filters]
    half = int(np.clip(np.ceil(max(one.radius for one in filters)), NEAREST, FARTHEST))
    return half, render.limits([cut(one, half) for one in filters], True, clip_percentile=100)[0]


def cut(found: EffectiveFilter, half: int) -> Array:
    """The weights around the pixel, summed over channels, (2 half + 1, 2 half + 1); 0 outside the picture."""
    plane = np.pad(found.weights.sum(axis=-1), half)
    return plane[found.row : found.row + 2 * half + 1, found.column : found.column + 2 * half + 1]


def _draw(row: Row, half: int, limits: tuple[float, float]) -> list[Drawn]:
    drawn = []
    for level, found in zip(row.levels, row.filters, strict=True):
        plane = cut(found, half)
        caption = f"sum {found.total:.2f} · width {found.width:.1f} px\n95 % within {found.radius:.1f} px"
        alt = f"Effective filter of {row.label}, {level}: {caption}".replace("\n", ", ")
        drawn.append(draw(Picture(level, render.apply(plane, "diverging", *limits), caption, alt, values=plane)))
    return drawn


def _check(rows: list[Row]) -> None:
    """The identity, and all numbers, folded."""
    now = [(row, row.filters[min(1, len(row.filters) - 1)]) for row in rows]
    st.caption(
        "What the weights, and the level map of a network that is told the level, leave unexplained of the output pixel at "
        "this noise: " + "; ".join(f"{row.label} {255 * abs(one.remainder):.2g} grey levels" for row, one in now) + "."
    )
    with st.popover("All numbers"):
        st.dataframe(
            {
                "Denoiser": [row.label for row in rows for _ in row.filters],
                "Noise": [level for row in rows for level in row.levels],
                "Output": [255 * one.output for row in rows for one in row.filters],
                "Sum": [one.total for row in rows for one in row.filters],
                "Width (px)": [one.width for row in rows for one in row.filters],
                "95 % within (px)": [one.radius for row in rows for one in row.filters],
                "Diffusion index": [one.diffusion_index for row in rows for one in row.filters],
                "From the level map": [255 * one.level_share for row in rows for one in row.filters],
                "Unexplained": [255 * one.remainder for row in rows for one in row.filters],
            },
            column_config={
                name: st.column_config.NumberColumn(format="%.2f")
                for name in ("Output", "Sum", "Width (px)", "95 % within (px)", "Diffusion index", "From the level map")
            }
            | {"Unexplained": st.column_config.NumberColumn(format="%.1e")},
            hide_index=True,
        )
        st.caption("Output, level map and unexplained in grey levels (0-255).")


_explain = partial(
    explained.foldouts,
    how=(
        "The output pixel is written as a weighted sum of the noisy pixels, $f_i(y) = \\sum_j J_{ij} y_j + \\ldots$; the "
        "picture shows row $i$ of the Jacobian $J$, its channels summed up. For a bias-free network the sum (with the share of "
        "its level map, $f = J_y y + J_s s$) is exactly the output. Width: root mean square distance from the pixel, each "
        "weight counting by its absolute value. 95 %: the circle that holds so much of the absolute weights, the effective "
        "receptive field."
    ),
    cost="a network: 1 forward and backward pass a filter. A filter without a network: two calls for each of 17 x 17 pixels",
    source="Mohan et al. (2020), arXiv:1906.05478; Luo et al. (2016), arXiv:1701.04128",
    misread=(
        "The weights hold at **this** picture and **this** noise: another draw gives others. They say what a small change of a "
        "pixel does; they do not say that the network found an edge. A sum far from 1 means that brightness is not simply "
        "kept, as in black areas where nearly everything is cut off. For filters without a network 17 x 17 pixels are "
        "measured: those that look further are cut off there."
    ),
)


def arrays(rows: tuple[Row, ...]) -> dict[str, Array]:
    """For the download: the weights of each filter, (levels, H, W, C)."""
    return {f"filter_{row.name}": np.stack([one.weights for one in row.filters]) for row in rows}
