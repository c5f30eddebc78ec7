"""Turn channels of a network's layers off, and see what its output loses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...compiled import apply, compiled, forward, trace
from ...errors import InvalidInput
from ...images import clip
from ...metrics import psnr
from ...types import Array, Progress
from .._layers import LayerInfo, batch_size, outline, recording
from .._models import Opened, network_of, open_model
from ..base import no_progress

FILLS = ("zero", "mean")


def ablate(model: Any, images: ArrayLike, channels: Mapping[str, Sequence[int]], *, fill: str = "zero") -> Array:
    """The network's output while some channels of its layers are turned off.

    The layer's output is replaced inside the network's run; one compiled function serves all channels of the same layers.

    model: a Keras 3 model, denoiser or classifier. images: as for `explain`. channels: {layer: channels from 0}; a layer's
    name is its path, or its last part where that is unique. No channel at all: exactly the network's output.
    fill: what a channel that is off holds, "zero" or "mean" (its mean over the picture, so that brightness is kept).
    Returns (N, ...) float32, a picture before the limits of [0, 1].
    Raises UnknownName for a layer, InvalidInput for a channel that is not there, a layer without channels, or another fill.
    Source: as a measure of what a unit does: Bau et al. (2019), arXiv:1811.10597; Meyes et al. (2019), arXiv:1901.08644.
    """
    opened = _open(model, images)
    off: dict[LayerInfo, NDArray[np.bool_]] = {}
    for name, some in channels.items():
        layer = _ablatable(opened, name, fill)
        if chosen := _checked(layer, some):
            off[layer] = off.get(layer, False) | np.isin(np.arange(layer.shape[-1]), chosen)
    if not off:
        return forward(opened.model, opened.inputs)
    layers = [layer for layer in outline(opened.model, opened.shape).layers if layer in off]
    masks = [np.repeat(off[layer][None], len(opened.inputs), axis=0) for layer in layers]
    return _outputs(opened, layers, opened.inputs, masks, fill)


@dataclass(frozen=True)
class ChannelEffects:
    """What turning off each channel of a layer alone does to N pictures.

    psnr: of the whole network, (N,) dB, outputs limited to [0, 1]. psnr_change: with the channel off less that, (N, channels)
    dB; below 0 where the channel helps. output_change: root mean square of the change of the output, (N, channels), on the
    [0, 1] scale and before its limits. channels: which ones, (channels,). All float64.
    """

    layer: LayerInfo
    channels: NDArray[np.intp]
    psnr: NDArray[np.float64]
    psnr_change: NDArray[np.float64]
    output_change: NDArray[np.float64]


def channel_effects(
    model: Any,
    noisy: ArrayLike,
    clean: ArrayLike,
    layer: str,
    channels: Sequence[int] | None = None,
    *,
    fill: str = "zero",
    progress: Progress = no_progress,
) -> ChannelEffects:
    """What each channel of a layer does for the denoised picture: its PSNR and itself with that channel off.

    Costs one forward pass for each channel and picture, in batches bounded by memory.
    model: a denoiser with a network, or a Keras image-to-image model. noisy, clean: (N, H, W, C) of one shape. layer, fill: as
    for `ablate`. channels: which ones; None: all. Raises as `ablate`, and InvalidInput where the pictures do not fit.
    """
    opened = _open(model, noisy)
    found = _ablatable(opened, layer, fill)
    chosen = np.array(_checked(found, range(found.shape[-1]) if channels is None else channels), np.intp)
    truth = opened.prepare(clean)[..., : opened.shape[-1] - opened.guides]
    whole = forward(opened.model, opened.inputs)
    if truth.shape != whole.shape:
        raise InvalidInput(f"Expected clean pictures of the output's shape {whole.shape}, received {truth.shape}.")
    figures = np.empty((2, len(truth), len(chosen)))
    size = batch_size(opened.model, opened.shape)
    jobs = [(index, at) for index in range(len(truth)) for at in range(0, len(chosen), size)]
    for done, (index, at) in enumerate(jobs, 1):
        some = slice(at, at + size)
        off = np.arange(found.shape[-1]) == chosen[some, None]
        outputs = _outputs(opened, [found], np.repeat(opened.inputs[index, None], len(off), axis=0), [off], fill)
        figures[0, index, some] = psnr(np.broadcast_to(truth[index], outputs.shape), clip(outputs))
        figures[1, index, some] = np.sqrt(np.square(outputs - whole[index], dtype=np.float64).mean(axis=(1, 2, 3)))
        progress(done / len(jobs))
    before = psnr(truth, clip(whole))
    return ChannelEffects(found, chosen, before, figures[0] - before[:, None], figures[1])


def _open(model: Any, images: ArrayLike) -> Opened:
    network_of(model)
    return open_model(model, images)


def _ablatable(opened: Opened, name: str, fill: str) -> LayerInfo:
    layer = outline(opened.model, opened.shape).find(name)
    if fill not in FILLS:
        raise InvalidInput(f"Expected fill as one of {', '.join(FILLS)}, received {fill!r}.")
    if fill == "mean" and not layer.spatial:
        raise InvalidInput(
            f"The output of {name!r} has shape {layer.shape}, with no rows and columns to take a mean of. Fill with zero."
        )
    if not layer.shape or "[" in layer.name:
        raise InvalidInput(f"The layer {name!r} has no channels of its own to turn off. Choose another layer.")
    return layer


def _checked(layer: LayerInfo, channels: Sequence[int]) -> list[int]:
    count = layer.shape[-1]
    wrong = [item for item in channels if isinstance(item, bool) or int(item) != item or not 0 <= item < count]
    if wrong:
        raise InvalidInput(f"Expected channels of {layer.name!r} from 0 to {count - 1}, received {wrong[0]!r}.")
    return [int(item) for item in channels]


def _outputs(opened: Opened, layers: Sequence[LayerInfo], inputs: Array, off: Sequence[NDArray[np.bool_]], fill: str) -> Array:
    """The network's output, (N, ...), with channels off: (N, channels) for each of `layers`, true where a channel is off."""
    model, shape = opened.model, opened.shape
    names = [layer.name for layer in layers]

    def run(images: Any, mean: Any, *off: Any) -> Any:
        import tensorflow as tf

        def watch(name: str, tensor: Any) -> Any:
            if name not in names:
                return tensor
            rank = len(tensor.shape)
            mask = tf.reshape(off[names.index(name)], (-1, *[1] * (rank - 2), tensor.shape[-1]))
            held = tf.cast(mean, tensor.dtype) * tf.reduce_mean(tensor, range(1, rank - 1), keepdims=True)
            return tf.where(mask, held, tensor)

        with recording(model, watch):
            return apply(model, images)

    masks = [((None, layer.shape[-1]), "bool") for layer in layers]
    signature = ((None, *shape), "float32"), ((), "float32"), *masks
    call = compiled(model, ("ablated", tuple(names), shape), lambda: trace(run, *signature))
    mean, size = np.float32(fill == "mean"), batch_size(model, shape)
    parts = [
        call(inputs[at : at + size], mean, *(mask[at : at + size] for mask in off)).numpy() for at in range(0, len(inputs), size)
    ]
    return np.concatenate(parts)
