"""TensorFlow functions compiled once per network and kept on it; the forward pass that denoisers and classifiers share."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from . import device
from .errors import InvalidInput
from .types import Array

MAX_COMPILED = 64
LARGEST_BATCH, LARGEST_PIXELS = 64, 2**20
"""Of one forward pass: images, and their pixels together, which bound the memory."""

_ATTRIBUTE = "_noiselens_compiled"
lock = threading.RLock()
"""Held while a network is traced."""


def compiled(model: Any, key: tuple[Any, ...], build: Callable[[], Any]) -> Any:
    """`build()`, kept on the model under `key`, so that it goes when the model goes; the oldest go beyond `MAX_COMPILED`."""
    # The layers are part of the key because a Sequential may grow or shrink after its first explanation.
    key = (*key, *map(id, model.layers))
    value = vars(model).get(_ATTRIBUTE, {}).get(key)
    if value is None:
        with lock:
            # Keras would track the dictionary as a part of the model, hence object.__setattr__.
            if _ATTRIBUTE not in vars(model):
                object.__setattr__(model, _ATTRIBUTE, {})
            kept: dict[Any, Any] = vars(model)[_ATTRIBUTE]
            value = kept.get(key)  # another thread may have been faster
            if value is None:
                value = build()
                while len(kept) >= MAX_COMPILED:
                    del kept[next(iter(kept))]
                kept[key] = value
    return value


def trace(function: Callable[..., Any], *signature: tuple[Any, ...]) -> Any:
    """Compile a TensorFlow function for arguments of these (shape, dtype); None in a shape stands for any length."""
    import tensorflow as tf

    specs = [tf.TensorSpec(shape, dtype) for shape, dtype in signature]
    return tf.function(function, autograph=False).get_concrete_function(*specs)


def apply(model: Any, inputs: Any) -> Any:
    """Inside a trace: the model's output at inference, float32; InvalidInput if it has several."""
    import keras
    import tensorflow as tf

    # A functional model may have been made with [input] or {"name": input} and expects the same.
    structure = getattr(model, "input", inputs) if isinstance(getattr(model, "input", None), (list, dict)) else inputs
    outputs = keras.tree.flatten(model(keras.tree.pack_sequence_as(structure, [inputs]), training=False))
    if len(outputs) != 1:
        raise InvalidInput(
            f"Expected a model of one output, received one of {len(outputs)}. "
            "Choose one: keras.Model(model.inputs, model.outputs[0])."
        )
    return tf.cast(outputs[0], tf.float32)


def forward(model: Any, images: Array) -> Array:
    """A Keras model's output at inference for (N, h, w, c) images, float32; traced once a network and image size."""
    device.configure()
    shape = images.shape[1:]
    run = compiled(model, ("forward", shape), lambda: trace(lambda batch: apply(model, batch), ((None, *shape), "float32")))
    if not len(images):  # only the network knows the shape of its output, and some kernels refuse an empty batch
        empty: Array = run(np.zeros((1, *shape), np.float32)).numpy()[:0]
        return empty
    size = max(1, min(LARGEST_BATCH, LARGEST_PIXELS // (shape[0] * shape[1])))
    return np.concatenate([run(images[at : at + size]).numpy() for at in range(0, len(images), size)])
