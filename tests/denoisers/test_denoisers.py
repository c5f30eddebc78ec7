"""Every denoiser: the contract, and the filters against the libraries they call."""

import warnings
from importlib.util import find_spec

import numpy as np
import pytest

from xai_core.datasets import load_dataset
from xai_core.denoisers import DENOISERS, Denoiser, check_fits, fits, load_denoiser
from xai_core.denoisers.neural.autoencoder import build_autoencoder
from xai_core.errors import DataNotFound, InvalidInput, ModelNotFound, UnknownName
from xai_core.metrics import psnr
from xai_core.noise import add_noise
from xai_core.noise.estimate import estimate_sigma

FILTERS = [spec.name for spec in DENOISERS if not spec.supports.get("neural")]
NETWORKS = [spec.name for spec in DENOISERS if spec.supports.get("neural")]
TOLD = [spec.name for spec in DENOISERS if not spec.supports.get("blind")]


def load(name):
    package = DENOISERS.get(name).supports.get("optional")
    if package and not find_spec(package):
        pytest.skip(f"{package} is not installed")
    try:
        return load_denoiser(name)
    except ModelNotFound as error:
        pytest.skip(f"not trained on this machine: {error}")


def shapes(name, *free):
    """(H, W, C) that a denoiser is tried on: its own, or any."""
    supports = DENOISERS.get(name).supports
    if "shape" in supports:
        return [supports["shape"]]
    least = supports.get("smallest", 1)
    return [
        (max(height, least), max(width, least), channels)
        for height, width, channels in free
        if channels in (3, supports.get("channels", channels))
    ]


CASES = [(name, shape) for name in DENOISERS.names for shape in shapes(name, (28, 28, 1), (17, 23, 1), (17, 23, 3), (8, 9, 1))]


# Contract


@pytest.mark.parametrize(("name", "shape"), CASES)
@pytest.mark.parametrize("level", [None, 0, 25.0])
def test_contract(name, shape, level, rng):
    """The shape is kept, values are within [0, 1], a batch is its pictures one by one, nothing is written into."""
    denoiser = load(name)
    noisy = add_noise(rng.random((3, *shape), np.float32), "gaussian", 60)
    assert noisy.min() < 0 and noisy.max() > 1
    before = noisy.copy()
    denoised = denoiser(noisy, level)
    assert (denoised.shape, denoised.dtype) == (noisy.shape, np.float32)
    assert denoised.min() >= 0 and denoised.max() <= 1
    assert np.array_equal(noisy, before)
    singly = np.concatenate([denoiser(noisy[i : i + 1], level) for i in range(3)])
    # oneDNN adds in another order for another batch size: a few units in the last place of float32 sums.
    np.testing.assert_allclose(denoised, singly, atol=1e-5)
    assert denoiser(noisy, level).tobytes() == denoised.tobytes()


@pytest.mark.parametrize("name", DENOISERS.names)
def test_flat_empty_and_8_bit_pictures(name):
    denoiser = load(name)
    [shape] = shapes(name, (16, 16, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flat = denoiser(np.full((1, *shape), 0.5, np.float32))
    assert flat.shape == (1, *shape)
    if name in FILTERS:
        np.testing.assert_allclose(flat, 0.5, atol=1e-6)
    assert denoiser(np.zeros((0, *shape), np.float32), 25).shape == (0, *shape)
    assert np.array_equal(denoiser(np.full(shape, 51, np.uint8), 25), denoiser(np.full((1, *shape), 0.2, np.float32), 25))


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("level", [-1, -1e-9, float("nan"), float("inf")])
def test_a_wrong_level_gets_a_sentence(name, level):
    with pytest.raises(InvalidInput, match=r"Expected a noise level of at least 0 \(sigma, 0-255 scale\), received"):
        load(name)(np.zeros((1, 32, 32, 1), np.float32), level)


@pytest.mark.parametrize("name", TOLD)
def test_without_a_level_it_is_estimated(name, rng):
    """Each picture by itself: two pictures of different noise, as if each had been told its own level."""
    clean = np.full((2, *shapes(name, (24, 24, 3))[0]), 0.5, np.float32)
    noisy = np.concatenate([add_noise(clean[:1], "gaussian", 10, seed=1), add_noise(clean[1:], "gaussian", 50, seed=2)])
    denoiser, levels = load(name), estimate_sigma(noisy)
    told = np.concatenate([denoiser(noisy[i : i + 1], levels[i]) for i in range(2)])
    np.testing.assert_allclose(denoiser(noisy), told, atol=1e-5)
    assert np.abs(denoiser(noisy, 10) - told)[1].max() > 0.01, "the level changes nothing"


@pytest.mark.parametrize("name", [name for name in FILTERS if name not in TOLD])
def test_blind_filters_ignore_the_level(name, rng):
    noisy = rng.random((1, 32, 32, 1), np.float32)
    assert np.array_equal(load(name)(noisy, 5), load(name)(noisy, 50))


@pytest.mark.parametrize("spec", [spec for spec in DENOISERS if spec.parameters], ids=lambda spec: spec.name)
def test_parameters_are_checked_and_used(spec, rng):
    load(spec.name)
    noisy = add_noise(rng.random((1, 32, 32, 1), np.float32), "periodic", 60)  # waves, for the filter that looks for them
    usual = load_denoiser(spec.name)(noisy, 50)
    for parameter in spec.parameters:
        values = parameter.choices or (parameter.low, parameter.high)
        results = [load_denoiser(spec.name, **{parameter.name: value})(noisy, 50) for value in values]
        assert all(result.shape == noisy.shape for result in results)
        assert any(not np.array_equal(result, usual) for result in results), f"{parameter.name} changes nothing"
        if parameter.choices:
            with pytest.raises(InvalidInput, match=f"{parameter.label}: expected one of"):
                load_denoiser(spec.name, **{parameter.name: "nonsense"})
        else:
            with pytest.raises(InvalidInput, match=f"{parameter.label}: expected a value between"):
                load_denoiser(spec.name, **{parameter.name: parameter.high + 1})
    with pytest.raises(UnknownName, match="parameter of"):
        load_denoiser(spec.name, nonsense=1)


def test_a_denoiser_without_parameters_takes_none():
    with pytest.raises(UnknownName, match=r"parameter of Autoencoder \(MNIST\) named 'size'"):
        load_denoiser("autoencoder-mnist", size=3)


def test_wrong_names_get_a_sentence():
    with pytest.raises(UnknownName, match="There is no denoiser named 'medain'. Did you mean 'median'"):
        load_denoiser("medain")


@pytest.mark.parametrize("name", [name for name in NETWORKS if "shape" in DENOISERS.get(name).supports])
def test_a_network_of_one_size_refuses_others(name):
    """Without its weights: the check is the wrapper's."""
    spec = DENOISERS.get(name)
    height, width, channels = spec.supports["shape"]
    assert fits(spec, (height, width, channels))
    for wrong in ((height + 1, width, channels), (height, width, 3 if channels == 1 else 1)):
        assert not fits(spec, wrong)
        with pytest.raises(InvalidInput, match=r"works on images of \(height, width, channels\).*Choose another denoiser"):
            check_fits(spec, wrong)
        with pytest.raises(InvalidInput, match="Choose another denoiser, for instance non_local_means"):
            Denoiser(spec, model="not asked")(np.zeros((1, *wrong), np.float32))


@pytest.mark.parametrize("name", FILTERS)
def test_filters_fit_every_size(name):
    assert fits(DENOISERS.get(name), (123, 45, 3))


def test_timed(rng):
    noisy = rng.random((2, 16, 16, 1), np.float32)
    denoiser = load_denoiser("median", size=5)
    timed = denoiser.timed(noisy, 12.0)
    assert np.array_equal(timed.images, denoiser(noisy))
    assert (timed.denoiser, timed.level) == ("median", 12.0)
    assert timed.seconds > 0


# The filters are the libraries' own


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [3, 7])
def test_median_is_the_middle_value_of_each_window(channels, size, rng):
    """Against numpy.median of all windows; the edge pixel is mirrored with itself ("symmetric")."""
    noisy = rng.random((2, 17, 23, channels), np.float32)
    around = size // 2
    padded = np.pad(noisy, ((0, 0), (around, around), (around, around), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    np.testing.assert_array_equal(load_denoiser("median", size=size)(noisy), np.median(windows, axis=(-2, -1)))


def test_an_even_median_window_gets_a_sentence():
    with pytest.raises(InvalidInput, match=r"odd window for the median filter \(3, 5, 7 or 9 pixels\), received 4"):
        load_denoiser("median", size=4)(np.zeros((1, 16, 16, 1), np.float32))


@pytest.mark.parametrize("channels", [1, 3])
def test_non_local_means_is_scikit_images(channels, rng):
    """h = 0.6 sigma, patches of 5 pixels looked for 6 pixels away, fast mode, sigma told; a grey picture has no channel axis."""
    from skimage.restoration import denoise_nl_means

    noisy = rng.random((1, 24, 21, channels), np.float32)
    sigma = 40 / 255
    options = {"patch_size": 5, "patch_distance": 6, "h": 0.6 * sigma, "sigma": sigma, "fast_mode": True}
    if channels == 1:
        expected = denoise_nl_means(noisy[0, :, :, 0], **options)[None, :, :, None]
    else:
        expected = denoise_nl_means(noisy[0], channel_axis=-1, **options)[None]
    np.testing.assert_allclose(load_denoiser("non_local_means")(noisy, 40), np.clip(expected, 0, 1), atol=1e-6)

    options |= {"patch_size": 3, "patch_distance": 4, "h": 1.5 * sigma}
    other = load_denoiser("non_local_means", strength=1.5, patch=3, distance=4)(noisy, 40)
    expected = denoise_nl_means(noisy[0], channel_axis=-1, **options).reshape(other[0].shape)
    np.testing.assert_allclose(other[0], np.clip(expected, 0, 1), atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_total_variation_is_scikit_images(channels, rng):
    """Weight 1.1 sigma."""
    from skimage.restoration import denoise_tv_chambolle

    noisy = rng.random((1, 24, 21, channels), np.float32)
    for strength in (1.1, 3.0):
        expected = denoise_tv_chambolle(noisy[0], weight=strength * 40 / 255, channel_axis=-1)
        denoised = load_denoiser("total_variation", strength=strength)(noisy, 40)
        np.testing.assert_allclose(denoised[0], np.clip(expected, 0, 1), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in TOLD if name in FILTERS])
def test_told_that_there_is_no_noise_a_filter_changes_nothing(name, rng):
    images = rng.random((1, 16, 16, 3), np.float32)
    np.testing.assert_allclose(load(name)(images, 0), images, atol=1e-6)


# What they are for


def pictures():
    from skimage import data

    galaxy = load_dataset("simulated_galaxies").image(0)
    return {"galaxy": galaxy, "camera": data.camera()[100:228, 180:308, None][None] / np.float32(255)}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("picture", ["galaxy", "camera"])
def test_a_filter_improves_a_noisy_picture(name, picture):
    """By more than 3 dB: at Gaussian sigma 25, told or estimated; medians at salt & pepper 0.1, notches at a wave."""
    clean = pictures()[picture]
    noise = {"median": ("salt_pepper", 0.1), "weighted_median": ("salt_pepper", 0.1), "notch": ("periodic", 40)}
    noisy = add_noise(clean, *noise.get(name, ("gaussian", 25)))
    before = psnr(clean, np.clip(noisy, 0, 1))[0]
    for level in (25, None):
        assert psnr(clean, load(name)(noisy, level))[0] > before + 3


@pytest.mark.parametrize("name", NETWORKS)
def test_a_trained_network_improves_the_pictures_it_was_trained_for(name):
    denoiser = load(name)
    try:
        data = load_dataset(denoiser.spec.supports["pictures"][0])
        clean = np.concatenate([data.image(i)[:, :160, :160] for i in range(8)])
    except DataNotFound as error:
        pytest.skip(f"not on this machine: {error}")
    noisy = np.clip(add_noise(clean, "gaussian", denoiser.spec.supports.get("level", 64)), 0, 1)
    assert psnr(clean, denoiser(noisy)).mean() > psnr(clean, noisy).mean() + 3


# The autoencoder's architecture


def test_autoencoder_is_the_reports():
    """Figure 4 of the report "XAI driven image denoising": its layers' parameters and outputs, 49,761 in all."""
    model = build_autoencoder()
    convolutions = [layer for layer in model.layers if layer.count_params()]
    assert [layer.count_params() for layer in convolutions] == [640, 18464, 4624, 2320, 4640, 18496, 577]
    assert model.count_params() == 49_761
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 28, 28, 1))
    assert [(type(layer).__name__, *layer.output.shape[1:]) for layer in model.layers[1:]] == [
        ("Conv2D", 28, 28, 64),
        ("MaxPooling2D", 14, 14, 64),
        ("Conv2D", 14, 14, 32),
        ("MaxPooling2D", 7, 7, 32),
        ("Conv2D", 7, 7, 16),
        ("MaxPooling2D", 4, 4, 16),
        ("Conv2D", 4, 4, 16),
        ("UpSampling2D", 8, 8, 16),
        ("Conv2D", 8, 8, 32),
        ("UpSampling2D", 16, 16, 32),
        ("Conv2D", 14, 14, 64),
        ("UpSampling2D", 28, 28, 64),
        ("Conv2D", 28, 28, 1),
    ]


def test_the_wrapper_limits_a_networks_output():
    """The network is linear at its end; the wrapper gives pictures."""
    import keras

    spec = DENOISERS.get("autoencoder-mnist")
    inputs = keras.Input((28, 28, 1))
    model = keras.Model(inputs, keras.layers.Rescaling(4.0, offset=-1.0)(inputs))
    ramp = np.linspace(0, 1, 784, dtype=np.float32).reshape(1, 28, 28, 1)
    np.testing.assert_allclose(Denoiser(spec, model)(ramp), np.clip(4 * ramp - 1, 0, 1), atol=1e-6)
