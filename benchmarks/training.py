"""Seconds a training step with and without XLA, for each recipe: why `Recipe.compile` is what it is.

Run: python -m benchmarks.training
"""

import statistics
import time

import numpy as np

from xai_core import device
from xai_core.training import RECIPES


def main() -> None:
    print(f"on {device.configure()}")
    for recipe in RECIPES:
        for compiled in (False, True):
            model = recipe.network()
            images = np.random.default_rng(0).random((recipe.batch, *model.input_shape[1:]), np.float32)
            wanted = images if recipe.kind == "denoiser" else np.zeros(recipe.batch)
            losses = {True: "binary_crossentropy", False: "sparse_categorical_crossentropy"}
            loss = "mse" if recipe.kind == "denoiser" else losses[model.output_shape[-1] == 1]
            model.compile("adam", loss, jit_compile=compiled)
            model.train_on_batch(images, wanted)
            times = []
            for _ in range(10):
                began = time.perf_counter()
                model.train_on_batch(images, wanted)
                times.append(time.perf_counter() - began)
            word = "XLA" if compiled else "plain"
            print(f"{recipe.name:20} {word:6} {1000 * statistics.median(times):6.0f} ms for {recipe.batch} pictures")


if __name__ == "__main__":
    main()
