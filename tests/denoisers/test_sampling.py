"""Posterior samples against the one posterior that is known in closed form: Gaussian pictures under Gaussian noise."""

from dataclasses import replace

import numpy as np
import pytest

from xai_core.denoisers import DENOISERS, Denoiser, load_denoiser, sampling
from xai_core.denoisers.sampling import draw, posterior_samples
from xai_core.errors import InvalidInput
from xai_core.noise import add_noise
from xai_core.registry import Spec
from xai_core.training import get_recipe

PRIOR_MEAN, PRIOR = 0.5, 0.06
LEVEL = 25.0


class Exact(Denoiser):
    """E[x | y] of pixels x ~ N(0.5, 0.06^2) under noise of a told level."""

    def unclipped(self, images, level=None):
        sigma = level / 255
        return ((PRIOR**2 * images + sigma**2 * PRIOR_MEAN) / (PRIOR**2 + sigma**2)).astype(np.float32)


EXACT = Exact(Spec("exact", "Exact", "", "", supports={"guided": True}))
SIGMA = LEVEL / 255
DEVIATION = (PRIOR**-2 + SIGMA**-2) ** -0.5


def test_many_small_steps_have_the_posteriors_mean_and_spread():
    noisy = np.full((1, 40, 40, 1), 0.62, np.float32)
    mean = (PRIOR**2 * 0.62 + SIGMA**2 * PRIOR_MEAN) / (PRIOR**2 + SIGMA**2)
    found = posterior_samples(EXACT, noisy, LEVEL, samples=12, steps=200)
    assert found.samples.mean() == pytest.approx(mean, abs=4 * DEVIATION / np.sqrt(12 * 1600))
    assert found.samples.std() == pytest.approx(DEVIATION, rel=0.03)
    np.testing.assert_allclose(found.mean, found.samples.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.deviation, found.samples.std(axis=0), atol=1e-6)


def test_few_steps_have_too_small_a_spread_and_the_right_mean():
    """What a step leaves out is noise that it would have added: the spread grows with the steps, towards the posterior's."""
    noisy = np.full((1, 40, 40, 1), 0.62, np.float32)
    spreads = [posterior_samples(EXACT, noisy, LEVEL, samples=4, steps=steps).samples.std() for steps in (2, 5, 20)]
    assert spreads == sorted(spreads) and spreads[-1] < DEVIATION * 1.02


def test_without_fresh_noise_all_seeds_agree(rng):
    noisy = rng.random((2, 6, 6, 1), np.float32)
    found = posterior_samples(EXACT, noisy, LEVEL, samples=3, eta=0, seed=1)
    assert not found.deviation.any()
    again = posterior_samples(EXACT, noisy, LEVEL, samples=1, eta=0, seed=9)
    assert np.array_equal(found.samples[0], again.samples[0])


def test_one_step_is_the_denoiser(rng):
    noisy = rng.random((2, 6, 6, 1), np.float32)
    found = posterior_samples(EXACT, noisy, LEVEL, samples=2, steps=1)
    np.testing.assert_allclose(found.samples[1], EXACT.unclipped(noisy, LEVEL), atol=1e-6)


def test_a_sample_is_its_own(rng):
    """The same seed, the same bytes; sample i whatever the number of samples, also beyond one batch."""
    noisy = rng.random((3, 5, 5, 1), np.float32)
    many = posterior_samples(EXACT, noisy, LEVEL, samples=30, steps=4, seed=5).samples
    assert many.tobytes() == posterior_samples(EXACT, noisy, LEVEL, samples=30, steps=4, seed=5).samples.tobytes()
    np.testing.assert_allclose(posterior_samples(EXACT, noisy, LEVEL, samples=2, steps=4, seed=5).samples, many[:2], atol=1e-6)
    assert not np.array_equal(posterior_samples(EXACT, noisy, LEVEL, samples=1, steps=4, seed=6).samples[0], many[0])
    assert not np.array_equal(many[0], many[1])


def test_a_sample_is_not_given_the_noise_of_its_picture():
    """NumPy's generators of 7 and of (7, 0) are the same: the fresh noise of a sample must be no part of the picture's."""
    clean = np.full((1, 60, 60, 1), PRIOR_MEAN, np.float32)
    noise = add_noise(clean, "gaussian", LEVEL, seed=7) - clean
    kept = posterior_samples(EXACT, clean, LEVEL, samples=4, steps=2, seed=7).samples - PRIOR_MEAN
    for sample in kept:
        assert abs(np.corrcoef(sample.ravel(), noise.ravel())[0, 1]) < 4 / 60


def test_progress_grows_step_by_step_to_one(rng):
    shares = []
    posterior_samples(EXACT, rng.random((1, 4, 4, 1), np.float32), LEVEL, samples=100, steps=2, progress=shares.append)
    np.testing.assert_allclose(shares, [0.32, 0.64, 0.82, 1.0])


def test_large_pictures_are_refined_few_at_a_time(rng):
    """Memory is bounded, and a sample is the same however many are refined together."""
    noisy = rng.random((1, 8, 8, 1), np.float32)
    together = posterior_samples(EXACT, noisy, LEVEL, samples=5, steps=3).samples
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "BATCH_PIXELS", 130)
        shares = []
        apart = posterior_samples(EXACT, noisy, LEVEL, samples=5, steps=3, progress=shares.append).samples
    assert len(shares) == 9
    np.testing.assert_allclose(apart, together, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"samples": 0}, "at least one sample"), ({"steps": 0}, "one step"), ({"eta": 1.5}, "from 0 to 1")],
)
def test_numbers_out_of_range_get_a_sentence(rng, change, words):
    with pytest.raises(InvalidInput, match=words):
        posterior_samples(EXACT, rng.random((1, 4, 4, 1), np.float32), LEVEL, **change)


def test_only_a_denoiser_that_is_told_the_level(rng):
    noisy = rng.random((1, 8, 8, 1), np.float32)
    with pytest.raises(InvalidInput, match="not told the noise level"):
        posterior_samples(load_denoiser("median"), noisy, LEVEL)
    with pytest.raises(InvalidInput, match="above 0"):
        posterior_samples(EXACT, noisy, 0)
    with pytest.raises(InvalidInput, match="pure noise"):
        draw(EXACT, 2)


def test_pictures_out_of_nothing_have_the_priors_mean_and_spread():
    spec = replace(EXACT.spec, supports={"guided": True, "shape": (30, 30, 1), "highest": 900, "mean": PRIOR_MEAN})
    found = draw(Exact(spec), 3, steps=300)
    assert found.shape == (3, 30, 30, 1)
    assert found.mean() == pytest.approx(PRIOR_MEAN, abs=0.006)
    assert found.std() == pytest.approx(PRIOR, rel=0.06)


def test_nothing_starts_at_the_mean_brightness_of_the_pictures():
    """m + b + s n: mean m; over pictures, the mean's variance is b's and s^2 over the number of pixels."""
    began = []

    class Asked(Exact):
        def unclipped(self, images, level=None):
            began.append(images)
            return super().unclipped(images, level)

    supports = {"guided": True, "shape": (8, 8, 1), "highest": 400, "mean": 0.3, "brightness_spread": 0.4}
    draw(Asked(replace(EXACT.spec, supports=supports)), 3000, steps=1)
    means = began[0].mean(axis=(1, 2, 3))
    variance = 0.4**2 + (400 / 255 / 8) ** 2
    assert means.mean() == pytest.approx(0.3, abs=4 * np.sqrt(variance / 3000))
    assert means.var() == pytest.approx(variance, rel=0.12)
    assert (began[0] - means[:, None, None, None]).std() == pytest.approx(400 / 255 * np.sqrt(63 / 64), rel=0.01)


def test_a_diffusion_model_starts_as_its_recipe_ends():
    """What the network was trained with and what a draw assumes is the same."""
    supports, recipe = DENOISERS.get("diffusion-fashion").supports, get_recipe("diffusion-fashion")
    assert supports["mean"] == dict(recipe.arguments)["mean"]
    assert supports["highest"] == max(high for _, _, high in recipe.noise)
