"""CNN-2 of the slides "Explainable transformer based approach for galaxy classification"."""

from typing import Any

from ._frame import colour_input


def build_cnn2(side: int = 96, border: int = 0, momentum: float = 0.99, *, width: float = 1.0, head: int = 512) -> Any:
    """Three blocks Conv 32/64/128 (3x3, ReLU) - batch normalisation - max pooling - dropout 0.25, then Dense 512 -
    batch normalisation - dropout 0.5, then one sigmoid unit.

    side: height and width of the colour input (the slides use 300). border: pixels cut off at each edge. momentum: of the
    moving averages of the batch normalisations. width: factor of the convolutions' channels. head: units of the dense layer.
    The sigmoid is a layer of its own so that its logit can be explained.
    """
    import keras
    from keras import layers

    inputs, x = colour_input(side, border)
    for block, filters in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(round(filters * width), 3, activation="relu", name=f"conv_{block}")(x)
        x = layers.BatchNormalization(momentum=momentum, name=f"norm_{block}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)
        x = layers.Dropout(0.25, name=f"dropout_{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(head, activation="relu", name="dense")(x)
    x = layers.BatchNormalization(momentum=momentum, name="norm_4")(x)
    x = layers.Dropout(0.5, name="dropout_4")(x)
    x = layers.Dense(1, name="logits")(x)
    outputs = layers.Activation("sigmoid", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn2")
