"""The network and pictures of the golden numbers: made from a formula, so that any library can be asked about them."""

from typing import Any

import numpy as np

SIDE = 12


def pictures() -> Any:
    """(2, 12, 12, 1) float32 in [0, 1]."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    waves = [np.sin(0.9 * rows + 0.4 * columns), np.cos(0.3 * rows - 0.8 * columns)]
    return (0.5 + 0.5 * np.stack(waves)[..., None]).astype(np.float32)


def network() -> Any:
    """Two smooth convolutions and a dense layer of three scores; every weight is a sine of its number."""
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(4, 3, activation="tanh", padding="same", name="first")(inputs)
    x = layers.Conv2D(5, 3, activation="tanh", padding="same", strides=2, name="second")(x)
    model = keras.Model(inputs, layers.Dense(3, name="scores")(layers.Flatten()(x)))
    for order, weight in enumerate(model.trainable_weights):
        count = int(np.prod(weight.shape))
        weight.assign(0.3 * np.sin(1 + order + 1.7 * np.arange(count)).reshape(weight.shape).astype(np.float32))
    return model


def parts() -> Any:
    """(60, 12, 12) bool: random parts of about a fifth of the pixels, the same for every library."""
    numbers = np.arange(60 * SIDE * SIDE, dtype=np.uint64)
    return ((numbers * np.uint64(2654435761)) % np.uint64(2**32) < np.uint64(2**32 // 5)).reshape(60, SIDE, SIDE)


def noise(samples: int, images: Any) -> Any:
    """(N, samples, 12, 12, 1): the noise SmoothGrad is given, N(0, 1) times 0.15 of the picture's range, the same for all.

    TensorFlow promises these numbers for every version; drawn in two parts, as our SmoothGrad's first and second round are.
    """
    import tensorflow as tf

    parts = [tf.random.stateless_normal((count, SIDE, SIDE, 1), (0, start)) for start, count in ((0, 5), (5, samples - 5))]
    return 0.15 * np.ptp(images, axis=(1, 2, 3))[:, None, None, None, None] * np.concatenate(parts)[None]
