"""Small networks of every kind that a user may bring, and a stand-in for the library's wrappers."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

SIDE = 16


def functional(channels: int) -> Any:
    """Functional, softmax as the activation of the last Dense."""
    import keras
    from keras import layers

    x = inputs = keras.Input((SIDE, SIDE, channels))
    x = layers.Conv2D(6, 3, activation="relu", padding="same", name="first")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Conv2D(8, 3, activation="relu", padding="same", name="second")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="head")(x))


def sequential(channels: int) -> Any:
    """Sequential, one sigmoid unit."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, channels)),
            layers.Conv2D(5, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.5, name="dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(1, name="logit"),
            layers.Activation("sigmoid", name="probability"),
        ]
    )


def nested(channels: int) -> Any:
    """Transfer learning: a functional base and a Sequential head inside a model, softmax as a layer."""
    import keras
    from keras import layers

    x = inputs = keras.Input((SIDE, SIDE, channels))
    x = layers.Conv2D(6, 3, padding="same", name="deep")(x)
    x = layers.ReLU(name="relu")(x)
    base = keras.Model(inputs, layers.Add(name="add")([x, layers.Conv2D(6, 3, padding="same", name="deeper")(x)]), name="base")
    head = keras.Sequential([layers.GlobalAveragePooling2D(name="average"), layers.Dense(4, name="scores")], name="head")
    outside = keras.Input((SIDE, SIDE, channels))
    x = layers.Rescaling(2.0, offset=-1.0, name="rescale")(outside)
    return keras.Model(outside, layers.Softmax(name="softmax")(head(base(x))))


def subclassed(channels: int) -> Any:
    """A model in the user's own class, with a plain TensorFlow softmax."""
    import keras
    import tensorflow as tf
    from keras import layers

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = layers.Conv2D(4, 3, activation="relu", name="conv")
            self.pool = layers.GlobalAveragePooling2D(name="pool")
            self.scores = layers.Dense(3, name="scores")

        def call(self, inputs: Any) -> Any:
            return tf.nn.softmax(self.scores(self.pool(self.conv(inputs))))

    return Own()


def picture_to_picture(channels: int) -> Any:
    """A denoiser of any image size."""
    import keras
    from keras import layers

    x = inputs = keras.Input((None, None, channels))
    x = layers.Conv2D(6, 3, activation="relu", padding="same", name="wide")(x)
    noise = layers.Conv2D(channels, 3, padding="same", name="noise")(x)
    return keras.Model(inputs, layers.Subtract(name="clean")([inputs, noise]))


def transformer(channels: int) -> Any:
    """A functional vision transformer: 4 x 4 patches, a class token, two blocks; the second attends with dropout."""
    import keras
    from keras import layers

    x = inputs = keras.Input((SIDE, SIDE, channels))
    x = layers.Conv2D(8, 4, strides=4, activation="relu", name="patches")(x)
    x = layers.Reshape((16, 8), name="tokens")(x)
    x = class_token()(name="class_token")(x)
    for block, dropout in (("first", 0.0), ("second", 0.1)):
        y = layers.LayerNormalization(name=f"{block}_norm")(x)
        y = layers.MultiHeadAttention(2, 4, dropout=dropout, name=f"{block}_attention")(y, y)
        x = layers.Add(name=f"{block}_sum")([x, y])
        y = layers.Dense(16, activation="gelu", name=f"{block}_wide")(x)
        x = layers.Add(name=f"{block}_out")([x, layers.Dense(8, name=f"{block}_narrow")(y)])
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="head")(x[:, 0]))


@functools.cache
def class_token() -> Any:
    """The class of a layer that puts a learned token, with places for all, before the others."""
    import keras

    @keras.saving.register_keras_serializable(package="xai_core_tests")
    class ClassToken(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.token = self.add_weight(shape=(1, 1, shape[-1]), initializer="random_normal", name="token")
            self.places = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), initializer="random_normal", name="places")

        def call(self, tokens: Any) -> Any:
            first = keras.ops.repeat(self.token, keras.ops.shape(tokens)[0], axis=0)
            return keras.ops.concatenate([first, tokens], axis=1) + self.places

    return ClassToken


MODELS: dict[str, Callable[[int], Any]] = {
    "functional": functional,
    "sequential": sequential,
    "nested": nested,
    "subclassed": subclassed,
    "picture_to_picture": picture_to_picture,
    "transformer": transformer,
}


@pytest.fixture(scope="session")
def models() -> Callable[[str, int], Any]:
    """models(name, channels): the network, the same weights in every run, built once."""
    built: dict[tuple[str, int], Any] = {}

    def get(name: str, channels: int) -> Any:
        if (name, channels) not in built:
            built[name, channels] = fresh(name, channels)
        return built[name, channels]

    return get


def fresh(name: str, channels: int) -> Any:
    """A network with weights larger than the initial ones, so that its maps are not all tiny."""
    import keras

    keras.utils.set_random_seed(7)
    model = MODELS[name](channels)
    model(np.zeros((1, SIDE, SIDE, channels), np.float32))
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        if len(weight.shape) == 1:
            weight.assign(weight + rng.normal(0, 0.1, weight.shape))
    return model


class Wrapper:
    """What `load_classifier` and `load_denoiser` return, as far as explanations see it."""

    def __init__(self, model: Any, side: int = SIDE, channels: int = 3) -> None:
        self.model = model
        self.side = side
        self.channels = channels

    def prepare(self, images: Any) -> Any:
        from xai_core.images import resize, to_channels

        return resize(to_channels(images, self.channels), self.side, self.side)


@pytest.fixture(scope="session")
def wrapper() -> type[Wrapper]:
    return Wrapper


@pytest.fixture
def build() -> Callable[[str, int], Any]:
    """build(name, channels): a new network, for tests that change or count."""
    return fresh


@pytest.fixture(scope="session")
def autoencoder() -> Any:
    """The product's own image-to-image network, untrained."""
    import keras

    from xai_core.denoisers.neural.autoencoder import build_autoencoder

    keras.utils.set_random_seed(7)
    return build_autoencoder()
