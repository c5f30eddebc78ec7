"""Local Attribution Maps: closed forms, completeness on trained denoisers, and the same map by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.compiled import forward
from xai_core.denoisers import load_denoiser
from xai_core.errors import Cancelled, InvalidInput
from xai_core.explainers import Psnr, WindowDetail, explain
from xai_core.explainers.denoiser import diffusion_index, lam
from xai_core.explainers.integrated_gradients import blurred
from xai_core.noise import add_noise

PATHS = ("blur", "noise", "denoised")
SIGMA = 1.2


@pytest.fixture
def pair(rng):
    """A disc with stripes, 32 x 32, and the same with noise."""
    rows, columns = np.mgrid[:32, :32]
    disc = np.hypot(rows - 15, columns - 17) < 11
    clean = (0.2 + disc * (0.35 + 0.2 * np.sin(columns))).astype(np.float32)[None, ..., None]
    return clean, add_noise(clean, "gaussian", 25, seed=2)


def linear(channels=1):
    keras.utils.set_random_seed(1)
    convolution = layers.Conv2D(channels, 5, padding="same", bias_initializer="ones", name="filter")
    return keras.Sequential([keras.Input((None, None, channels)), convolution])


def row_of(model, images, row, column):
    """The weights of one output pixel of a linear network, channel by channel the mean: (H, W, C)."""
    found = np.zeros(images.shape[1:], np.float32)
    for place in np.ndindex(found.shape):
        one = np.zeros_like(images[:1])
        one[0][place] = 1
        found[place] = (forward(model, one) - forward(model, np.zeros_like(one)))[0, row, column].mean()
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("steps", [1, 7])
def test_a_linear_network_has_the_closed_form(path, steps, rng):
    """weights x (last - first), whatever lies between."""
    model, images = linear(3), rng.random((2, 9, 8, 3), np.float32)
    clean = rng.random(images.shape, np.float32)
    first, last = {
        "blur": (np.stack([blurred(image, SIGMA) for image in images]), images),
        "noise": (images, clean),
        "denoised": (forward(model, images), images),
    }[path]
    found = lam(model, images, "pixel:4,3", path=path, clean=clean, steps=steps)
    np.testing.assert_allclose(found.first, first, atol=1e-6)
    np.testing.assert_array_equal(found.last, last)
    expected = ((last - first) * row_of(model, images, 4, 3)).sum(axis=-1)
    np.testing.assert_allclose(found.maps, expected, atol=1e-5)
    np.testing.assert_allclose(found.delta, expected.sum(axis=(1, 2)), atol=1e-5)
    assert found.completeness_residual.max() < 1e-3
    assert (found.path, found.steps, found.target) == (path, steps, "pixel:4,3")


def test_the_noise_path_of_the_identity_is_the_noise_itself(pair):
    """Of the mean of a window: minus the noise there, over its area; of its energy, on a straight way, the exact difference."""
    clean, noisy = pair
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, layers.Identity()(inputs))
    found = lam(model, noisy, "window:4,5,8,6", path="noise", clean=clean, steps=3)
    expected = np.zeros(clean.shape[:3])
    expected[:, 4:12, 5:11] = (clean - noisy)[:, 4:12, 5:11, 0] / 48
    np.testing.assert_allclose(found.maps, expected, atol=1e-7)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["unet-grey", "unet-blind", "dncnn", "adnet"])
def test_the_map_of_detail_adds_up_at_50_steps(name, path, pair):
    """Within 1 % of the change on the source's path; the others end at about the same detail, so that large parts cancel."""
    clean, noisy = pair
    found = lam(load_denoiser(name).at(25), noisy, WindowDetail(10, 12, 8, 8), path=path, clean=clean)
    assert found.maps.shape == (1, 32, 32)
    assert found.map_error[0] < 0.005
    if path == "blur":
        assert found.completeness_residual[0] < 0.01
    assert found.target == "detail:10,12,8,8"
    assert found.diffusion_index[0] == diffusion_index(found.maps[0])
    assert 0 < found.diffusion_index[0] < 100


def test_only_pixels_that_the_window_sees_take_part(pair):
    """Two layers of 3 x 3 see 2 pixels further, and detail the next pixel below and to the right, but not both at once."""
    keras.utils.set_random_seed(0)
    hidden = layers.Conv2D(4, 3, padding="same", activation="relu")
    model = keras.Sequential([keras.Input((None, None, 1)), hidden, layers.Conv2D(1, 3, padding="same")])
    found = lam(model, pair[1], "detail:10,12,4,5")
    seen = np.zeros((32, 32), bool)
    seen[8 : 14 + 3, 10 : 17 + 3] = True
    seen[16, 19] = False
    assert not found.maps[0][~seen].any()
    assert found.maps[0][seen].all()


def test_a_guided_network_keeps_its_level_all_the_way(pair):
    """The level of the noisy picture, estimated once: the map is the one of a denoiser that is told it."""
    clean, noisy = pair
    denoiser = load_denoiser("unet-grey")
    level = float(denoiser.prepare(noisy)[0, 0, 0, 1]) * 255
    for path in PATHS:
        by_estimate = lam(denoiser, noisy, "detail:10,12,8,8", path=path, clean=clean, steps=5)
        told = lam(denoiser.at(level), noisy, "detail:10,12,8,8", path=path, clean=clean, steps=5)
        np.testing.assert_allclose(by_estimate.maps, told.maps, atol=1e-5 * np.abs(told.maps).max())
        assert by_estimate.first.shape == by_estimate.last.shape == noisy.shape


def test_psnr_rises_along_the_noise_path(pair):
    clean, noisy = pair
    found = lam(load_denoiser("dncnn"), noisy, Psnr(clean[0]), path="noise", clean=clean, steps=30)
    assert found.delta[0] > 1
    assert found.completeness_residual[0] < 0.02


@pytest.mark.parametrize("baseline", ["black", "blurred", "noise-free", "denoised"])
def test_integrated_gradients_take_every_baseline_at_a_level(baseline, pair):
    clean, noisy = pair
    denoiser = load_denoiser("unet-grey").at(25)
    given = {"noise-free": clean, "denoised": denoiser(noisy)}.get(baseline, baseline)
    found = explain(denoiser, noisy, "integrated_gradients", "window:10,12,8,8", baseline=given)
    assert found.diagnostics["completeness_residual"][0] < 0.01
    if baseline == "noise-free":  # the noise path backwards
        path = lam(denoiser, noisy, "window:10,12,8,8", path="noise", clean=clean)
        np.testing.assert_allclose(found.heatmap, -path.maps, atol=1e-5 * np.abs(path.maps).max())


def test_progress_grows_to_one_and_may_cancel(pair):
    for path in PATHS:
        shares = []
        lam(
            linear(),
            np.repeat(pair[1], 2, axis=0),
            "pixel:4,3",
            path=path,
            clean=np.repeat(pair[0], 2, axis=0),
            progress=shares.append,
        )
        assert shares == sorted(shares)
        assert shares[-1] == pytest.approx(1)

    def stop(share):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        lam(linear(), pair[1], "pixel:4,3", progress=stop)


def test_what_does_not_fit(pair):
    clean, noisy = pair
    for options, sentence in (
        ({"path": "round"}, "blur, noise, denoised, received 'round'"),
        ({"path": "noise"}, "ends at the clean picture. Give it"),
        ({"path": "noise", "clean": clean[:, 1:]}, "of the noisy ones' shape"),
        ({"steps": 0}, "at least 1 step"),
        ({"blur": 0}, "a blur above 0"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            lam(linear(), noisy, "pixel:4,3", **options)
    with pytest.raises(InvalidInput, match="needs a neural network"):
        lam(load_denoiser("median"), noisy, "pixel:4,3")
    smaller = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3)])
    with pytest.raises(InvalidInput, match=r"an output of the picture's shape \(32, 32, 1\), received \(30, 30, 1\)"):
        lam(smaller, noisy, "pixel:4,3", path="denoised")
