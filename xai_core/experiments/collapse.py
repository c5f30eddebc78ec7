"""The failure of the slides' first network, watched from the first step on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .. import device, measured
from ..classifiers.cnn1 import build_cnn1
from ..explainers import layer_health
from ..metrics import wilson_interval
from ..training import get_recipe
from ..training.batches import Part, batches, training_data

NAME = "cnn1"
"""Under this name `measured` keeps the figures."""
LOOKED_AT = 16
"""Held-out pictures on which the layers are measured."""


def bench_collapse(
    side: int = 300, steps: int = 100, *, seed: int = 0, report: Callable[[str], None] = print
) -> tuple[dict[str, Any], ...]:
    """Train CNN-1 as in the slides (pictures of `side` pixels from 0 to 255, Adam 1e-3, batches of 32) and look at its layers.

    Rows, also kept under assets/measured/cnn1.json: section "loss" (step, loss, accuracy of its batch), "layers" (when: before or
    after; layer, size, silent, variation, gradient: see `layer_health`), "held out" (accuracy after, with its 95 % interval, and
    the share of pictures called the second class). Takes about three seconds a step of 300 pixels on two cores.
    """
    import keras

    device.configure()
    recipe = replace(get_recipe("galaxy-cnn1"), side=side, arguments=(("side", side),), seed=seed)
    kept, held = training_data(recipe)
    keras.utils.set_random_seed(seed)
    model = build_cnn1(side)
    model.compile(keras.optimizers.Adam(recipe.learning_rate), "binary_crossentropy", metrics=["accuracy"])
    chosen = np.random.default_rng(seed).permutation(len(held.pictures))[:300]
    judged = Part([held.pictures[i] for i in chosen], held.labels[chosen])
    looked_at = np.stack(judged.pictures[:LOOKED_AT]) / np.float32(255)

    rows: list[dict[str, Any]] = _layers(model, looked_at, "before")
    data = batches(recipe, kept, epoch=0)
    for step in range(min(steps, len(data))):
        pictures, labels, _ = data[step]
        found = model.train_on_batch(pictures, labels, return_dict=True)
        model.reset_metrics()
        rows.append({"section": "loss", "step": step + 1, "loss": float(found["loss"]), "accuracy": float(found["accuracy"])})
        if step % 10 == 0:
            report(f"step {step + 1}: loss {found['loss']:.3f}")
    rows += _layers(model, looked_at, "after")
    inputs = batches(recipe, judged, epoch=None)
    shares = np.concatenate([np.asarray(model(inputs[index][0], training=False)) for index in range(len(inputs))])[:, 0]
    right = int(((shares > 0.5) == judged.labels).sum())
    low, high = wilson_interval(right, len(shares))
    rows.append(
        {
            "section": "held out",
            "accuracy": right / len(shares),
            "low": low,
            "high": high,
            "pictures": len(shares),
            "second": float((shares > 0.5).mean()),
        }
    )
    report(f"accuracy {right / len(shares):.1%}; called {held.labels.max()}: {(shares > 0.5).mean():.1%}")
    measured.write(NAME, rows, command=f"python -m xai_core bench cnn1 --side {side} --limit {steps}", seed=seed)
    return tuple(rows)


def _layers(model: Any, images: Any, when: str) -> list[dict[str, Any]]:
    return [
        {
            "section": "layers",
            "when": when,
            "layer": row.layer.name,
            "size": row.size,
            "silent": row.silent,
            "variation": row.variation,
            "gradient": row.gradient,
        }
        for row in layer_health(model, images, 1)
    ]
