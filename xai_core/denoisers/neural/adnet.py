"""ADNet, sparse dilated convolutions and an attention that weighs the found noise."""

from typing import Any

DILATED = (2, 5, 9, 12)
"""Layers whose convolution reaches two pixels instead of one."""


def build_adnet(channels: int = 1, width: int = 64) -> Any:
    """Sparse block (layers 1-12, dilation 2 at layers 2, 5, 9, 12), feature block (13-16), attention block, reconstruction.

    Layers 1-15 are convolution, batch normalisation, ReLU; layer 16 returns to the picture's channels. A 1x1 convolution of
    tanh(picture, layer 16) weighs layer 16, which is taken from the picture: 519,171 trained numbers for grey pictures.
    Source: Tian, Xu, Li, Zuo, Fei & Liu (2020), doi:10.1016/j.neunet.2019.12.024.
    """
    import keras
    from keras import layers

    from ._layers import BatchNormalization

    x = inputs = keras.Input((None, None, channels), name="image")
    for index in range(1, 16):
        rate = 2 if index in DILATED else 1
        x = layers.Conv2D(
            width, 3, padding="same", dilation_rate=rate, use_bias=False, kernel_initializer="he_normal", name=f"conv_{index}"
        )(x)
        x = BatchNormalization(momentum=0.9, name=f"norm_{index}")(x)
        x = layers.ReLU(name=f"relu_{index}")(x)
    found = layers.Conv2D(channels, 3, padding="same", use_bias=False, name="conv_16")(x)
    both = layers.Activation("tanh", name="tanh")(layers.Concatenate(name="picture_and_found")([inputs, found]))
    # From one on: noise that is all believed at first is found as DnCNN finds it; from zero on, both factors learn slowly.
    weight = layers.Conv2D(channels, 1, bias_initializer="ones", dtype="float32", name="attention")(both)
    noise = layers.Multiply(dtype="float32", name="noise")([weight, found])
    return keras.Model(inputs, layers.Subtract(dtype="float32", name="denoised")([inputs, noise]), name="adnet")
