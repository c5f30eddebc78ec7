"""One compiled forward pass a network, shared by denoisers and classifiers."""

from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from . import device
from .types import Array

LARGEST_BATCH = 64

_compiled: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def forward(model: Any, images: Array) -> Array:
    """The model's output for (N, H, W, C) images, in inference mode.

    Batches are padded to 1, 2, 4, ... 64 pictures, so that a network is traced at most seven times an image size.
    """
    device.configure()
    outputs = [_run(model, images[start : start + LARGEST_BATCH]) for start in range(0, len(images), LARGEST_BATCH)]
    return np.concatenate(outputs) if outputs else np.empty((0, *model.output_shape[1:]), np.float32)


def _run(model: Any, batch: Array) -> Array:
    count = len(batch)
    padded = 1 << (count - 1).bit_length()
    if padded != count:
        batch = np.concatenate([batch, np.repeat(batch[-1:], padded - count, axis=0)])
    result: Array = _function(model)(batch).numpy()[:count]
    return result


def _function(model: Any) -> Any:
    import tensorflow as tf

    if model not in _compiled:
        # A weak reference: the compiled graph holds the variables it needs, and must not keep the model alive.
        model_of = ref(model)

        @tf.function
        def run(images: Any) -> Any:
            return model_of()(images, training=False)  # type: ignore[misc]

        _compiled[model] = run
    return _compiled[model]
