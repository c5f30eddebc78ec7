"""The target on pictures whose parts are hidden by masks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compiled import compiled, trace
from ..errors import InvalidInput
from ..types import Array
from ._layers import batch_size as batch_limit
from ._models import Subject, scores
from ._scores import score

HIDE = ("mean", "black", "blurred")
WITHOUT_NETWORK = 50
"""Pictures of one call of a function whose memory is not known."""
LARGEST_BATCH = 50
"""Pictures of one forward pass; larger batches are not faster on a CPU, and the map so far is shown less often."""


@dataclass(frozen=True)
class Masks:
    """Masks (count, h, w) in [0, 1], 1 is visible, each the product of two small matrices, which is all that travels.

    left: (count, h, k) float32. right: (count, k, w) float32.
    """

    left: Array
    right: Array

    def __len__(self) -> int:
        return len(self.left)

    def dense(self) -> Array:
        """The masks themselves, (count, h, w) float32."""
        return np.asarray(np.matmul(self.left, self.right), np.float32)


def hidden_picture(subject: Subject, index: int, hide: str) -> Array:
    """What hidden parts of image `index` show: its mean colour, black, or itself strongly blurred; (h, w, c) float32."""
    from .integrated_gradients import baselines

    if hide not in HIDE:
        raise InvalidInput(f"Expected hide as one of {', '.join(HIDE)}, received {hide!r}.")
    return subject.with_guides(baselines(subject, hide)[index], index)


def forward_batch(subject: Subject, most: int = LARGEST_BATCH) -> int:
    """Pictures of one forward pass, at most `most`, fewer where memory demands it."""
    if subject.model is None:
        return min(most, WITHOUT_NETWORK)
    # Without gradients the layers' outputs are freed as the pass goes on, hence the factor.
    return min(most, 2 * batch_limit(subject.model, subject.shape))


def masked_scores(subject: Subject, index: int, hidden: Array) -> Callable[[Masks], Array]:
    """A function masks -> the target of image `index` with the rest hidden, (count,) float32.

    hidden: (h, w, c), what hidden parts show. Give it `forward_batch` masks at once. The pictures are made in the network's
    compiled function.
    """
    image, numbers = subject.inputs[index], subject.arguments[index]
    if subject.model is None:

        def by_function(masks: Masks) -> Array:
            pictures = hidden + masks.dense()[..., None] * (image - hidden)
            return scores(subject, pictures, np.repeat(numbers[None], len(masks), axis=0))

        return by_function
    import tensorflow as tf

    model, kind, black = subject.model, subject.kind, not hidden.any()
    height, width, channels = subject.shape

    def run(visible: Any, hidden: Any, left: Any, right: Any, numbers: Any) -> Any:
        # A column a channel: multiplying along the last axis is three times as fast as spreading the mask over it.
        flat = (height, width * channels)
        pictures = tf.matmul(left, tf.repeat(right, channels, axis=2)) * tf.reshape(visible, flat)
        if not black:
            pictures += tf.reshape(hidden, flat)
        pictures = tf.reshape(pictures, (-1, height, width, channels))
        return score(model, kind, pictures, tf.repeat(numbers[None], tf.shape(left)[0], axis=0))

    picture, factors = (subject.shape, "float32"), (((None, height, None), "float32"), ((None, None, width), "float32"))
    call = compiled(
        model,
        ("masked", kind, subject.shape, black),
        lambda: trace(run, picture, picture, *factors, (numbers.shape, numbers.dtype)),
    )
    fixed, target = (tf.constant(image - hidden), tf.constant(hidden)), tf.constant(numbers)

    def by_network(masks: Masks) -> Array:
        return np.asarray(call(*fixed, tf.constant(masks.left), tf.constant(masks.right), target).numpy(), np.float32)

    return by_network
