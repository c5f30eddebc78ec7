"""Posterior directions: a Gaussian prior's closed form, eigenvectors of known matrices, a crop that changes nothing."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from xai_core.denoisers import load_denoiser
from xai_core.errors import Cancelled, InvalidInput
from xai_core.explainers._gradients import pull_back
from xai_core.explainers.denoiser.posterior import posterior_directions
from xai_core.noise import add_noise

SIGMA = 25


def convolution(kernel):
    """A network of one convolution without a bias."""
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(1, kernel.shape, padding="same", use_bias=False)(inputs))
    model.layers[-1].kernel.assign(kernel[..., None, None])
    return model


def block(model, height, width):
    """The Jacobian of a linear network within a patch in the middle of a picture, column by column."""
    size = height * width
    pictures = np.zeros((size, height + 20, width + 20, 1), np.float32)
    pictures[:, 10:-10, 10:-10, 0] = np.eye(size).reshape(size, height, width)
    return np.asarray(model(pictures), np.float64)[:, 10:-10, 10:-10, 0].reshape(size, size).T


def assert_eigen_directions(found, matrix):
    """Against numpy.linalg.eigh of the symmetric part of `matrix`: values, and directions where they are told apart."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    count = len(found.eigenvalues)
    np.testing.assert_allclose(found.eigenvalues, values[::-1][:count], atol=1e-3)
    flat = found.directions.reshape(count, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(count), atol=1e-5)
    cosines = np.abs(np.sum(flat * vectors.T[::-1][:count], axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


@pytest.fixture
def noisy(rng):
    rows, columns = np.mgrid[:72, :60] / 20
    clean = 0.5 + 0.3 * np.sin(3 * rows) * np.cos(2 * columns)
    return add_noise(clean[None, ..., None], "gaussian", SIGMA, seed=1)


def test_a_gaussian_prior_has_its_posterior(rng):
    """x ~ N(mu, C) and y = x + n: the covariance of x given y is C - C (C + s^2)^-1 C, whatever y is."""
    height, width = 5, 6
    axes = np.linalg.qr(rng.standard_normal((30, 30)))[0]
    prior = axes * (0.3 * 0.8 ** np.arange(30)) ** 2 @ axes.T
    gain = prior @ np.linalg.inv(prior + np.eye(30) * (SIGMA / 255) ** 2)

    def wiener(images):
        return (0.5 + (np.asarray(images, np.float64).reshape(-1, 30) - 0.5) @ gain.T).reshape(images.shape)

    y = (0.5 + 0.1 * rng.standard_normal((height, width, 1))).astype(np.float32)
    found = posterior_directions(wiener, y, 0, 0, height, width, sigma=SIGMA)
    posterior = prior - gain @ prior
    np.testing.assert_allclose(found.deviations / 255, np.sqrt(np.linalg.eigvalsh(posterior)[::-1][:3]), rtol=1e-3)
    assert_eigen_directions(found, gain)
    np.testing.assert_allclose(found.mean, wiener(y)[..., :1], atol=1e-6)
    assert found.asymmetry < 1e-3


def test_a_symmetric_network_gives_its_eigenvectors(noisy):
    kernel = np.outer([1, 3, 5, 3, 1], [1, 4, 5.5, 4, 1]) / 13 / 15.5
    model = convolution(kernel)
    found = posterior_directions(model, noisy, 11, 12, 9, 7, 4, sigma=SIGMA)
    assert_eigen_directions(found, block(model, 9, 7))
    assert found.asymmetry < 1e-6 and found.residuals.max() < 1e-4 and found.iterations < 15


def test_only_the_symmetric_part_counts_and_the_rest_is_reported(noisy, rng):
    model = convolution(0.2 * rng.standard_normal((3, 3)))
    found = posterior_directions(model, noisy, 11, 12, 4, 4, 2, sigma=SIGMA, tolerance=0)
    matrix = block(model, 4, 4)
    assert_eigen_directions(found, matrix)
    assert found.iterations == 8, "8 blocks of 2 fill the space of 16"
    assert found.asymmetry == pytest.approx(np.linalg.norm(matrix - matrix.T) / np.linalg.norm(matrix + matrix.T), rel=1e-4)


@pytest.mark.parametrize("name", ["unet-grey", "ffdnet"])
def test_a_crop_equals_the_whole_picture(name, rng):
    denoiser = load_denoiser(name).at(SIGMA)
    noisy = add_noise(np.full((1, 100, 131, 1), 0.5, np.float32), "gaussian", SIGMA, seed=2)
    blind = SimpleNamespace(model=denoiser.model, prepare=denoiser.prepare, guides=denoiser.guides)
    crop, whole = (
        posterior_directions(one, noisy, 85, 27, 8, 8, 2, sigma=SIGMA, iterations=4, tolerance=0) for one in (denoiser, blind)
    )
    np.testing.assert_allclose(crop.eigenvalues, whole.eigenvalues, atol=1e-5)
    np.testing.assert_allclose(crop.directions, whole.directions, atol=1e-4)
    np.testing.assert_allclose(crop.mean, denoiser.unclipped(noisy)[0, 85:93, 27:35], atol=1e-5)


def test_directions_of_a_network_are_those_of_its_jacobian(noisy):
    """Against the complete block, from backward products of its rows."""
    denoiser = load_denoiser("ffdnet").at(SIGMA)
    rows = np.zeros((81, *noisy.shape[1:]), np.float32)
    rows[:, 30:39, 20:29, 0] = np.eye(81).reshape(81, 9, 9)
    inputs = np.repeat(denoiser.prepare(noisy), 81, axis=0)
    matrix = pull_back(denoiser.model, inputs, rows)[:, 30:39, 20:29, 0].reshape(81, 81).astype(np.float64)
    found = posterior_directions(denoiser, noisy, 30, 20, 9, 9)
    assert_eigen_directions(found, matrix)
    assert found.sigma == SIGMA, "the level that the denoiser is told"


def test_the_same_seed_gives_the_same_bytes(noisy):
    denoiser = load_denoiser("ffdnet").at(SIGMA)
    one, again, other = (posterior_directions(denoiser, noisy, 3, 5, 8, 8, iterations=3, seed=seed) for seed in (4, 4, 5))
    assert one.directions.tobytes() == again.directions.tobytes()
    assert one.directions.tobytes() != other.directions.tobytes()


def test_one_moves_along_a_direction(noisy):
    found = posterior_directions(load_denoiser("gaussian"), noisy, 20, 20, 6, 6, sigma=SIGMA)
    np.testing.assert_array_equal(found.along(1, 0), found.mean)
    moved = found.along(1, -2) - found.mean
    assert np.linalg.norm(moved) == pytest.approx(2 * found.deviations[1] / 255, rel=1e-4)
    assert float(np.sum(moved * found.directions[1])) < 0
    with pytest.raises(InvalidInput, match="from 0 to 2"):
        found.along(3, 1)


def test_a_denoiser_that_gives_nothing_leaves_nothing_to_doubt(noisy):
    found = posterior_directions(lambda images: np.zeros_like(images), noisy, 20, 20, 6, 6, sigma=SIGMA)
    assert (found.deviations == 0).all() and found.asymmetry == 0 and np.isfinite(found.directions).all()


def test_progress_comes_and_can_stop_the_work(noisy):
    shares = []
    posterior_directions(load_denoiser("gaussian"), noisy, 3, 5, 8, 8, sigma=SIGMA, iterations=5, progress=shares.append)
    assert shares[-1] == 1 and shares == sorted(shares) and len(shares) >= 5

    def stop(share):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        posterior_directions(load_denoiser("gaussian"), noisy, 3, 5, 8, 8, sigma=SIGMA, progress=stop)


def test_mistakes_are_named(noisy):
    denoiser = load_denoiser("unet-blind")
    with pytest.raises(InvalidInput, match="sigma=25"):
        posterior_directions(denoiser, noisy, 3, 5, 8, 8)
    with pytest.raises(InvalidInput, match="within the 72 x 60 picture"):
        posterior_directions(denoiser, noisy, 66, 5, 8, 8, sigma=SIGMA)
    with pytest.raises(InvalidInput, match="1 to 4 directions"):
        posterior_directions(denoiser, noisy, 3, 5, 2, 2, 5, sigma=SIGMA)
    with pytest.raises(InvalidInput, match="at least 1 x 1"):
        posterior_directions(denoiser, noisy, 3, 5, 0, 8, sigma=SIGMA)
    with pytest.raises(InvalidInput, match="at least 1 iteration"):
        posterior_directions(denoiser, noisy, 3, 5, 8, 8, sigma=SIGMA, iterations=0)
