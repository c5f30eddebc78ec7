"""AlexNet, in one column."""

from typing import Any

from ._frame import colour_input


def build_alexnet(side: int = 96, border: int = 0, width: float = 1.0) -> Any:
    """Five convolutions (96, 256, 384, 384, 256 channels) with batch normalisation, three max poolings, global mean, one unit.

    Two changes keep the file small and suit pictures of 96 pixels: a first kernel of 7 with stride 2 instead of 11 with stride
    4, and the mean over the last map instead of the two dense layers of 4,096, which hold 94 % of the original's numbers.
    Batch normalisation takes the place of the local response normalisation.
    side: height and width of the colour input. border: pixels cut off at each edge. width: factor of all channels.
    Source: Krizhevsky, Sutskever & Hinton (2012), doi:10.1145/3065386.
    """
    import keras
    from keras import layers

    inputs, x = colour_input(side, border)
    for index, (filters, kernel, stride) in enumerate([(96, 7, 2), (256, 5, 1), (384, 3, 1), (384, 3, 1), (256, 3, 1)], start=1):
        x = layers.Conv2D(round(filters * width), kernel, strides=stride, padding="same", use_bias=False, name=f"conv_{index}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{index}")(x)
        x = layers.ReLU(name=f"relu_{index}")(x)
        if index in (1, 2, 5):
            x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool_{index}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(1, name="logits")(x)
    outputs = layers.Activation("sigmoid", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="alexnet")
