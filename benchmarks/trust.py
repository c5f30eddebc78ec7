"""The trust row of every method for one galaxy picture, with the methods' default parameters, on CNN-2 at 96 x 96.

Run on two idle cores: taskset -c 0,1 python -m benchmarks.trust
Prints for each method the seconds of its map, of the first figure and of all figures, and the totals, which should stay under
20 s. On a busy machine compare with the plain forward passes, which are printed too, before and after.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

import xai_core as xc
from xai_core import trust
from xai_core.compiled import forward
from xai_core.experiments import pictures
from xai_core.explainers import EXPLAINERS, explain
from xai_core.scene import Scene

PASSES = 400


def main() -> None:
    data, model, scene = xc.load_dataset("simulated_galaxies"), xc.load_classifier("galaxy-cnn2"), Scene()
    image, mask = pictures(scene).noisy, data.masks[scene.index] if data.masks is not None else None
    redrawn = np.concatenate([pictures(Scene(seed=seed)).noisy for seed in (1, 2)])
    batch = np.repeat(model.prepare(image), 50, axis=0)
    forward(model.model, batch)
    plain(model.model, batch)

    started, processor = time.perf_counter(), time.process_time()
    measured = trust.reference(model, image, mask=mask)
    print(f"{'what all maps share':26} {time.perf_counter() - started:7.2f} s")
    explaining = explaining_used = 0.0
    fitting = [spec for spec in EXPLAINERS if not spec.supports.get("attention")]
    for spec in fitting:
        begun, used = time.perf_counter(), time.process_time()
        found = explain(model, image, spec.name)
        ready = time.perf_counter()
        explaining_used += time.process_time() - used
        figures = trust.trust(model, image, found, redrawn=redrawn, mask=mask, shared=lambda: measured)
        next(figures)
        first = time.perf_counter()
        count = 1 + sum(1 for _ in figures)
        ended = time.perf_counter()
        explaining += ready - begun
        print(
            f"{spec.name:26} map {ready - begun:6.2f} s, first figure after {first - ready:6.3f} s, "
            f"{count:2} figures after {ended - ready:6.2f} s",
            flush=True,
        )
    total, total_used = time.perf_counter() - started, time.process_time() - processor
    for what, wall, used in (
        ("All figures", total - explaining, total_used - explaining_used),
        ("with their maps", total, total_used),
    ):
        print(f"{what}, {len(fitting)} methods: {wall:.1f} s (processor {used:.1f} s)")
    plain(model.model, batch)


def plain(network: object, batch: xc.types.Array) -> None:
    """The floor: compiled forward passes and nothing else."""
    started, processor = time.perf_counter(), time.process_time()
    for _ in range(PASSES // len(batch)):
        forward(network, batch)
    wall, used = time.perf_counter() - started, time.process_time() - processor
    print(f"{PASSES} plain forward passes: {wall:.2f} s (processor {used:.2f} s)")


if __name__ == "__main__":
    main()
