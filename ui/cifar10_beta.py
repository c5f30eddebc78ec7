"""CIFAR-10, section "What does beta do?": three prices on information, on the same noisy picture."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from xai_core import metrics, render
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.latent import LatentSamples, sample_posterior
from xai_core.experiments import Noisy
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, explained, jobs, panels
from .cifar10_denoise import fitting, key_of, spread_picture
from .viewer import Drawn, Picture, draw, viewer

BETAS = {
    "variational-cifar10-beta-low": "Beta 0.1",
    "variational-cifar10": "Beta 1",
    "variational-cifar10-beta-high": "Beta 10",
}
SAMPLES = 16

Made = dict[str, tuple[Array, LatentSamples]]
"""Network -> its denoised picture (1, H, W, C) and samples."""


def section(scene: Scene, upload: Dataset | None, found: Noisy, name: str) -> None:
    """Mean, one sample, deviation of each, and a table."""
    if not set(BETAS) <= set(fitting(found.clean.shape[1:])):
        st.info("Three values of beta were trained for pictures of 32 x 32 only. Choose CIFAR-10 on the left.")
        return
    key = "betas-" + "-".join(key_of(scene, one) for one in BETAS) + f"-{scene.view('draw')}"
    made: Made | None = jobs.soon(key, partial(_compute, scene, found), "of the three networks")
    if made is None:
        return
    viewer(
        cache.drawn(f"{key}-drawn", lambda: _draw(found, made)),
        key="cifar10-betas",
        group="cifar10",
        columns=3,
        smallest=96,
        largest=200,
        bar=_bar(made),
        toolbar=False,
    )
    figures = [(float(metrics.psnr(found.clean, image)[0]), float(drawn.kl[0]), _spread(drawn)) for image, drawn in made.values()]
    psnr, kl, spread = zip(*figures, strict=True)
    st.dataframe(
        {
            "Network": list(BETAS.values()),
            "PSNR (dB)": psnr,
            "KL (nats)": kl,
            f"Spread of {SAMPLES} samples (grey levels)": spread,
        },
        column_config={
            "PSNR (dB)": st.column_config.NumberColumn(format="%.1f"),
            "KL (nats)": st.column_config.NumberColumn(format="%.0f"),
            f"Spread of {SAMPLES} samples (grey levels)": st.column_config.NumberColumn(format="%.1f"),
        },
        hide_index=True,
    )
    st.markdown(
        f"From beta 0.1 to 10 the code says {kl[0]:,.0f}, then {kl[2]:,.0f} nats about this picture; the PSNR goes from "
        f"{psnr[0]:.1f} to {psnr[2]:.1f} dB, and samples differ by {spread[0]:.1f}, then {spread[2]:.1f} grey levels. Beta is "
        "the price of a nat: the dearer it is, the less the code holds, and the more is left to the samples."
    )
    explained.foldouts(
        how=(
            "The loss is the mean squared error plus $\\beta \\cdot 2 s^2 / D$ times the KL divergence in nats, $s = 0.05$ and "
            "$D$ the numbers of a picture: at $\\beta = 1$ that is the evidence lower bound of a decoder with Gaussian noise $s$."
        ),
        cost=f"3 forward passes, and {SAMPLES} of the decoder each",
        source="Higgins et al. (2017), beta-VAE, ICLR; Rybkin et al. (2021), arXiv:2006.13202",
        misread=(
            "The best PSNR is not the best model of what may have been: a code without a price is sharp and sure, and its "
            "samples show little of what the noise hides. One picture: the curves over many are on the page Models."
        ),
    )


def _compute(scene: Scene, found: Noisy, job: jobs.Job) -> Made:
    made = {}
    for done, name in enumerate(BETAS):
        job(done / len(BETAS))
        denoiser = load_denoiser(name)
        made[name] = (denoiser(found.noisy), sample_posterior(denoiser, found.noisy, SAMPLES, scene.view("draw")))
    return made


def _spread(drawn: LatentSamples) -> float:
    """Root mean square of the deviation, grey levels."""
    return 255 * float(np.sqrt(np.square(drawn.deviation).mean()))


def _planes(made: Made) -> dict[str, Array]:
    """Standard deviation of the samples of each network, grey levels (H, W)."""
    return {name: 255 * drawn.deviation[0].mean(axis=-1) for name, (_, drawn) in made.items()}


def _limits(made: Made) -> tuple[float, float]:
    """Of the colours of all three."""
    return render.limits(list(_planes(made).values()), False)[0]


def _bar(made: Made) -> render.ColourBar:
    return render.colour_bar("magma", *_limits(made), low_word="certain", high_word="unsure (deviations)", unit="grey levels")


def _draw(found: Noisy, made: Made) -> list[Drawn]:
    planes, limits = _planes(made), _limits(made)
    pictures = []
    for name, (image, drawn) in made.items():
        pictures += [
            Picture(f"{BETAS[name]}: mean", image[0], panels.quality(found.clean, image)),
            Picture(f"{BETAS[name]}: a sample", drawn.samples[0, 0], panels.quality(found.clean, drawn.samples[0])),
            replace(spread_picture(f"{BETAS[name]}: deviation", planes[name], limits, ("", "")), bar=None),
        ]
    return [draw(one) for one in pictures]
