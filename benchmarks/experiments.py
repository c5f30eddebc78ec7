"""Pictures a second of an experiment beside those of `model.predict` on the same batches, already prepared.

Run on an idle machine: python -m benchmarks.experiments [CLASSIFIER] [DATASET] [PICTURES]
The experiment reads the pictures, adds noise, shrinks them and writes its rows; predict only has to compute. Both
in turn, twice over, the better of each counts: the first round also prepares the network. The goal is 85 % on clean pictures.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from xai_core.classifiers import load_classifier
from xai_core.datasets import available, load_dataset
from xai_core.experiments import CLEAN, NONE, Grid, run
from xai_core.scene import Scene

ROUNDS = 3
GOAL = 0.85
GRIDS = {
    "clean": ((CLEAN,), (NONE,)),
    "Gaussian 25": ((("gaussian", 25.0),), (NONE,)),
    "Gaussian 25, median": ((("gaussian", 25.0),), ("median",)),
}


def main(classifier: str = "galaxy-cnn2", name: str = "", pictures: str = "512") -> None:
    name = name or ("galaxies" if available("galaxies") else "simulated_galaxies")
    dataset, network = load_dataset(name), load_classifier(classifier)
    grids = {
        title: Grid(Scene(dataset=name, denoiser="median"), noises, denoisers, (classifier,), images=int(pictures))
        for title, (noises, denoisers) in GRIDS.items()
    }
    indices = grids["clean"].indices(len(dataset))
    prepared = np.concatenate([network.prepare(dataset.image(index)) for index in indices])
    print(f"{classifier} on {len(indices)} pictures of {name}; load of the machine {os.getloadavg()[0]:.1f}")
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        began = time.perf_counter()
        network.model.predict(prepared, batch_size=64, verbose=0)
        best["predict"] = max(best.get("predict", 0.0), len(indices) / (time.perf_counter() - began))
        for title, grid in grids.items():
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                run(grid, Path(folder))
                best[title] = max(best.get(title, 0.0), len(indices) / (time.perf_counter() - began))
    for title, rate in best.items():
        share = rate / best["predict"]
        goal = f", goal {GOAL:.0%}: {'reached' if share >= GOAL else 'missed'}" if title == "clean" else ""
        print(f"{title:22} {rate:8.1f} pictures/s  {share:6.1%} of predict{goal}")


if __name__ == "__main__":
    main(*sys.argv[1:])
