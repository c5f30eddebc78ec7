"""The target on pictures whose parts are hidden by masks."""

from collections.abc import Callable
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


def hidden_picture(subject: Subject, index: int, hide: str) -> Array:
    """What hidden parts of image `index` show: its mean colour, black, or itself strongly blurred; (h, w, c) float32."""
    from .integrated_gradients import baselines

    if hide not in HIDE:
        raise InvalidInput(f"Expected hide as one of {', '.join(HIDE)}, received {hide!r}.")
    return subject.with_guides(baselines(subject, hide)[index], index)


def masked_scores(subject: Subject, index: int, hidden: Array) -> tuple[Callable[[Array], Array], int]:
    """A function masks (count, h, w) in [0, 1] -> the target of image `index` with the rest hidden, (count,) float32; and how
    many masks it should be given at once.

    Only the masks travel to the network; the pictures are made there.
    """
    image, numbers = subject.inputs[index], subject.arguments[index]
    if subject.model is None:

        def by_function(masks: Array) -> Array:
            pictures = hidden + masks[..., None] * (image - hidden)
            return scores(subject, pictures, np.repeat(numbers[None], len(masks), axis=0))

        return by_function, WITHOUT_NETWORK
    import tensorflow as tf

    model, kind, shape = subject.model, subject.kind, subject.shape

    def run(image: Any, hidden: Any, masks: Any, numbers: Any) -> Any:
        pictures = hidden + masks[..., None] * (image - hidden)
        return score(model, kind, pictures, tf.repeat(numbers[None], tf.shape(masks)[0], axis=0))

    signature = (shape, "float32"), (shape, "float32"), ((None, *shape[:2]), "float32"), (numbers.shape, "int32")
    call = compiled(model, ("masked", kind, shape), lambda: trace(run, *signature))
    fixed = tf.constant(image), tf.constant(hidden)

    def by_network(masks: Array) -> Array:
        return np.asarray(call(*fixed, tf.constant(masks), tf.constant(numbers)).numpy(), np.float32)

    # Without gradients the layers' outputs are freed as the pass goes on, hence the factor.
    return by_network, min(64, 4 * batch_limit(model, shape))
