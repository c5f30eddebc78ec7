"""The noise predictor of a diffusion model, preconditioned so that it is an ordinary denoiser that is told the level."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras

SMALLEST_SIGMA = 1e-3
"""Below this the network inside sees the same number for the level: a quarter of a grey level, and the logarithm ends."""


@keras.saving.register_keras_serializable(package="xai_core")
class ScaleInput(keras.layers.Layer):
    """c_in (y - m), with c_in = (s^2 + d^2)^(-1/2): of unit variance at every level s.

    Input (N, H, W, C + 1), the last channel s.
    """

    def __init__(self, mean: float, deviation: float, **options: Any) -> None:
        super().__init__(**options)
        self.mean, self.deviation = mean, deviation

    def call(self, inputs: Any) -> Any:
        image, sigma = inputs[..., :-1], inputs[..., -1:]
        return (image - self.mean) * keras.ops.rsqrt(sigma**2 + self.deviation**2)

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], shape[-1] - 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "deviation": self.deviation}


@keras.saving.register_keras_serializable(package="xai_core")
class LevelWaves(keras.layers.Layer):
    """The level s as sines and cosines of ln(s) / 2^k, k = 0 ... count - 1: (N, H, W, C + 1) -> (N, 2 count).

    s is the mean of the last channel, at least SMALLEST_SIGMA. Nothing in it is trained.
    """

    def __init__(self, count: int = 8, **options: Any) -> None:
        super().__init__(**options)
        self.count = count

    def call(self, inputs: Any) -> Any:
        sigma = keras.ops.mean(inputs[..., -1], axis=(1, 2))
        frequencies = keras.ops.convert_to_tensor([2.0**-k for k in range(self.count)], inputs.dtype)
        angles = keras.ops.log(keras.ops.maximum(sigma, SMALLEST_SIGMA))[:, None] * frequencies
        return keras.ops.concatenate([keras.ops.sin(angles), keras.ops.cos(angles)], axis=-1)

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], 2 * self.count)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="xai_core")
class Modulate(keras.layers.Layer):
    """Feature-wise scale and shift: `layer([features (N, h, w, C), numbers (N, 2 C)])` -> (1 + scale) features + shift."""

    def call(self, inputs: Any) -> Any:
        features, numbers = inputs
        scale, shift = keras.ops.split(numbers[:, None, None, :], 2, axis=-1)
        return features * (1 + scale) + shift

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[0]


@keras.saving.register_keras_serializable(package="xai_core")
class Precondition(keras.layers.Layer):
    """D = m + c_skip (y - m) + c_out F: `layer([picture and level (N, H, W, C + 1), F (N, H, W, C)])`.

    c_skip = d^2 / (s^2 + d^2), c_out = s d / (s^2 + d^2)^(1/2). At s = 0 the picture itself; at a large s m + d F.
    """

    def __init__(self, mean: float, deviation: float, **options: Any) -> None:
        super().__init__(**options)
        self.mean, self.deviation = mean, deviation

    def call(self, inputs: Any) -> Any:
        given, found = inputs
        image, sigma = given[..., :-1], given[..., -1:]
        both = sigma**2 + self.deviation**2
        # m + c_skip (y - m), written so that nothing is rounded at s = 0.
        kept = image - (image - self.mean) * (sigma**2 / both)
        return kept + sigma * self.deviation * keras.ops.rsqrt(both) * keras.ops.cast(found, image.dtype)

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "deviation": self.deviation}


def build_diffusion(
    channels: int = 1,
    side: int = 28,
    widths: Sequence[int] = (32, 64, 128),
    mean: float = 0.286,
    deviation: float = 0.353,
    level_features: int = 64,
    groups: int = 8,
) -> Any:
    """A residual U-Net F that sees the picture at unit variance, inside the preconditioning of Karras et al.

    Input (side, side, channels + 1): the picture y = x + s n and, as last channel, s, the noise's standard deviation on the
    picture's scale. Output D(y, s) = m + c_skip (y - m) + c_out F(c_in (y - m), ln s), (side, side, channels). Trained with
    the mean squared error, D is the posterior mean E[x | y], so that (y - D) / s predicts the noise n, as a diffusion model
    needs it, and (D - y) / s^2 is the gradient of ln p(y) (Tweedie).

    Each block is x + conv(SiLU(modulated(norm(conv(SiLU(norm(x))))))), group-normalised, modulated by scale and shift from the
    level; one on the way down and one on the way up a scale; 2x2 strided convolutions halve, transposed ones double.

    widths: channels of the scales from fine to coarse, multiples of `groups`; `side` is a multiple of 2^(len(widths) - 1).
    mean, deviation: m and d of the pixels of the training pictures. level_features: numbers that describe the level.
    Source: Ho et al. (2020), arXiv:2006.11239 (noise predictor); Karras et al. (2022), arXiv:2206.00364, table 1
    (preconditioning).
    """
    from keras import layers

    def conv(filters: int, name: str, spread: float = 2.0) -> Any:
        start = keras.initializers.VarianceScaling(spread, "fan_in")
        return layers.Conv2D(filters, 3, padding="same", kernel_initializer=start, name=name)

    def norm(x: Any, name: str) -> Any:
        return layers.GroupNormalization(groups, name=name)(x)

    def block(x: Any, filters: int, name: str) -> Any:
        inner = layers.Activation("silu", name=f"{name}_silu_1")(norm(x, f"{name}_norm_1"))
        inner = norm(conv(filters, f"{name}_1")(inner), f"{name}_norm_2")
        numbers = layers.Dense(2 * filters, kernel_initializer="zeros", name=f"{name}_level")(level)
        inner = layers.Activation("silu", name=f"{name}_silu_2")(Modulate(name=f"{name}_modulated")([inner, numbers]))
        return layers.Add(name=f"{name}_sum")([x, conv(filters, f"{name}_2", spread=0.1)(inner)])

    inputs = keras.Input((side, side, channels + 1), name="image_and_level")
    level = LevelWaves(dtype="float32", name="level_waves")(inputs)
    level = layers.Dense(level_features, activation="silu", name="level_1")(level)
    level = layers.Dense(level_features, activation="silu", name="level_2")(level)
    x = conv(widths[0], "head", spread=1.0)(ScaleInput(mean, deviation, dtype="float32", name="scaled")(inputs))
    skips = []
    for scale, (width, coarser) in enumerate(pairwise(widths)):
        x = block(x, width, f"down_{scale}")
        skips.append(x)
        x = layers.Conv2D(coarser, 2, strides=2, name=f"halve_{scale}")(x)
    x = block(x, widths[-1], "bottom_1")
    x = block(x, widths[-1], "bottom_2")
    for scale in reversed(range(len(skips))):
        x = layers.Conv2DTranspose(widths[scale], 2, strides=2, name=f"double_{scale}")(x)
        x = layers.Add(name=f"skip_{scale}")([x, skips[scale]])
        x = block(x, widths[scale], f"up_{scale}")
    x = layers.Activation("silu", name="last_silu")(norm(x, "last_norm"))
    found = conv(channels, "found", spread=0.01)(x)
    outputs = Precondition(mean, deviation, dtype="float32", name="denoised")([inputs, found])
    return keras.Model(inputs, outputs, name="diffusion")
