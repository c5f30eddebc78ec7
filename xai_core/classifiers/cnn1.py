"""CNN-1 of the slides "Explainable transformer based approach for galaxy classification", which fails."""

from typing import Any

from ._frame import colour_input


def build_cnn1(side: int = 96, border: int = 0) -> Any:
    """Three blocks Conv 32/64/128 (3x3, ReLU) - max pooling, then Dense 512, dropout 0.5, one sigmoid unit.

    As in the slides: its input goes from 0 to 255, as their images do, and nothing normalises it. side: height and width of the
    colour input (the slides use 300). border: pixels cut off at each edge.
    """
    import keras
    from keras import layers

    inputs, x = colour_input(side, border)
    x = layers.Rescaling(255.0, name="to_255")(x)
    for block, filters in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv_{block}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(512, activation="relu", name="dense")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(1, name="logits")(x)
    outputs = layers.Activation("sigmoid", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn1")
