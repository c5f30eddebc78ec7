"""Activation maximisation: a picture made for a target."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compiled import lock, trace
from ..errors import InvalidInput
from ..types import Array, Progress
from ._gradients import input_gradients
from ._models import Subject, examine, network_of, network_shape, scores
from ._scores import score
from .base import no_progress

SIDE = 64
"""Pixels of a picture for a network of any size."""
RATE = 0.02
"""Of RMSprop: what a pixel may change in a step, of black to white."""
JITTER = 8
"""The picture is moved by up to one part in so many of its side before each step, so that no pixel pattern can settle."""


@dataclass(frozen=True)
class Maximised:
    """image: (1, h, w, c) float32 in [0, 1], at the size of the network's input. score, start: the target for it and for the
    grey noise from which it was made."""

    image: Array
    score: float
    start: float


def activation_maximisation(
    model: Any,
    target: Any,
    *,
    steps: int = 200,
    smoothness: float = 0.5,
    shape: tuple[int, int, int] | None = None,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Maximised:
    """Make a picture for which a network's target is as high as gradient ascent gets it: max_x S(x) - penalty of TV(x).

    It shows what the network answers to, not what such a picture looks like; another seed makes another picture.
    The ascent is that of tf-keras-vis (RMSprop, total variation as penalty, jitter), held within [0, 1].
    model: a Keras 3 model that takes pictures in [0, 1], or a wrapper of one. It is not changed. target: a class, a `Target` or
    its link form, as for `explain`. smoothness: weight of TV, the mean difference of neighbours, in units of the score's slope
    at the start, sum |dS/dx|; 0: none.
    shape: (h, w, c) of the picture, for a network that leaves it open; None: 64 x 64 where it does, three channels.
    Raises InvalidInput for what is no network, and for one that is given a noise level beside the picture.
    Source: Erhan, Bengio, Courville & Vincent (2009), Visualizing higher-layer features of a deep network, Univ. de Montreal
    1341; Simonyan, Vedaldi & Zisserman (2014), arXiv:1312.6034.
    """
    network = network_of(model)
    if steps < 1:
        raise InvalidInput(f"Expected at least 1 step, received {steps}.")
    if getattr(model, "guides", 0):
        raise InvalidInput("Activation maximisation needs a network of pictures alone; this one is given the noise level too.")
    rng = np.random.default_rng(seed)
    start = np.clip(0.5 + 0.1 * rng.standard_normal((1, *(shape or network_shape(network, SIDE)))), 0, 1).astype(np.float32)
    subject = examine(network, start, target)
    image = _ascend(subject, steps, smoothness, rng, progress)
    before, after = (float(scores(subject, picture, subject.arguments)[0]) for picture in (start, image))
    return Maximised(image, after, before)


def _ascend(subject: Subject, steps: int, smoothness: float, rng: np.random.Generator, progress: Progress) -> Array:
    """tf-keras-vis' ascent from the subject's picture: (1, h, w, c) float32 in [0, 1]."""
    import keras
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports a name that SciPy moved
        from tf_keras_vis.activation_maximization import ActivationMaximization
        from tf_keras_vis.activation_maximization.callbacks import Callback
        from tf_keras_vis.activation_maximization.regularizers import TotalVariation2D

    reach = np.array(subject.shape[:2]) // JITTER
    moved = np.zeros(2, int)

    def jitter(picture: Any) -> Any:
        before = moved.copy()
        moved[:] = rng.integers(-reach, reach + 1)
        return tf.roll(picture, moved - before, axis=[1, 2])

    class Report(Callback):
        def __call__(self, i: int, *args: Any, **kwargs: Any) -> None:
            progress((i + 1) / steps)

    slope = float(np.abs(input_gradients(subject, subject.inputs, subject.arguments)[0]).sum())
    found = ActivationMaximization(_target_model(subject), clone=False)(
        lambda outputs: outputs[:, 0],
        seed_input=subject.inputs,
        input_range=(0.0, 1.0),
        input_modifiers=[lambda picture: tf.clip_by_value(picture, 0, 1), jitter],
        regularizers=[TotalVariation2D(weight=smoothness * slope)],
        steps=steps,
        optimizer=keras.optimizers.RMSprop(RATE),
        callbacks=[Report()],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return np.asarray(tf.roll(found, -moved, axis=[1, 2]), np.float32)


def _target_model(subject: Subject) -> Any:
    """The target's number as a functional model of one layer, whatever kind of model the network is: (N, h, w, c) -> (N, 1)."""
    import keras

    model, kind, shape = subject.model, subject.kind, subject.shape
    signature = (None, *shape), "float32"

    class TargetScore(keras.layers.Layer):
        def call(self, rows: Any) -> Any:
            return run(rows)

        def compute_output_shape(self, shape: Any) -> Any:
            return shape[0], 1

    arguments = subject.arguments
    with lock:
        run = trace(lambda rows: score(model, kind, rows, arguments)[:, None], signature)
    inputs = keras.Input(shape)
    return keras.Model([inputs], TargetScore(dtype="float32")(inputs))  # tf-keras-vis calls it with a list
