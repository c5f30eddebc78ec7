"""LIME of 1,000 samples against 1,000 plain compiled forward passes, on CNN-2 at 96x96; integrated gradients, Grad-CAM.

Run on idle cores: taskset -c 0,1 python benchmarks/lime.py
Prints medians of wall and of processor seconds (the latter also mean something on a busy machine) and ratios.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf

from xai_core.classifiers.cnn2 import build_cnn2
from xai_core.explainers import explain, superpixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--batch", type=int, default=50)
    options = parser.parse_args()
    batch = options.batch
    model = build_cnn2(96)
    image = np.random.default_rng(0).random((1, 96, 96, 3), dtype=np.float32)
    segments = superpixels(image[0], 50)
    pictures = tf.constant(np.repeat(image, batch, axis=0))

    @tf.function(input_signature=[tf.TensorSpec((batch, 96, 96, 3), tf.float32)], autograph=False)
    def forward(inputs):
        return model(inputs, training=False)

    @tf.function(input_signature=[tf.TensorSpec((None, 96, 96, 3), tf.float32)], autograph=False)
    def gradient(inputs):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            outputs = model(inputs, training=False)
        return tape.gradient(outputs, inputs)

    jobs: dict[str, Callable[[], object]] = {
        "1,000 plain forward passes": lambda: [forward(pictures).numpy() for _ in range(1000 // batch)],
        "LIME 1,000, segments given": lambda: explain(model, image, "lime", 1, batch_size=batch, segments=segments),
        "LIME 1,000": lambda: explain(model, image, "lime", 1, batch_size=batch),
        "50 plain gradients": lambda: [gradient(pictures[:25]).numpy() for _ in range(2)],
        "integrated gradients 50": lambda: explain(model, image, "integrated_gradients", 1),
        "Grad-CAM": lambda: explain(model, image, "grad_cam", 1),
    }
    wall: dict[str, list[float]] = {name: [] for name in jobs}
    used: dict[str, list[float]] = {name: [] for name in jobs}
    for name, job in jobs.items():
        started = time.perf_counter()
        job()
        print(f"{name:28} first call {time.perf_counter() - started:8.3f} s")
    for _ in range(options.repeats):  # in turn, so that other load falls on all alike
        for name, job in jobs.items():
            started, processor = time.perf_counter(), time.process_time()
            job()
            wall[name].append(time.perf_counter() - started)
            used[name].append(time.process_time() - processor)
    for name in jobs:
        print(f"{name:28} median {statistics.median(wall[name]):8.3f} s, processor {statistics.median(used[name]):8.3f} s")
    for name, floor in (
        ("LIME 1,000, segments given", "1,000 plain forward passes"),
        ("LIME 1,000", "1,000 plain forward passes"),
        ("integrated gradients 50", "50 plain gradients"),
    ):
        ratio = statistics.median(wall[name]) / statistics.median(wall[floor])
        ratio_used = statistics.median(used[name]) / statistics.median(used[floor])
        print(f"{name} / {floor}: {ratio:.2f} (processor {ratio_used:.2f})")


if __name__ == "__main__":
    main()
