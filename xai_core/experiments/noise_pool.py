"""How much the classical detector counts beside the network: the likelihood over the exponent of its scores."""

from collections.abc import Callable

import numpy as np

from ..noise.detection import KINDS, detect_noise, load_noise_detector, opinion_pool
from ..training import get_recipe
from ..training.noise_kinds import noisy_picture, read_pictures

WEIGHTS = (0.0, 0.25, 0.375, 0.5, 0.75, 1.0, 1.5)
"""0: the network alone."""


def bench_noise_pool(
    name: str = "noise-kinds", *, limit: int = 0, seed: int = 0, report: Callable[[str], None] = print
) -> dict[float, tuple[float, float]]:
    """Cross entropy (nats a picture) and share of kinds told rightly, for each exponent in `WEIGHTS`.

    The pictures are those held out of the network's training (`limit`: fewer), each with all six kinds of noise as the training
    draws them: they belong to no figure of `bench_noise_kinds`, so the exponent may be chosen by them.
    Raises ModelNotFound where the network has no weights, DataNotFound where its pictures are not here.
    """
    network, recipe = load_noise_detector(name), get_recipe(name)
    rng = np.random.default_rng(seed)
    held_out = read_pictures(recipe)[1]
    held_out = [held_out[index] for index in rng.permutation(len(held_out))[: limit or None]]
    found: dict[float, list[tuple[float, bool]]] = {weight: [] for weight in WEIGHTS}
    for picture in held_out:
        for kind in KINDS:
            noisy = noisy_picture(picture, kind, recipe, rng)
            scores = dict(zip(KINDS, network.scores(noisy)[0].astype(float).tolist(), strict=True))
            classical = detect_noise(noisy, method="classical")[0].scores
            for weight in WEIGHTS:
                pooled = opinion_pool(scores, classical, weight=weight)
                found[weight].append((-float(np.log(pooled[kind])), max(pooled, key=pooled.__getitem__) == kind))
    figures = {}
    for weight, answers in found.items():
        nats, right = np.mean(np.array(answers, np.float64), axis=0).tolist()
        figures[weight] = (nats, right)
        report(f"exponent {weight:<5g} {nats:.4f} nats  {right:.2%} of {len(answers):,} rightly")
    return figures
