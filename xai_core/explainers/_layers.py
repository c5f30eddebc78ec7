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

BATCH_BYTES = 128 * 2**20
"""Memory that the layers' outputs of one batch may take; on a CPU larger batches are not faster."""


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
def recording(model: Any, watch: Callable[[str, Any], Any] | None = None) -> Iterator[dict[str, Any]]:
    """Collect the output of every layer that this thread calls: {path: tensor}, in the order of the calls.

    A second call of the same layer is named "path#2", the parts of a layer with several outputs "path[0]", "path[1]".
    watch: may replace a tensor, as watch(name, tensor). Works for nested and subclassed models, where Keras offers no graph
    of the whole: for the time of a trace each layer's `call` is replaced on the object.
    """
    import keras

    owner = threading.get_ident()
    found: dict[str, Any] = {}
    calls: dict[str, int] = {}

    def recorded(path: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            if threading.get_ident() != owner:
                return outputs
            calls[path] = calls.get(path, 0) + 1
            name = path if calls[path] == 1 else f"{path}#{calls[path]}"
            tensors = keras.tree.flatten(outputs)
            for index, tensor in enumerate(tensors):
                part = name if len(tensors) == 1 else f"{name}[{index}]"
                if watch is not None and len(tensors) == 1:
                    outputs = tensor = watch(part, tensor)
                found[part] = tensor
            return outputs

        return wrapper

    with lock:
        changed: list[Any] = []
        try:
            for path, layer in walk(model):
                if "call" not in vars(layer):  # a layer that is shared has been replaced already
                    object.__setattr__(layer, "call", recorded(path, layer.call))
                    changed.append(layer)
            yield found
        finally:
            for layer in changed:
                object.__delattr__(layer, "call")
