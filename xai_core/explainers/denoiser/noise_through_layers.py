"""The noise on its way through a network: how much of each layer's output it changes, and which channels carry it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...images import resize
from ...types import Array, Progress
from .._activations import distances, layer_figures
from .._layers import LayerInfo, field, outline
from .._models import network_of, open_model
from ..base import no_progress


@dataclass(frozen=True)
class LayerNoise:
    """What the noise does to the output a of one layer, for N pairs of a noisy and its clean picture.

    distance: ||a(noisy) - a(clean)|| / ||a(clean)||, (N,) float64; infinite where the clean picture leaves the layer silent.
    change: for each channel, the correlation over its pixels of a(noisy) - a(clean) with the true noise, (N, channels) float32.
    activation: the same of a(noisy) itself, (N, channels). Correlations are Pearson's, 0 for a channel that is flat, and there
    are none, (N, 0), for a layer without rows and columns.
    """

    layer: LayerInfo
    distance: NDArray[np.float64]
    change: Array
    activation: Array

    @property
    def snr(self) -> NDArray[np.float64]:
        """Signal-to-noise ratio in dB, 20 log10(||a(clean)|| / ||a(noisy) - a(clean)||), (N,)."""
        with np.errstate(divide="ignore"):
            return np.asarray(-20 * np.log10(self.distance))

    @property
    def noise_share(self) -> Array:
        """How much of a channel's variance follows the noise in proportion, 0 to 1: `activation` squared, mean of the pairs."""
        return np.asarray(np.square(self.activation).mean(axis=0), np.float32)

    @property
    def carriers(self) -> NDArray[np.intp]:
        """The channels, those that carry most of the noise (`noise_share`) first: (channels,)."""
        return np.argsort(-self.noise_share, kind="stable")


def noise_through_layers(
    model: Any, clean: ArrayLike, noisy: ArrayLike, *, progress: Progress = no_progress
) -> tuple[LayerNoise, ...]:
    """What the noise does to every layer, from one forward pass over each clean picture and its noisy one.

    The true noise n = noisy - clean (of colour pictures the mean of its channels) is brought to the layer's size by area
    averages; where the network mirrors the picture at its lower and right edge, or loses its border, so is the noise.
    Correlations are at the same place: a channel of differences between neighbours holds noise that they do not show.

    model: a Keras 3 model, denoiser or classifier. clean, noisy: (N, H, W, C) of one shape. A guided network is told the same
    level for both, that of the noisy picture. Returns one entry a layer, in the order in which they run.
    Raises InvalidInput for what is no network, and where the pictures do not fit.
    """
    network = network_of(model)
    opened = open_model(model, noisy)
    truth, given = opened.prepare(clean), opened.inputs
    if truth.shape != given.shape:
        raise InvalidInput(f"Expected clean and noisy pictures of one shape, received {np.shape(clean)} and {np.shape(noisy)}.")
    truth, shape = opened.with_guides(truth), opened.shape
    layers = outline(network, shape).layers
    sizes = sorted({layer.shape[:2] for layer in layers if layer.spatial})

    def figures(layer: LayerInfo, outputs: Any, *noises: Any) -> Any:
        import tensorflow as tf

        distance, size = distances(outputs)
        found = tf.zeros((2, 0))
        if layer.spatial:
            pair = tf.stack([outputs[1] - outputs[0], outputs[1]])
            found = _correlation(pair, noises[sizes.index(layer.shape[:2])])
        return distance[1], size, found

    call = layer_figures(network, shape, "noise through layers", layers, figures, *((size, "float32") for size in sizes))
    looked_at = field(network, shape)
    noise = (given - truth)[..., : shape[-1] - opened.guides].mean(axis=-1)[:, *looked_at]
    pairs = []
    for index, pair in enumerate(zip(truth, given, strict=True)):
        pairs.append(call(np.stack(pair), *noise_at_sizes(noise[index], sizes)))
        progress((index + 1) / len(given))
    return tuple(_entry(layer, rows) for layer, rows in zip(layers, zip(*pairs, strict=True), strict=True))


def _entry(layer: LayerInfo, rows: tuple[Any, ...]) -> LayerNoise:
    change, size, found = (np.stack(column) for column in zip(*rows, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(change > 0, change.astype(np.float64) / size, 0.0)
    return LayerNoise(layer, distance, found[:, 0], found[:, 1])


FLAT = 1e-10
"""Share of a channel's energy that varies over its pixels, below which float32 cannot tell it from a flat one."""


def _correlation(maps: Any, noise: Any) -> Any:
    """TensorFlow: Pearson's correlation of each of `maps` (k, h, w, c) with noise (h, w): (k, c)."""
    import tensorflow as tf

    maps = tf.reshape(maps, (maps.shape[0], -1, maps.shape[-1]))  # pixels by channels: the product below moves no data
    noise = tf.reshape(noise - tf.reduce_mean(noise), (1, 1, -1))
    energy = tf.reduce_sum(tf.square(maps), 1)
    varying = tf.reduce_sum(tf.square(maps - tf.reduce_mean(maps, 1, keepdims=True)), 1)
    found = tf.math.divide_no_nan(tf.matmul(noise, maps)[:, 0], tf.sqrt(varying * tf.reduce_sum(tf.square(noise))))
    return tf.where(varying > FLAT * energy, tf.clip_by_value(found, -1, 1), 0)


def noise_at_sizes(noise: Array, sizes: Sequence[tuple[int, ...]]) -> list[Array]:
    """The noise (H, W) as layers of these (h, w) meet it: area averages where it shrinks.

    A network that needs whole multiples mirrors the picture first: what is larger than it, but not twice as large, tells how far.
    """
    height, width = noise.shape
    whole = [
        max([side, *(size[axis] for size in sizes if side < size[axis] < 2 * side)]) for axis, side in enumerate(noise.shape)
    ]
    mirrored = np.pad(noise, ((0, whole[0] - height), (0, whole[1] - width)), mode="reflect")
    return [_shrunk(noise if size == noise.shape else mirrored, *size) for size in sizes]


def _shrunk(noise: Array, height: int, width: int) -> Array:
    """Cut to its middle, or mirrored, until it is a whole multiple of height x width; then area averages."""
    for axis, length in enumerate((height, width)):
        had = noise.shape[axis]
        whole = length * max(1, round(had / length))
        if whole <= had:
            noise = np.take(noise, range((had - whole) // 2, (had - whole) // 2 + whole), axis)
        elif whole < 2 * had:  # else the layer is larger than the picture
            noise = np.pad(noise, [(0, whole - had if axis == item else 0) for item in (0, 1)], mode="reflect")
    return np.ascontiguousarray(resize(noise[None, ..., None], height, width)[0, ..., 0])
