"""FFDNet, the fast network that is told the noise level."""

from typing import Any


def build_ffdnet(channels: int = 1, depth: int = 15, width: int = 64) -> Any:
    """`depth` convolutions of 3x3 with ReLU at half the resolution, on the picture's four interleaved parts and the level.

    Input (h, w, channels + 1): the picture and, as last channel, the noise's standard deviation, the same everywhere. Each 2x2
    block of pixels becomes four channels in the authors' order, column by column: (0, 0), (1, 0), (0, 1), (1, 1). The network
    returns the picture itself, not the noise: 485,316 parameters for grey pictures.
    Source: Zhang, Zuo & Zhang (2018), doi:10.1109/TIP.2018.2839891.
    """
    import keras
    from keras import layers

    from ._layers import CropLike, DepthToSpace, PadToMultiple, SpaceToDepth

    inputs = keras.Input((None, None, channels + 1), name="image_and_level")
    padded = PadToMultiple(2, name="pad")(inputs)
    parts = SpaceToDepth(name="parts")(padded[..., :channels])
    level = padded[:, ::2, ::2, channels:]
    x = layers.Concatenate(name="parts_and_level")([parts, level])
    for index in range(1, depth):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", kernel_initializer="he_normal", name=f"conv_{index}")(x)
    x = layers.Conv2D(4 * channels, 3, padding="same", dtype="float32", name=f"conv_{depth}")(x)
    x = DepthToSpace(dtype="float32", name="whole")(x)
    return keras.Model(inputs, CropLike(dtype="float32", name="denoised")([x, inputs]), name="ffdnet")
