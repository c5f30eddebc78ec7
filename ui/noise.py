"""The sections of the page Noise."""

from dataclasses import replace

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Noisy
from xai_core.noise import NOISES
from xai_core.noise.density import density
from xai_core.noise.estimate import estimate_sigma, estimate_sigma_immerkaer
from xai_core.noise.waves import Peak, find_peaks
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, panels
from .viewer import Drawn, Picture, draw, viewer


def noisy(scene: Scene, upload: Dataset | None) -> Noisy:
    return cache.noisy(scene, upload)


def pictures(scene: Scene, found: Noisy) -> None:
    """Clean, noisy, the noise itself, and the spectrum of the noisy picture with its peaks."""
    row, peaks = cache.drawn(f"noise-{cache.noise_key(scene)}", lambda: _draw(found))
    viewer(row, key="pictures", columns=4)
    words = "Spectrum: slow changes in the middle, fine detail at the borders (0.5 cycles per pixel)."
    if peaks:
        u, v = peaks[0].u, peaks[0].v
        many = f"{len(peaks)} waves stand" if len(peaks) > 1 else "One wave stands"
        words += (
            f" {many} out (ringed); the strongest has {np.hypot(u, v):.3f} cycles per pixel, "
            f"{np.degrees(np.arctan2(v, u)) % 180:.0f} degrees from the column axis."
        )
    else:
        words += " No regular wave stands out."
    st.caption(words)


def _draw(found: Noisy) -> tuple[list[Drawn], tuple[Peak, ...]]:
    peaks = find_peaks(found.noisy[0])
    noise = panels.signed_picture(
        "The noise, before clipping",
        255 * found.noise[0],
        words=("darker", "brighter"),
        caption=f"standard deviation {found.true_sigma:.1f}",
        unit="grey levels",
    )
    row = [
        Picture("Clean", found.clean[0]),
        Picture("Noisy", found.noisy[0], panels.quality(found.clean, found.noisy)),
        noise,
        _ringed(panels.spectrum("Spectrum of the noisy picture", found.noisy[0], ""), peaks),
    ]
    return [draw(picture) for picture in row], peaks


def _ringed(picture: Picture, peaks: tuple[Peak, ...]) -> Picture:
    return replace(picture, image=render.ringed(picture.image, [(peak.u, peak.v) for peak in peaks]))


def histogram(scene: Scene, found: Noisy) -> None:
    """How often each strength of the noise occurs, against the formula."""
    st.subheader("Strength of the noise", anchor=False)
    spec = NOISES.get(scene.noise)
    level = float(spec.parameter("level").default if scene.level is None else scene.level)
    parameters = dict(scene.noise_parameters)
    values = 255 * found.noise
    if not values.any():
        st.info("There is no noise at this level.")
        return
    known = density(scene.noise, np.zeros(1), found.clean, level, **parameters) is not None

    def formula(differences: Array) -> Array:
        return density(scene.noise, differences, found.clean, level, **parameters)  # type: ignore[return-value]

    st.plotly_chart(
        render.noise_histogram(values, formula if known else None), config=render.CONFIG, key="histogram", width="stretch"
    )
    words = "Bars: this picture's noise before clipping. "
    st.caption(
        words + "Line: the formula."
        if known
        else words + "Its strength depends on the picture or has few values, so no density is drawn."
    )


def estimates(scene: Scene, found: Noisy) -> None:
    """The level that two estimators read from the noisy picture alone, beside the truth."""
    st.subheader("Can the level be told from the picture?", anchor=False)
    rows = cache.drawn(f"estimates-{cache.noise_key(scene)}", lambda: _estimates(found))
    st.dataframe(
        rows,
        column_config={name: st.column_config.NumberColumn(format="%.1f") for name in list(rows)[1:]},
        hide_index=True,
    )
    st.caption(
        "Standard deviation on the 0-255 scale; estimators of Donoho & Johnstone (1994) and Immerkær (1996). "
        "Both take fine detail for noise: a clean picture does not read 0. "
        "A file keeps nothing below black or above white, and large black or white areas then hide a part of the noise: "
        "compare the last two columns. They assume white noise; on waves, impulses and smooth grain they say little."
    )


def _estimates(found: Noisy) -> dict[str, list[object]]:
    unclipped, clipped = found.clean + found.noise, np.clip(found.clean + found.noise, 0, 1)
    methods = {
        "wavelet detail": estimate_sigma,
        "Laplacian": estimate_sigma_immerkaer,
    }
    return {
        "Estimator": [*methods, "truth"],
        "clean": [*(float(method(found.clean)[0]) for method in methods.values()), 0.0],
        "unclipped": [*(float(method(unclipped)[0]) for method in methods.values()), found.true_sigma],
        "as a file": [*(float(method(clipped)[0]) for method in methods.values()), found.true_sigma],
    }


def sharing(found: Noisy) -> None:
    arrays = {"clean": found.clean[0], "noisy": found.noisy[0], "noise": found.noise[0]}
    panels.share(lambda: arrays, [(name, np.clip(arrays[name], 0, 1)) for name in ("clean", "noisy")])
