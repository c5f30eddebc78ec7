"""CIFAR-10, section "What does it draw, and how sure is it?": the mean beside other denoisers, samples, their spread."""

from typing import Any

import numpy as np
import streamlit as st

from xai_core import metrics, render
from xai_core.denoisers import DENOISERS, fits, load_denoiser
from xai_core.denoisers.latent import LatentSamples, sample_posterior
from xai_core.experiments import Noisy
from xai_core.scene import VIEW, Scene
from xai_core.trust import rank_correlation
from xai_core.types import Array

from . import cache, explained, panels, state
from .viewer import Drawn, Picture, draw, viewer

GROUP = "cifar10"
NETWORKS = {
    "variational-cifar10": "Stacked, beta 1",
    "variational-cifar10-single": "One stage, beta 1",
    "variational-cifar10-beta-low": "Stacked, beta 0.1",
    "variational-cifar10-beta-high": "Stacked, beta 10",
    "variational-stl10": "Stacked, 96 x 96",
}
BESIDE = {"unet-cifar10": "U-Net", "unet-colour": "U-Net", "autoencoder-cifar10": "Plain autoencoder"}
BITS = 1 / np.log(2)


def fitting(shape: tuple[int, ...]) -> list[str]:
    """The variational denoisers that take pictures of this (H, W, C)."""
    return [name for name in NETWORKS if fits(DENOISERS.get(name), shape)]


def choice(found: Noisy) -> str:
    """The variational denoiser that all sections are about."""
    names = fitting(found.clean.shape[1:])
    if VIEW.parameter("variational").default not in names:
        return names[0]
    chosen: str = state.setting(
        st.segmented_control, "variational", options=names, format_func=NETWORKS.__getitem__, required=True
    )
    return chosen


def key_of(scene: Scene, name: str) -> str:
    """The key of what a network makes of the scene's noisy picture."""
    return f"cifar10-{cache.noise_key(scene)}-{name}-{cache.weights_key(name)}"


def denoised(scene: Scene, found: Noisy, name: str) -> Array:
    """The scene's noisy picture through a network, which is told its level if the scene says so; (1, H, W, C)."""
    level = found.true_sigma if scene.level_source == "known" else None
    made: Array = cache.drawn(f"{key_of(scene, name)}-{scene.level_source}", lambda: load_denoiser(name)(found.noisy, level))
    return made


def samples_of(scene: Scene, found: Noisy, name: str) -> LatentSamples:
    """Pictures drawn from the posterior, as many as the page's settings say, from their seed."""
    count, seed = scene.view("samples"), scene.view("draw")
    made: LatentSamples = cache.drawn(
        f"{key_of(scene, name)}-samples-{count}-{seed}",
        lambda: sample_posterior(load_denoiser(name), found.noisy, count, seed),
    )
    return made


def section(scene: Scene, found: Noisy, name: str) -> None:
    """Clean, noisy and what the denoisers make of it; then samples, their mean and their standard deviation."""
    st.subheader("1. What does it draw?", anchor=False)
    _beside(scene, found, name)
    st.subheader("2. How sure is it?", anchor=False)
    left, middle, right = st.columns([2, 1, 1], gap="medium", vertical_alignment="bottom")
    with middle:
        state.setting(st.slider, "samples")
    with right:
        state.setting(st.number_input, "draw")
    scene = state.scene()
    drawn = samples_of(scene, found, name)
    with left:
        st.markdown(nats(drawn, found.clean.size, _numbers(name)))
    pictures = cache.drawn(
        f"{key_of(scene, name)}-row-{scene.view('samples')}-{scene.view('draw')}", lambda: _draw_samples(found, drawn)
    )
    viewer(pictures["samples"], key="cifar10-samples", columns=8, smallest=76, largest=150, toolbar=False)
    viewer(pictures["spread"], key="cifar10-spread", group=GROUP, columns=4, smallest=150, largest=230, toolbar=False)
    st.caption(certainty(found, drawn))
    _explain()


def nats(drawn: LatentSamples, pixels: int, numbers: int) -> str:
    """What the code of the picture says, in one sentence."""
    told = float(drawn.kl[0])
    return (
        f"**KL {told:,.0f} nats** ({BITS * told:,.0f} bits): so much the code of {numbers:,} numbers says about this picture of "
        f"{pixels:,}. At 0 it would say nothing, and every sample would be a picture of its own."
    )


def certainty(found: Noisy, drawn: LatentSamples) -> str:
    """How the spread of the samples compares with the true error."""
    error = drawn.mean[0] - found.clean[0]
    spread = 255 * float(np.sqrt(np.square(drawn.deviation).mean()))
    off = 255 * float(np.sqrt(np.square(error).mean()))
    order = rank_correlation(_plane(drawn.deviation[0]), _plane(np.abs(error)))
    verdict = (
        f"The samples differ by {spread:.1f} grey levels, their mean is {off:.1f} off: it is surer than it should be."
        if spread < 0.8 * off
        else f"The samples differ by {spread:.1f} grey levels, and their mean is {off:.1f} off."
    )
    return (
        f"{verdict} Where it is unsure it errs more: rank correlation {order:.2f} over the pixels (1: the same order, 0: none)."
        if order > 0.2
        else f"{verdict} Where it is unsure is not where it errs: rank correlation {order:.2f} over the pixels."
    )


def _numbers(name: str) -> int:
    return int(np.prod(load_denoiser(name).model.get_layer("latent").output.shape[1:]))


def _plane(values: Array) -> Array:
    return values.mean(axis=-1)


def _beside(scene: Scene, found: Noisy, name: str) -> None:
    """The row of denoisers; one without weights is left out with a sentence."""
    made = {f"Variational: {NETWORKS[name]}": denoised(scene, found, name)}
    keys = [key_of(scene, name)]
    for other, title in BESIDE.items():
        if fits(DENOISERS.get(other), found.clean.shape[1:]) and title not in made:
            with panels.guard():
                made[title] = denoised(scene, found, other)
                keys.append(key_of(scene, other))
    row = cache.drawn(f"cifar10-row-{keys}-{scene.level_source}", lambda: _draw_row(found, made))
    viewer(row, key="cifar10-row", group=GROUP, columns=5, smallest=130, largest=260)
    quality = {title: float(metrics.psnr(found.clean, image)[0]) for title, image in made.items()}
    best = max(quality, key=quality.__getitem__)
    st.caption(
        "The variational denoiser redraws the picture from a code: what the code does not hold is drawn smooth, not left noisy. "
        f"On this picture the highest PSNR is that of: {best} ({quality[best]:.1f} dB)."
    )


def _draw_row(found: Noisy, made: dict[str, Array]) -> list[Drawn]:
    row = [
        Picture("Clean", found.clean[0]),
        Picture("Noisy", np.clip(found.noisy[0], 0, 1), panels.quality(found.clean, found.noisy)),
        *(Picture(title, image[0], panels.quality(found.clean, image)) for title, image in made.items()),
    ]
    return [draw(one) for one in row]


def _draw_samples(found: Noisy, drawn: LatentSamples) -> dict[str, list[Drawn]]:
    deviation, error = 255 * _plane(drawn.deviation[0]), 255 * _plane(np.abs(drawn.mean[0] - found.clean[0]))
    limits = render.limits([deviation, error], False)[0]
    spread = [
        Picture(f"Mean of {len(drawn.samples)} samples", drawn.mean[0], panels.quality(found.clean, drawn.mean)),
        spread_picture("Standard deviation", deviation, limits, ("certain", "unsure")),
        spread_picture("True error of the mean", error, limits, ("right", "wrong")),
    ]
    samples = [Picture(f"Sample {number}", image[0]) for number, image in enumerate(drawn.samples, 1)]
    return {"samples": [draw(one) for one in samples], "spread": [draw(one) for one in spread]}


def spread_picture(title: str, plane: Array, limits: tuple[float, float], words: tuple[str, str]) -> Picture:
    """Grey levels (H, W) as colours between common limits, with a colour bar."""
    bar = render.colour_bar("magma", *limits, low_word=words[0], high_word=words[1], unit="grey levels")
    caption = f"{plane.mean():.1f} grey levels on average"
    return Picture(title, render.apply(plane, "magma", *limits), caption, values=plane, bar=bar)


def arrays(scene: Scene, found: Noisy, name: str) -> dict[str, Any]:
    """For the download."""
    drawn = samples_of(scene, found, name)
    return {"samples": drawn.samples[:, 0], "mean": drawn.mean[0], "deviation": drawn.deviation[0], "kl_nats": drawn.kl}


def _explain() -> None:
    explained.foldouts(
        how=(
            "The encoder gives each number of the code a mean $\\mu$ and a spread $s$. A sample draws "
            "$z = \\mu + s\\,\\epsilon$, $\\epsilon \\sim N(0, 1)$, and decodes it; *Variational* above decodes $\\mu$ itself. "
            "In training the loss is the mean squared error plus $\\beta$ times the weighted KL divergence "
            "$\\sum (\\mu^2 + s^2 - \\ln s^2 - 1) / 2$ to the prior $N(0, 1)$."
        ),
        cost="1 forward pass, and 1 of the decoder a sample",
        source="Kingma & Welling (2014), arXiv:1312.6114",
        misread=(
            "The samples are what **this network** leaves open, not all pictures that fit the noisy one. What differs between "
            "samples comes from the code alone: an error that all samples share, such as detail that no code holds, has no "
            "spread. A small standard deviation is therefore no promise."
        ),
    )
