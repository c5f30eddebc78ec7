"""Denoise, section "Several answers": samples of the clean pictures that fit the noisy one, and where they disagree."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import measured, metrics, render
from xai_core.denoisers import DENOISERS
from xai_core.denoisers.sampling import PosteriorSamples, draw, posterior_samples
from xai_core.experiments import Noisy
from xai_core.experiments import diffusion as study
from xai_core.registry import Spec
from xai_core.scene import Scene, denoisers_for
from xai_core.trust import rank_correlation
from xai_core.types import Array, Dataset
from xai_core.weights import trained_models

from . import cache, explained, jobs, panels, state
from .cifar10_denoise import spread_picture
from .viewer import Drawn, Picture, viewer
from .viewer import draw as ready

TITLE = "Several answers: what else could the clean picture have been?"
CLOTHES = "fashion_mnist"
SHOWN, FROM_NOTHING = 4, 8
SECONDS = 3e-6
"""One pixel's way through a network once, on two cores, about."""
AT_ONCE = 3.0
"""Seconds; what takes longer waits for a click."""


@dataclass(frozen=True)
class Answers:
    """drawn: the samples. single: the denoiser's own answer to the same noisy picture, (1, H, W, C)."""

    drawn: PosteriorSamples
    single: Array


def section(scene: Scene, upload: Dataset | None) -> None:
    """Closed until it is wanted, and nothing of it is computed before."""
    place = state.control(st.expander, TITLE, "view:answers", scene.view("answers"), on_change="rerun")
    state.put_view("answers", bool(place.open))
    if place.open:
        with place, panels.guard():
            _opened(scene, upload)


def _opened(scene: Scene, upload: Dataset | None) -> None:
    found, spec = cache.noisy(scene, upload), DENOISERS.get(scene.denoiser)
    shape = found.clean.shape[1:]
    if not spec.supports.get("guided"):
        st.info(
            f"{spec.label} is not told the noise level, so it has one answer only. For clothes choose the diffusion model "
            "(diffusion-fashion), which was made to give several. Any U-Net that is told the level shows the idea, with too "
            "small a spread, because it was trained with absolute error."
        )
        _offer(scene, shape)
    elif scene.noise != "gaussian":
        st.info("Samples are drawn through levels of Gaussian noise, so the picture's own noise must be Gaussian.")
        st.button("Add Gaussian noise instead", on_click=state.move, args=("noise", "gaussian"))
    elif not found.true_sigma > 0:
        st.info("No noise was added, so there is one answer only: the picture itself. Raise the level of the noise.")
    else:
        _answers(scene, upload, found, spec)


def _offer(scene: Scene, shape: tuple[int, ...]) -> None:
    """Buttons that lead to samples, or to better ones: of this picture, and of clothes."""
    trained, clothes = trained_models(), scene.dataset == CLOTHES
    specs = [DENOISERS.get(name) for name in denoisers_for(shape, scene.dataset) if name in trained]
    guided = [spec for spec in specs if spec.supports.get("guided")]
    guided.sort(key=lambda spec: spec.supports.get("channels") != shape[-1])  # the others as they were: the fitting first
    best = next((spec for spec in guided if clothes and spec.name == study.MODEL), None)
    if best is None and not DENOISERS.get(scene.denoiser).supports.get("guided"):
        best = next(iter(guided), None)
    with st.container(horizontal=True):
        if best:
            st.button(f"Use {best.label}", on_click=state.move, args=("denoiser", best.name))
        if not clothes and cache.origin(CLOTHES):
            st.button("Show clothes", on_click=_to_clothes)


def _to_clothes() -> None:
    name = study.MODEL if study.MODEL in trained_models() else study.RIVAL
    state.put(denoiser=name, denoiser_parameters=(), denoiser_layer="", ablated="")
    state.move("dataset", CLOTHES)
    state.move("denoiser", name)
    st.session_state["denoiser_for"] = CLOTHES  # so that the column on the left leaves it


def _answers(scene: Scene, upload: Dataset | None, found: Noisy, spec: Spec) -> None:
    st.markdown(
        "The noise hid something, so several clean pictures fit the noisy one. Each sample is one of them, as far as this "
        "denoiser knows such pictures. This section uses the noisy picture **before** it is limited to 0-1, because the limit "
        f"takes away what the denoiser expects, and tells it the true level (sigma {found.true_sigma:.1f})."
    )
    if "highest" not in spec.supports:
        st.caption(
            f"{spec.label} was trained with absolute error: its samples show the idea, with too small a spread. A diffusion "
            "model, trained with squared error at all levels, is there for clothes (diffusion-fashion)."
        )
        _offer(scene, found.clean.shape[1:])
    count, steps, eta = _settings()
    network = f"{scene.denoiser}-{cache.weights_key(scene.denoiser)}"
    key = f"samples-{cache.noise_key(scene)}-{network}-{count}-{steps}-{eta}"
    seconds = SECONDS * count * steps * _planes(spec, found.clean.shape[1:])
    begin = "" if seconds <= AT_ONCE else f"Draw {count} samples (about {_seconds(seconds)})"
    answers = jobs.soon(key, partial(_find, scene, upload, found, count, steps, eta), "drawn", begin=begin)
    if answers is not None:
        _show(key, found, answers)
        _certainty(scene, found, answers.drawn)
        name, data = f"noiselens-samples-{scene.key()[:8]}.npz", partial(_archive, found, answers.drawn)
        st.download_button("Samples (.npz)", data, name, "application/octet-stream", on_click="ignore")
    if "highest" in spec.supports:
        _from_nothing(scene, network)
    _explain()


def _settings() -> tuple[int, int, float]:
    """Samples, steps and stochasticity."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        count = state.setting(st.slider, "answers_count")
    with middle:
        steps = state.setting(st.slider, "answers_steps")
    with right:
        eta = state.setting(st.slider, "answers_eta")
    return count, steps, eta


def _planes(spec: Spec, shape: tuple[int, ...]) -> int:
    """Pixels that pass the network for one picture: a grey network takes the channels of a colour picture one by one."""
    height, width, channels = shape
    return height * width * (channels if spec.supports.get("channels") == 1 else 1)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def _find(scene: Scene, upload: Dataset | None, found: Noisy, count: int, steps: int, eta: float, job: jobs.Job) -> Answers:
    denoiser, unclipped = cache.denoiser(scene), found.clean + found.noise
    single = denoiser(unclipped, found.true_sigma)
    drawn = posterior_samples(
        denoiser, unclipped, found.true_sigma, samples=count, steps=steps, eta=eta, seed=scene.seed, progress=job
    )
    return Answers(drawn, single)


def _show(key: str, found: Noisy, answers: Answers) -> None:
    rows = cache.drawn(key, lambda: _draw(found, answers))
    viewer(rows["mean"], key="samples-mean", group="samples", columns=4, smallest=130)
    viewer(rows["samples"], key="samples", group="samples", columns=SHOWN, smallest=130, toolbar=False)


def _draw(found: Noisy, answers: Answers) -> dict[str, list[Drawn]]:
    drawn = answers.drawn
    deviation, error = _spread(drawn), _error(found, drawn)
    limits = render.limits([deviation, error], False)[0]
    mean = [
        Picture("Clean", found.clean[0]),
        Picture(
            f"Mean of {len(drawn.samples)} samples",
            drawn.mean[0],
            f"{_psnr(found, drawn.mean)} · in one step {_psnr(found, answers.single)}",
        ),
        spread_picture("Standard deviation of the samples", deviation, limits, ("agree", "disagree")),
        spread_picture("True error of the mean", error, limits, ("right", "wrong")),
    ]
    samples = [
        Picture(f"Sample {number}", sample[0], _psnr(found, sample)) for number, sample in enumerate(drawn.samples[:SHOWN], 1)
    ]
    return {"mean": [ready(one) for one in mean], "samples": [ready(one) for one in samples]}


def _psnr(found: Noisy, image: Array) -> str:
    return panels.decibels(float(metrics.psnr(found.clean, image)[0]))


def _spread(drawn: PosteriorSamples) -> Array:
    """Grey levels, (H, W)."""
    return 255 * drawn.deviation[0].mean(axis=-1)


def _error(found: Noisy, drawn: PosteriorSamples) -> Array:
    """Grey levels, (H, W)."""
    return 255 * np.abs(drawn.mean[0] - found.clean[0]).mean(axis=-1)


def _certainty(scene: Scene, found: Noisy, drawn: PosteriorSamples) -> None:
    """Whether the spread tells the error: on this picture, and over many where that was measured."""
    deviation = _spread(drawn)
    if not deviation.any():
        st.markdown("**All samples are the same**: without fresh noise (stochasticity 0) or in one step there is one answer.")
    else:
        order = rank_correlation(deviation, _error(found, drawn))
        told = (
            "Where the samples disagree, the mean is wrong" if order > 0.2 else "The samples do not tell where the mean is wrong"
        )
        st.markdown(f"{told}: **rank correlation {order:.2f}** over the pixels of this picture (1: the same order, 0: none).")
    if scene.denoiser == study.MODEL:
        st.caption(_measured())


def _measured() -> str:
    """The figures over many pictures, in a sentence for each level."""
    found = measured.read(study.NAME)
    if found is None:
        return "Not measured over many pictures yet. Run: python -m xai_core bench diffusion"
    told = []
    for level in study.LEVELS:
        order = found.row(section="uncertainty", what="each picture", level=level)
        mean = found.row(section="quality", what=f"mean of {study.SAMPLES} samples", level=level)
        step = found.row(section="quality", what="one step", level=level)
        if order and mean and step:
            told.append(
                f"At sigma {level:g}, over {order['pictures']} test pictures: rank correlation {order['value']:.2f} "
                f"({order['low']:.2f} to {order['high']:.2f}); mean of {study.SAMPLES} samples {mean['value']:.1f} dB, "
                f"in one step {step['value']:.1f} dB."
            )
    return f"{' '.join(told)} Measured on {found.date} with {study.STEPS} steps: {found.command}"


def arrays(found: Noisy, drawn: PosteriorSamples) -> dict[str, Any]:
    """For the download; noisy as the samples begin, not limited to 0-1."""
    noisy = found.clean + found.noise
    kept = {"samples": drawn.samples[:, 0], "mean": drawn.mean[0], "deviation": drawn.deviation[0]}
    return kept | {"clean": found.clean[0], "noisy": noisy[0]}


def _archive(found: Noisy, drawn: PosteriorSamples) -> bytes:
    return panels.npz(arrays(found, drawn))


def _from_nothing(scene: Scene, network: str) -> None:
    """Pictures without any picture given: what the network takes for clothes."""
    pictures = jobs.soon(f"nothing-{network}-{scene.seed}", partial(_find_nothing, scene), "drawn", begin="Draw from nothing")
    if pictures is not None:
        viewer(
            [Picture(f"{number}", image) for number, image in enumerate(pictures, 1)],
            key="samples-nothing",
            columns=FROM_NOTHING,
            smallest=76,
            largest=150,
            toolbar=False,
        )
        st.caption("Drawn from pure noise: no picture was given. They show what this network takes for likely, good or bad.")


def _find_nothing(scene: Scene, job: jobs.Job) -> Array:
    return draw(cache.denoiser(scene), FROM_NOTHING, seed=scene.seed, progress=job)


_explain = partial(
    explained.foldouts,
    how=(
        "It starts at the noisy picture $y$ at its level $\\sigma$. In each step, from level $s$ to a lower one, $t$, the "
        "denoiser gives its answer $D$; what it takes for noise, $y_s - D$, is shrunk to level $t$, and a part of it is "
        "exchanged for fresh noise $z$: $y_t = D + \\frac{\\sqrt{t^2 - v^2}}{s}\\,(y_s - D) + v z$, $v = \\eta\\, t "
        "\\sqrt{1 - t^2 / s^2}$. The levels fall evenly on a logarithmic scale to 1, and the last step ends at $D$. Other "
        "fresh noise leads to another picture. If $D$ is the mean of all clean pictures that fit (squared error), many "
        "small steps with $\\eta = 1$ draw them as often as they are likely: their mean is the answer of least squared "
        "error, their standard deviation the uncertainty. The samples follow the seed on the left."
    ),
    cost="1 forward pass a step and sample",
    source=(
        "Ho et al. (2020), arXiv:2006.11239 (DDPM); Song et al. (2021), arXiv:2010.02502 (DDIM); Kawar et al. (2021), "
        "arXiv:2105.14951"
    ),
    misread=(
        "The spread is **the model's, not the world's**: what this network leaves open. An error that all samples share, such "
        "as on a picture unlike those it was trained on, has no spread, so a dark map is no promise. **Few steps understate "
        "it**, and so does a stochasticity below 1. A single sample looks sharper than the mean and is on average farther from "
        "the truth: its detail is drawn, not recovered. The rank correlation says whether the spread is in the right place, "
        "not whether it is as large as the error; on a picture with much empty ground it is high for that alone, because the "
        "ground is certain and right."
    ),
)
"""The foldouts."""
