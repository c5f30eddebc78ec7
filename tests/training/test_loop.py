"""The training loop: what it writes, how it goes on after an interruption, when it stops."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from xai_core import weights
from xai_core.compiled import forward
from xai_core.errors import InvalidInput, NoiseLensError
from xai_core.training import batches, loop, train
from xai_core.training.loop import CHECKPOINT

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def quiet(line):
    """Instead of print."""


def trained_weights(recipe):
    return weights.load(recipe.name).get_weights()


def assert_same(arrays, others):
    """To the bit. (The files differ: HDF5 writes the time into them.)"""
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(one, other)


def held_out_loss(recipe, model):
    """Of the recipe's loss function, in NumPy; the order of the held-out pictures is that of the training."""
    _, (pictures, labels) = batches.training_data(recipe)
    data = batches.batches(recipe, pictures, labels, epoch=None)
    parts = [data[index] for index in range(len(data))]
    outputs = np.concatenate([forward(model, part[0]) for part in parts]).astype(np.float64)
    if recipe.kind == "denoiser":
        return np.square(outputs - np.concatenate([part[1] for part in parts])).mean()
    smoothed = labels * (1 - recipe.label_smoothing) + recipe.label_smoothing / 2
    entropy = -(smoothed * np.log(outputs[:, 0]) + (1 - smoothed) * np.log(1 - outputs[:, 0]))
    # Keras divides by the number of pictures, not by the sum of their weights.
    return (entropy * np.concatenate([part[2] for part in parts])).mean()


@pytest.mark.parametrize("kind", ["denoiser", "classifier"])
def test_what_a_training_leaves(tiny, kind):
    recipe = getattr(tiny, kind)
    lines = []
    record = train(recipe, runs=tiny.runs, report=lines.append)
    assert record == weights.read_manifest()[recipe.name]
    assert record["sha256"] == weights.sha256_of(tiny.models / record["file"])
    assert sorted(path.name for path in tiny.models.iterdir()) == ["manifest.json", f"{recipe.name}.weights.h5"]
    assert not (tiny.runs / recipe.name).exists(), "the checkpoint was left behind"

    kept = len(batches.training_data(recipe)[0][0])
    assert (record["label"], record["kind"], record["build"]) == (recipe.label, kind, recipe.build)
    assert record["classes"] == (["Many", "Few"] if kind == "classifier" else [])
    assert record["data"] == ["tiny (train, 75%; the rest held out to stop the training)"]
    assert (record["input_shape"], record["seed"], record["batch"]) == ([8, 8, 1], 0, 8)
    assert record["steps"] == record["epochs"] * (kept // 8)
    assert [row["epoch"] for row in record["history"]] == [1, 2, 3]
    assert len(lines) == 3 and "epoch 3/3" in lines[-1]

    # The weights on disk are the averaged ones of the best epoch: they have its held-out loss.
    losses = [row["held_out_loss"] for row in record["history"]]
    assert record["epochs"] == 1 + int(np.argmin(losses))
    model = weights.load(recipe.name)
    assert record["parameters"] == model.count_params()
    assert held_out_loss(recipe, model) == pytest.approx(min(losses), rel=1e-5)


def test_a_training_learns(tiny):
    history = train(replace(tiny.denoiser, epochs=20, learning_rate=0.02), runs=tiny.runs, report=quiet)["history"]
    assert history[-1]["held_out_loss"] < history[0]["held_out_loss"] / 2


def test_the_same_recipe_gives_the_same_weights(tiny):
    first = train(tiny.classifier, runs=tiny.runs, report=quiet)
    kept = trained_weights(tiny.classifier)
    again = train(tiny.classifier, runs=tiny.runs, report=quiet)
    assert again["history"] == first["history"]
    assert_same(trained_weights(tiny.classifier), kept)
    other = train(replace(tiny.classifier, seed=1), runs=tiny.runs, report=quiet)
    assert other["history"] != first["history"]


def test_only_the_train_split_is_read(tiny):
    train(tiny.classifier, epochs=1, runs=tiny.runs, report=quiet)
    assert set(tiny.splits) == {"train"}


def interrupt_after(epochs):
    """A report that is interrupted when this many epochs have been told."""
    told = []

    def report(line):
        if ": epoch " in line:
            told.append(line)
            if len(told) == epochs:
                raise KeyboardInterrupt

    return report


@pytest.mark.parametrize("kind", ["denoiser", "classifier"])
def test_an_interrupted_run_ends_as_if_it_had_not_been(tiny, kind):
    """Twice interrupted: the same history and, to the bit, the same weights (optimiser, averages, dropout included)."""
    recipe = replace(getattr(tiny, kind), epochs=4)
    whole = train(recipe, runs=tiny.runs, report=quiet)
    expected = trained_weights(recipe)

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train(recipe, runs=tiny.runs, report=interrupt_after(1))
    lines = []
    resumed = train(recipe, runs=tiny.runs, report=lines.append)
    assert lines[0] == f"{recipe.name}: going on after epoch 2"
    assert len(lines) == 3
    assert resumed["history"] == whole["history"]
    assert resumed["epochs"] == whole["epochs"]
    assert_same(trained_weights(recipe), expected)


def test_an_interruption_while_the_checkpoint_is_written(tiny, monkeypatch):
    recipe = tiny.denoiser
    whole = train(recipe, runs=tiny.runs, report=quiet)
    expected = trained_weights(recipe)
    written = []

    def cut_off(path, **arrays):
        written.append(path)
        if len(written) == 2:
            path.write_bytes(b"half of it")
            raise KeyboardInterrupt
        real(path, **arrays)

    real = np.savez
    monkeypatch.setattr(loop.np, "savez", cut_off)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, runs=tiny.runs, report=quiet)
    resumed = train(recipe, runs=tiny.runs, report=quiet)
    assert resumed["history"] == whole["history"]
    assert_same(trained_weights(recipe), expected)


def test_an_interruption_within_an_epoch(tiny, monkeypatch):
    recipe = tiny.classifier
    whole = train(recipe, runs=tiny.runs, report=quiet)
    expected = trained_weights(recipe)
    update, calls = loop._Average.update, []

    def cut_off(self):
        calls.append(1)
        if len(calls) == 5:  # an epoch has three batches
            raise KeyboardInterrupt
        update(self)

    monkeypatch.setattr(loop._Average, "update", cut_off)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, runs=tiny.runs, report=quiet)
    resumed = train(recipe, runs=tiny.runs, report=quiet)
    assert resumed["history"] == whole["history"]
    assert_same(trained_weights(recipe), expected)


def test_it_stops_when_nothing_improves(tiny):
    recipe = replace(tiny.denoiser, epochs=10, learning_rate=0.0, patience=2)
    record = train(recipe, runs=tiny.runs, report=quiet)
    assert [row["epoch"] for row in record["history"]] == [1, 2, 3]
    assert record["epochs"] == 1


def test_half_precision(tiny):
    recipe = replace(tiny.classifier, half=True)
    train(replace(recipe, half=False), runs=tiny.runs, report=quiet)
    full = trained_weights(recipe)
    train(recipe, runs=tiny.runs, report=quiet)
    halved = trained_weights(recipe)
    for exact, rounded in zip(full, halved, strict=True):
        assert rounded.dtype == np.float32
        if exact.ndim >= 2:
            # float16 has 11 significant bits: at most 2^-11 off; below 2^-14 its steps are 2^-24.
            np.testing.assert_allclose(rounded, exact, rtol=2**-11, atol=2**-25)
        else:
            assert np.array_equal(rounded, exact)
    assert any(not np.array_equal(a, b) for a, b in zip(full, halved, strict=True)), "nothing was rounded"

    kinds = {}
    with h5py.File(tiny.models / f"{recipe.name}.weights.h5") as file:
        file.visititems(lambda name, item: kinds.update({name: item}) if isinstance(item, h5py.Dataset) else None)
        floats = [item for item in kinds.values() if item.dtype.kind == "f"]
        assert {(item.ndim >= 2, item.dtype.name) for item in floats} == {(True, "float16"), (False, "float32")}


def test_a_trial_of_fewer_epochs(tiny):
    assert len(train(tiny.denoiser, epochs=1, runs=tiny.runs, report=quiet)["history"]) == 1


@pytest.mark.parametrize("epochs", [0, -1])
def test_no_epoch_is_refused(tiny, epochs):
    with pytest.raises(InvalidInput, match=f"at least 1 epoch, received {epochs}"):
        train(tiny.denoiser, epochs=epochs, runs=tiny.runs, report=quiet)


def test_a_run_of_another_network_is_refused(tiny):
    with pytest.raises(KeyboardInterrupt):
        train(tiny.denoiser, runs=tiny.runs, report=interrupt_after(1))
    with pytest.raises(InvalidInput, match="another network than the recipe's. Delete it"):
        train(replace(tiny.classifier, name=tiny.denoiser.name), runs=tiny.runs, report=quiet)
    assert (tiny.runs / tiny.denoiser.name / CHECKPOINT).exists(), "the unfinished run was lost"


def test_a_loss_that_is_no_number(tiny):
    with pytest.raises(NoiseLensError, match="never a finite number. Lower the learning rate"):
        train(replace(tiny.denoiser, learning_rate=float("nan"), epochs=1), runs=tiny.runs, report=quiet)
    assert not tiny.models.exists()
