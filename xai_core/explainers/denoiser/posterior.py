"""What may lie under the noise: the directions in which a patch of the clean picture is least known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...types import Array, Progress
from .._gradients import pull_back
from ..base import no_progress
from ._products import Local, at, one_picture

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PosteriorDirections:
    """The patch as it may have been: mean + t deviation direction, most likely with t from -3 to 3.

    mean: (h, w, C) float32, the denoised patch before the limits of [0, 1]. directions: (count, h, w, C) float32, each of
    length 1 and at right angles to the others, its largest value above 0. eigenvalues: (count,) float64, falling; one below 0
    tells of a denoiser that is no posterior mean. sigma: of the noise, 0-255 scale. top, left: of the patch.
    residuals: (count,), |A v - lambda v| / |lambda_1|, 0 where the search is done (without a network it ends at the asymmetry).
    asymmetry: |J - J^T| / |J + J^T| (Frobenius) within the space that was searched; 0 for a posterior mean, whose
    Jacobian is symmetric: the larger it is, the less the directions mean. iterations: how many were made.
    """

    mean: Array
    directions: Array
    eigenvalues: Floats
    sigma: float
    top: int
    left: int
    residuals: Floats
    asymmetry: float
    iterations: int

    @property
    def deviations(self) -> Floats:
        """Standard deviation along each direction, (count,), grey levels (0-255): sigma sqrt(lambda); 0 below lambda = 0."""
        return np.asarray(self.sigma * np.sqrt(np.maximum(self.eigenvalues, 0)))

    def along(self, index: int, t: float) -> Array:
        """The patch t standard deviations from the mean along direction `index`: (h, w, C) float32, not limited to [0, 1]."""
        if not 0 <= index < len(self.directions):
            raise InvalidInput(f"Expected a direction from 0 to {len(self.directions) - 1}, received {index}.")
        return np.asarray(self.mean + t * self.deviations[index] / 255 * self.directions[index], np.float32)


def posterior_directions(
    denoiser: Any,
    image: ArrayLike,
    top: int,
    left: int,
    height: int,
    width: int,
    count: int = 3,
    *,
    sigma: float | None = None,
    iterations: int = 15,
    tolerance: float = 1e-4,
    seed: int = 0,
    progress: Progress = no_progress,
) -> PosteriorDirections:
    """The main axes of the posterior distribution of a patch, for Gaussian noise.

    If f is the posterior mean E[x | y] (the best denoiser in the sense of squared error), then Cov[x | y] = sigma^2 J, J its
    Jacobian. The largest eigenvalues of A = (J + J^T) / 2, restricted to the patch, come from block Lanczos iterations: from
    `count` random pictures on, A is applied to the newest ones, the results are put at right angles to all so far, and the
    eigenvectors of A within their span are taken. (Power iterations keep only the newest; they had not told the third direction
    from the fourth after 40 iterations on photographs, where these took 10.)
    A network: exact products J v (forward) and J^T v (backward), on the part of the picture that the patch can see, which gives
    the same numbers. A filter: J v alone, by central differences, with 16 pixels around the patch.

    denoiser: as for `effective_filter`. image: the noisy picture (H, W, C). top, left, height, width: the patch, in pixels.
    sigma: of the noise, 0-255 scale; None takes the level that the denoiser is told. iterations: at most. tolerance: ends them
    once all residuals are below. seed: of the first pictures; the same arguments give the same bytes.
    Raises InvalidInput for a patch that is empty or outside, more directions than the patch has numbers, or an unknown sigma.
    Source: Manor & Michaeli (2024), arXiv:2309.13598 (by power iterations); Efron (2011), doi:10.1198/jasa.2011.tm11181
    (Tweedie's formula); Golub & Underwood (1977), Mathematical Software III, 361-377 (block Lanczos).
    """
    picture = one_picture(image)
    here = at(denoiser, picture)
    size = height * width * here.channels
    if height < 1 or width < 1:
        raise InvalidInput(f"Expected a patch of at least 1 x 1 pixels, received {height} x {width}.")
    if not 1 <= count <= size:
        raise InvalidInput(f"Expected 1 to {size} directions of a {height} x {width} patch, received {count}.")
    if iterations < 1:
        raise InvalidInput(f"Expected at least 1 iteration, received {iterations}.")
    sigma = _sigma(denoiser, sigma)
    rows, columns = here.around(top, left, height, width)
    first = top - rows.start, left - columns.start
    patch = _Patch(here.cropped(rows, columns), slice(first[0], first[0] + height), slice(first[1], first[1] + width))

    axes = _lanczos(patch.products, np.random.default_rng(seed).standard_normal((count, size)), iterations, tolerance, progress)
    return PosteriorDirections(
        mean=patch.value(),
        directions=axes.vectors.reshape(count, height, width, here.channels).astype(np.float32),
        eigenvalues=axes.eigenvalues,
        sigma=sigma,
        top=top,
        left=left,
        residuals=axes.residuals,
        asymmetry=axes.asymmetry,
        iterations=axes.iterations,
    )


@dataclass(frozen=True)
class _Patch:
    """A denoiser at a part of a picture, as a map from changes of a patch to changes of it."""

    part: Local
    rows: slice
    columns: slice

    def value(self) -> Array:
        return self.part.value()[0, self.rows, self.columns]

    def products(self, vectors: Floats) -> tuple[Floats, Floats]:
        """J v and (J + J^T) v / 2 for each of `vectors` (k, size); J v twice where there is no network to go back through."""
        count, size = vectors.shape
        tangents = np.zeros((count, *self.part.pictures.shape), np.float32)
        tangents[:, 0, self.rows, self.columns] = vectors.reshape(tangents[:, 0, self.rows, self.columns].shape)

        def cut(pictures: Array) -> Floats:
            return np.asarray(pictures[:, self.rows, self.columns, : self.part.channels], np.float64).reshape(count, size)

        pushed = cut(self.part.along(tangents)[1][:, 0])
        if self.part.model is None:
            return pushed, pushed
        pulled = cut(pull_back(self.part.model, np.repeat(self.part.inputs, count, axis=0), tangents[:, 0]))
        return pushed, (pushed + pulled) / 2


@dataclass(frozen=True)
class _Axes:
    """Eigenvectors (count, size) of the symmetric part of a matrix, as described in `PosteriorDirections`."""

    vectors: Floats
    eigenvalues: Floats
    residuals: Floats
    asymmetry: float
    iterations: int


def _lanczos(
    products: Callable[[Floats], tuple[Floats, Floats]], start: Floats, iterations: int, tolerance: float, progress: Progress
) -> _Axes:
    """The largest eigenvalues of A = (J + J^T) / 2, as many as there are rows in `start` (count, size).

    products: J v and A v for each row of vectors (k, size).
    """
    count, size = start.shape
    basis = _complement(np.empty((0, size)), start)
    pushed, applied = np.empty((0, size)), np.empty((0, size))
    made = 0
    while True:
        new = products(basis[len(applied) :])
        pushed, applied = np.concatenate([pushed, new[0]]), np.concatenate([applied, new[1]])
        within = basis @ applied.T
        eigenvalues, mixtures = np.linalg.eigh((within + within.T) / 2)
        eigenvalues, mixtures = eigenvalues[::-1][:count], mixtures.T[::-1][:count]
        found = mixtures @ basis
        left = np.linalg.norm(mixtures @ applied - eigenvalues[:, None] * found, axis=1)
        residuals = left / max(float(np.abs(eigenvalues).max()), np.finfo(np.float32).tiny)
        made += 1
        progress(made / iterations)
        if made == iterations or len(basis) == size or residuals.max() < tolerance:
            break
        basis = np.concatenate([basis, _complement(basis, applied[-count:])])
    progress(1.0)
    jacobian = basis @ pushed.T
    unequal, equal = np.linalg.norm(jacobian - jacobian.T), np.linalg.norm(jacobian + jacobian.T)
    signs = np.sign(found[np.arange(count), np.abs(found).argmax(axis=1)])
    return _Axes(signs[:, None] * found, eigenvalues, residuals, float(unequal / equal) if equal > 0 else 0.0, made)


def _complement(basis: Floats, vectors: Floats) -> Floats:
    """What `vectors` (k, size) add to an orthonormal `basis` (m, size), orthonormal: at most k, as many as there is room for."""
    stacked = np.concatenate([basis, vectors]).T
    # Householder's method stays orthonormal even where a vector adds nothing; the directions are then arbitrary, and do no harm.
    return np.asarray(np.linalg.qr(stacked)[0].T[len(basis) :])


def _sigma(denoiser: Any, given: float | None) -> float:
    sigma = given if given is not None else getattr(denoiser, "level", None)
    if sigma is None or not 0 < sigma < float("inf"):
        raise InvalidInput(f"Expected the noise's level above 0 (sigma, 0-255 scale), received {sigma!r}. Name it: sigma=25.")
    return float(sigma)
