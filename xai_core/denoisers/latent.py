"""The latent map of a variational denoiser: what it keeps of a picture, how sure it is, what else it might have been."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled import compiled, forward
from ..errors import InvalidInput
from ..images import clip
from ..types import Array
from . import Denoiser


@dataclass(frozen=True)
class Latent:
    """The posterior q(z | noisy) = N(mean, deviation^2), number by number: both (N, h, w, K) float32, the prior is N(0, 1).

    deviation is 0 for a plain autoencoder, which has no spread.
    """

    mean: Array
    deviation: Array

    @property
    def kl(self) -> NDArray[np.float64]:
        """KL(q || N(0, 1)) of each number in nats, (N, h, w, K); infinite for a plain autoencoder."""
        mean, deviation = self.mean.astype(np.float64), self.deviation.astype(np.float64)
        with np.errstate(divide="ignore"):
            return (mean**2 + deviation**2 - 1) / 2 - np.log(deviation)


@dataclass(frozen=True)
class LatentSamples:
    """Pictures drawn from the latent posterior of each noisy one.

    samples: (S, N, H, W, C) in [0, 1]. mean, deviation: over the samples, (N, H, W, C). kl: nats a picture, (N,).
    """

    samples: Array
    mean: Array
    deviation: Array
    kl: NDArray[np.float64]


@dataclass(frozen=True)
class ChannelInformation:
    """channels: (K,) indices, the most informative first. nats: (K,) KL of each of them, a picture, mean over the pictures."""

    channels: NDArray[np.int64]
    nats: NDArray[np.float64]


class _Parts(NamedTuple):
    """encoder: picture -> mean and, where there is a spread, log-variance as further channels. decoder: latent map -> picture."""

    encoder: Any
    decoder: Any
    spread: bool


def has_latent(denoiser: Denoiser) -> bool:
    """Whether the functions of this module take the denoiser: those of `build_variational`, the plain autoencoder among them."""
    return denoiser.model is not None and any(layer.name == "latent" for layer in denoiser.model.layers)


def has_spread(denoiser: Denoiser) -> bool:
    """Whether its latent map has a mean and a spread: false for a plain autoencoder."""
    return has_latent(denoiser) and _parts(denoiser).spread


def encode(denoiser: Denoiser, images: ArrayLike) -> Latent:
    """Mean and standard deviation of the latent map of noisy pictures (N, H, W, C).

    Raises InvalidInput where the denoiser has no latent map or the pictures are of another shape.
    """
    parts = _parts(denoiser)
    found = forward(parts.encoder, denoiser.prepare(images))
    if not parts.spread:
        return Latent(found, np.zeros_like(found))
    mean, log_variance = np.split(found, 2, axis=-1)
    return Latent(mean, np.exp(log_variance / 2))


def decode(denoiser: Denoiser, latents: ArrayLike) -> Array:
    """The pictures of latent maps (N, h, w, K), within [0, 1]; `decode(encode(noisy).mean)` is the denoised picture."""
    decoder = _parts(denoiser).decoder
    maps = np.asarray(latents, np.float32)
    wanted = tuple(decoder.input_shape[1:])
    if maps.shape[1:] != wanted or not np.isfinite(maps).all():
        raise InvalidInput(f"Expected finite latent maps of shape (N, {', '.join(map(str, wanted))}), received {maps.shape}.")
    return clip(forward(decoder, maps))


def sample_posterior(denoiser: Denoiser, noisy: ArrayLike, samples: int = 16, seed: int = 0) -> LatentSamples:
    """Draw z = mean + deviation e, e ~ N(0, 1), `samples` times for each noisy picture (N, H, W, C), and decode each.

    The same seed gives the same samples. What differs between them is what the code leaves open; noise of the pixels themselves,
    which the decoder's picture is the mean of, is not added. Raises InvalidInput for fewer than 2 samples or a plain autoencoder.
    Source: Kingma & Welling (2014), arXiv:1312.6114.
    """
    if samples < 2:
        raise InvalidInput(f"Expected at least 2 samples, received {samples}.")
    _check_spread(denoiser)
    latent = encode(denoiser, noisy)
    draws = np.random.default_rng(seed).standard_normal((samples, *latent.mean.shape), np.float32)
    pictures = np.stack([decode(denoiser, latent.mean + latent.deviation * draw) for draw in draws])
    return LatentSamples(pictures, pictures.mean(axis=0), pictures.std(axis=0, ddof=1), latent.kl.sum(axis=(1, 2, 3)))


def kl_by_channel(denoiser: Denoiser, images: ArrayLike) -> ChannelInformation:
    """How much each latent channel tells about the pictures (N, H, W, C): KL to the prior, summed over the map.

    A channel of 0 nats is the prior whatever the picture: it has collapsed. Raises InvalidInput for a plain autoencoder.
    """
    _check_spread(denoiser)
    nats = encode(denoiser, images).kl.sum(axis=(1, 2)).mean(axis=0)
    order = np.argsort(-nats, kind="stable")
    return ChannelInformation(order.astype(np.int64), nats[order])


def traverse(denoiser: Denoiser, image: ArrayLike, channel: int, deviations: Sequence[float]) -> Array:
    """One picture redrawn with one latent channel moved by each of `deviations`, everywhere on its map; (T, H, W, C).

    deviations: in standard deviations of the prior, which is 1; 0 is the denoised picture. The others stay at their means.
    image: one noisy picture (1, H, W, C) or (H, W, C). Raises InvalidInput for several, or a channel that is not there.
    """
    mean = encode(denoiser, image).mean
    if len(mean) != 1:
        raise InvalidInput(f"Expected one picture to traverse, received {len(mean)}.")
    if not 0 <= channel < mean.shape[-1]:
        raise InvalidInput(f"Expected a latent channel from 0 to {mean.shape[-1] - 1}, received {channel}.")
    moved = np.repeat(mean, len(deviations), axis=0)
    moved[..., channel] += np.asarray(deviations, np.float32)[:, None, None]
    return decode(denoiser, moved)


def features(denoiser: Denoiser, images: ArrayLike, grid: int = 0) -> Array:
    """The latent means of pictures as one row each, (N, grid^2 K), for nearest neighbours or clusters.

    grid: the map is averaged into grid x grid parts of equal size; 0 takes it as it is. Raises InvalidInput where the parts
    would not be equal.
    """
    mean = encode(denoiser, images).mean
    count, height, width, channels = mean.shape
    if grid:
        if grid < 0 or height % grid or width % grid:
            raise InvalidInput(f"Expected a grid that divides the latent map of {height} x {width}, received {grid}.")
        mean = mean.reshape(count, grid, height // grid, grid, width // grid, channels).mean(axis=(2, 4))
    return np.ascontiguousarray(mean.reshape(count, -1))


def _parts(denoiser: Denoiser) -> _Parts:
    if not has_latent(denoiser):
        raise InvalidInput(
            f"{denoiser.spec.label} has no latent map. Choose a variational denoiser, for instance variational-cifar10."
        )
    parts: _Parts = compiled(denoiser.model, ("latent",), lambda: _split(denoiser.model))
    return parts


def _split(model: Any) -> _Parts:
    """The network before and after its latent map."""
    import keras

    latent = model.get_layer("latent")
    spread = any(layer.name == "latent_log_variance" for layer in model.layers)
    found = latent.output
    if spread:
        names = "latent_mean", "latent_log_variance"
        found = keras.ops.concatenate([model.get_layer(name).output for name in names], axis=-1)
    return _Parts(keras.Model(model.inputs, found), keras.Model(latent.output, model.outputs), spread)


def _check_spread(denoiser: Denoiser) -> None:
    if not _parts(denoiser).spread:
        raise InvalidInput(f"{denoiser.spec.label} is a plain autoencoder: its code has no spread to draw from.")
