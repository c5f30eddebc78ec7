"""The training loop: what it writes, how it goes on after an interruption, when it stops."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
import tensorflow as tf

from xai_core import weights
from xai_core.compiled import forward
from xai_core.errors import InvalidInput, NoiseLensError
from xai_core.training import batches, loop, train
from xai_core.training.loop import CHECKPOINT
from xai_core.training.recipe import Augmentation

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def quiet(line):
    """Instead of print."""


_FINISHED = {}


def finished(tiny, recipe):
    """The manifest entry and the weights of an uninterrupted run, trained once for all tests of this file."""
    if recipe not in _FINISHED:
        record = train(recipe, runs=tiny.runs, report=quiet)
        _FINISHED[recipe] = record, trained_weights(recipe)
    return _FINISHED[recipe]


def trained_weights(recipe):
    return weights.load(recipe.name).get_weights()


def assert_same(arrays, others):
    """To the bit. (The files differ: HDF5 writes the time into them.)"""
    for one, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(one, other)


def held_out_loss(recipe, model):
    """Of the recipe's loss function, in NumPy; the order of the held-out pictures is that of the training."""
    _, part = batches.training_data(recipe)
    labels = part.labels
    data = batches.batches(recipe, part, epoch=None)
    parts = [data[index] for index in range(len(data))]
    outputs = np.concatenate([forward(model, part[0]) for part in parts]).astype(np.float64)
    if recipe.kind == "denoiser":
        return np.square(outputs - np.concatenate([part[1] for part in parts])).mean()
    smoothed = labels * (1 - recipe.label_smoothing) + recipe.label_smoothing / 2
    entropy = -(smoothed * np.log(outputs[:, 0]) + (1 - smoothed) * np.log(1 - outputs[:, 0]))
    # Keras divides by the number of pictures, not by the sum of their weights.
    return (entropy * np.concatenate([part[2] for part in parts])).mean()


@pytest.mark.parametrize("kind", ["denoiser", "classifier"])
def test_what_a_training_leaves(tiny, kind, monkeypatch):
    recipe = getattr(tiny, kind)
    lines, best = [], []
    calibrate = loop._calibrate

    def calibrate_after(model, recipe, part):
        best.append(held_out_loss(recipe, model))
        calibrate(model, recipe, part)

    monkeypatch.setattr(loop, "_calibrate", calibrate_after)
    record = train(recipe, runs=tiny.runs, report=lines.append)
    _FINISHED[recipe] = record, trained_weights(recipe)
    assert record == weights.read_manifest()[recipe.name]
    assert record["sha256"] == weights.sha256_of(tiny.models / record["file"])
    assert sorted(path.name for path in tiny.models.iterdir()) == ["manifest.json", f"{recipe.name}.weights.h5"]
    assert not (tiny.runs / recipe.name).exists(), "the checkpoint was left behind"
    assert set(tiny.splits) == {"train"}, "another split was read"

    kept = len(batches.training_data(recipe)[0].labels)
    assert (record["label"], record["kind"], record["build"]) == (recipe.label, kind, recipe.build)
    assert record["classes"] == (["Many", "Few"] if kind == "classifier" else [])
    assert record["data"] == ["tiny (train, 75%; the rest held out to stop the training)"]
    assert (record["input_shape"], record["seed"], record["batch"]) == ([8, 8, 1], 0, recipe.batch)
    assert record["steps"] == record["epochs"] * (kept // recipe.batch)
    assert [row["epoch"] for row in record["history"]] == [1, 2, 3]
    assert len(lines) == 4 and "starts untrained" in lines[0] and "epoch 3/3" in lines[-1]

    # The weights are the averaged ones of the best epoch: they have its held-out loss (before they are calibrated).
    losses = [row["held_out_loss"] for row in record["history"]]
    assert record["epochs"] == 1 + int(np.argmin(losses))
    model = weights.load(recipe.name)
    assert record["parameters"] == weights.trained_numbers(model)
    assert (best or [held_out_loss(recipe, model)]) == [pytest.approx(min(losses), rel=1e-5)]


def test_a_training_learns(tiny):
    history = train(replace(tiny.denoiser, epochs=8, learning_rate=0.02), runs=tiny.runs, report=quiet)["history"]
    assert history[-1]["held_out_loss"] < history[0]["held_out_loss"] / 2


def test_another_seed_gives_another_network_and_a_trial_is_short(tiny):
    history = train(replace(tiny.denoiser, seed=1), epochs=1, runs=tiny.runs, report=quiet)["history"]
    assert len(history) == 1
    assert history[0]["loss"] != finished(tiny, tiny.denoiser)[0]["history"][0]["loss"]


def interrupt(line):
    """A report that is interrupted after an epoch."""
    if ": epoch " in line:
        raise KeyboardInterrupt


def test_an_interrupted_run_ends_as_if_it_had_not_been(tiny, monkeypatch):
    """Between epochs and within one: the same history and, to the bit, the same weights; so dropout, the optimiser, the
    moving averages and the order of the pictures go on where they were."""
    recipe = tiny.classifier
    whole, expected = finished(tiny, recipe)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, runs=tiny.runs, report=interrupt)

    update, calls = loop._Average.update, []

    def cut_off(self):
        calls.append(1)
        if len(calls) == 16:  # in the second of the epochs that are left
            raise KeyboardInterrupt
        update(self)

    with monkeypatch.context() as patch:
        patch.setattr(loop._Average, "update", cut_off)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, runs=tiny.runs, report=quiet)

    lines = []
    resumed = train(recipe, runs=tiny.runs, report=lines.append)
    assert lines[0] == f"{recipe.name}: going on after epoch 2"
    assert len(lines) == 2
    assert resumed["history"] == whole["history"]
    assert resumed["epochs"] == whole["epochs"]
    assert_same(trained_weights(recipe), expected)


def test_an_interruption_while_the_checkpoint_is_written(tiny, monkeypatch):
    recipe = tiny.denoiser
    whole, expected = finished(tiny, recipe)
    written, real = [], np.savez

    def cut_off(path, **arrays):
        written.append(path)
        if len(written) == 2:
            path.write_bytes(b"half of it")
            raise KeyboardInterrupt
        real(path, **arrays)

    monkeypatch.setattr(loop.np, "savez", cut_off)
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


def test_batch_statistics_are_those_of_the_pictures_as_they_are(tiny):
    """The plain mean over unchanged pictures, without dropout; layers are left as they were."""
    recipe = replace(tiny.classifier, batch=6)
    whole, _ = batches.training_data(recipe)
    part = batches.Part(whole.pictures[:30], whole.labels[:30])
    kept = np.stack(part.pictures)
    model = recipe.network()
    norm, dropout = model.get_layer("norm"), model.get_layer("dropout")
    loop._measure_batch_statistics(model, recipe, part)
    assert (norm.momentum, dropout.rate) == (0.9, 0.5)
    import keras

    before = forward(keras.Model(model.input, model.get_layer("conv").output), (kept / 255).astype(np.float32))
    parts = before[np.random.default_rng((recipe.seed, 0)).permutation(30)].reshape(5, 6, *before.shape[1:])
    np.testing.assert_allclose(norm.moving_mean, before.mean((0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, parts.var((1, 2, 3)).mean(0), rtol=1e-4)


def test_probabilities_agree_with_the_held_out_labels(tiny):
    """Of greatest likelihood: p - y adds up to 0, by itself and weighted with the logit; the order of pictures is kept.

    y are Platt's targets (n + 1) / (n + 2) and 1 / (m + 2).
    """
    recipe = tiny.classifier
    model = recipe.network()
    pictures, labels = tiny.data.pixels, tiny.data.labels
    inputs = (pictures / 255).astype(np.float32)
    before = forward(model, inputs)[:, 0].astype(np.float64)
    loop._calibrate(model, recipe, batches.Part(pictures, labels))
    after = forward(model, inputs)[:, 0].astype(np.float64)
    logits = np.log(before / (1 - before))
    ones, count = labels.sum(), len(labels)
    targets = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (count - ones + 2))
    assert (after - targets).sum() == pytest.approx(0, abs=0.01)
    assert ((after - targets) * logits).sum() == pytest.approx(0, abs=0.01)
    again = np.log(after / (1 - after))
    assert abs(np.corrcoef(logits, again)[0, 1]) == pytest.approx(1, abs=1e-5)
    # Classes that the logit tells apart without an error: a finite slope, (n + 1) / (n + 2) at most in the mean.
    separable = (logits > np.median(logits)).astype(np.int64)
    loop._calibrate(model, recipe, batches.Part(pictures, separable))
    sure = forward(model, inputs)[:, 0]
    assert 0.7 < sure[separable == 1].mean() < 25 / 26


def test_the_last_epochs_are_gentler(tiny, monkeypatch):
    recipe = replace(tiny.classifier, epochs=2, last_epochs=1, last_augmentation=Augmentation(flip_vertical=True))
    used = []
    real = batches.augment

    def augment(images, how, rng):
        if how != Augmentation():  # the batch statistics are measured on unchanged pictures
            used.append(how)
        return real(images, how, rng)

    monkeypatch.setattr(batches, "augment", augment)
    train(recipe, runs=tiny.runs, report=quiet)
    assert list(dict.fromkeys(used)) == [recipe.augmentation, recipe.last_augmentation]
    assert used.count(recipe.last_augmentation) == pytest.approx(used.count(recipe.augmentation), abs=2)


def test_half_precision(tiny):
    _, full = finished(tiny, tiny.classifier)
    recipe = replace(tiny.classifier, half=True)
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


@pytest.mark.parametrize("epochs", [0, -1])
def test_no_epoch_is_refused(tiny, epochs):
    with pytest.raises(InvalidInput, match=f"at least 1 epoch, received {epochs}"):
        train(tiny.denoiser, epochs=epochs, runs=tiny.runs, report=quiet)


def test_a_run_of_another_network_is_refused(tiny):
    with pytest.raises(KeyboardInterrupt):
        train(tiny.denoiser, runs=tiny.runs, report=interrupt)
    with pytest.raises(InvalidInput, match="another network than the recipe's. Delete it"):
        train(replace(tiny.classifier, name=tiny.denoiser.name), runs=tiny.runs, report=quiet)
    assert (tiny.runs / tiny.denoiser.name / CHECKPOINT).exists(), "the unfinished run was lost"


def test_a_loss_that_is_no_number(tiny):
    with pytest.raises(NoiseLensError, match="never a finite number. Lower the learning rate"):
        train(replace(tiny.denoiser, learning_rate=float("nan"), average=0.0, epochs=1), runs=tiny.runs, report=quiet)
    assert not tiny.models.exists()


def test_training_further_starts_from_the_trained_weights(tiny):
    """Nothing better found: the weights stay, the history grows."""
    recipe = tiny.denoiser
    record, kept = train(recipe, runs=tiny.runs, report=quiet), trained_weights(recipe)
    recipe = replace(recipe, learning_rate=float("nan"), average=0.0)  # finds nothing better
    more = train(recipe, epochs=2, further=True, runs=tiny.runs, report=quiet)
    assert_same(kept, trained_weights(recipe))
    assert more["epochs"] == record["epochs"]
    epochs = [row["epoch"] for row in more["history"]]
    assert epochs == list(range(1, len(record["history"]) + 3))


def test_training_further_goes_on_from_their_loss(tiny):
    recipe = tiny.denoiser
    record = train(recipe, runs=tiny.runs, report=quiet)
    more = train(recipe, epochs=3, further=True, runs=tiny.runs, report=quiet)
    first, later = record["history"][0], more["history"][len(record["history"])]
    assert later["held_out_loss"] < first["held_out_loss"]


def test_training_further_sees_new_batches_and_asks_for_the_mean(tiny, monkeypatch):
    recipe, epochs, asked = tiny.denoiser, [], []
    record = train(recipe, runs=tiny.runs, report=quiet)
    kept, usual = trained_weights(recipe), loop.batches

    def batches_of(*given, epoch, **options):
        epochs.append(epoch)
        return usual(*given, epoch=epoch, **options)

    def before_it(model, before, after, held_out):
        asked.append(any((one != other).any() for one, other in zip(before, after, strict=True)))
        return before

    monkeypatch.setattr(loop, "batches", batches_of)
    monkeypatch.setattr(loop, "_mean_if_better", before_it)
    train(recipe, epochs=3, further=True, runs=tiny.runs, report=quiet)
    seen = len(record["history"])
    assert [epoch for epoch in epochs if epoch] == [seen, seen + 1, seen + 2]
    assert asked == [True]
    assert_same(kept, trained_weights(recipe))


@pytest.mark.parametrize(("before", "after", "expected"), [(0.5, 1.5, 1.0), (0.0, 1.0, 1.0), (1.0, 2.0, 1.5), (-1.0, 1.5, 1.5)])
def test_the_mean_of_two_sets_of_weights_where_it_is_better(before, after, expected):
    """One weight whose best value is 1."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(loss="mse")
    held_out = tf.data.Dataset.from_tensors((np.ones((3, 1)), np.ones((3, 1))))
    kernels = [[np.full((1, 1), value, np.float32)] for value in (before, after)]
    assert loop._mean_if_better(model, *kernels, held_out)[0].item() == expected


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_precision_is_of_the_training_alone(tiny, precision):
    import keras

    recipe = replace(tiny.denoiser, precision=precision)
    train(recipe, epochs=1, runs=tiny.runs, report=quiet)
    assert keras.config.dtype_policy().name == "float32"
    assert all(array.dtype == np.float32 for array in trained_weights(recipe))


# What a training starts from


def test_it_starts_from_the_weights_of_another_model(tiny):
    train(tiny.classifier, epochs=1, runs=tiny.runs, report=quiet)
    start = trained_weights(tiny.classifier)
    later = replace(tiny.classifier, name="tiny-later", start=tiny.classifier.name, learning_rate=0.0, average=0.0, held_out=0.3)
    lines = []
    record = train(later, epochs=1, runs=tiny.runs, report=lines.append)
    assert record["start"] == "from the weights of tiny-classifier"
    assert record["start"] in lines[0]
    kernel = 0  # of the first convolution; the normalisation's statistics and the calibrated logit are measured again
    assert np.array_equal(trained_weights(later)[kernel], start[kernel])


def imagenet(tiny):
    build = "xai_core.classifiers.transfer:build_transfer"
    arguments = (("base", "VGG16"), ("side", 32), ("imagenet", True))
    return replace(tiny.classifier, name="tiny-imagenet", build=build, arguments=arguments, side=32, channels=3, start="imagenet")


def fake_vgg16(monkeypatch, weights_found):
    """keras.applications.VGG16 with two layers; the "downloaded" weights are those of `weights_found`, or it fails."""
    import keras

    def vgg16(weights=None, include_top=False, input_shape=None):
        inputs = keras.Input(input_shape)
        x = keras.layers.Conv2D(2, 3, padding="same", activation="relu", name="block1_conv1")(inputs)
        model = keras.Model(inputs, keras.layers.MaxPooling2D(2, name="block1_pool")(x), name="vgg16")
        if weights == "imagenet":
            if weights_found is None:
                raise OSError("no network")
            model.set_weights(weights_found)
        return model

    monkeypatch.setattr(keras.applications, "VGG16", vgg16)


def test_imagenet_weights_give_the_same_features(tiny, monkeypatch, rng):
    """keras.applications feeds them blue, green, red without their means; ours takes red, green, blue in [0, 1]."""
    import keras

    found = [rng.normal(size=(3, 3, 3, 2)).astype(np.float32), rng.normal(size=2).astype(np.float32)]
    fake_vgg16(monkeypatch, found)
    model = imagenet(tiny).network()
    assert loop._start(model, imagenet(tiny)) == "from the ImageNet weights of keras.applications"
    pictures = rng.random((2, 32, 32, 3)).astype(np.float32)
    theirs = keras.applications.VGG16(weights="imagenet", input_shape=(32, 32, 3))
    prepared = keras.applications.vgg16.preprocess_input(255 * pictures.copy())
    expected = theirs(prepared).numpy()
    ours = model.get_layer("vgg16")(model.get_layer("rescale")(pictures)).numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-2)


def test_without_a_network_it_starts_untrained_and_says_so(tiny, monkeypatch):
    fake_vgg16(monkeypatch, None)
    start = loop._start(imagenet(tiny).network(), imagenet(tiny))
    assert start == "untrained: The ImageNet weights of VGG16 could not be downloaded (OSError)."


def test_running(tiny):
    assert loop.running(tiny.runs) == {}
    with pytest.raises(KeyboardInterrupt):
        train(tiny.classifier, runs=tiny.runs, report=interrupt)
    state = loop.running(tiny.runs)[tiny.classifier.name]
    assert (state.epoch, state.epochs, len(state.history), state.arrays) == (1, 3, 1, {})
    (tiny.runs / "broken").mkdir()
    (tiny.runs / "broken" / CHECKPOINT).write_bytes(b"half")
    assert list(loop.running(tiny.runs)) == [tiny.classifier.name]
