"""What an experiment will cost, from one picture of each kind."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..classifiers import load_classifier
from ..datasets import load_dataset
from ..denoisers import load_denoiser
from ..explainers import explain
from .chain import with_noise
from .drift import parameters
from .grid import NONE, Condition, Grid

BATCH = 4
"""Pictures on which a classifier is timed: one alone is slower than each of many."""


@dataclass(frozen=True)
class Cost:
    """Of a whole experiment: pictures, cells (rows of its table), maps to compute, seconds on this machine, about."""

    pictures: int
    cells: int
    maps: int
    seconds: float


Kept = Callable[[str, Callable[[], float]], float]
"""Seconds by name: from a memory, or measured."""


def cost(grid: Grid, kept: Kept = lambda name, measure: measure()) -> Cost:
    """Count the cells and time one picture through each noise, denoiser, classifier and method.

    A rough figure: pictures differ, and so does what else the machine has to do. kept: may remember the seconds of each part.
    Raises as the parts of the grid do.
    """
    dataset = load_dataset(grid.scene.dataset, grid.split)
    indices = grid.indices(len(dataset))
    kind, level = grid.noises[-1]
    scene = grid.scene_of(Condition(kind, level, NONE, grid.classifiers[0]), indices[0])
    clean = dataset.image(indices[0])
    found = with_noise(scene, clean)

    def seconds(name: str, work: Callable[[], Any]) -> float:
        return kept(f"{name} {clean.shape} {kind} {level:g}", partial(_seconds, work))

    noises = len(grid.noises)
    each = noises * seconds("noise", partial(with_noise, scene, clean))
    for name in grid.denoisers:
        if name != NONE:
            settings = grid.parameters_of(name)
            denoiser = load_denoiser(name, **settings)
            each += noises * seconds(f"{name} {settings}", partial(denoiser, found.noisy, found.true_sigma))
    followed, maps = len(grid.drifting(len(dataset))), 0.0
    for name in grid.classifiers:
        network = load_classifier(name)
        batch = np.repeat(network.prepare(found.noisy), BATCH, axis=0)
        each += noises * len(grid.denoisers) * seconds(name, partial(network, batch)) / BATCH
        for method in grid.methods if followed else ():
            settings = parameters(grid.scene, method)
            work = partial(explain, network, found.noisy, method, 0, **settings)
            maps += seconds(f"{name} {method} {settings}", work)
    states = 1 + noises * len(grid.denoisers)
    return Cost(
        len(indices),
        len(indices) * len(grid.conditions),
        followed * states * len(grid.classifiers) * len(grid.methods),
        len(indices) * each + followed * states * maps,
    )


def _seconds(work: Callable[[], Any]) -> float:
    """Of a second call: the first loads libraries and prepares networks."""
    work()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
