"""What of a denoised picture came from the picture, what leaked from the noise, and what the denoiser added."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...images import check_images
from ...types import Array
from ._products import at


@dataclass(frozen=True)
class Split:
    """output = signal + noise + added, each (N, H, W, C) float32, before the limits of [0, 1].

    With J the Jacobian at the noisy picture y = x + n. signal: J x. noise: J n, the noise that is left. added: the rest,
    what does not follow the pixels in proportion: the level map of a guided network, its biases; 0 for a blind bias-free network.
    """

    output: Array
    signal: Array
    noise: Array
    added: Array

    @property
    def parts(self) -> dict[str, Array]:
        return {"signal": self.signal, "noise": self.noise, "added": self.added}

    @property
    def energy(self) -> dict[str, float]:
        """Mean square of each part, [0, 1] scale."""
        return {name: float(np.square(part, dtype=np.float64).mean()) for name, part in self.parts.items()}


def split_noise(denoiser: Any, clean: ArrayLike, noisy: ArrayLike) -> Split:
    """Split the output for a noisy picture whose clean picture is known.

    A network: exact, by forward products with its Jacobian, at the cost of about three forward passes. A filter: by small
    steps along the clean picture and along the noise.

    denoiser: as for `effective_filter`. clean, noisy: (N, H, W, C) of one shape. Raises InvalidInput where they differ.
    Source: after Mohan et al. (2020), arXiv:1906.05478, section 5, where f(y) = J y without constants.
    """
    truth, given = check_images(clean, name="clean"), check_images(noisy, name="noisy")
    if truth.shape != given.shape:
        raise InvalidInput(f"Expected clean and noisy pictures of one shape, received {truth.shape} and {given.shape}.")
    output, (signal, noise) = at(denoiser, given).along(np.stack([truth, given - truth]))
    return Split(output, signal, noise, output - signal - noise)


@dataclass(frozen=True)
class Regions:
    """Where a picture shows something: three masks (N, H, W) that cover it without overlap."""

    object: NDArray[np.bool_]
    edges: NDArray[np.bool_]
    off: NDArray[np.bool_]

    @property
    def named(self) -> dict[str, NDArray[np.bool_]]:
        return {"on the object": self.object, "on edges": self.edges, "off the object": self.off}


def regions(clean: ArrayLike, mask: NDArray[np.bool_] | None = None) -> Regions:
    """The object, its edges (a pixel of the other side within one pixel, diagonals too) and the rest.

    clean: (N, H, W, C). mask: (N, H, W), true on the object; None: brighter than Otsu's threshold of the picture's mean
    channel (a picture of one brightness has no object). Source: Otsu (1979), doi:10.1109/TSMC.1979.4310076.
    """
    from scipy.ndimage import binary_dilation, binary_erosion
    from skimage.filters import threshold_otsu

    batch = check_images(clean, name="clean")
    if mask is None:
        grey = batch.mean(axis=-1)
        mask = np.stack([one > threshold_otsu(one) if np.ptp(one) > 0 else np.zeros(one.shape, bool) for one in grey])
    if mask.shape != batch.shape[:3]:
        raise InvalidInput(f"Expected a mask of shape {batch.shape[:3]}, received {mask.shape}.")
    square = np.ones((1, 3, 3), bool)
    inner, outer = binary_erosion(mask, square, border_value=1), binary_dilation(mask, square)
    return Regions(inner, outer & ~inner, ~outer)


@dataclass(frozen=True)
class NoiseShares:
    """What became of the noise in one region: sums over the region's pixels and channels, one for each picture, (N,) float64.

    noise: |n|^2. found: <y - f, n>, how much of the noise the removed part holds. left: |f - x|^2, all that is wrong afterwards.
    leaked: |J n|^2, the noise's own part of the output, which the other parts may cancel or not.
    The shares below are of the noise's energy over all pictures; NaN where there is no noise.
    """

    noise: NDArray[np.float64]
    found: NDArray[np.float64]
    left: NDArray[np.float64]
    leaked: NDArray[np.float64]

    @property
    def found_share(self) -> float:
        """1: the removed part holds all of the noise; 0: nothing was removed, or something that has nothing to do with it."""
        return self._share(self.found)

    @property
    def removed_share(self) -> float:
        """1 - |f - x|^2 / |n|^2; below 0 there is more wrong than before."""
        return 1 - self._share(self.left)

    @property
    def leaked_share(self) -> float:
        """|J n|^2 / |n|^2."""
        return self._share(self.leaked)

    def _share(self, part: NDArray[np.float64]) -> float:
        whole = self.noise.sum()
        return float(part.sum() / whole) if whole > 0 else float("nan")


def noise_by_region(split: Split, clean: ArrayLike, noisy: ArrayLike, where: Regions) -> dict[str, NoiseShares]:
    """What became of the noise on the object, on its edges, off it, and everywhere.

    split: of these pictures. clean, noisy: (N, H, W, C). f is the output limited to [0, 1], as it is seen.
    """
    truth, given = check_images(clean, name="clean"), check_images(noisy, name="noisy")
    noise, output = np.asarray(given - truth, np.float64), np.clip(split.output, 0, 1)
    maps = [
        noise**2,
        (given - output) * noise,
        np.square(output - truth, dtype=np.float64),
        np.square(split.noise, dtype=np.float64),
    ]
    sums = [values.sum(axis=-1) for values in maps]
    masks = {**where.named, "everywhere": np.ones(noise.shape[:3], bool)}
    return {name: NoiseShares(*(np.where(mask, one, 0).sum(axis=(1, 2)) for one in sums)) for name, mask in masks.items()}
