"""The twin of a network that has learned nothing."""

import zlib
from dataclasses import is_dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from ..compiled import lock
from ..errors import InvalidInput
from ..explainers._models import network_of

_twins: WeakKeyDictionary[Any, tuple[tuple[int, int], Any]] = WeakKeyDictionary()
"""The last twin of each network, which goes when the network goes: making one and compiling for it takes a second."""


def randomised(model: Any, *, seed: int = 0) -> Any:
    """A copy of a model whose weights are shuffled within each array: the same numbers, nothing learned.

    model: a functional or sequential Keras model, nested ones included, or a classifier or denoiser that holds one.
    The model itself stays as it is; the twin is kept until the model's weights change or it goes, so leave it as it is too.
    Raises InvalidInput for a subclassed model, which cannot be copied.
    Source: Adebayo et al. (2018), arXiv:1810.03292 (full randomisation).
    """
    network = network_of(model)
    key = (seed, _checksum(network))
    with lock:
        kept = _twins.get(network)
        if kept is None or kept[0] != key:
            kept = _twins[network] = key, _twin(network, seed)
    twin = kept[1]
    return replace(model, model=twin) if is_dataclass(model) and not isinstance(model, type) else twin


def _twin(network: Any, seed: int) -> Any:
    import keras

    rng = np.random.default_rng(seed)
    try:
        twin = keras.models.clone_model(network)
        twin.set_weights([rng.permuted(weight.ravel()).reshape(weight.shape) for weight in network.get_weights()])
    except (ValueError, TypeError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput(
            "A model of a class of its own cannot be copied, so there is no randomised twin to compare with."
        ) from error
    return twin


def _checksum(network: Any) -> int:
    value = 0
    for weight in network.get_weights():
        value = zlib.crc32(np.ascontiguousarray(weight).data, value)
    return value


def efficient_mprt(trained: ArrayLike, untrained: ArrayLike, *, bins: int = 100) -> float:
    """How much the complexity of a map rises when the network's weights are randomised: (c' - c) / c; it must be ABOVE 0.

    trained, untrained: the map of the network and of its randomised twin. c: entropy of the histogram of the map's values over
    its own range, in nats. NaN where the trained network's map is constant.
    Source: Hedström, Weber, Lapuschkin & Höhne (2024), arXiv:2401.06465 (efficient model parameter randomisation test).
    """
    before, after = (_histogram_entropy(heatmap, bins) for heatmap in (trained, untrained))
    return (after - before) / before if before > 0 else float("nan")


def _histogram_entropy(heatmap: ArrayLike, bins: int) -> float:
    values = np.asarray(heatmap, np.float64).ravel()
    if np.ptp(values) == 0:
        return 0.0
    counts = np.histogram(values, bins)[0]
    shares = counts[counts > 0] / values.size
    return float(-(shares * np.log(shares)).sum())
