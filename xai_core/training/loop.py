"""The training loop: resumable, seeded, best weights kept, manifest written at the end."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import device, weights
from ..datasets import load_dataset
from .batches import batches, training_data
from .recipes import Recipe

RUNS = Path(__file__).resolve().parents[2] / "runs"
"""Checkpoints of unfinished runs; git-ignored, deleted when a run ends."""


def train(
    recipe: Recipe, *, epochs: int | None = None, runs: Path = RUNS, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """Train a recipe and write its weights, training curve and manifest entry.

    Each epoch ends with a checkpoint (network, optimiser, averaged weights, best weights, history) in runs/NAME, so a
    run that is interrupted goes on where it stopped when the same command is given again.
    epochs: fewer than the recipe's, for a trial; the learning rate follows a cosine over them.
    report: called with one line an epoch. Returns the manifest entry.
    """
    import keras

    device.configure()
    epochs = epochs or recipe.epochs
    folder = runs / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    (pictures, labels), (held_pictures, held_labels) = training_data(recipe)
    held_out = batches(recipe, held_pictures, held_labels, epoch=None)
    steps = len(pictures) // recipe.batch

    state = _State.read(folder)
    model = recipe.network()
    _compile(model, recipe, steps * epochs)
    if state.epoch:
        model.set_weights(_read_arrays(folder / "last.npz"))
        _restore_optimizer(model, folder)
        report(f"{recipe.name}: going on after epoch {state.epoch}")
    average = _Average(model, recipe.average, state.average)

    while state.epoch < epochs and state.epoch - state.best_epoch < recipe.patience:
        began = time.monotonic()
        keras.utils.set_random_seed(recipe.seed + state.epoch + 1)
        curve = model.fit(
            batches(recipe, pictures, labels, epoch=state.epoch),
            epochs=1,
            verbose=1 if report is print else 0,
            callbacks=[average.callback()],
        ).history
        with average.applied():
            measured = model.evaluate(held_out, verbose=0, return_dict=True)
            state.epoch += 1
            if measured["loss"] < state.best_loss:
                state.best_loss, state.best_epoch = measured["loss"], state.epoch
                _write_arrays(folder / "best.npz", model.get_weights())
        state.seconds += time.monotonic() - began
        row = {"epoch": state.epoch} | {key: values[0] for key, values in curve.items()}
        state.history.append(row | {f"held_out_{key}": value for key, value in measured.items()})
        _write_arrays(folder / "last.npz", model.get_weights())
        _write_arrays(folder / "optimizer.npz", [np.asarray(variable) for variable in model.optimizer.variables])
        state.average = average.values
        state.write(folder)
        figures = "  ".join(f"{key} {value:.4f}" for key, value in state.history[-1].items() if key != "epoch")
        report(f"{recipe.name}: epoch {state.epoch}/{epochs}  {figures}")

    trained = recipe.network()  # without the optimiser, whose state would triple the file
    trained.set_weights(_read_arrays(folder / "best.npz"))
    path = weights.save(trained, recipe.name, half=recipe.half)
    weights.update_manifest(
        recipe.name,
        label=recipe.label,
        kind=recipe.kind,
        file=path.name,
        sha256=weights.sha256_of(path),
        parameters=model.count_params(),
        input_shape=list(model.input_shape[1:]),
        build=recipe.build,
        arguments=dict(recipe.arguments),
        classes=list(load_dataset(recipe.datasets[0], "train").class_names) if recipe.kind == "classifier" else [],
        data=[f"{name} (train, {1 - recipe.held_out:.0%}; the rest held out to stop the training)" for name in recipe.datasets],
        epochs=state.best_epoch,
        steps=state.best_epoch * steps,
        batch=recipe.batch,
        seed=recipe.seed,
        backend=f"{keras.config.backend()} / keras {keras.__version__}",
        minutes=round(state.seconds / 60, 1),
        history=state.history,
        figures={},
    )
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return weights.entry(recipe.name)


def _compile(model: Any, recipe: Recipe, total_steps: int) -> None:
    import keras

    warmup = min(300, total_steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        max(total_steps - warmup, 1),
        alpha=0.001,
        warmup_target=recipe.learning_rate,
        warmup_steps=max(warmup, 1),
    )
    loss: Any = "mse"
    metrics: list[Any] = []
    if recipe.kind == "classifier":
        single = model.output_shape[-1] == 1
        if single:
            loss = keras.losses.BinaryCrossentropy(label_smoothing=recipe.label_smoothing)
        else:
            loss = keras.losses.SparseCategoricalCrossentropy()
        metrics = [keras.metrics.BinaryAccuracy("accuracy") if single else keras.metrics.SparseCategoricalAccuracy("accuracy")]
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=metrics, jit_compile=recipe.compile)


class _State:
    """Where a run stands; written after each epoch."""

    def __init__(self) -> None:
        self.epoch = 0
        self.best_epoch = 0
        self.best_loss = float("inf")
        self.seconds = 0.0
        self.history: list[dict[str, float]] = []
        self.average: list[Any] | None = None

    @classmethod
    def read(cls, folder: Path) -> "_State":
        state = cls()
        if (folder / "state.json").exists():
            vars(state).update(json.loads((folder / "state.json").read_text()))
            state.average = _read_arrays(folder / "average.npz")
        return state

    def write(self, folder: Path) -> None:
        _write_arrays(folder / "average.npz", self.average or [])
        fields = {key: value for key, value in vars(self).items() if key != "average"}
        part = folder / "state.part"
        part.write_text(json.dumps(fields))
        part.replace(folder / "state.json")


class _Average:
    """Exponential moving average of all weights (Polyak averaging), updated every ten steps; decay 0 is the last weights."""

    def __init__(self, model: Any, decay: float, values: list[Any] | None) -> None:
        self.model = model
        self.decay = decay
        self.values = values or model.get_weights()
        self.step = 0

    def update(self) -> None:
        self.step += 1
        if self.step % 10 == 0:
            # A short memory first, so that the untrained weights are soon forgotten.
            decay = min(self.decay, self.step / (self.step + 200))
            for mean, new in zip(self.values, self.model.get_weights(), strict=True):
                mean *= decay
                mean += (1 - decay) * new

    def callback(self) -> Any:
        import keras

        return keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: self.update())

    def applied(self) -> "_Applied":
        return _Applied(self)


class _Applied:
    """Context in which the model holds its averaged weights."""

    def __init__(self, average: _Average) -> None:
        self.average = average

    def __enter__(self) -> None:
        self.kept = self.average.model.get_weights()
        if self.average.decay:
            self.average.model.set_weights(self.average.values)

    def __exit__(self, *_: object) -> None:
        self.average.model.set_weights(self.kept)


def _restore_optimizer(model: Any, folder: Path) -> None:
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(model.optimizer.variables, _read_arrays(folder / "optimizer.npz"), strict=True):
        variable.assign(value)


def _write_arrays(path: Path, arrays: list[Any]) -> None:
    part = path.with_name(f"part-{path.name}")
    np.savez(part, *arrays)
    part.replace(path)


def _read_arrays(path: Path) -> list[Any]:
    with np.load(path) as stored:
        return [stored[f"arr_{i}"] for i in range(len(stored.files))]
