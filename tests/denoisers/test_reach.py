"""How far a network looks, as its Spec says: not less, and no more than it must."""

import numpy as np
import pytest

from xai_core.denoisers import DENOISERS, _tiles
from xai_core.explainers._gradients import pull_back
from xai_core.training import get_recipe

ANY_SIZE = [spec for spec in DENOISERS if spec.supports.get("neural") and "shape" not in spec.supports]


@pytest.mark.parametrize("spec", ANY_SIZE, ids=lambda spec: spec.name)
def test_reach_is_where_the_gradient_ends(spec, rng):
    """With weights above 0 nothing cancels and no rectifier is silent: the gradient is not 0 wherever the network looks."""
    model = get_recipe(spec.name).network()
    model.set_weights(
        [0.01 + 0.1 * np.abs(rng.standard_normal(w.shape)) if w.ndim > 1 else np.ones_like(w) for w in model.get_weights()]
    )
    farthest = 0
    for offset in range(spec.supports.get("stride", 1)):
        place = 96 + offset
        pictures = 0.5 + rng.random((1, 192, 192, model.input_shape[-1]), dtype=np.float32)
        picked = np.zeros((1, 192, 192, model.output_shape[-1]), np.float32)
        picked[0, place, place] = 1
        seen = np.flatnonzero(np.abs(pull_back(model, pictures, picked)[0, ..., 0]).sum(axis=1))
        farthest = max(farthest, place - seen[0], seen[-1] - place)
    assert farthest == spec.supports["reach"]
    assert not _tiles.STEP % spec.supports.get("stride", 1), "a tile would begin between the network's own steps"
