"""The density that is laid over the histogram of the noise."""

import numpy as np
import pytest

from xai_core.noise import add_noise
from xai_core.noise.density import density

CONTINUOUS = [("gaussian", 25.0), ("laplace", 25.0), ("uniform", 25.0), ("periodic", 40.0), ("speckle", 4.0)]


@pytest.mark.parametrize(("kind", "level"), CONTINUOUS)
def test_densities_integrate_to_one_and_agree_with_the_noise(kind, level):
    """Shares of the noise in bins against the integral of the density over them."""
    clean = np.full((1, 300, 300, 1), 0.5, np.float32)
    noise = 255 * (add_noise(clean, kind, level, seed=1) - clean).ravel()
    edges = np.linspace(noise.min() - 1, noise.max() + 1, 4001)
    middles = (edges[:-1] + edges[1:]) / 2
    mass = density(kind, middles, clean, level) * np.diff(edges)
    assert mass.sum() == pytest.approx(1, abs=0.02)
    share, _ = np.histogram(noise, np.linspace(edges[0], edges[-1], 21))
    np.testing.assert_allclose(share / noise.size, mass.reshape(20, 200).sum(1), atol=0.015)


@pytest.mark.parametrize("kind", ["salt_pepper", "poisson"])
def test_noise_of_few_values_has_no_density(kind):
    assert density(kind, np.zeros(3), np.zeros((1, 4, 4, 1), np.float32), 1.0) is None
