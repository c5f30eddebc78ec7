"""Which layers are linear, which add a constant, and where a layer's own activation begins.

Said here by name, because forward differentiation, which could tell, takes time, leaves rounding, and knows nothing of a bilinear
resize.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

HOMOGENEOUS = ("GlobalMaxPooling2D", "MaxPooling2D", "Maximum", "Minimum")
"""Keras layers with f(a u) = a f(u) for a > 0 that are not linear."""

LINEAR = (
    *("Add", "Average", "AveragePooling2D", "Concatenate", "Cropping2D", "Dropout", "Flatten", "GlobalAveragePooling2D"),
    *("Permute", "Reshape", "Resizing", "SpatialDropout2D", "Subtract", "UpSampling2D", "ZeroPadding2D"),
)
"""Keras layers that are linear at inference. A layer of one's own says so by a class attribute: linear = True."""

BIASED = ("Dense", "EinsumDense", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D")
"""Keras layers that are linear but for a bias and an activation behind it."""


@cache
def _kinds(names: tuple[str, ...]) -> frozenset[type]:
    import keras

    return frozenset(getattr(keras.layers, name) for name in names)


def is_linear(layer: Any) -> bool:
    """f(u + v) = f(u) + f(v), at inference."""
    return type(layer) in _kinds(LINEAR) or bool(getattr(type(layer), "linear", False))


def is_homogeneous(layer: Any) -> bool:
    """f(a u) = a f(u) for a > 0: no constant part, so that f(u) = f'(u) u."""
    return is_linear(layer) or type(layer) in _kinds(HOMOGENEOUS)


def is_biased(layer: Any) -> bool:
    """Linear, a bias over the last axis (or None), an activation."""
    return type(layer) in _kinds(BIASED) and getattr(layer, "data_format", "") != "channels_first"


@contextmanager
def activation(layer: Any, function: Callable[[Any, Callable[[Any], Any]], Any]) -> Iterator[None]:
    """While a layer is called, `function(outputs before the activation, activation)` stands in for its activation."""
    kept = layer.activation
    object.__setattr__(layer, "activation", lambda outputs: function(outputs, kept))
    try:
        yield
    finally:
        object.__setattr__(layer, "activation", kept)
