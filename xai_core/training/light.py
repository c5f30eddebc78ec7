"""Random light on training pictures: where the classes were lit differently, light must not tell them apart."""

import numpy as np

from ..types import Array


def relight(images: Array, strength: float, rng: np.random.Generator) -> Array:
    """Change gamma, contrast and brightness of each picture at random, evenly over the picture.

    x -> c (x^g - 1/2) + 1/2 + b, limited to [0, 1]; g and c are e^u with u even in [-strength, strength], b is even in
    [-strength / 2, strength / 2]. images: (N, H, W, C) in [0, 1]; the result as well. strength 0 changes nothing.
    """
    shape = len(images), 1, 1, 1
    gamma, contrast = np.exp(rng.uniform(-strength, strength, (2, *shape))).astype(np.float32)
    brightness = rng.uniform(-strength / 2, strength / 2, shape).astype(np.float32)
    return np.asarray(np.clip(contrast * (images**gamma - 0.5) + 0.5 + brightness, 0, 1), np.float32)
