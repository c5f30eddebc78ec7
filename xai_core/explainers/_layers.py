"""The layers of a network: what they are called, their shapes, and their outputs while it runs."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..compiled import apply, compiled, lock, trace
from ..errors import UnknownName
from ._scores import logits
from .base import Shape

BATCH_BYTES = 768 * 2**20
"""Memory that the layers' outputs of one batch may take: 5 pictures of 224 x 224 through ResNet50, where single ones take half as
long again; on a CPU still larger batches are not faster."""


@dataclass(frozen=True)
class LayerInfo:
    """A layer for a picker: name (with "/" inside nested models), kind (class name), shape of its output for one image."""

    name: str
    kind: str
    shape: Shape

    @property
    def spatial(self) -> bool:
        """True for a map of more than one row and column, (h, w, channels)."""
        return len(self.shape) == 3 and min(self.shape[:2]) > 1

    @property
    def convolution(self) -> bool:
        return "Conv" in self.kind


@dataclass(frozen=True)
class Outline:
    """A network at one input size: layers in the order of their calls, shape of the output, numbers held per image."""

    layers: tuple[LayerInfo, ...]
    output_shape: Shape
    numbers: int

    def find(self, name: str) -> LayerInfo:
        """The layer of that name; inside nested models the last part is enough where it is unique."""
        matches = [layer for layer in self.layers if layer.name == name]
        matches = matches or [layer for layer in self.layers if layer.name.rpartition("/")[2] == name]
        if len(matches) != 1:
            raise UnknownName("layer", name, [layer.name for layer in self.layers])
        return matches[0]


def outline(model: Any, shape: Shape) -> Outline:
    """What happens inside a Keras model for inputs (h, w, c)."""
    found: Outline = compiled(model, ("outline", shape), lambda: _outline(model, shape))
    return found


def _outline(model: Any, shape: Shape) -> Outline:
    if not model.built:
        model(np.zeros((1, *shape), np.float32), training=False)
    seen: dict[str, Any] = {}
    output: Shape = ()

    def look(inputs: Any) -> Any:
        nonlocal seen, output
        with recording(model) as seen:
            outputs = apply(model, inputs)
        output = _shape(logits(outputs) if len(outputs.shape) == 2 else outputs)
        return outputs

    trace(look, ((1, *shape), "float32"))
    kinds = {path: type(layer).__name__ for path, layer in walk(model)}
    layers = tuple(LayerInfo(name, kinds[_path(name)], _shape(tensor)) for name, tensor in seen.items())
    numbers = int(np.prod(shape)) + sum(int(np.prod(layer.shape)) for layer in layers)
    return Outline(layers, output, numbers)


def _shape(tensor: Any) -> Shape:
    return tuple(int(side or 1) for side in tensor.shape[1:])


def _path(name: str) -> str:
    return name.partition("#")[0].partition("[")[0]


def batch_size(model: Any, shape: Shape) -> int:
    """Images of one batch, from 1 to 64, bounded by the memory of the layers' outputs."""
    return max(1, min(64, BATCH_BYTES // (4 * outline(model, shape).numbers)))


def walk(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All layers with their path, nested models and composite layers included."""
    for layer in model._flatten_layers(include_self=False, recursive=False):
        yield prefix + layer.name, layer
        yield from walk(layer, f"{prefix}{layer.name}/")


@contextmanager
def wrapping(model: Any, around: Callable[[str, Any, Callable[..., Any], Any, Any], Any]) -> Iterator[None]:
    """Each call of a layer by this thread goes through `around(path, layer, call, args, kwargs)`, which returns the outputs.

    Works for nested and subclassed models, where Keras offers no graph of the whole: for the time of a trace each layer's
    `call` is replaced on the object.
    """
    owner = threading.get_ident()

    def wrapped(path: str, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != owner:
                return call(*args, **kwargs)
            return around(path, layer, call, args, kwargs)

        return wrapper

    with lock:
        changed: list[Any] = []
        try:
            for path, layer in walk(model):
                if "call" not in vars(layer):  # a layer that is shared has been replaced already
                    object.__setattr__(layer, "call", wrapped(path, layer, layer.call))
                    changed.append(layer)
            yield
        finally:
            for layer in changed:
                object.__delattr__(layer, "call")


@contextmanager
def recording(model: Any, watch: Callable[[str, Any], Any] | None = None) -> Iterator[dict[str, Any]]:
    """Collect the output of every layer that this thread calls: {path: tensor}, in the order of the calls.

    A second call of the same layer is named "path#2", the parts of a layer with several outputs "path[0]", "path[1]".
    watch: may replace a tensor, as watch(name, tensor).
    """
    import keras

    found: dict[str, Any] = {}
    calls: dict[str, int] = {}

    def around(path: str, layer: Any, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        outputs = call(*args, **kwargs)
        calls[path] = calls.get(path, 0) + 1
        name = path if calls[path] == 1 else f"{path}#{calls[path]}"
        tensors = keras.tree.flatten(outputs)
        for index, tensor in enumerate(tensors):
            part = name if len(tensors) == 1 else f"{name}[{index}]"
            if watch is not None and len(tensors) == 1:
                outputs = tensor = watch(part, tensor)
            found[part] = tensor
        return outputs

    with wrapping(model, around):
        yield found


def field(model: Any, shape: Shape) -> tuple[slice, slice]:
    """Rows and columns of the input that the network looks at: all, or what a Cropping2D right behind the input leaves.

    A layer's map lies over these, not over the whole picture. shape: (h, w, c) of the input.
    """
    import keras

    layers = [layer for layer in getattr(model, "layers", ()) if not isinstance(layer, keras.layers.InputLayer)]
    (top, bottom), (left, right) = (
        layers[0].cropping if layers and isinstance(layers[0], keras.layers.Cropping2D) else ((0, 0), (0, 0))
    )
    return slice(top, shape[0] - bottom), slice(left, shape[1] - right)


def attention_layers(model: Any) -> list[Any]:
    """The layers of a network that compute attention between tokens and can tell it."""
    import keras

    kinds = keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention
    return [layer for _, layer in walk(model) if isinstance(layer, kinds)]


@contextmanager
def attending(model: Any) -> Iterator[list[Any]]:
    """Collect the attention of every layer of self-attention that this thread calls: (N, heads, tokens, tokens) tensors.

    A layer that is asked for its scores computes its output from them, so that gradients at them are those of the network.
    (Flash attention, which never holds them, is refused by Keras on TensorFlow.)
    """
    import tensorflow as tf

    layers = {id(layer) for layer in attention_layers(model)}
    found: list[Any] = []

    def around(path: str, layer: Any, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if id(layer) not in layers:
            return call(*args, **kwargs)
        query, value = (args[at] if len(args) > at else kwargs[name] for at, name in enumerate(("query", "value")))
        outputs, scores = call(*args, **{**kwargs, "return_attention_scores": True})
        if _origin(query) is _origin(value):
            rank = (len(scores.shape) - 2) // 2  # attention over rows and columns is one over all their pairs
            tokens = [int(np.prod(scores.shape[2 + at : 2 + at + rank])) for at in (0, rank)]
            found.append(scores if rank == 1 else tf.reshape(scores, (-1, scores.shape[1], *tokens)))
        return (outputs, scores) if kwargs.get("return_attention_scores") else outputs

    with wrapping(model, around):
        yield found


def _origin(tensor: Any) -> Any:
    """The tensor before it was handed on or cast: of mixed precision each argument of a layer is cast for itself."""
    while tensor.op.type in ("Identity", "Cast"):
        tensor = tensor.op.inputs[0]
    return tensor
