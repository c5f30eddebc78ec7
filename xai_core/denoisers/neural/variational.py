"""A convolutional variational autoencoder that denoises: it redraws the picture from a small random code."""

from collections.abc import Sequence
from typing import Any

import keras

DEVIATION = 0.05
"""Standard deviation s of the pixels that the decoder's picture is the mean of, on the scale [0, 1]: the root of the mean squared
error at 26 dB, which is about what these networks reach (Rybkin et al. 2021, arXiv:2006.13202, on choosing it so)."""


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """KL(N(mean, variance) || N(0, 1)) of each number, in nats: (mean^2 + variance - ln variance - 1) / 2; the shape of `mean`.

    Source: Kingma & Welling (2014), arXiv:1312.6114, appendix B.
    """
    return 0.5 * (keras.ops.square(mean) + keras.ops.exp(log_variance) - log_variance - 1)


def kl_weight(numbers: int, beta: float, deviation: float = DEVIATION) -> float:
    """What a nat costs beside the mean squared error: beta 2 s^2 / D.

    -ln p(x | z) + beta KL, with p Gaussian of standard deviation s over the D numbers of a picture, times 2 s^2 / D and without
    the constant, is MSE + this weight times KL.
    """
    return beta * 2 * deviation**2 / numbers


@keras.saving.register_keras_serializable(package="xai_core")
class Sampling(keras.layers.Layer):
    """`layer([mean, log-variance])`: z = mean + exp(log-variance / 2) e, e ~ N(0, 1), while it is trained; the mean at inference.

    weight: of the KL divergence of a picture in nats, averaged over the batch, which is added to the loss.
    """

    def __init__(self, weight: float, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.weight, self.seed = weight, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        mean, log_variance = inputs
        nats = keras.ops.sum(kl_divergence(mean, log_variance), axis=(1, 2, 3))
        self.add_loss(self.weight * keras.ops.mean(nats))
        if not training:
            return mean
        draw = keras.random.normal(keras.ops.shape(mean), dtype=mean.dtype, seed=self.generator)
        return mean + keras.ops.exp(0.5 * log_variance) * draw

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weight": self.weight, "seed": self.seed}


@keras.saving.register_keras_serializable(package="xai_core")
class Variational(keras.Model):
    """A functional model with one `Sampling` layer, "latent"; its training curve has "kl", nats a picture."""

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **options: Any) -> None:
        super().__init__(inputs, outputs, name=name, **options)
        self.kl = keras.metrics.Mean(name="kl")

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        latent = self.get_layer("latent")
        self.kl.update_state(latent.losses[0] / latent.weight)
        return super().compute_metrics(x, y, y_pred, sample_weight)


def build_variational(
    channels: int = 3,
    side: int = 32,
    widths: Sequence[int] = (32, 48),
    latent: int = 16,
    beta: float = 1.0,
    variational: bool = True,
) -> Any:
    """Stages of a strided convolution and a residual block; mean and log-variance of a latent map; the same stages back.

    Input: the noisy picture (side, side, channels); trained on the clean one. The latent map has side / 2^stages numbers each way
    and `latent` channels. Minimised: MSE + beta (2 s^2 / D) KL(q(z | noisy) || N(0, 1)), s = DEVIATION, D = side^2 channels;
    beta = 1 is the negative evidence lower bound of that Gaussian likelihood. The latent layers compute in float32.

    widths: channels of the stages, one for a single layer, several for a stack; `side` is a multiple of 2^len(widths).
    beta: above 0. variational: False gives the plain autoencoder, without log-variance, sampling and KL.
    Source: Kingma & Welling (2014), arXiv:1312.6114; Higgins et al. (2017), "beta-VAE" (ICLR). Noisy input, clean target:
    Im et al. (2017), arXiv:1511.06406.
    """
    from keras import layers

    def conv(filters: int, name: str, activation: str | None = None, spread: float = 2.0, dtype: Any = None) -> Any:
        start = keras.initializers.VarianceScaling(spread, "fan_in")
        return layers.Conv2D(filters, 3, padding="same", activation=activation, kernel_initializer=start, dtype=dtype, name=name)

    def block(x: Any, filters: int, name: str) -> Any:
        inner = conv(filters, f"{name}_1", "relu")(x)
        return layers.Add(name=f"{name}_sum")([x, conv(filters, f"{name}_2", spread=0.1)(inner)])

    x = inputs = keras.Input((side, side, channels), name="image")
    for stage, width in enumerate(widths):
        x = layers.Conv2D(width, 2, strides=2, name=f"halve_{stage}")(x)
        x = block(x, width, f"encode_{stage}")
    if variational:
        mean = conv(latent, "latent_mean", spread=1.0, dtype="float32")(x)
        log_variance = conv(latent, "latent_log_variance", spread=0.1, dtype="float32")(x)
        weight = kl_weight(side * side * channels, beta)
        x = Sampling(weight, dtype="float32", name="latent")([mean, log_variance])
    else:
        x = conv(latent, "latent", spread=1.0, dtype="float32")(x)
    x = conv(widths[-1], "tail")(x)
    for stage, width in reversed(list(enumerate(widths))):
        x = block(x, width, f"decode_{stage}")
        finer = widths[max(stage - 1, 0)]
        x = layers.Conv2DTranspose(finer, 2, strides=2, name=f"double_{stage}")(x)
    outputs = conv(channels, "reconstruction", spread=0.1, dtype="float32")(x)
    return (Variational if variational else keras.Model)(inputs, outputs, name="variational" if variational else "autoencoder")
