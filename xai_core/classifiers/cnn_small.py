"""A small classifier for 28x28 grey pictures (MNIST, Fashion-MNIST)."""

from typing import Any


def build_cnn_small(classes: int = 10, width: int = 16) -> Any:
    """One convolution at 28x28, two at 14x14, two at 7x7, each with batch normalisation; global average; logits.

    The last convolution keeps 7x7 positions, so Grad-CAM has something to show.
    classes: number of classes. width: channels of the first block (doubled at each pooling).
    """
    import keras
    from keras import layers

    x = inputs = keras.Input((28, 28, 1), name="image")
    for block, (filters, convolutions) in enumerate([(width, 1), (2 * width, 2), (4 * width, 2)], start=1):
        for index in range(1, convolutions + 1):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{block}_{index}")(x)
            x = layers.BatchNormalization(momentum=0.9, name=f"norm_{block}_{index}")(x)
            x = layers.ReLU(name=f"relu_{block}_{index}")(x)
        if block < 3:
            x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)
            x = layers.Dropout(0.1, name=f"dropout_{block}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name="dropout_3")(x)
    x = layers.Dense(classes, name="logits")(x)
    outputs = layers.Softmax(name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn_small")
