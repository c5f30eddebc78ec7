"""Figures without a clean picture: closed forms of linear filters, a real picture whose error is known, scikit-image."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, median_filter, uniform_filter

from xai_core import metrics
from xai_core.errors import Cancelled, InvalidInput
from xai_core.images import clip
from xai_core.noise import add_noise


def smooth(images):
    return gaussian_filter(images, (0, 1, 1, 0))


@pytest.fixture(scope="module")
def camera():
    from skimage.data import camera

    return camera()[None, ::2, ::2, None].astype(np.float32) / 255


def test_sure_of_doing_nothing(rng):
    """f(y) = y: divergence 1, error sigma^2; f(y) = y / 2: divergence 1 / 2; a constant: 0."""
    noisy = rng.normal(0.5, 0.1, (3, 32, 32, 3)).astype(np.float32)
    same = metrics.sure(lambda y: y, noisy, 25.5)
    np.testing.assert_allclose(same.divergence, 1, rtol=1e-3)
    np.testing.assert_allclose(same.mse, 0.01, rtol=1e-3)
    np.testing.assert_allclose(same.psnr, 20, atol=0.01)
    half = metrics.sure(lambda y: y / 2, noisy, [0, 10, 25.5])
    expected = np.square(noisy / 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(half.divergence, 0.5, rtol=1e-3)
    np.testing.assert_allclose(half.mse, expected, rtol=1e-4)  # - s^2 + 2 s^2 / 2 = 0, whatever s
    flat = metrics.sure(lambda y: 0 * y, noisy, 25.5)
    np.testing.assert_allclose(flat.mse, np.square(noisy).mean(axis=(1, 2, 3)) - 0.01, rtol=1e-5)
    assert not flat.divergence.any()


def test_divergence_of_a_linear_filter_is_its_trace(rng):
    """A mean over 3 x 3 pixels has 1 / 9 on its diagonal; the estimate over many draws comes close to it."""
    noisy = rng.random((1, 16, 16, 1), np.float32)
    matrix = np.stack([uniform_filter(unit, 3, mode="wrap").ravel() for unit in np.eye(256).reshape(256, 16, 16)])
    found = metrics.sure(lambda y: uniform_filter(y, (1, 3, 3, 1), mode="wrap"), noisy, 25, draws=400)
    assert np.trace(matrix) / 256 == pytest.approx(1 / 9)
    assert found.divergence[0] == pytest.approx(np.trace(matrix) / 256, abs=0.006)
    distance = np.square(noisy - (noisy.ravel() @ matrix).reshape(noisy.shape)).mean()
    expected = distance - (25 / 255) ** 2 + 2 * (25 / 255) ** 2 * np.trace(matrix) / 256
    assert found.mse[0] == pytest.approx(expected, abs=1.5e-4)


@pytest.mark.parametrize("size", [0.7, 1.0, 2.0])
def test_sure_comes_close_to_the_true_error(size, camera):
    clean = np.repeat(camera, 4, axis=0)
    noisy = add_noise(clean, "gaussian", 25, seed=3)
    found = metrics.sure(lambda y: gaussian_filter(y, (0, size, size, 0)), noisy, 25)
    true = metrics.mse(clean, gaussian_filter(noisy, (0, size, size, 0)))
    np.testing.assert_allclose(found.mse, true, rtol=0.06)
    assert found.mse.mean() == pytest.approx(true.mean(), rel=0.03)
    np.testing.assert_allclose(found.psnr, metrics.psnr(clean, gaussian_filter(noisy, (0, size, size, 0))), atol=0.25)


def test_sure_of_a_filter_that_is_not_linear(camera):
    """The median, and an output that is clipped: the error of what comes out."""
    noisy = add_noise(camera, "gaussian", 25, seed=3)
    for denoiser in (lambda y: median_filter(y, (1, 3, 3, 1)), lambda y: clip(smooth(y)), lambda y: clip(y)):
        assert metrics.sure(denoiser, noisy, 25).mse[0] == pytest.approx(metrics.mse(camera, denoiser(noisy))[0], rel=0.04)


def test_sure_promises_too_much_on_clipped_data(camera):
    """What the docstring warns of: more than a decibel on this picture, though only 7 % of its pixels were clipped."""
    noisy = clip(add_noise(camera, "gaussian", 25, seed=3))
    assert metrics.sure(smooth, noisy, 25).psnr[0] > metrics.psnr(camera, smooth(noisy))[0] + 1


def test_the_denoiser_gets_what_was_given(rng):
    """Values beyond [0, 1] arrive, and the probe moves each pixel by one step up or down."""
    noisy = rng.normal(0.5, 2, (2, 9, 9, 1)).astype(np.float32)
    seen = []
    metrics.sure(lambda y: seen.append(y.copy()) or y, noisy, 25, step=2, draws=3)
    np.testing.assert_array_equal(seen[0], noisy)
    assert len(seen) == 4
    steps = np.stack(seen[1:]) - noisy
    np.testing.assert_allclose(np.abs(steps), 2 / 255, rtol=1e-3)
    assert -0.3 < np.sign(steps).mean() < 0.3
    assert not np.array_equal(np.sign(steps[0]), np.sign(steps[1]))


def test_sure_repeats_and_a_picture_does_not_depend_on_its_company(rng):
    noisy = rng.random((3, 16, 16, 1), np.float32)
    first = metrics.sure(smooth, noisy, 25, seed=7, draws=2)
    np.testing.assert_array_equal(first.mse, metrics.sure(smooth, noisy, 25, seed=7, draws=2).mse)
    np.testing.assert_allclose(first.mse[:1], metrics.sure(smooth, noisy[:1], 25, seed=7, draws=2).mse, rtol=1e-12)
    assert (first.mse != metrics.sure(smooth, noisy, 25, seed=8, draws=2).mse).all()


def test_an_estimate_below_zero_has_no_psnr():
    """A sigma far too large."""
    found = metrics.sure(lambda y: 0 * y, np.full((2, 8, 8, 1), 0.1, np.float32), [50, 0])
    assert found.mse[0] < 0
    assert np.isnan(found.psnr[0])
    assert found.psnr[1] == pytest.approx(20, rel=1e-5)
    assert metrics.sure(smooth, np.zeros((0, 8, 8, 1), np.float32), 25).mse.shape == (0,)


@pytest.mark.parametrize("sigma", [-1, np.nan, np.inf, [1, 2, 3], [[1, 2]]], ids=str)
def test_sure_refuses_a_sigma(sigma):
    with pytest.raises(InvalidInput, match="Expected sigma of at least 0"):
        metrics.sure(smooth, np.zeros((2, 8, 8, 1), np.float32), sigma)


def test_what_else_is_refused():
    images = np.zeros((2, 8, 8, 1), np.float32)
    for options in ({"step": 0}, {"step": np.inf}, {"draws": 0}):
        with pytest.raises(InvalidInput, match="step above 0 and at least 1 draw"):
            metrics.sure(smooth, images, 25, **options)
    for call in (lambda f: metrics.sure(f, images, 25), lambda f: metrics.j_invariance(f, images)):
        with pytest.raises(InvalidInput, match=r"keeps the shape \(2, 8, 8, 1\), received \(2, 7, 8, 1\)"):
            call(lambda y: y[:, 1:])
        with pytest.raises(InvalidInput, match="finite denoised images"):
            call(lambda y: y + np.nan)
    for bad, stride in ((images, 1), (images[:, :1], 4)):
        with pytest.raises(InvalidInput, match="stride of at least 2 and images of at least 2 x 2"):
            metrics.j_invariance(smooth, bad, stride=stride)


@pytest.mark.parametrize(("shape", "stride"), [((17, 20, 1), 4), ((12, 13, 3), 3)], ids=str)
def test_j_invariance_is_scikit_images(shape, stride, rng):
    from skimage.restoration import denoise_invariant

    noisy = rng.normal(0.5, 0.2, (2, *shape)).astype(np.float32)
    found = metrics.j_invariance(smooth, noisy, stride=stride)
    for i, image in enumerate(noisy):
        expected = denoise_invariant(
            image, lambda x, channel_axis=None: smooth(x[None])[0], stride=stride, denoiser_kwargs={"channel_axis": -1}
        )
        np.testing.assert_allclose(found.images[i], expected, rtol=1e-5)
        assert found.loss[i] == pytest.approx(np.square(expected - image).mean(), rel=1e-5)


@pytest.mark.parametrize("stride", [2, 3, 4])
def test_no_pixel_sees_itself(stride, rng):
    noisy = rng.random((1, 11, 12, 1), np.float32)
    other = noisy.copy()
    spots = [(0, 0), (0, 5), (10, 11), (4, 4), (7, 2)]
    for row, column in spots:
        other[0, row, column] = 5
        before, after = (metrics.j_invariance(smooth, images, stride=stride).images[0] for images in (noisy, other))
        assert after[row, column] == before[row, column]
        assert (after != before).any()
        other[0, row, column] = noisy[0, row, column]


def test_the_loss_is_the_error_plus_the_noise(camera):
    """For noise of mean 0 that is independent from pixel to pixel, Gaussian or not; hence the best setting has the lowest."""
    noisy = add_noise(camera, "laplace", 25, seed=2)
    found = [metrics.j_invariance(lambda y, s=size: gaussian_filter(y, (0, s, s, 0)), noisy) for size in (0.6, 1.0, 2.5)]
    true = [metrics.mse(camera, one.images)[0] for one in found]
    for one, error in zip(found, true, strict=True):
        assert one.loss[0] - (25 / 255) ** 2 == pytest.approx(error, rel=0.08)
    assert np.argsort([one.loss[0] for one in found]).tolist() == np.argsort(true).tolist() == [1, 0, 2]


def test_j_invariance_reports_its_progress_and_can_be_stopped():
    shares = []
    metrics.j_invariance(smooth, np.zeros((1, 8, 8, 1), np.float32), stride=2, progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1]

    def stop(share):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        metrics.j_invariance(smooth, np.zeros((1, 8, 8, 1), np.float32), progress=stop)
    assert metrics.j_invariance(smooth, np.zeros((0, 8, 8, 1), np.float32)).loss.shape == (0,)


def test_blur_effect_rises_with_blur(camera):
    from skimage.measure import blur_effect

    blurred = np.concatenate([camera, *(gaussian_filter(camera, (0, size, size, 0)) for size in (1, 2, 4))])
    found = metrics.blur_effect(blurred)
    assert (np.diff(found) > 0.05).all()
    assert (found.shape, found.dtype) == ((4,), np.float64)
    assert found[1] == pytest.approx(blur_effect(blurred[1, ..., 0]), rel=1e-6)
    assert metrics.blur_effect(np.full((1, 12, 12, 1), 0.3, np.float32))[0] == pytest.approx(1)


def test_blur_effect_of_colour(rng):
    from skimage.measure import blur_effect

    colour = rng.random((1, 16, 20, 3), np.float32)
    assert metrics.blur_effect(colour)[0] == pytest.approx(blur_effect(colour[0], channel_axis=-1), rel=1e-6)
    grey = rng.random((1, 16, 20, 1), np.float32)
    assert metrics.blur_effect(np.repeat(grey, 3, axis=-1))[0] == pytest.approx(metrics.blur_effect(grey)[0], rel=1e-4)
    with pytest.raises(InvalidInput, match="at least 8 x 8 pixels; received 7 x 20"):
        metrics.blur_effect(colour[:, :7])
