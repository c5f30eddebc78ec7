"""The training loop: resumable, seeded, best weights kept, manifest written at the end."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import device, weights
from ..compiled import forward
from ..datasets import load_dataset
from ..errors import DataNotFound, InvalidInput, NoiseLensError
from ..noise.detection import KINDS
from ..registry import Spec
from .batches import Part, batches, training_data
from .film import PREFIX, epochs_kept
from .recipe import Augmentation, Recipe

TAKE_IMAGENET = "xai_core.classifiers.transfer:take_imagenet"

RUNS = Path(__file__).resolve().parents[2] / "runs"
"""Checkpoints of unfinished runs; git-ignored, deleted when a run ends."""

CHECKPOINT = "checkpoint.npz"


@dataclass
class State:
    """Where a run stands: one file, replaced in one step, so that an interruption never mixes two epochs.

    epochs: how many it shall have at most. start: the weights it began with. averaged: batches that the moving average has seen.
    arrays: "last", "average" and "best" weights, the "optimizer", the "seeds" of layers that draw at random, "film-3" and so on.
    """

    epochs: int = 0
    start: str = "untrained"
    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    seconds: float = 0.0
    averaged: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    arrays: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, *, arrays: bool = True) -> "State":
        path = folder / CHECKPOINT
        if not path.exists():
            return cls()
        with np.load(path) as stored:
            state = cls(**json.loads(str(stored["state"])))
            for key in stored.files[1:] if arrays else ():  # NAME.0, NAME.1, ... in this order
                state.arrays.setdefault(key.partition(".")[0], []).append(stored[key])
        return state

    def write(self, folder: Path) -> None:
        values = {key: value for key, value in vars(self).items() if key != "arrays"}
        arrays = {f"{name}.{i}": array for name, group in self.arrays.items() for i, array in enumerate(group)}
        part = folder / f"part-{CHECKPOINT}"
        np.savez(part, state=np.array(json.dumps(values)), **arrays)
        part.replace(folder / CHECKPOINT)


def train(
    recipe: Recipe,
    *,
    epochs: int | None = None,
    further: bool = False,
    runs: Path = RUNS,
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train a recipe and write its weights, training curve and manifest entry.

    Each epoch ends with a checkpoint (network, optimiser, averaged weights, best weights, history) in runs/NAME, so a
    run that is interrupted goes on where it stopped when the same command is given again.
    epochs: fewer than the recipe's, for a trial; the learning rate follows a cosine over them.
    further: start from the trained weights instead of new ones, with a third of the learning rate and the statistics of batch
        normalisation as they are, so that the loss sees what the network does to a picture alone. The mean of the weights
        before and after is taken where its held-out loss is lower still; the weights stay where nothing better is found.
        Epochs, minutes and history are added to theirs. Source of the mean: Wortsman et al. (2022), arXiv:2203.05482.
    report: called with one line an epoch. Returns the manifest entry.
    """
    import keras

    before = weights.entry(recipe.name) if further else {}
    parts = training_data(recipe)
    folder = runs / recipe.name
    trained, state = fit(recipe, parts, folder, epochs=epochs, further=further, report=report)
    if recipe.kind == "classifier" and trained.output_shape[-1] == 1:
        _calibrate(trained, recipe, parts[1])
    steps = recipe.steps or len(parts[0].pictures) // recipe.batch
    seen = len(before.get("history", ()))
    path = weights.save(trained, recipe.name, half=recipe.half)
    film: dict[str, Any] = {}
    if kept := epochs_kept(state.arrays):
        reel = weights.save_film(recipe.name, kept)
        film = {"film": {"file": reel.name, "sha256": weights.sha256_of(reel), "epochs": sorted(kept)}}
    weights.update_manifest(
        recipe.name,
        label=recipe.label,
        kind=recipe.kind,
        file=path.name,
        sha256=weights.sha256_of(path),
        parameters=weights.trained_numbers(trained),
        input_shape=list(trained.input_shape[1:]),
        build=recipe.build,
        arguments=dict(recipe.arguments),
        classes=_class_names(recipe),
        data=[f"{name} (train, {1 - recipe.held_out:.0%}; the rest held out to stop the training)" for name in recipe.datasets],
        start=before.get("start", state.start),
        epochs=seen + state.best_epoch if state.best_epoch else before["epochs"],
        steps=before.get("steps", 0) + state.best_epoch * steps,
        batch=recipe.batch,
        seed=recipe.seed,
        backend=f"{keras.config.backend()} / keras {keras.__version__}",
        minutes=round(before.get("minutes", 0) + state.seconds / 60, 1),
        history=before.get("history", []) + [row | {"epoch": seen + row["epoch"]} for row in state.history],
        figures={},
        **film,
    )
    forget(folder)
    return weights.entry(recipe.name)


def fit(
    recipe: Recipe,
    parts: Sequence[Part],
    folder: Path,
    *,
    epochs: int | None = None,
    further: bool = False,
    report: Callable[[str], None] = print,
) -> tuple[Any, State]:
    """The network of a recipe with the weights of its best epoch, and how it got there; checkpoints stay in `folder`.

    parts: to train on, and held out to find the best epoch. The rest as for `train`.
    """
    import keras

    device.configure()
    epochs = recipe.epochs if epochs is None else epochs
    if epochs < 1:
        raise InvalidInput(f"Expected at least 1 epoch, received {epochs}.")
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    held_out = batches(recipe, parts[1], epoch=None)
    steps = recipe.steps or len(parts[0].pictures) // recipe.batch

    state = State.read(folder)
    state.epochs = epochs
    with _precision(recipe.precision):
        model = recipe.network()
    seen = 0
    if further:
        seen = len(weights.entry(recipe.name).get("history", ()))
        recipe = replace(recipe, learning_rate=recipe.learning_rate / 3)
        model.set_weights(weights.load(recipe.name).get_weights())
        for layer in _norms(model):
            layer.trainable = False
    elif not state.epoch:
        state.start = _start(model, recipe)
        report(f"{recipe.name}: starts {state.start}")
        if 0 in recipe.film:
            state.arrays[f"{PREFIX}0"] = model.get_weights()
    _compile(model, recipe, steps * epochs)
    if further and not state.epoch:  # measured again: the recipe may have other patches than when they were trained
        state.best_loss = model.evaluate(held_out, verbose=0, return_dict=True)["loss"]
        state.arrays["best"] = model.get_weights()
        report(f"{recipe.name}: so far  held_out_loss {state.best_loss:.4f}")
    if state.epoch:
        try:
            _restore(model, state.arrays)
        except ValueError:
            raise InvalidInput(
                f"The unfinished run in {folder} is of another network than the recipe's. Delete it and start again."
            ) from None
        report(f"{recipe.name}: going on after epoch {state.epoch}")
    average = _Average(model, recipe.average, state)

    while state.epoch < epochs and state.epoch - state.best_epoch < recipe.patience:
        began = time.monotonic()
        keras.utils.set_random_seed(recipe.seed + seen + state.epoch + 1)
        curve = model.fit(
            batches(recipe, parts[0], epoch=seen + state.epoch, augmentation=_augmentation(recipe, state.epoch, epochs)),
            epochs=1,
            verbose=1 if report is print else 0,
            callbacks=[average.callback()],
        ).history
        with average.applied():
            if not further:
                _measure_batch_statistics(model, recipe, parts[0])
            measured = model.evaluate(held_out, verbose=0, return_dict=True)
            state.epoch += 1
            if state.epoch in recipe.film and not further:
                state.arrays[f"{PREFIX}{state.epoch}"] = model.get_weights()
            if measured["loss"] < state.best_loss:
                state.best_loss, state.best_epoch = measured["loss"], state.epoch
                state.arrays["best"] = model.get_weights()
        state.seconds += time.monotonic() - began
        row = {"epoch": state.epoch} | {key: values[0] for key, values in curve.items()}
        state.history.append(row | {f"held_out_{key}": value for key, value in measured.items()})
        state.averaged = average.step
        state.arrays |= {
            "last": model.get_weights(),
            "average": average.values,
            "optimizer": [np.asarray(variable) for variable in model.optimizer.variables],
            "seeds": [np.asarray(variable) for variable in _seeds(model)],
        }
        state.write(folder)
        figures = "  ".join(f"{key} {value:.4f}" for key, value in state.history[-1].items() if key != "epoch")
        report(f"{recipe.name}: epoch {state.epoch}/{epochs}  {figures}")

    if "best" not in state.arrays:
        raise NoiseLensError(
            f"The training of {recipe.name} went astray: its loss was never a finite number. "
            f"Lower the learning rate of the recipe, delete {folder} and start again."
        )
    trained = recipe.network()  # without the optimiser, whose state would triple the file
    trained.set_weights(state.arrays["best"])
    if further and state.best_epoch:
        trained.set_weights(_mean_if_better(model, weights.load(recipe.name).get_weights(), state.arrays["best"], held_out))
    return trained, state


def _mean_if_better(model: Any, before: list[NDArray[Any]], after: list[NDArray[Any]], held_out: Any) -> list[NDArray[Any]]:
    """The mean of two sets of weights where its held-out loss is lower than that of the second, else the second."""
    mean = [(one + other) / 2 for one, other in zip(before, after, strict=True)]
    losses = []
    for arrays in (after, mean):
        model.set_weights(arrays)
        losses.append(model.evaluate(held_out, verbose=0, return_dict=True)["loss"])
    return mean if losses[1] < losses[0] else after


def _class_names(recipe: Recipe) -> list[str]:
    if recipe.kind == "detector":
        return list(KINDS)
    return list(load_dataset(recipe.datasets[0], "train").class_names) if recipe.kind == "classifier" else []


def forget(folder: Path) -> None:
    """Delete a run that has ended."""
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def running(runs: Path = RUNS) -> dict[str, State]:
    """The unfinished runs by name, without their arrays; a run that was just begun has no epoch to show and is left out."""
    found = {}
    for path in sorted(runs.glob(f"*/{CHECKPOINT}")):
        with suppress(OSError, ValueError, KeyError):  # ended or replaced while it was read
            found[path.parent.name] = State.read(path.parent, arrays=False)
    return found


def _start(model: Any, recipe: Recipe) -> str:
    """Fill a new network with the weights that the recipe starts from; returns what they are, in words."""
    if not recipe.start:
        return "untrained"
    if recipe.start != "imagenet":
        model.set_weights(weights.load(recipe.start).get_weights())
        return f"from the weights of {recipe.start}"
    try:
        Spec("imagenet", "ImageNet", TAKE_IMAGENET, "").load()(model, dict(recipe.arguments)["base"])
    except DataNotFound as error:
        return f"untrained: {error}"
    return "from the ImageNet weights of keras.applications"


@contextmanager
def _precision(policy: str) -> Iterator[None]:
    """Layers made inside compute in this precision."""
    import keras

    kept = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(kept)


def _augmentation(recipe: Recipe, epoch: int, epochs: int) -> Augmentation:
    return recipe.last_augmentation if epoch >= epochs - recipe.last_epochs and recipe.last_epochs else recipe.augmentation


def _measure_batch_statistics(model: Any, recipe: Recipe, part: Part, count: int = 1600) -> None:
    """Set the mean and variance of each batch normalisation to those of training inputs that are not augmented.

    The running ones belong to augmented pictures and to weights before they were averaged (on galaxies that cost 3.4
    points of held-out accuracy).
    Source: Wu & Johnson (2021), arXiv:2105.07576, "precise batch normalisation".
    """
    import keras
    import tensorflow as tf

    norms = _norms(model)
    dropouts = [layer for layer in _all_layers(model) if isinstance(layer, keras.layers.Dropout)]
    if not norms:
        return
    kept = [layer.momentum for layer in norms], [layer.rate for layer in dropouts]
    for layer in dropouts:
        layer.rate = 0.0
    inputs = batches(recipe, part, epoch=0, augmentation=Augmentation())
    momentum = tf.Variable(0.0)
    for layer in norms:
        layer.momentum = momentum
    run = tf.function(lambda batch: model(batch, training=True), autograph=False)
    for index in range(min(len(inputs), max(1, count // recipe.batch))):
        momentum.assign(index / (index + 1))  # the plain mean of all batches
        run(tf.constant(inputs[index][0]))
    for layer, momentum in zip(norms, kept[0], strict=True):
        layer.momentum = momentum
    for layer, rate in zip(dropouts, kept[1], strict=True):
        layer.rate = rate


def _norms(model: Any) -> list[Any]:
    import keras

    return [layer for layer in _all_layers(model) if isinstance(layer, keras.layers.BatchNormalization)]


def _all_layers(model: Any) -> list[Any]:
    """Those of models inside the model too."""
    return list(model._flatten_layers(include_self=False))


def _calibrate(model: Any, recipe: Recipe, part: Part) -> None:
    """Scale and shift the logit of a one-unit classifier so that its probabilities agree with the held-out labels.

    p = sigmoid(a z + b), with a and b of greatest likelihood; both go into the weights of the layer "logits". The labels are
    drawn in as Platt does, to (n + 1) / (n + 2) and 1 / (m + 2) of n and m pictures of the classes 1 and 0: classes that the
    logit tells apart without an error would have no finite a.
    Source: Platt (1999), "Probabilistic outputs for support vector machines".
    """
    import keras
    from sklearn.linear_model import LogisticRegression

    last = model.get_layer("logits")
    inputs = batches(recipe, part, epoch=None)
    logits = np.concatenate([forward(keras.Model(model.inputs, last.output), inputs[index][0]) for index in range(len(inputs))])
    none, one = np.bincount(part.labels, minlength=2)
    drawn = np.where(part.labels == 1, (one + 1) / (one + 2), 1 / (none + 2))
    # Each picture counts as both classes, in these shares.
    twice, both = np.concatenate([logits, logits]).astype(np.float64), np.repeat([1, 0], len(logits))
    line = LogisticRegression(C=np.inf).fit(twice, both, sample_weight=np.concatenate([drawn, 1 - drawn]))
    kernel, bias = last.get_weights()
    last.set_weights([kernel * line.coef_[0, 0], bias * line.coef_[0, 0] + line.intercept_[0]])


def _compile(model: Any, recipe: Recipe, total_steps: int) -> None:
    import keras

    warmup = min(300, total_steps // 10)
    schedule: Any = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        max(total_steps - warmup, 1),
        alpha=0.001,
        warmup_target=recipe.learning_rate,
        warmup_steps=max(warmup, 1),
    )
    if recipe.schedule == "constant":
        schedule = recipe.learning_rate
    loss: Any = recipe.loss
    metrics: list[Any] = []
    if recipe.kind != "denoiser":
        single = model.output_shape[-1] == 1
        if single:
            loss = keras.losses.BinaryCrossentropy(label_smoothing=recipe.label_smoothing)
        else:
            loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
        metrics = [keras.metrics.BinaryAccuracy("accuracy") if single else keras.metrics.CategoricalAccuracy("accuracy")]
    decay = recipe.weight_decay or None
    optimizer: Any = keras.optimizers.Adam(schedule, weight_decay=decay)
    if recipe.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=decay)
    if decay:  # biases, and the scale and centre of a normalisation, are no weights to shrink
        optimizer.exclude_from_weight_decay(var_list=[v for v in model.trainable_variables if len(v.shape) < 2])
    model.compile(optimizer, loss, metrics=metrics, jit_compile=recipe.compile)


class _Average:
    """Exponential moving average of all weights (Polyak averaging), updated every ten steps; decay 0 is the last weights."""

    def __init__(self, model: Any, decay: float, state: State) -> None:
        self.model = model
        self.decay = decay
        self.values = state.arrays.get("average") or model.get_weights()
        self.step = state.averaged

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


def _seeds(model: Any) -> list[Any]:
    """Where the random layers (dropout) stand; Keras does not count it among the weights."""
    return [variable for variable in model.non_trainable_variables if variable.name == "seed_generator_state"]


def _restore(model: Any, arrays: dict[str, list[Any]]) -> None:
    model.set_weights(arrays["last"])
    model.optimizer.build(model.trainable_variables)
    for name, variables in (("optimizer", model.optimizer.variables), ("seeds", _seeds(model))):
        for variable, value in zip(variables, arrays.get(name, []), strict=True):
            variable.assign(value)
