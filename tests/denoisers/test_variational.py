"""Variational denoisers: the KL term in closed form and by Monte Carlo, its weight in the loss, samples, traversal."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from scipy import integrate, stats

from xai_core.datasets import load_dataset
from xai_core.denoisers import DENOISERS, Denoiser, latent, load_denoiser
from xai_core.denoisers.neural.variational import DEVIATION, build_variational, kl_divergence, kl_weight
from xai_core.errors import InvalidInput, ModelNotFound
from xai_core.noise import add_noise
from xai_core.registry import Spec
from xai_core.training import get_recipe

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SPREAD = ["variational-cifar10-single", "variational-cifar10", "variational-cifar10-beta-low", "variational-cifar10-beta-high"]


def small(variational=True, beta=1.0):
    keras.utils.set_random_seed(0)
    model = build_variational(3, 8, widths=(4, 6), latent=5, beta=beta, variational=variational)
    rng = np.random.default_rng(3)  # as if trained: nothing is 0
    model.set_weights([values + 0.1 * rng.standard_normal(values.shape) for values in model.get_weights()])
    return Denoiser(Spec("small", "Small", "", "", supports={"neural": True, "blind": True, "shape": (8, 8, 3)}), model)


@pytest.fixture(scope="module")
def tiny():
    return SimpleNamespace(spread=small(), plain=small(variational=False))


@pytest.fixture
def noisy(rng):
    return rng.normal(0.5, 0.4, (3, 8, 8, 3)).astype(np.float32)


# KL


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.5, 0.3), (-2.0, 2.0), (0.01, 0.999)])
def test_kl_is_the_integral(mean, deviation):
    """Against the definition, by quadrature with SciPy's densities."""
    q, p = stats.norm(mean, deviation), stats.norm()
    expected, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - 12 * deviation, mean + 12 * deviation)
    found = float(kl_divergence(np.float32(mean), np.float32(2 * np.log(deviation))))
    assert found == pytest.approx(expected, abs=1e-5)
    one = latent.Latent(np.full((1, 1, 1, 1), mean, np.float32), np.full((1, 1, 1, 1), deviation, np.float32))
    assert one.kl.item() == pytest.approx(expected, abs=1e-6)


def test_kl_by_monte_carlo(rng):
    mean, deviation = 0.8, 0.5
    z = rng.normal(mean, deviation, 200_000)
    ratio = stats.norm.logpdf(z, mean, deviation) - stats.norm.logpdf(z)
    error = ratio.std() / np.sqrt(len(z))
    assert float(kl_divergence(np.float32(mean), np.float32(2 * np.log(deviation)))) == pytest.approx(ratio.mean(), abs=4 * error)


# The loss


@pytest.mark.parametrize("beta", [0.1, 1.0, 10.0])
def test_the_loss_is_the_negative_elbo_up_to_scale_and_constant(beta, rng):
    """By hand from the outputs; and 2 s^2 / D times -log p(x | z) by SciPy differs from it by a constant alone."""
    denoiser = small(beta=beta)
    clean, noisy = rng.random((2, 4, 8, 8, 3), np.float32)
    denoiser.model.compile("sgd", "mse")
    found = denoiser.model.evaluate(noisy, clean, verbose=0, return_dict=True)
    kl = latent.encode(denoiser, noisy).kl.sum(axis=(1, 2, 3))
    output = np.asarray(denoiser.model(noisy), np.float64)
    numbers = 8 * 8 * 3
    assert found["kl"] == pytest.approx(kl.mean(), rel=1e-5)
    expected = np.square(output - clean).mean() + beta * 2 * DEVIATION**2 / numbers * kl.mean()
    assert found["loss"] == pytest.approx(expected, rel=1e-5)

    likelihood = stats.norm.logpdf(clean, output, DEVIATION).sum(axis=(1, 2, 3))
    constant = numbers * np.log(DEVIATION * np.sqrt(2 * np.pi))
    elbo = (likelihood - beta * kl).mean()
    assert found["loss"] == pytest.approx(2 * DEVIATION**2 / numbers * (-elbo - constant), rel=1e-4)
    assert kl_weight(numbers, beta) == beta * 2 * DEVIATION**2 / numbers


def test_training_draws_and_inference_does_not(tiny, noisy):
    model = tiny.spread.model
    one, other = (np.asarray(model(noisy, training=True)) for _ in range(2))
    assert np.abs(one - other).max() > 1e-3
    assert np.array_equal(model(noisy), model(noisy))


def test_the_draw_has_the_mean_and_the_spread_of_the_posterior(tiny, noisy):
    encoded = latent.encode(tiny.spread, noisy[:1])
    layer = tiny.spread.model.get_layer("latent")
    mean = np.repeat(encoded.mean, 4000, axis=0)
    log_variance = np.repeat(2 * np.log(encoded.deviation), 4000, axis=0)
    drawn = np.asarray(layer([mean, log_variance], training=True))
    errors = encoded.deviation[0] / np.sqrt(4000)
    assert (np.abs(drawn.mean(axis=0) - encoded.mean[0]) < 5 * errors).all()
    np.testing.assert_allclose(drawn.std(axis=0), encoded.deviation[0], rtol=0.08)


def test_layers_are_named_and_the_latent_is_float32_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_variational()
        for name in ("latent_mean", "latent_log_variance", "latent", "reconstruction"):
            assert model.get_layer(name).compute_dtype == "float32"
        assert model.get_layer("encode_0_1").compute_dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("latent").output.shape == (None, 8, 8, 16)
    assert build_variational(widths=(32,), latent=4).get_layer("latent").output.shape == (None, 16, 16, 4)


def test_the_architecture_comes_back_from_its_json(tiny, noisy):
    again = keras.models.model_from_json(tiny.spread.model.to_json())
    again.set_weights(tiny.spread.model.get_weights())
    assert np.array_equal(again(noisy), tiny.spread.model(noisy))
    assert again.get_layer("latent").weight == tiny.spread.model.get_layer("latent").weight


# Latent map


@pytest.mark.parametrize("kind", ["spread", "plain"])
def test_decoding_the_mean_is_denoising(tiny, noisy, kind):
    denoiser = getattr(tiny, kind)
    encoded = latent.encode(denoiser, noisy)
    assert encoded.mean.shape == encoded.deviation.shape == (3, 2, 2, 5)
    np.testing.assert_allclose(latent.decode(denoiser, encoded.mean), denoiser(noisy), atol=1e-6)
    assert latent.has_latent(denoiser) and latent.has_spread(denoiser) == (kind == "spread")
    assert (encoded.deviation > 0).all() if kind == "spread" else (encoded.deviation == 0).all()


def test_samples_are_seeded_and_are_their_mean_and_spread(tiny, noisy):
    one = latent.sample_posterior(tiny.spread, noisy, 6, seed=1)
    assert one.samples.shape == (6, 3, 8, 8, 3)
    again, other = (latent.sample_posterior(tiny.spread, noisy, 6, seed=seed) for seed in (1, 2))
    assert np.array_equal(one.samples, again.samples) and not np.array_equal(one.samples, other.samples)
    np.testing.assert_allclose(one.mean, one.samples.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(one.deviation, one.samples.std(axis=0, ddof=1), atol=1e-6)
    np.testing.assert_allclose(one.kl, latent.encode(tiny.spread, noisy).kl.sum(axis=(1, 2, 3)))


def test_channels_by_information(tiny, noisy):
    found = latent.kl_by_channel(tiny.spread, noisy)
    assert sorted(found.channels) == list(range(5))
    assert (np.diff(found.nats) <= 0).all()
    kl = latent.encode(tiny.spread, noisy).kl
    np.testing.assert_allclose(found.nats, [kl[..., channel].sum() / 3 for channel in found.channels])


def test_traversal(tiny, noisy):
    """0 is the denoised picture; t moves the one channel by t, everywhere."""
    pictures = latent.traverse(tiny.spread, noisy[0], 2, [-1.5, 0, 1.5])
    np.testing.assert_allclose(pictures[1], tiny.spread(noisy[:1])[0], atol=1e-6)
    moved = latent.encode(tiny.spread, noisy[:1]).mean.copy()
    moved[..., 2] += 1.5
    np.testing.assert_allclose(pictures[2], latent.decode(tiny.spread, moved)[0], atol=1e-6)
    assert np.abs(pictures[0] - pictures[2]).max() > 1e-3


def test_features(tiny, noisy):
    mean = latent.encode(tiny.spread, noisy).mean
    assert np.array_equal(latent.features(tiny.spread, noisy), mean.reshape(3, 20))
    np.testing.assert_allclose(latent.features(tiny.spread, noisy, grid=1), mean.mean(axis=(1, 2)), atol=1e-6)
    np.testing.assert_allclose(latent.features(tiny.spread, noisy, grid=2), mean.reshape(3, 20), atol=1e-6)


def test_wrong_wishes_get_a_sentence(tiny, noisy):
    with pytest.raises(InvalidInput, match=r"Median .*has no latent map. Choose a variational denoiser"):
        latent.encode(load_denoiser("median"), noisy)
    assert not latent.has_latent(load_denoiser("median"))
    with pytest.raises(InvalidInput, match="at least 2 samples, received 1"):
        latent.sample_posterior(tiny.spread, noisy, 1)
    for call in (latent.sample_posterior, latent.kl_by_channel):
        with pytest.raises(InvalidInput, match="plain autoencoder: its code has no spread"):
            call(tiny.plain, noisy)
    with pytest.raises(InvalidInput, match="one picture to traverse, received 3"):
        latent.traverse(tiny.spread, noisy, 0, [0])
    with pytest.raises(InvalidInput, match="latent channel from 0 to 4, received 5"):
        latent.traverse(tiny.spread, noisy[0], 5, [0])
    with pytest.raises(InvalidInput, match=r"latent maps of shape \(N, 2, 2, 5\), received \(3, 8, 8, 3\)"):
        latent.decode(tiny.spread, noisy)
    with pytest.raises(InvalidInput, match="divides the latent map of 2 x 2, received 3"):
        latent.features(tiny.spread, noisy, grid=3)


# Trained weights


def load(name):
    try:
        return load_denoiser(name)
    except ModelNotFound as error:
        pytest.skip(f"not trained on this machine: {error}")


def photographs():
    clean = load_dataset("small_photos").images[:24]
    return clean, add_noise(clean, "gaussian", 25, seed=1)


@pytest.mark.parametrize("name", SPREAD)
def test_trained_latents_matter(name):
    """KL over zero; samples differ, and their mean is near the picture of the mean."""
    denoiser = load(name)
    _, noisy = photographs()
    drawn = latent.sample_posterior(denoiser, noisy, 16)
    assert (drawn.kl > 20).all()
    assert drawn.deviation.mean() > 0.002
    output = denoiser(noisy)
    apart = np.sqrt(np.square(drawn.mean - output).mean())
    assert apart < np.sqrt(np.square(drawn.samples - output).mean()) / 2


def test_a_higher_price_buys_less_information_and_less_detail():
    low, middle, high = (load(f"variational-cifar10{end}") for end in ("-beta-low", "", "-beta-high"))
    clean, noisy = photographs()
    kl = [latent.kl_by_channel(denoiser, noisy).nats.sum() for denoiser in (low, middle, high)]
    assert kl[0] > 1.5 * kl[1] > 3 * kl[2] > 0
    errors = [np.square(denoiser(noisy) - clean).mean() for denoiser in (middle, high)]
    assert errors[0] < errors[1]


def test_all_that_are_offered_are_tested():
    offered = {spec.name for spec in DENOISERS if spec.name.startswith("variational-cifar10")}
    assert offered == set(SPREAD)


@pytest.mark.parametrize(
    "spec", [spec for spec in DENOISERS if spec.function.endswith("build_variational")], ids=lambda spec: spec.name
)
def test_recipes_fit_their_specs(spec):
    recipe = get_recipe(spec.name)
    model = recipe.network()
    assert model.input_shape[1:] == model.output_shape[1:] == spec.supports["shape"]
    assert spec.supports["pictures"][0] in recipe.datasets
    shape = model.get_layer("latent").output.shape
    assert 3 * np.prod(shape[1:]) == np.prod(model.input_shape[1:]), "one stage or two, the code has a third of the numbers"
