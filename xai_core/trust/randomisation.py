"""The twin of a network that has learned nothing."""

from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..explainers._models import network_of


def randomised(model: Any, *, seed: int = 0) -> Any:
    """A copy of a model whose weights are shuffled within each array: the same numbers, nothing learned.

    model: a functional or sequential Keras model, nested ones included, or a classifier or denoiser that holds one.
    The model itself stays as it is. Raises InvalidInput for a subclassed model, which cannot be copied.
    Source: Adebayo et al. (2018), arXiv:1810.03292 (full randomisation).
    """
    import keras

    network = network_of(model)
    try:
        twin = keras.models.clone_model(network)
        twin.set_weights(_shuffled(network, seed))
    except (ValueError, TypeError, NotImplementedError, RuntimeError) as error:
        raise InvalidInput(
            "A model of a class of its own cannot be copied, so there is no randomised twin to compare with."
        ) from error
    return replace(model, model=twin) if is_dataclass(model) and not isinstance(model, type) else twin


def _shuffled(network: Any, seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.permuted(weight.ravel()).reshape(weight.shape) for weight in network.get_weights()]
