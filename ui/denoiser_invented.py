"""Explain a denoiser, section "Did the denoiser invent it?": the residual, and what else may lie under the noise."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import metrics
from xai_core.experiments import Pictures
from xai_core.explainers.denoiser import PosteriorDirections, posterior_directions
from xai_core.metrics.whiteness import SMALLEST
from xai_core.scene import Scene
from xai_core.types import Dataset

from . import cache, explained, jobs, panels, state
from .viewer import Drawn, Picture, draw, viewer

SIDE = 16
"""Pixels of the patch around a clicked pixel."""
WORDS = ("below", "above")
NEARLY = 0.95
"""Whiteness from which on structure is a trace: a twentieth of the energy could be predicted."""


def residual(scene: Scene, found: Pictures) -> None:
    """Whether what was removed looks like noise."""
    if min(found.residual.shape[1:3]) < SMALLEST:
        st.info(f"The residual's whiteness needs a picture of at least {SMALLEST} x {SMALLEST} pixels.")
        return
    pictures, white, expected = cache.drawn(f"whiteness-{cache.picture_key(scene)}", lambda: _residual(found))
    left, right = st.columns([2, 1], gap="medium")
    with left:
        viewer(pictures, key="residual", columns=2, toolbar=False)
    with right:
        st.metric(
            "Whiteness of what was removed",
            "nothing removed" if np.isnan(white) else f"{white:.3f}",
            help=f"1: as white noise. White noise of this size has more than {expected:.3f} in 99 of 100 cases.",
        )
        if not np.isnan(white):
            st.markdown(_in_words(white, expected))
        st.caption("A little detail in much noise hardly counts, so a high figure does not prove that nothing was lost.")


def _in_words(white: float, expected: float) -> str:
    if white >= expected:
        return "What was removed looks like white noise: no structure of the picture is seen in it."
    if white >= NEARLY:
        return "What was removed is nearly white: there is a trace of structure, for which limiting the noise to 0-1 is enough."
    return "What was removed is **not** white noise: it holds structure, of the picture or of the noise itself."


def _residual(found: Pictures) -> tuple[list[Drawn], float, float]:
    measured = metrics.residual_whiteness(found.residual)
    plane = 255 * found.residual[0].mean(axis=-1)
    pictures = [
        panels.signed_picture("Removed (noisy - denoised)", plane, words=WORDS, unit="grey levels"),
        panels.signed_picture(
            "Resembles itself, moved by up to 8 pixels",
            measured.autocorrelation[0],
            words=WORDS,
            unit="correlation",
            limits=(-1.0, 1.0),
        ),
    ]
    return [draw(one) for one in pictures], float(measured.whiteness[0]), 1 - 0.6 / np.sqrt(plane.size)


def patch_around(found: Pictures, row: int, column: int, height: int = SIDE, width: int = SIDE) -> tuple[int, int, int, int]:
    """Top, left, height, width of a patch of this size around a pixel, moved inside the picture."""
    rows, columns = found.noisy.shape[1:3]
    height, width = min(height, rows), min(width, columns)
    top = min(max(row - height // 2, 0), rows - height)
    left = min(max(column - width // 2, 0), columns - width)
    return top, left, height, width


def posterior(scene: Scene, upload: Dataset | None, found: Pictures, patch: tuple[int, int, int, int]) -> None:
    """The main directions in which a patch may have been otherwise, with a slider along each."""
    key = f"posterior-{cache.picture_key(scene)}-{patch}"
    if not found.level > 0:
        st.info("There is no noise, so there is nothing uncertain. Add some Gaussian noise.")
        return
    begin = f"Find what else may lie under the noise in the {patch[2]} x {patch[3]} patch (a few seconds)"
    directions = jobs.soon(key, partial(_find, scene, upload, found, patch), "searched", begin=begin)
    if directions is not None:
        _directions(scene, directions, found)


def _find(
    scene: Scene, upload: Dataset | None, found: Pictures, patch: tuple[int, int, int, int], job: jobs.Job
) -> PosteriorDirections:
    top, left, height, width = patch
    return posterior_directions(
        cache.network(scene, upload, scene.denoiser),
        found.noisy,
        top,
        left,
        height,
        width,
        min(3, height * width),
        sigma=found.true_sigma or found.level,
        seed=scene.seed,
        progress=job,
    )


def _directions(scene: Scene, directions: PosteriorDirections, found: Pictures) -> None:
    count = len(directions.directions)
    left, right = st.columns(2, gap="medium")
    with left:
        number = state.control(
            st.segmented_control,
            "Direction",
            "view:direction",
            min(scene.view("direction"), count),
            options=list(range(1, count + 1)),
            format_func=lambda number: f"{number}: {directions.deviations[number - 1]:.1f} grey levels",
            required=True,
        )
    index = min(number, count) - 1
    state.put_view("direction", index + 1)
    with right:
        steps = state.setting(st.slider, "deviations")
    place = slice(directions.top, directions.top + directions.mean.shape[0])
    across = slice(directions.left, directions.left + directions.mean.shape[1])
    direction = directions.directions[index].mean(axis=-1)
    pictures = [
        Picture("Clean", found.clean[0, place, across], "what it was"),
        Picture("Noisy", np.clip(found.noisy[0, place, across], 0, 1)),
        Picture("Denoised", np.clip(directions.mean, 0, 1), "the mean of what it may have been"),
        Picture("It may have been", np.clip(directions.along(index, steps), 0, 1), f"{steps:+.2f} deviations along {index + 1}"),
        panels.signed_picture("The direction", direction, words=WORDS, unit="of length 1"),
    ]
    viewer([draw(one) for one in pictures], key="posterior", columns=5, toolbar=False)
    st.caption(
        "Each picture along a direction is as compatible with the noisy one as chance allows: two of three lie within one "
        f"deviation. Asymmetry of the Jacobian {directions.asymmetry:.2f} (0 for a posterior mean: the larger, the less the "
        f"directions mean); search ended with a residual of {directions.residuals.max():.0e} after {directions.iterations} "
        "iterations."
    )
    if (directions.eigenvalues < 0).any():
        st.caption("An eigenvalue is below 0, which no posterior covariance has: this denoiser is no posterior mean here.")


def arrays(directions: PosteriorDirections) -> dict[str, Any]:
    """For the download."""
    return {"posterior_mean": directions.mean, "posterior_directions": directions.directions}


explain = partial(
    explained.foldouts,
    how=(
        "Whiteness: the spectral flatness of what was removed, 1 for white noise. Directions: if the denoiser is the mean of "
        "all clean pictures that fit the noisy one, their covariance is $\\sigma^2 J$, $J$ its Jacobian; the directions are "
        "the largest eigenvectors of its symmetric part within the patch."
    ),
    cost="whiteness: none. Directions: up to 15 forward and backward passes of three pictures, on what the patch can see",
    source="Manor & Michaeli (2024), arXiv:2309.13598; Efron (2011), doi:10.1198/jasa.2011.tm11181",
    misread=(
        "The directions are what **this denoiser** takes for likely, under Gaussian noise of the level that it was told; far "
        "out along one the picture need not look natural, because the true distribution is no ellipsoid. A white residual does "
        "not prove that no detail was lost: little detail in much noise hardly counts."
    ),
)
"""Foldouts of both."""
