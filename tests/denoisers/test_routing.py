"""From the kind of noise to the denoiser: every kind has a way, a told wave goes, transforms even the noise out."""

import numpy as np
import pytest

from xai_core.datasets.simulated_castings import draw
from xai_core.denoisers import DENOISERS, load_denoiser, routing
from xai_core.denoisers._stabilise import DARKEST, anscombe, logarithm
from xai_core.denoisers.classical.notch import notch, notch_at
from xai_core.images import clip
from xai_core.metrics import psnr
from xai_core.noise import add_noise
from xai_core.noise.detection import KINDS
from xai_core.noise.waves import Peak


@pytest.fixture(scope="module")
def casting():
    return draw("scratch", 7)[0][None]


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (300, 300, 1), (321, 481, 3)])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_way(kind, shape):
    found = routing.route(kind, shape)
    assert found.reason.endswith(".")
    names = [name for name in (found.denoiser, *found.alternatives) if name]
    assert len(set(names)) == len(names) >= (0 if kind == "none" else 2)
    assert all(name in DENOISERS for name in names)
    assert (found.denoiser == "") == (kind == "none")


def test_grey_and_colour_pictures_get_their_own_network():
    assert routing.route("gaussian", (100, 100, 1)).denoiser == "unet-grey"
    colour = routing.route("gaussian", (100, 100, 3))
    assert colour.denoiser == "unet-colour"


def test_a_picture_without_noise_stays_as_it_is(casting):
    detected = routing.planted(casting[0], "none")
    assert np.array_equal(routing.treat(casting, "", detected), casting)
    assert np.array_equal(load_denoiser("routed", kind="none")(casting), casting)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_a_slow_wave_that_is_told_goes(casting, angle):
    """Five periods in the picture: the search of the notch filter takes it for the picture's own, `notch_at` takes it out."""
    frequency = 5 / 300
    wave = add_noise(np.zeros_like(casting), "periodic", 57, seed=3, frequency=frequency, angle=angle)
    u, v = frequency * np.cos(np.radians(angle)), frequency * np.sin(np.radians(angle))
    noisy = casting + wave
    assert np.array_equal(notch(noisy), noisy)
    cleaned = notch_at(noisy, [Peak(u, v)])
    untouched = notch_at(casting, [Peak(u, v)])  # what the picture itself has at that frequency goes as well
    assert ((cleaned - untouched) ** 2).mean() < 0.02 * (wave**2).mean()


@pytest.mark.parametrize(("kind", "level", "gain"), [("salt_pepper", 0.1, 12), ("periodic", 57.0, 8)])
def test_the_detected_noise_is_taken_out(casting, kind, level, gain):
    parameters = {"frequency": 5 / 300} if kind == "periodic" else {}
    noisy = clip(add_noise(casting, kind, level, seed=1, **parameters))
    assert psnr(casting, load_denoiser("routed")(noisy))[0] > psnr(casting, noisy)[0] + gain


def test_a_planted_kind_is_used(casting):
    noisy = clip(add_noise(casting, "salt_pepper", 0.1, seed=1))
    right, wrong = (load_denoiser("routed", kind=kind)(noisy) for kind in ("salt_pepper", "periodic"))
    assert np.array_equal(right, load_denoiser("median")(noisy))
    assert psnr(casting, wrong)[0] < psnr(casting, right)[0] - 10


@pytest.mark.parametrize("peak", [10, 60, 255])
def test_anscombe_evens_poisson_noise_out(peak, rng):
    transform = anscombe(peak)
    for grey in (0.3, 0.6, 1.0):
        noisy = add_noise(np.full((1, 200, 200, 1), grey, np.float32), "poisson", peak, seed=1)
        assert 255 * transform.forward(noisy).std() == pytest.approx(transform.sigma, rel=0.08)


@pytest.mark.parametrize("grey", [0.2, 0.5, 0.9])
def test_the_way_back_from_anscombe_is_without_bias(grey):
    """The mean of transformed counts goes back to the mean of the counts (Makitalo & Foi 2011)."""
    transform = anscombe(30)
    noisy = add_noise(np.full((1, 400, 400, 1), grey, np.float32), "poisson", 30, seed=2)
    mean = np.full((1, 1, 1, 1), transform.forward(noisy).mean(), np.float32)
    assert transform.backward(mean).item() == pytest.approx(grey, abs=0.004)


@pytest.mark.parametrize("looks", [4, 20])
def test_the_logarithm_evens_speckle_out(looks):
    """Its standard deviation is the same for every grey, and the mean goes back without bias."""
    transform = logarithm(looks)
    for grey in (0.3, 0.8):
        logs = transform.forward(add_noise(np.full((1, 300, 300, 1), grey, np.float32), "speckle", looks, seed=1))
        assert 255 * logs.std() == pytest.approx(transform.sigma, rel=0.03)
        assert transform.backward(np.full((1, 1, 1, 1), logs.mean(), np.float32)).item() == pytest.approx(grey, rel=0.01)
    assert transform.forward(np.zeros((1, 1, 1, 1), np.float32)).item() == pytest.approx(0, abs=1e-6)
    assert transform.forward(np.full((1, 1, 1, 1), DARKEST, np.float32)).item() == pytest.approx(0, abs=1e-6)
