"""DnCNN, the plain deep network that finds the noise."""

from typing import Any


def build_dncnn(channels: int = 1, depth: int = 17, width: int = 64) -> Any:
    """`depth` convolutions of 3x3: the first with ReLU, the middle ones with batch normalisation and ReLU, the last plain.

    The network returns the picture minus what the last convolution finds. Without biases, as its authors' later code: 556,032
    trained numbers for 17 layers of 64 channels on grey pictures.
    Source: Zhang, Zuo, Chen, Meng & Zhang (2017), doi:10.1109/TIP.2017.2662206.
    """
    import keras
    from keras import layers

    from ._layers import BatchNormalization

    inputs = keras.Input((None, None, channels), name="image")
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, activation="relu", name="conv_1")(inputs)
    for index in range(2, depth):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"conv_{index}")(x)
        x = BatchNormalization(momentum=0.9, epsilon=1e-4, name=f"norm_{index}")(x)
        x = layers.ReLU(name=f"relu_{index}")(x)
    noise = layers.Conv2D(channels, 3, padding="same", use_bias=False, name="noise")(x)
    return keras.Model(inputs, layers.Subtract(dtype="float32", name="denoised")([inputs, noise]), name="dncnn")
