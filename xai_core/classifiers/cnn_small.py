"""A small classifier for small pictures (MNIST, Fashion-MNIST, planted evidence)."""

from collections.abc import Sequence
from typing import Any


def build_cnn_small(
    classes: int = 10, width: int = 16, side: int = 28, channels: int = 1, convolutions: Sequence[int] = (1, 2, 2)
) -> Any:
    """Blocks of 3 x 3 convolutions with batch normalisation, max pooling between them; global average; logits.

    The last block keeps a map (7 x 7 of 28 after two poolings), so Grad-CAM has something to show.
    classes: number of classes. width: channels of the first block (doubled at each pooling). side: height and width of the
    input. channels: of the input, 1 (grey) or 3 (colour). convolutions: how many in each block; few of them, and few blocks,
    keep the part of the picture small that a position of the last map depends on.
    """
    import keras
    from keras import layers

    x = inputs = keras.Input((side, side, channels), name="image")
    for block, count in enumerate(convolutions, start=1):
        for index in range(1, count + 1):
            x = layers.Conv2D(width * 2 ** (block - 1), 3, padding="same", use_bias=False, name=f"conv_{block}_{index}")(x)
            x = layers.BatchNormalization(momentum=0.9, name=f"norm_{block}_{index}")(x)
            x = layers.ReLU(name=f"relu_{block}_{index}")(x)
        if block < len(convolutions):
            x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)
            x = layers.Dropout(0.1, name=f"dropout_{block}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name=f"dropout_{len(convolutions)}")(x)
    x = layers.Dense(classes, name="logits")(x)
    outputs = layers.Softmax(name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn_small")
