"""The kind from the network, from classical statistics or from both, the level from the classical estimator of that kind."""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidInput
from ...types import Array
from ...weights import trained_models
from .base import KINDS, Detected, Kind, checked
from .classical import detect_classical
from .impulses import find_impulses
from .laws import find_law
from .network import NoiseDetector, load_noise_detector
from .waves import find_wave

Method = Literal["auto", "both", "network", "classical"]
METHODS: tuple[Method, ...] = get_args(Method)

DOUBT = 1e-3
"""Added to every score before two detectors are pooled: neither can rule out what the other is sure of."""

WEIGHT = 0.375
"""Exponent of the classical scores in the pool, the network's being 1: the classical detector is too sure of itself."""


def detect_noise(images: ArrayLike, *, method: Method = "auto") -> tuple[Detected, ...]:
    """Kind and level of the noise on each picture, one kind a picture.

    method: "network" (a CNN on the spectra of `noise_spectra`), "classical" (three questions asked in turn, `detect_classical`),
    "both": their scores pooled (`opinion_pool`), because they err on different pictures, or "auto": both where the network's
    weights are here, else the classical detector; `Detected.method` says which of them it was.
    The level comes from the classical estimator of the kind in either case: share of impulses where they can be seen, amplitude
    at the peak of the wave, the law of variance over brightness for Gaussian, photon and speckle noise (`estimate`).
    images: (N, H, W, C) and the other forms of `images.check_images`, sides of at least 28 pixels.
    Raises InvalidInput for smaller pictures, another method and what `check_images` refuses; ModelNotFound, with what to do,
    where the network is asked for and its weights are not here.
    """
    if method not in METHODS:
        raise InvalidInput(f"Expected a method of {', '.join(METHODS)}, received {method!r}.")
    batch = checked(images)
    if method == "classical" or (method == "auto" and "noise-kinds" not in trained_models()):
        return detect_classical(batch)
    detector = load_noise_detector()
    # One picture at a time: those of a batch do not change each other's answers by rounding.
    if method == "network":
        return tuple(_told(image, _scores(detector, image), "network") for image in batch)
    return tuple(_both(image, _scores(detector, image), detect_classical(image[None])[0]) for image in batch)


Scores = Mapping[Kind, float]


def opinion_pool(network: Scores, classical: Scores, *, weight: float = WEIGHT) -> dict[Kind, float]:
    """Scores of the two detectors as one: p_k ~ (n_k + DOUBT) (c_k + DOUBT)^weight, sum 1 (a logarithmic opinion pool).

    The exponent is that of the greatest likelihood on 1,908 noisy pictures held out of the network's training (`python -m
    xai_core bench noise-pool`): 0.048 nats a picture and 98.3 % of the kinds right; with exponent 1 it is 0.078 and 97.7 %,
    with 0, the network alone, 0.075 and 97.6 %.
    Source: Genest & Zidek (1986), doi:10.1214/ss/1177013825.
    """
    joint = {kind: (network[kind] + DOUBT) * (classical[kind] + DOUBT) ** weight for kind in KINDS}
    whole = sum(joint.values())
    return {kind: value / whole for kind, value in joint.items()}


def _scores(detector: NoiseDetector, image: Array) -> dict[Kind, float]:
    found = detector.scores(image[None])[0].astype(np.float64)
    return dict(zip(KINDS, (found / found.sum()).tolist(), strict=True))


def _both(image: Array, network: Scores, classical: Detected) -> Detected:
    return _told(image, opinion_pool(network, classical.scores), "both", classical.evidence)


def _told(image: Array, scores: Scores, method: str, evidence: Mapping[str, float] | None = None) -> Detected:
    kind = max(KINDS, key=scores.__getitem__)
    level, wave = estimate(image, kind)
    if evidence is None:
        second = max(score for name, score in scores.items() if name != kind)
        evidence = {"score of the second likeliest kind (0 to 1)": second}
    return Detected(kind, level, scores[kind], scores, wave, evidence, method=method)


def estimate(image: Array, kind: Kind) -> tuple[float, tuple[float, float] | None]:
    """Level of noise of a known kind on a picture (H, W, C), in the unit of `NOISES`, and the place (u, v) of a wave."""
    if kind == "none":
        return 0.0, None
    if kind == "salt_pepper":
        return find_impulses(image).level, None
    if kind == "periodic":
        wave = find_wave(image)
        return wave.amplitude, wave.place
    return find_law(image).levels[kind], None
