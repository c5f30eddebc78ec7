"""A small vision transformer."""

from typing import Any

import keras

from ._frame import colour_input


@keras.saving.register_keras_serializable(package="xai_core")
class Tokens(keras.layers.Layer):
    """A map (h, w, c) as h * w tokens behind a learned class token, each with a learned place added: (h * w + 1, c)."""

    def build(self, shape: Any) -> None:
        _, height, width, channels = shape
        self.token = self.add_weight(shape=(1, 1, channels), initializer="zeros", name="token")
        start = keras.initializers.TruncatedNormal(stddev=0.02)
        self.place = self.add_weight(shape=(1, height * width + 1, channels), initializer=start, name="place")

    def call(self, maps: Any) -> Any:
        ops = keras.ops
        _, height, width, channels = ops.shape(maps)
        patches = ops.reshape(maps, (-1, height * width, channels))
        first = ops.broadcast_to(ops.cast(self.token, patches.dtype), (ops.shape(patches)[0], 1, channels))
        return ops.concatenate([first, patches], axis=1) + ops.cast(self.place, patches.dtype)

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], shape[1] * shape[2] + 1, shape[3])


def build_vit(side: int = 96, border: int = 0, width: int = 96, depth: int = 6, heads: int = 4, dropout: float = 0.1) -> Any:
    """Convolutional stem, one token for 8 x 8 pixels and a class token, `depth` transformer blocks, one sigmoid unit.

    Three strided convolutions make the tokens instead of one patch projection, which lets a small set of pictures train it
    (Xiao et al. 2021, arXiv:2106.14881). A block: x + attention(norm(x)), x + MLP(norm(x)), GELU, four times as wide inside.
    The picture's score is read from the class token. side: of the colour input. border: pixels cut off at each edge; a
    multiple of 8 is left. width: of a token.
    Source: Dosovitskiy et al. (2021), arXiv:2010.11929.
    """
    from keras import layers

    inputs, x = colour_input(side, border)
    for index, filters in enumerate((width // 4, width // 2, width), start=1):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name=f"stem_{index}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"stem_norm_{index}")(x)
        x = layers.ReLU(name=f"stem_relu_{index}")(x)
    x = layers.Conv2D(width, 1, name="patches")(x)
    x = Tokens(name="tokens")(x)
    for block in range(1, depth + 1):
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm_{block}_1")(x)
        y = layers.MultiHeadAttention(heads, width // heads, dropout=dropout, name=f"attention_{block}")(y, y)
        x = layers.Add(name=f"sum_{block}_1")([x, y])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm_{block}_2")(x)
        y = layers.Dense(4 * width, activation="gelu", name=f"mlp_{block}_1")(y)
        y = layers.Dense(width, name=f"mlp_{block}_2")(layers.Dropout(dropout, name=f"dropout_{block}")(y))
        x = layers.Add(name=f"sum_{block}_2")([x, y])
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)[:, 0]
    x = layers.Dense(1, name="logits")(x)
    outputs = layers.Activation("sigmoid", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="vit")
