"""Explain a denoiser, section "Signal and noise": the output in parts that add up, and where the noise was found."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.experiments import Pictures
from xai_core.explainers.denoiser import NoiseShares, Split, noise_by_region, regions, split_noise
from xai_core.scene import Scene
from xai_core.types import Array, Dataset

from . import cache, explained, panels
from .viewer import Drawn, Picture, draw, viewer


@dataclass(frozen=True)
class Shown:
    """The split of a scene's picture, and what became of its noise by region."""

    split: Split
    shares: dict[str, NoiseShares]


def compute(scene: Scene, upload: Dataset | None, found: Pictures) -> Shown:
    """The split, from the store if it was made before."""

    def make() -> Shown:
        split = split_noise(cache.network(scene, upload, scene.denoiser), found.clean, found.noisy)
        masks = cache.dataset_of(scene, upload).masks
        mask = None if masks is None else masks[scene.index : scene.index + 1]
        where = regions(found.clean, mask if mask is not None and mask.any() else None)
        return Shown(split, noise_by_region(split, found.clean, found.noisy, where))

    shown: Shown = cache.results().get(f"split-{cache.picture_key(scene)}", make)
    return shown


def section(scene: Scene, upload: Dataset | None, found: Pictures) -> None:
    """Output = signal + noise + added, and the table by region."""
    shown = compute(scene, upload, found)
    st.markdown(
        "The output in three parts that add up to it: what this denoiser makes of the **picture**, what it lets through of the "
        "**noise**, and what it **adds** whatever the pixels are."
    )
    key = f"split-{cache.picture_key(scene)}"
    viewer(cache.drawn(key, lambda: _draw(shown.split)), key="split", group="explain-denoiser", columns=4, toolbar=False)
    energy = shown.split.energy
    st.caption(
        "Root mean square, in grey levels of 255: "
        + ", ".join(f"{name} {255 * np.sqrt(value):.1f}" for name, value in energy.items())
        + f". The parts add up to the output within {_gap(shown.split):.1e}."
    )
    names = list(shown.shares)
    st.dataframe(
        {
            "Region": [_region(name, scene, upload) for name in names],
            "Share of the noise": [_part(shown.shares, name) for name in names],
            "Found": [shown.shares[name].found_share for name in names],
            "Removed": [shown.shares[name].removed_share for name in names],
            "Leaked": [shown.shares[name].leaked_share for name in names],
        },
        column_config={
            "Share of the noise": st.column_config.NumberColumn(format="percent", help="Of its energy, that lies in the region."),
            "Found": st.column_config.NumberColumn(
                format="percent", help="How much of the noise the removed part holds: <y - f, n> / <n, n>."
            ),
            "Removed": st.column_config.NumberColumn(
                format="percent", help="1 - |f - x|² / |n|²: what was damaged counts too. Below 0: worse than before."
            ),
            "Leaked": st.column_config.NumberColumn(
                format="percent", help="|J n|² / |n|²: the part named noise, which the other parts may cancel."
            ),
        },
        hide_index=True,
    )
    _explain()


def arrays(shown: Shown) -> dict[str, Array]:
    """For the download."""
    return {f"split_{name}": part[0] for name, part in shown.split.parts.items()}


def _draw(split: Split) -> list[Drawn]:
    signal, noise, added = (255 * part[0] for part in split.parts.values())
    largest = render.limits([noise.mean(axis=-1), added.mean(axis=-1)], True, linked=True)
    pictures = [
        Picture("Output", np.clip(split.output[0], 0, 1), "the sum"),
        Picture("From the picture (J x)", np.clip(signal / 255, 0, 1)),
        *(
            panels.signed_picture(
                title,
                part,
                words=("darker", "brighter"),
                caption=f"spread {part.mean(axis=-1).std():.1f}",
                unit="grey levels",
                limits=ends,
            )
            for title, part, ends in (("From the noise (J n)", noise, largest[0]), ("Added", added, largest[1]))
        ),
    ]
    return [draw(picture) for picture in pictures]


def _region(name: str, scene: Scene, upload: Dataset | None) -> str:
    """A region in words; on castings the mask marks the defect, where there is one."""
    masks = cache.dataset_of(scene, upload).masks
    marked = scene.dataset == "simulated_castings" and masks is not None and masks[scene.index].any()
    return (name.replace("object", "defect") if marked else name).capitalize()


def _gap(split: Split) -> float:
    return float(np.abs(split.signal + split.noise + split.added - split.output).max())


def _part(shares: dict[str, NoiseShares], name: str) -> float:
    whole = shares["everywhere"].noise.sum()
    return float(shares[name].noise.sum() / whole) if whole > 0 else float("nan")


_explain = partial(
    explained.foldouts,
    how=(
        "Near the noisy picture $y = x + n$ a denoiser acts like a matrix $J$, its Jacobian. Then the output is $f(y) = J x + "
        "J n + \\text{added}$. For a network this is exact: picture and noise are carried through it side by side. What is "
        "added is the level map of a network that is told the level, or its biases; a blind network without biases adds "
        "nothing. For a filter without a network $J x$ and $J n$ are measured by small steps. The object is what the mask of a "
        "simulated picture says, else what is brighter than Otsu's threshold; edges are the pixels next to its boundary."
    ),
    cost="about 3 forward passes",
    source="after Mohan et al. (2020), arXiv:1906.05478; the table over 1,000 pictures is in docs/noise-split.md",
    misread=(
        "The parts may **cancel**: a network that shrinks small values lets their noise through and takes it away again by "
        "what it adds. A strong part named noise therefore does not mean that noise is seen: look at the sum, the output. And "
        "$J$ itself depends on the noise: another draw of it gives another split."
    ),
)
