"""The sections of the page Denoise."""

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import metrics
from xai_core.denoisers import DENOISERS
from xai_core.experiments import Pictures, rank_without_clean
from xai_core.scene import UPLOAD, Scene, denoisers_for
from xai_core.types import Dataset, Explanation

from . import cache, jobs, panels, spot, state
from .viewer import Drawn, Picture, draw, viewer

RANKED = ("unet-colour", "unet-grey", "ffdnet", "total_variation", "non_local_means", "wavelet", "bilateral", "gaussian")
"""Denoisers that are ranked on a picture without a clean one, beside the one that is chosen."""


def pictures(scene: Scene, found: Pictures) -> None:
    """Clean, noisy, denoised, residual in one row; noisy and denoised over each other, folded."""
    row = cache.drawn(f"denoise-{cache.picture_key(scene)}", lambda: _draw(found))
    viewer(row, key="pictures", columns=4)
    with st.expander("Before | after: drag the line between noisy and denoised"):
        viewer(row[1:3], key="slider", group="pictures", divided=True, largest=640, square=False, toolbar=False)


def _draw(found: Pictures) -> list[Drawn]:
    clean, noisy, denoised = found.clean, found.noisy, found.denoised
    residual = panels.signed_picture(
        "Removed (noisy - denoised)",
        255 * found.residual[0],
        words=("made brighter", "made darker"),
        caption=f"spread {255 * found.residual.std():.0f}, noise added {255 * (noisy - clean).std():.0f}",
    )
    row = [
        Picture("Clean", clean[0]),
        Picture("Noisy", noisy[0], panels.quality(clean, noisy)),
        Picture("Denoised", denoised[0], panels.quality(clean, denoised)),
        residual,
    ]
    return [draw(picture) for picture in row]


def numbers(scene: Scene, found: Pictures) -> None:
    """The rest of the figures, folded."""
    clean = found.clean
    with st.expander("All numbers"):
        st.dataframe(
            cache.drawn(f"numbers-{cache.picture_key(scene)}", lambda: _measure(found)),
            column_config={
                "PSNR (dB)": st.column_config.NumberColumn(format="%.2f"),
                "SSIM": st.column_config.NumberColumn(format="%.3f"),
                "MS-SSIM": st.column_config.NumberColumn(
                    format="%.3f", help="SSIM over five scales; for pictures of at least 161 pixels a side."
                ),
                "Edge damage": st.column_config.NumberColumn(
                    format="%.3f", help="Deviation of the gradient magnitude similarity (GMSD): 0 is best."
                ),
                "LPIPS": st.column_config.NumberColumn(format="%.3f", help="Learned perceptual distance: 0 is best."),
                "Mean squared error": st.column_config.NumberColumn(format="%.5f"),
                "Equal pixels": st.column_config.NumberColumn(
                    format="percent", help="What Keras calls accuracy; no measure of quality."
                ),
            },
            hide_index=True,
        )
        st.caption(
            f"Standard deviation of the noise {found.true_sigma:.1f}, estimated from the noisy picture "
            f"{found.estimated_sigma:.1f} (0-255 scale; too low on clipped pictures with large black areas). "
            f"Equal pixels of an all-black picture: {(clean == 0).mean():.0%}."
        )
        if not metrics.lpips_available():
            st.caption("LPIPS is shown where the package `lpips` and its published weights are installed (`pip install lpips`).")


def _measure(found: Pictures) -> dict[str, list[Any]]:
    clean, others = found.clean, (found.noisy, found.denoised)
    side = min(clean.shape[1:3])
    optional: dict[str, list[Any]] = {}
    if side >= metrics.multiscale.SMALLEST:
        optional["MS-SSIM"] = [float(metrics.ms_ssim(clean, x)[0]) for x in others]
    if metrics.lpips_available() and side >= metrics.perceptual.SMALLEST:
        optional["LPIPS"] = [float(metrics.lpips(clean, x)[0]) for x in others]
    return {
        "Picture": ["noisy", "denoised"],
        "PSNR (dB)": [float(metrics.psnr(clean, x)[0]) for x in others],
        "SSIM": [float(metrics.ssim(clean, x)[0]) for x in others],
        **optional,
        "Edge damage": [float(metrics.gradient_similarity(clean, x).deviation[0]) for x in others],
        "Mean squared error": [float(metrics.mse(clean, x)[0]) for x in others],
        "Equal pixels": [float(metrics.pixel_accuracy(clean, x)[0]) for x in others],
    }


def without_clean(scene: Scene, found: Pictures) -> None:
    """For an uploaded picture that is noisy itself: how good the denoised one is, estimated without a clean one."""
    if scene.dataset != UPLOAD or found.true_sigma > 0:
        return
    with st.expander("My picture is noisy itself", expanded=True):
        if scene.level_source == "known":
            st.info('Switch off "Tell it the true noise level": the noise in your own picture is not known, only estimated.')
            return
        if not found.estimated_sigma:
            st.info("No noise was found in this picture.")
            return
        key = f"sure-{cache.picture_key(scene)}"
        sigma, denoiser = found.estimated_sigma, cache.denoiser(scene).at(found.level)
        estimate = cache.drawn(key, lambda: float(metrics.sure(denoiser.unclipped, found.noisy, sigma, seed=scene.seed).psnr[0]))
        with st.container(horizontal=True):
            st.metric(
                "Noise found", f"{sigma:.1f}", help="Standard deviation, 0-255 scale, from the finest detail of the picture."
            )
            st.metric("Before, estimated", panels.decibels(float(20 * np.log10(255 / sigma))))
            st.metric("After, estimated", "unknown" if np.isnan(estimate) else panels.decibels(estimate))
        st.caption(
            "PSNR by Stein's unbiased risk estimate: exact on average for Gaussian noise of this level that was not clipped. "
            "Other noise, and black or white areas, make it too optimistic."
        )
        _ranking(scene, found)


def _ranking(scene: Scene, found: Pictures) -> None:
    """Denoisers by their self-supervised error, in the background."""
    key = f"rank-{cache.picture_key(scene)}"
    job = jobs.jobs().get(key)
    if job is not None and not job.finished:
        st.fragment(jobs.follow, run_every=0.4)(key, "ranked")
        return
    if job is None or job.failed:
        if job is not None:
            with panels.guard():
                job.future.result()
        fitting = denoisers_for(found.noisy.shape[1:], scene.dataset)
        names = tuple(dict.fromkeys([scene.denoiser, *(name for name in RANKED if name in fitting)]))
        work = partial(rank_without_clean, found.noisy, names, found.estimated_sigma)
        st.button("Rank denoisers on this picture", on_click=lambda: jobs.jobs().start(key, work, jobs.waiter()) and None)
        return
    losses = job.future.result()
    st.dataframe(
        {"Denoiser": [DENOISERS.get(name).label for name in losses], "Error": list(losses.values())},
        column_config={"Error": st.column_config.NumberColumn(format="%.2f", help="Root mean square, 0-255 scale.")},
        hide_index=True,
    )
    st.caption(
        "Each denoiser guessed every pixel from the others (J-invariance, Batson & Royer 2019), on the central 192 x 192 pixels: "
        "the lowest error is the best of them for this picture. The error contains the noise itself, which none can guess."
    )


def sharing(found: Pictures) -> None:
    named = [("clean", found.clean[0]), ("noisy", found.noisy[0]), ("denoised", found.denoised[0])]
    arrays = dict(named) | {"residual": found.residual[0]}
    panels.share(lambda: arrays, [(name, np.clip(image, 0, 1)) for name, image in named])


def layers(scene: Scene, upload: Dataset | None) -> None:
    """A strip of layers to pick from; the channels of one, for clean, noisy and denoised input."""
    if not DENOISERS.get(scene.denoiser).supports.get("neural"):
        label = DENOISERS.get(scene.denoiser).label
        st.info(f"{label} is a filter without layers. To look inside a network, choose a U-Net or an autoencoder.")
        return
    summaries = cache.layer_summaries(scene, upload, scene.denoiser)
    known = {one.layer.name: one.layer for one in summaries}
    names = list(known)
    chosen = scene.denoiser_layer if scene.denoiser_layer in names else names[0]
    layer = state.control(st.pills, "Layer", "denoiser_layer", chosen, options=names) or chosen
    state.put(denoiser_layer=layer if layer != names[0] else "")
    panels.scale_control("denoise")
    st.caption(f"{known[layer].kind}, output {' x '.join(str(side) for side in known[layer].shape)}.")
    panels.channel_grids(state.scene(), upload, scene.denoiser, layer, key="layer-grid")
    with st.expander("Noise through the layers"):
        st.dataframe(
            {
                "Layer": names,
                "Kind": [one.layer.kind for one in summaries],
                "Output": [" x ".join(str(side) for side in one.layer.shape) for one in summaries],
                "Changed by the noise": [one.change[1] for one in summaries],
                "Still changed after denoising": [one.change[2] for one in summaries],
            },
            column_config={
                "Changed by the noise": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
                "Still changed after denoising": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
            },
            hide_index=True,
        )
        st.caption("Distance between a layer's outputs for two inputs, relative to its output for the clean picture.")


def evidence(scene: Scene, upload: Dataset | None, found: Pictures) -> None:
    """Integrated gradients and Grad-CAM of one pixel (or a window around it) of the denoised picture."""
    if not DENOISERS.get(scene.denoiser).supports.get("neural"):
        st.info("Gradients need a network: choose a U-Net or an autoencoder.")
        return
    height, width = found.denoised.shape[1:3]
    st.caption("Click a pixel of the denoised picture.")
    chosen = spot.read(scene, height, width)
    row, column = chosen.row, chosen.column
    left, right = st.columns([1, 2])
    with left:
        click = viewer(
            [Picture("Denoised", found.denoised[0], f"row {row}, column {column}")],
            key="pixel",
            clickable=True,
            mark=(row, column),
            toolbar=False,
            largest=280,
        )
    window = right.toggle("Explain the 5 x 5 window around it", value=not chosen.single, key="window")
    if click is not None:
        row, column = click.row, click.column
    target = f"pixel:{row},{column}"
    if click is None and window != chosen.single:
        target = chosen.target("value")  # a box of another size, drawn on the page Explain a denoiser, stays
    elif window:
        top, start = min(max(row - 2, 0), height - 5), min(max(column - 2, 0), width - 5)
        target = f"window:{top},{start},5,5"
    middle = f"pixel:{height // 2},{width // 2}"
    if target != (scene.spot or middle):
        state.put(spot="" if target == middle else target)
        if click is not None:
            st.rerun()
    how = (scene.denoiser, "integrated_gradients", target, {"steps": 50})
    maps = _evidence_row(scene, upload, "Integrated gradients", how, ("makes it darker", "makes it brighter"), toolbar=True)
    change = 255 * np.abs(maps.diagnostics["delta"])
    missed = float(np.max(maps.diagnostics["completeness_residual"] * change))
    st.caption(
        "How much each input pixel adds to the output's brightness there, counted from a black picture. "
        f"Each map sums to the difference that makes ({change[0]:.1f} grey levels for the clean picture), within {missed:.2f}."
    )
    maps = _evidence_row(
        scene, upload, "Grad-CAM", (scene.denoiser, "grad_cam", target, {}), ("no support", "supports brightness there")
    )
    st.caption(f"Where the features of layer {maps.diagnostics['layer']} make the output brighter there.")


def _evidence_row(
    scene: Scene,
    upload: Dataset | None,
    title: str,
    how: tuple[str, str, str, dict[str, Any]],
    words: tuple[str, str],
    **options: Any,
) -> Explanation:
    """One method's maps for the three pictures; `how` as for `cache.explanation`."""
    maps = cache.explanation(scene, upload, *how)
    st.markdown(f"**{title}**")
    key = cache.explanation_key(scene, *how)
    panels.map_row(
        lambda: cache.columns(scene, upload),
        maps,
        of=key,
        key=f"pixel-{maps.method}",
        group="pixel-maps",
        words=words,
        network=lambda: cache.network(scene, upload, scene.denoiser),
        **options,
    )
    return maps
