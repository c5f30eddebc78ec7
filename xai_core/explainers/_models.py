"""What is explained, made ready: the model, its inputs and its targets, checked against each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled import apply, compiled, trace
from ..errors import InvalidInput
from ..images import check_images
from ..types import Array
from ._layers import batch_size, outline
from ._scores import logits, score
from .base import ClassLogit, Target
from .image_targets import WindowMean
from .targets import as_targets


@dataclass(frozen=True)
class Opened:
    """A model and images as it takes them.

    model: a Keras model, or None where only `function` can be called.
    function: images (N, H, W, C) -> outputs (N, ...), used where there is no Keras model.
    inputs: (N, h, w, c) float32. size: (H, W) of the images that were given. prepare: turns given images into inputs.
    """

    model: Any
    function: Callable[[Array], Any]
    inputs: Array
    size: tuple[int, int]
    prepare: Callable[[ArrayLike], Array]
    guides: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(h, w, c) of one input."""
        _, height, width, channels = self.inputs.shape
        return height, width, channels

    def with_guides(self, pictures: Array, index: int | None = None) -> Array:
        """`pictures` (N, h, w, c), changed inputs, with the guides as they were (those of image `index`, or of each image)."""
        if self.guides:
            pictures = np.array(pictures)
            pictures[..., -self.guides :] = (self.inputs if index is None else self.inputs[index])[..., -self.guides :]
        return pictures


@dataclass(frozen=True)
class Subject(Opened):
    """What is explained: a model, images and their targets, one per image and of one kind."""

    targets: tuple[Target, ...]

    @property
    def kind(self) -> type[Target]:
        return type(self.targets[0])

    @property
    def arguments(self) -> NDArray[Any]:
        """The targets as numbers, (N, numbers) int32 or float32."""
        return np.stack([target.arguments() for target in self.targets])


def examine(model: Any, images: ArrayLike, target: Any = None) -> Subject:
    """Check model, images and target against each other.

    model, images: as for `open_model`. target: as for `explain`; None takes each image's predicted class, or the mean of the
    whole output picture.
    """
    opened = open_model(model, images)
    outputs = None
    if opened.model is not None:
        shape = outline(opened.model, opened.shape).output_shape
    else:
        outputs = np.asarray(opened.function(opened.inputs), np.float32)
        shape = outputs.shape[1:]
    count = len(opened.inputs)
    if target is not None:
        targets = as_targets(target, count)
    elif len(shape) == 3:
        targets = (WindowMean(0, 0, shape[0], shape[1]),) * count
    else:
        outputs = class_scores(opened.model, opened.inputs) if outputs is None else outputs
        targets = tuple(ClassLogit(int(index)) for index in outputs.argmax(axis=-1))
    for item in set(targets):
        item.check(shape)
    return Subject(**vars(opened), targets=targets)


def open_model(model: Any, images: ArrayLike) -> Opened:
    """Images as a model takes them.

    model: a Keras model (images must have its input shape, values are left alone); a classifier or denoiser with `.model` and
    `.prepare(images)`; or any function images -> outputs.
    Raises InvalidInput where they do not fit.
    """
    import keras

    network = getattr(model, "model", None)
    function: Callable[[Array], Any] = model
    prepare: Callable[[ArrayLike], Array] = check_images
    if isinstance(model, keras.Model):
        network = model

        def prepare(given: ArrayLike) -> Array:
            return _bare_inputs(model, given)

        given = inputs = prepare(images)
    elif isinstance(network, keras.Model) and hasattr(model, "prepare"):
        input_shape(network)

        def prepare(given: ArrayLike) -> Array:
            return np.ascontiguousarray(model.prepare(check_images(given)), np.float32)

        given = check_images(images)
        inputs = prepare(given)
    elif network is None and callable(model):
        given = inputs = check_images(images)
    else:
        raise InvalidInput(
            f"Expected a Keras 3 model, a classifier, a denoiser or a function of images, received {type(model).__name__}."
        )
    if not len(inputs):
        raise InvalidInput("Expected at least one image, received none.")
    return Opened(network, function, inputs, (given.shape[1], given.shape[2]), prepare, getattr(model, "guides", 0))


def network_of(model: Any) -> Any:
    """The Keras model itself or inside a wrapper; InvalidInput where there is none."""
    import keras

    network = model if isinstance(model, keras.Model) else getattr(model, "model", None)
    if not isinstance(network, keras.Model):
        raise InvalidInput("This needs a neural network (a Keras 3 model); what was given has none, so it has no layers to show.")
    return network


def network_shape(model: Any, side: int) -> tuple[int, int, int]:
    """(h, w, c) that a Keras model takes, with `side` where any size goes."""
    height, width, channels = input_shape(model) or (None, None, None)
    return height or side, width or side, channels or 3


def _bare_inputs(model: Any, images: ArrayLike) -> Array:
    """Images for a Keras model as they are: its range of values and number of channels are its owner's choice."""
    array = np.asarray(images)
    expected = input_shape(model)
    if expected is not None:
        if array.ndim == 2 and expected[-1] == 1:
            array = array[..., None]
        if array.ndim == 3 and _fits(array.shape, expected):
            array = array[None]
    elif array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or (expected is not None and not _fits(array.shape[1:], expected)):
        wanted = f"(N, {', '.join(map(_size, expected))})" if expected is not None else "(N, H, W, C)"
        raise InvalidInput(
            f"This model takes images of shape {wanted}, received {np.shape(images)}. "
            "Resize them, and add or remove channels, first."
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise InvalidInput(
            f"Expected images as floats in the range that the model was trained on, received {array.dtype}. Convert them first."
        )
    array = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(array).all():
        raise InvalidInput("Expected finite images, received NaN or infinity. Replace them first (numpy.nan_to_num).")
    return array


def _fits(shape: Sequence[int], expected: Sequence[int | None]) -> bool:
    return len(shape) == len(expected) and all(want in (None, have) for have, want in zip(shape, expected, strict=True))


def _size(value: int | None) -> str:
    return "any" if value is None else str(value)


def input_shape(model: Any) -> tuple[int | None, ...] | None:
    """(h, w, c) that a Keras model takes, None where any size goes; None if a subclassed model does not say.

    Raises InvalidInput for a model of several inputs or one that takes no images.
    """
    try:
        inputs = model.inputs
    except AttributeError:  # a subclassed model
        inputs = None
    if not inputs:
        return None
    if len(inputs) > 1:
        raise InvalidInput(f"Expected a model of one input, received one of {len(inputs)}. Fix the others in a model of its own.")
    shape = tuple(inputs[0].shape)[1:]
    if len(shape) != 3:
        raise InvalidInput(f"Expected a model of images, with input shape (h, w, c), received input shape {shape}.")
    return shape


def class_scores(model: Any, inputs: Array) -> Array:
    """Logits of all classes, (N, classes) float32."""
    shape = inputs.shape[1:]

    def build() -> Any:
        return trace(lambda images: logits(apply(model, images)), ((None, *shape), "float32"))

    run = compiled(model, ("classes", shape), build)
    size = batch_size(model, shape)
    return np.concatenate([run(inputs[at : at + size]).numpy() for at in range(0, len(inputs), size)])


def scores(subject: Subject, inputs: Array, arguments: NDArray[Any]) -> Array:
    """The target's number for each of `inputs` (N, h, w, c) with `arguments` (N, numbers): (N,) float32."""
    if subject.model is None:
        outputs = np.asarray(subject.function(inputs), np.float32)
        return np.asarray(subject.kind.score(outputs, inputs, arguments), np.float32)
    model, kind = subject.model, subject.kind

    def build() -> Any:
        signature = ((None, *subject.shape), "float32"), ((None, arguments.shape[1]), arguments.dtype)
        return trace(lambda images, numbers: score(model, kind, images, numbers), *signature)

    run = compiled(model, ("scores", kind, subject.shape), build)
    size = batch_size(model, subject.shape)
    parts = [run(inputs[at : at + size], arguments[at : at + size]).numpy() for at in range(0, len(inputs), size)]
    return np.concatenate(parts)
