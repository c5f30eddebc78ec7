"""The compiled forward pass: the network's own output, traced once, gone with the network; the device."""

import gc
import weakref
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest

from xai_core import device
from xai_core.compiled import LARGEST_BATCH, MAX_COMPILED, compiled, forward


def network(traces=None):
    """Any image size; normalisation and dropout, which behave otherwise in training. `traces` counts the calls."""
    import keras

    class Counter(keras.layers.Layer):
        def call(self, inputs):
            if traces is not None:
                traces.append(inputs.shape)
            return inputs

    x = inputs = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(3, 3, padding="same")(Counter()(x))
    x = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(x))
    return keras.Model(inputs, keras.layers.Conv2D(1, 1)(x))


@pytest.mark.parametrize("count", [0, 1, 2, LARGEST_BATCH, LARGEST_BATCH + 1, 2 * LARGEST_BATCH + 7])
def test_it_is_the_models_own_output(count, rng):
    model = network()
    images = rng.random((count, 8, 9, 1), np.float32)
    outputs = forward(model, images)
    assert (outputs.dtype, outputs.shape[0]) == (np.float32, count)
    assert outputs.shape[1:] == (8, 9, 1)
    if count:
        np.testing.assert_allclose(outputs, model(images, training=False).numpy(), atol=1e-6)
        np.testing.assert_allclose(outputs, model.predict(images, verbose=0), atol=1e-6)


def test_one_trace_an_image_size(rng):
    traces = []
    model = network(traces)
    traces.clear()  # building it was one
    for count in (1, 3, 64, 70, 2):
        forward(model, rng.random((count, 8, 8, 1), np.float32))
    assert len(traces) == 1
    forward(model, rng.random((1, 9, 8, 1), np.float32))
    forward(model, rng.random((5, 8, 8, 1), np.float32))
    assert len(traces) == 2


def test_new_weights_count(rng):
    """The variables are not frozen into the compiled function."""
    model = network()
    images = rng.random((1, 8, 8, 1), np.float32)
    before = forward(model, images)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.5)
    assert np.abs(forward(model, images) - before).max() > 0.1


def test_threads_share_one_trace(rng):
    traces, outputs = [], []
    model = network(traces)
    traces.clear()
    images = rng.random((3, 8, 8, 1), np.float32)
    threads = [Thread(target=lambda: outputs.append(forward(model, images))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outputs) == 4 and len(traces) == 1
    assert all(np.array_equal(output, outputs[0]) for output in outputs)


def test_a_network_goes_when_nobody_needs_it(rng):
    model = network()
    forward(model, rng.random((1, 8, 8, 1), np.float32))
    watched = weakref.ref(model)
    del model
    gc.collect()
    assert watched() is None, "its compiled pass keeps it alive"


def test_the_oldest_functions_go_first():
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    for number in range(MAX_COMPILED + 1):
        assert compiled(model, ("number", number), lambda number=number: [number]) == [number]
    assert compiled(model, ("number", MAX_COMPILED), lambda: "built again") == [MAX_COMPILED]
    assert compiled(model, ("number", 0), lambda: "built again") == "built again"


# Device


def test_the_device_is_prepared_once(monkeypatch):
    import tensorflow as tf

    name = device.configure()
    assert name == "CPU" or name.startswith("GPU: ")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: pytest.fail("asked for again"))
    assert device.configure() == name


def test_preparing_twice_does_no_harm():
    assert device.configure.__wrapped__() == device.configure()


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_another_c_library_does_no_harm(monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(device.ctypes, "CDLL", missing)
    device._keep_large_buffers()


def test_a_gpu_grows_as_needed_and_is_named(monkeypatch):
    import tensorflow as tf

    grown = []
    first = SimpleNamespace(name="/physical_device:GPU:0")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [first] if kind == "GPU" else [])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.append((gpu, on)))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"device_name": "NVIDIA H200"})
    assert device.configure.__wrapped__() == "GPU: NVIDIA H200"
    assert grown == [(first, True)]
