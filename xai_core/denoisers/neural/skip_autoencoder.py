"""The fully convolutional autoencoder with skip connections of the castings study."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def build_skip_autoencoder(channels: int = 1, widths: Sequence[int] = (16, 32, 64, 96, 128), dropout: float = 0.05) -> Any:
    """Blocks Conv 3x3 - LeakyReLU - dropout - batch normalisation; each scale is handed over by concatenation.

    The source's are the blocks, the transposed convolutions, the concatenated skips and the squared error; it names neither
    depth nor widths. Ours: five scales, so that the coarsest has one number for 16 x 16 pixels and the network sees a wave of
    60 pixels (five periods in a casting) whole, and few channels, for a training on two processor cores. The output is linear.

    channels: of the picture. widths: channels of the scales, from fine to coarse; sides that are no multiple of
    2^(len(widths) - 1) are mirrored up to one. dropout: share of the numbers that a training step leaves out.
    Source: Hami & JameBozorg (2024), arXiv:2404.10664.
    """
    import keras
    from keras import layers

    from ._layers import BatchNormalization, CropLike, PadToMultiple

    def block(x: Any, filters: int, name: str) -> Any:
        x = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal", name=f"{name}_conv")(x)
        x = layers.LeakyReLU(0.2, name=f"{name}_relu")(x)
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
        return BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)

    inputs = keras.Input((None, None, channels), name="image")
    x = PadToMultiple(2 ** (len(widths) - 1), name="pad")(inputs)
    skips = []
    for scale, (width, coarser) in enumerate(pairwise(widths)):
        x = block(x, width, f"down_{scale}")
        skips.append(x)
        x = layers.Conv2D(coarser, 2, strides=2, name=f"halve_{scale}")(x)
    x = block(x, widths[-1], "bottom_1")
    x = block(x, widths[-1], "bottom_2")
    for scale in reversed(range(len(skips))):
        x = layers.Conv2DTranspose(widths[scale], 2, strides=2, name=f"double_{scale}")(x)
        x = layers.Concatenate(name=f"skip_{scale}")([x, skips[scale]])
        x = block(x, widths[scale], f"up_{scale}")
    x = layers.Conv2D(channels, 3, padding="same", dtype="float32", name="reconstruction")(x)
    outputs = CropLike(dtype="float32", name="denoised")([x, inputs])
    return keras.Model(inputs, outputs, name="skip_autoencoder")
