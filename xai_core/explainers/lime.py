"""LIME for images, on superpixels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled, trace
from ..errors import InvalidInput
from ..types import Array
from ._masks import forward_batch
from ._models import Subject, scores
from ._refine import refine, rounds_of
from ._scores import score
from .base import Evidence, Report, no_progress, resize_nearest

KERNEL_WIDTH = 0.25
FIRST = 16
"""Samples of the first round."""
FEWEST = 3
"""Samples for each superpixel from which on the standard error is believed."""
HIDE = ("mean", "black")


def lime(
    subject: Subject,
    *,
    samples: int = 1000,
    segments: int | NDArray[Any] = 50,
    hide: str = "mean",
    seed: int = 0,
    batch_size: int = 50,
    tolerance: float = 0.0,
    progress: Report = no_progress,
) -> Evidence:
    """A linear model of the target over superpixels that are switched on and off at random.

    Each superpixel is on with probability 1/2, the first sample has all on; weighted ridge regression of the target on the
    on/off values. The target is a class's LOGIT (or a pixel, or a window) as for the other methods, where the `lime` package
    takes the probability; for a function without a Keras model it is what the function returns.
    samples: evaluations per image. segments: superpixels wanted, or an (H, W) array of whole numbers that gives them, so that
    several images share theirs. hide: "mean" (the segment's mean colour) or "black". seed: of the masks, the same for every
    image. batch_size: pictures per forward pass, fewer where memory demands it. tolerance: stop early once the mean standard
    error of the coefficients is below this share of their range; 0 never does.
    Returns signed maps, the coefficient of each pixel's segment, in units of the target; diagnostics, one entry per image: r2
    (weighted, of the linear model), intercept, segment_count, score, segments (N, h, w) int32, coefficients and stderr
    (N, most segments) float64, padded with NaN, samples used, relative_error. stderr: how far a coefficient moves from seed to
    seed; relative_error: its mean over the range of the coefficients.
    Source: Ribeiro, Singh, Guestrin (2016), doi:10.1145/2939672.2939778, arXiv:1602.04938.
    """
    maps = np.stack([_segment_map(subject, image, segments) for image in subject.inputs])
    count = len(maps)
    masks = [draw_masks(int(labels.max()) + 1, samples, seed) for labels in maps]
    runs = [_masked_scores(subject, index, labels, hide) for index, labels in enumerate(maps)]
    values, used = np.empty((count, samples), np.float32), np.zeros(count, int)

    def advance(index: int, part: slice) -> bool:
        values[index, part] = runs[index](masks[index][part])
        used[index] = part.stop
        enough = used[index] >= FEWEST * masks[index].shape[1]
        return bool(tolerance and enough and _relative_error(fitted(index)) < tolerance)

    def fitted(index: int) -> LinearFit:
        return fit(masks[index][: used[index]], values[index, : used[index]])

    def evidence() -> Evidence:
        fits = [fitted(index) for index in range(count)]
        heat = np.stack([item.coefficients[labels] for item, labels in zip(fits, maps, strict=True)]).astype(np.float32)
        diagnostics = {
            "r2": np.array([item.r2 for item in fits]),
            "intercept": np.array([item.intercept for item in fits]),
            "segment_count": maps.max(axis=(1, 2)) + 1,
            "score": np.array([item.score for item in fits], np.float32),
            "segments": maps,
            "coefficients": _padded([item.coefficients for item in fits]),
            "stderr": _padded([item.stderr for item in fits]),
            "samples": used.copy(),
            "relative_error": np.array([_relative_error(item) for item in fits]),
        }
        return Evidence(heat, diagnostics)

    rounds = rounds_of(samples, FIRST, forward_batch(subject, batch_size))
    return refine(count, rounds, lambda part: part, advance, evidence, progress)


def superpixels(image: Array, count: int) -> NDArray[np.int32]:
    """About `count` superpixels of one image (H, W, C): (H, W) int32 labels from 0 without gaps.

    SLIC in CIELAB with compactness 10 after a blur of one pixel, for grey images too (skimage scales grey differently, which
    would give a plain grid). Noise makes SLIC merge segments; it is repeated with a stronger pull to a grid until at least
    two thirds of the wanted number are there.
    Source: Achanta et al. (2012), doi:10.1109/TPAMI.2012.120.
    """
    from skimage.segmentation import slic

    colour = np.clip(image if image.shape[-1] == 3 else np.repeat(image[..., :1], 3, axis=-1), 0, 1)
    labels = np.zeros(image.shape[:2], np.int32)
    for compactness in (10, 30, 100, 1000):
        labels = _without_gaps(slic(colour, n_segments=count, compactness=compactness, sigma=1, start_label=0, channel_axis=-1))
        if labels.max() + 1 >= count * 2 / 3:
            break
    return labels


def draw_masks(segments: int, samples: int, seed: int) -> NDArray[np.float32]:
    """On/off values, (samples, segments) float32: all on first, then Bernoulli(1/2)."""
    masks = np.random.default_rng(seed).random((samples, segments), np.float32) < 0.5
    masks[0] = True
    return masks.astype(np.float32)


@dataclass(frozen=True)
class LinearFit:
    """A weighted ridge regression: coefficients and stderr (segments,), intercept, weighted r2, score of the first sample."""

    coefficients: NDArray[np.float64]
    stderr: NDArray[np.float64]
    intercept: float
    r2: float
    score: float


def fit(masks: NDArray[np.float32], values: NDArray[np.floating[Any]], *, alpha: float = 1.0) -> LinearFit:
    """Weighted ridge regression of values (samples,) on masks (samples, segments), in closed form.

    b = (X' W X + alpha I)^-1 X' W y with X, y centred by their weighted means; W = sqrt(exp(-d^2 / 0.25^2)), d = the cosine
    distance to all-on, 1 - sqrt(share on). The same as the `lime` package computes.
    stderr: the roots of the diagonal of A^-1 X' W e^2 W X A^-1, White (1980), doi:10.2307/1912934, from the residuals
    e / (1 - leverage): with few samples the fit follows each of them (HC3, MacKinnon & White 1985,
    doi:10.1016/0304-4076(85)90158-7).
    """
    x = masks.astype(np.float64)
    y = np.asarray(values, np.float64)
    distance = 1 - np.sqrt(x.mean(axis=1))
    weights = np.sqrt(np.exp(-(distance**2) / KERNEL_WIDTH**2))
    x_mean, y_mean = weights @ x / weights.sum(), weights @ y / weights.sum()
    x, y = x - x_mean, y - y_mean
    weighted = x * weights[:, None]
    inverse = np.linalg.inv(weighted.T @ x + alpha * np.eye(x.shape[1]))
    coefficients = inverse @ (weighted.T @ y)
    errors = y - x @ coefficients
    projected = weighted @ inverse
    leverage = (projected * x).sum(axis=1) + weights / weights.sum()
    spread = projected * (errors / np.maximum(1 - leverage, 1e-6))[:, None]
    total = weights @ y**2
    return LinearFit(
        coefficients,
        np.sqrt((spread**2).sum(axis=0)),
        float(y_mean - x_mean @ coefficients),
        float(1 - weights @ errors**2 / total) if total > 0 else 1.0,
        float(values[0]),
    )


def _relative_error(found: LinearFit) -> float:
    """Mean standard error of the coefficients over their range."""
    return float(found.stderr.mean() / max(np.ptp(found.coefficients), 1e-12))


def _padded(rows: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Rows of different length as one array, the rest NaN."""
    most = max(map(len, rows))
    return np.stack([np.pad(row, (0, most - len(row)), constant_values=np.nan) for row in rows])


def _segment_map(subject: Subject, image: Array, segments: int | NDArray[Any]) -> NDArray[np.int32]:
    if isinstance(segments, (int, np.integer)):
        return superpixels(image[..., : image.shape[-1] - subject.guides], int(segments))
    given = np.asarray(segments)
    if given.ndim != 2 or not np.issubdtype(given.dtype, np.integer) or not given.size:
        raise InvalidInput(
            f"Expected segments as an (H, W) array of whole numbers, received {given.dtype} of shape {given.shape}."
        )
    return _without_gaps(resize_nearest(given[None], *subject.shape[:2])[0])


def _without_gaps(labels: NDArray[Any]) -> NDArray[np.int32]:
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)


def _masked_scores(subject: Subject, index: int, labels: NDArray[np.int32], hide: str) -> Callable[[NDArray[np.float32]], Array]:
    """A function on/off values (count, segments) -> the target of image `index`, (count,) float32."""
    image, numbers = subject.inputs[index], subject.arguments[index]
    hidden = subject.with_guides(_hidden(image, labels, hide), index)
    by = _by_function if subject.model is None else _by_network
    return by(subject, image, hidden, labels, numbers)


def _hidden(image: Array, labels: NDArray[np.int32], hide: str) -> Array:
    """What a segment shows when it is off, (h, w, c)."""
    if hide == "black":
        return np.zeros_like(image)
    if hide != "mean":
        raise InvalidInput(f"Expected hide as one of {', '.join(HIDE)}, received {hide!r}.")
    flat = labels.ravel()
    sizes = np.bincount(flat)
    means = np.stack([np.bincount(flat, image[..., channel].ravel()) / sizes for channel in range(image.shape[-1])], axis=-1)
    return means[labels].astype(np.float32)


def _by_network(
    subject: Subject, image: Array, hidden: Array, labels: NDArray[np.int32], numbers: NDArray[np.int32]
) -> Callable[[NDArray[np.float32]], Array]:
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(image: Any, hidden: Any, labels: Any, masks: Any, numbers: Any) -> Any:
        on = tf.gather(masks, labels, axis=1)[..., None]
        return score(model, kind, hidden + on * (image - hidden), tf.repeat(numbers[None], tf.shape(masks)[0], axis=0))

    signature = (
        (shape, "float32"),
        (shape, "float32"),
        (shape[:2], "int32"),
        ((None, None), "float32"),
        (numbers.shape, numbers.dtype),
    )
    call = compiled(model, ("lime", kind, shape), lambda: trace(run, *signature))
    fixed = tf.constant(image), tf.constant(hidden), tf.constant(labels)
    return lambda masks: np.asarray(call(*fixed, tf.constant(masks), tf.constant(numbers)).numpy(), np.float32)


def _by_function(
    subject: Subject, image: Array, hidden: Array, labels: NDArray[np.int32], numbers: NDArray[np.int32]
) -> Callable[[NDArray[np.float32]], Array]:
    def run(masks: NDArray[np.float32]) -> Array:
        on = masks[:, labels][..., None]
        return scores(subject, hidden + on * (image - hidden), np.repeat(numbers[None], len(masks), axis=0))

    return run
