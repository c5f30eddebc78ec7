"""Our default denoiser: a bias-free residual U-Net, with or without a map of the noise level."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def build_unet(channels: int = 1, widths: Sequence[int] = (32, 64, 128, 128), guided: bool = True) -> Any:
    """Residual blocks on several scales with additive skips; no additive constant anywhere.

    Each scale has one block x + conv(ReLU(conv(x))) on the way down and one on the way up; 2x2 strided convolutions halve the
    picture, transposed ones double it. The output is the picture minus the noise that the network finds, so that
    f(a y, a s) = a f(y, s) for a > 0 and f = J_y y + J_s s, with the Jacobians J at (y, s): what comes out splits exactly.
    No layer interpolates, because TensorFlow's forward mode loses the tangent through a bilinear resize.

    channels: of the picture. widths: channels of the scales, from fine to coarse; sides that are no multiple of
    2^(len(widths) - 1) are mirrored up to one. guided: the input has one channel more, the noise's standard deviation on the
    picture's scale.
    Source: after Mohan et al. (2020), arXiv:1906.05478 (bias-free) and Zhang et al. (2021), arXiv:2008.13751 (blocks, map).
    """
    import keras
    from keras import layers

    from ._layers import CropLike, PadToMultiple

    def conv(filters: int, name: str, activation: str | None = None, spread: float = 2.0) -> Any:
        start = keras.initializers.VarianceScaling(spread, "fan_in")
        return layers.Conv2D(
            filters, 3, padding="same", use_bias=False, activation=activation, kernel_initializer=start, name=name
        )

    def block(x: Any, filters: int, name: str) -> Any:
        # The second convolution starts small, and so does the last: the untrained network returns nearly what it was given.
        inner = conv(filters, f"{name}_1", "relu")(x)
        return layers.Add(name=f"{name}_sum")([x, conv(filters, f"{name}_2", spread=0.1)(inner)])

    inputs = keras.Input((None, None, channels + guided), name="image_and_level" if guided else "image")
    image = inputs[..., :channels] if guided else inputs
    x = PadToMultiple(2 ** (len(widths) - 1), name="pad")(inputs)
    x = conv(widths[0], "head")(x)
    skips = []
    for scale, (width, coarser) in enumerate(pairwise(widths)):
        x = block(x, width, f"down_{scale}")
        skips.append(x)
        x = layers.Conv2D(coarser, 2, strides=2, use_bias=False, name=f"halve_{scale}")(x)
    x = block(x, widths[-1], "bottom")
    for scale in reversed(range(len(skips))):
        x = layers.Conv2DTranspose(widths[scale], 2, strides=2, use_bias=False, name=f"double_{scale}")(x)
        x = layers.Add(name=f"skip_{scale}")([x, skips[scale]])
        x = block(x, widths[scale], f"up_{scale}")
    x = conv(channels, "found", spread=0.01)(x)
    noise = CropLike(name="noise")([x, inputs])
    outputs = layers.Subtract(dtype="float32", name="denoised")([image, noise])
    return keras.Model(inputs, outputs, name="unet")
