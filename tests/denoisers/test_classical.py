"""The classical filters: against the libraries they call, against brute force and closed forms, on Set12."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.classical import FILTERS
from xai_core.denoisers.classical._patches import principal_axes, shrink_patches
from xai_core.denoisers.classical.notch import _wave
from xai_core.denoisers.classical.wavelet import WAVELETS
from xai_core.errors import DataNotFound, InvalidInput
from xai_core.metrics import psnr
from xai_core.noise import add_noise
from xai_core.noise.waves import Peak, find_peaks, spectrum

SIGMA = 25 / 255
NAMES = [spec.name for spec in FILTERS if not spec.supports.get("optional")]


def wave(height, width, u, v, amplitude=0.15, phase=0.4):
    row, column = np.mgrid[:height, :width]
    return (amplitude * np.cos(2 * np.pi * (u * column + v * row) + phase)).astype(np.float32)[None, ..., None]


@pytest.fixture(scope="module")
def photographs():
    """Three pictures of Set12, 160 x 160 of each."""
    try:
        dataset = load_dataset("set12", "test")
    except DataNotFound as error:
        pytest.skip(f"not on this machine: {error}")
    return np.concatenate([dataset.image(i)[:, 60:220, 60:220] for i in (0, 3, 6)])


def camera(side=128):
    from skimage import data

    return data.camera()[100 : 100 + side, 180 : 180 + side][None, ..., None] / np.float32(255)


# All


def test_the_filters_and_their_order():
    assert " ".join(spec.name for spec in FILTERS) == (
        "mean gaussian median weighted_median wiener bilateral total_variation non_local_means wavelet pca ica notch bm3d"
    )
    assert all(spec.citation and spec.passes and spec.summary.endswith(".") for spec in FILTERS)


def library_call(name, z):
    """What a person would call on a grey picture (H, W), with our defaults."""
    import cv2
    from scipy import ndimage, signal
    from skimage import restoration

    return {
        "mean": lambda: cv2.blur(z, (3, 3)),
        "gaussian": lambda: ndimage.gaussian_filter(z, 1),
        "median": lambda: cv2.medianBlur(z, 3),
        "wiener": lambda: signal.wiener(z, 5, noise=SIGMA**2),
        "bilateral": lambda: cv2.bilateralFilter(z, -1, 3 * SIGMA, 1.8),
        "total_variation": lambda: restoration.denoise_tv_chambolle(z, 1.1 * SIGMA),
        "non_local_means": lambda: restoration.denoise_nl_means(z, 5, 6, 0.6 * SIGMA, sigma=SIGMA),
        "wavelet": lambda: restoration.cycle_spin(
            z, restoration.denoise_wavelet, 3, workers=1, func_kw={"sigma": SIGMA, "wavelet": "db2", "wavelet_levels": 4}
        ),
    }[name]()


LIBRARIES = ("mean", "gaussian", "median", "wiener", "bilateral", "total_variation", "non_local_means", "wavelet")


@pytest.mark.parametrize("name", LIBRARIES)
def test_as_good_as_the_librarys_own_call(name, photographs):
    """Set12 at sigma 25: within 0.15 dB; the Wiener filter is 0.3 dB better, because it mirrors the edges."""
    noisy = add_noise(photographs, "gaussian", 25, seed=3)
    own = np.stack([library_call(name, image[..., 0]) for image in noisy])[..., None]
    expected = psnr(photographs, np.clip(own, 0, 1))
    difference = psnr(photographs, load_denoiser(name)(noisy, 25)) - expected
    assert difference.min() > -0.15
    assert difference.max() < (0.5 if name == "wiener" else 0.15)


@pytest.mark.parametrize(
    ("name", "least"),
    [("wavelet", 25.8), ("pca", 26.7), ("ica", 27.0), ("non_local_means", 26.8), ("mean", 23.4), ("weighted_median", 23.9)],
)
def test_quality_on_photographs(name, least, photographs):
    """Set12 at sigma 25, three crops: a floor 0.3 dB under what was measured."""
    noisy = add_noise(photographs, "gaussian", 25, seed=3)
    assert psnr(photographs, load_denoiser(name)(noisy, 25)).mean() > least


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 3), (5, 2, 1), (16, 16, 3), (16, 101, 1), (37, 64, 3)])
def test_any_size(name, shape, rng):
    noisy = rng.random((1, *shape), np.float32)
    denoised = load_denoiser(name)(noisy, 25)
    assert denoised.shape == noisy.shape and np.isfinite(denoised).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_flat_picture_stays_flat_whatever_level_is_told(name, channels):
    flat = np.full((1, 24, 24, channels), 0.3, np.float32)
    if channels == 3:
        flat *= np.array([0.5, 1, 2], np.float32)
    np.testing.assert_allclose(load_denoiser(name)(flat, 50), flat, atol=2e-6)


@pytest.mark.parametrize("name", ["mean", "median", "weighted_median", "wiener"])
def test_an_even_window_gets_a_sentence(name):
    with pytest.raises(InvalidInput, match=r"Expected an odd window for the .* filter \(3, 5, 7 or 9 pixels\), received 4\."):
        load_denoiser(name, size=4)(np.zeros((1, 16, 16, 1), np.float32), 25)


# Smoothing


@pytest.mark.parametrize("size", [3, 9])
def test_mean_is_the_mean_of_each_window(size, rng):
    noisy = rng.random((2, 11, 14, 3), np.float32)
    around = size // 2
    padded = np.pad(noisy, ((0, 0), (around, around), (around, around), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    np.testing.assert_allclose(load_denoiser("mean", size=size)(noisy), windows.mean((-2, -1)), atol=1e-6)


def test_how_much_noise_the_linear_filters_leave():
    """sigma^2 / size^2 and sigma^2 / (4 pi width^2)."""
    noisy = add_noise(np.full((1, 256, 256, 1), 0.5, np.float32), "gaussian", 25)
    assert load_denoiser("mean", size=5)(noisy).std() == pytest.approx(SIGMA / 5, rel=0.05)
    assert load_denoiser("gaussian", width=2.0)(noisy).std() == pytest.approx(SIGMA / (2 * np.sqrt(np.pi) * 2), rel=0.05)


def test_gaussian_is_its_weights():
    point = np.zeros((1, 33, 33, 1), np.float32)
    point[0, 16, 16] = 1
    row, column = np.mgrid[-16:17, -16:17]
    weights = np.exp(-(row**2 + column**2) / (2 * 1.5**2)) * (np.maximum(np.abs(row), np.abs(column)) <= 6)
    blurred = load_denoiser("gaussian", width=1.5)(point)[0, ..., 0]
    np.testing.assert_allclose(blurred, weights / weights.sum(), atol=1e-6)


# Weighted median


@pytest.mark.parametrize("centre", [1, 3, 7, 9, 25])
@pytest.mark.parametrize("size", [3, 5])
def test_weighted_median_is_the_median_with_the_middle_repeated(size, centre, rng):
    """Brute force: numpy.median of the window and `centre` - 1 more copies of its middle."""
    noisy = rng.random((2, 9, 12, 3), np.float32)
    around = size // 2
    padded = np.pad(noisy, ((0, 0), (around, around), (around, around), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2)).reshape(*noisy.shape, -1)
    repeated = np.concatenate([windows, np.repeat(noisy[..., None], centre - 1, -1)], axis=-1)
    denoised = load_denoiser("weighted_median", size=size, centre=centre)(noisy)
    np.testing.assert_array_equal(denoised, np.median(repeated, axis=-1))


def test_weighted_median_of_weight_one_is_the_median(rng):
    noisy = rng.random((1, 20, 21, 3), np.float32)
    for size in (3, 7):
        ours = load_denoiser("weighted_median", size=size, centre=1)(noisy)
        assert np.array_equal(ours, load_denoiser("median", size=size)(noisy))


def test_weighted_median_keeps_a_line_that_the_median_loses():
    picture = np.zeros((1, 15, 15, 1), np.float32)
    picture[:, :, 7] = 1
    picture[:, 3, 2] = 1  # and removes a single pixel
    kept = load_denoiser("weighted_median", centre=5)(picture)
    assert (kept[:, :, 7] == 1).all() and kept.sum() == 15
    assert load_denoiser("median")(picture).sum() == 0


def test_an_even_weight_gets_a_sentence():
    with pytest.raises(InvalidInput, match="odd weight of the middle pixel"):
        load_denoiser("weighted_median", centre=4)(np.zeros((1, 16, 16, 1), np.float32))


# Told the noise


# SciPy's wiener correlates into memory that was never set, which NumPy warns of when it happens to hold no number.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [3, 7])
def test_wiener_is_scipys_inside(channels, size, rng):
    from scipy.signal import wiener

    noisy = rng.random((1, 24, 21, channels), np.float32)
    denoised = load_denoiser("wiener", size=size, strength=1.5)(noisy, 25)
    expected = np.stack([wiener(noisy[0, ..., c], size, noise=(1.5 * SIGMA) ** 2) for c in range(channels)], -1)
    around = size // 2
    inside = np.s_[around:-around, around:-around]
    np.testing.assert_allclose(denoised[0][inside], np.clip(expected, 0, 1)[inside], atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_bilateral_is_its_formula(channels, rng):
    """One pixel by hand: the window of radius 3 is round, colours differ by the sum of their absolute differences."""
    noisy = rng.random((1, 15, 15, channels), np.float32)
    row, column = np.mgrid[-3:4, -3:4]
    window = noisy[0, 4:11, 4:11].astype(np.float64)
    difference = np.abs(window - noisy[0, 7, 7]).sum(-1)
    weights = np.exp(-(row**2 + column**2) / (2 * 1.8**2) - difference**2 / (2 * (3 * 50 / 255) ** 2 * channels))
    weights *= row**2 + column**2 <= 9
    expected = (weights[..., None] * window).sum((0, 1)) / weights.sum()
    np.testing.assert_allclose(load_denoiser("bilateral")(noisy, 50)[0, 7, 7], expected, atol=1e-4)  # OpenCV's table of exp


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("method", ["BayesShrink", "VisuShrink"])
def test_wavelet_is_scikit_images(method, channels, rng):
    """Large enough not to be mirrored; colour in luma and colour differences."""
    from skimage.restoration import denoise_wavelet

    noisy = rng.random((1, 64, 71, channels), np.float32)
    denoised = load_denoiser("wavelet", method=method, shifts=0)(noisy, 40)
    expected = denoise_wavelet(
        noisy[0],
        sigma=40 / 255,
        wavelet="db2",
        mode="soft" if method == "BayesShrink" else "hard",
        wavelet_levels=4,
        method=method,
        convert2ycbcr=channels == 3,
        channel_axis=-1,
    )
    np.testing.assert_allclose(denoised[0], np.clip(expected, 0, 1).reshape(denoised[0].shape), atol=1e-6)


@pytest.mark.parametrize("name", WAVELETS)
@pytest.mark.parametrize("shape", [(8, 9, 1), (28, 28, 1), (32, 32, 3)])
def test_every_wavelet_denoises_small_pictures(name, shape):
    """Without a warning of PyWavelets about too many levels."""
    clean = np.full((1, *shape), 0.5, np.float32)
    noisy = add_noise(clean, "gaussian", 25)
    denoised = load_denoiser("wavelet", wavelet=name)(noisy, 25)
    assert psnr(clean, denoised)[0] > psnr(clean, noisy)[0] + 3


def test_shifts_help_the_wavelets(photographs):
    noisy = add_noise(photographs, "gaussian", 25, seed=3)
    alone, shifted = (psnr(photographs, load_denoiser("wavelet", shifts=shifts)(noisy, 25)).mean() for shifts in (0, 3))
    assert shifted > alone + 0.8


# Patches


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("patch", [3, 8])
def test_patches_without_a_cut_are_the_picture(channels, patch, rng):
    """All axes, nothing cut: every patch is itself, and so is their mean."""
    image = rng.random((19, 23, channels), np.float32)
    same = shrink_patches(image, 0.0, patch, lambda patches: principal_axes(patches)[0])
    np.testing.assert_allclose(same, image, atol=1e-5)


def test_patches_without_axes_are_twice_a_mean(rng):
    """Of each patch its mean is left: the mean over all patches is a tent filter."""
    image = rng.random((20, 20, 1), np.float32)
    smooth = shrink_patches(image, 0.0, 3, lambda patches: patches[:0])
    tent = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]) / 81
    expected = (tent * image[8:13, 5:10, 0]).sum()
    assert smooth[10, 7, 0] == pytest.approx(expected, abs=1e-6)


def test_bands_do_not_show(rng, monkeypatch):
    """A large picture is filtered in bands of rows: the same as at once."""
    noisy = rng.random((1, 40, 31, 3), np.float32)
    for name in ("pca", "ica"):
        at_once = load_denoiser(name)(noisy, 60)
        with monkeypatch.context() as patched:
            patched.setattr("xai_core.denoisers.classical._patches.HELD", 1)
            np.testing.assert_allclose(load_denoiser(name)(noisy, 60), at_once, atol=1e-5)


def test_principal_axes_are_scikit_learns(rng):
    from sklearn.decomposition import PCA

    patches = rng.standard_normal((500, 6)) * [3, 2.5, 2, 1.5, 1, 0.5] @ np.linalg.qr(rng.standard_normal((6, 6)))[0]
    patches -= patches.mean(0)
    axes, variances = principal_axes(patches)
    oracle = PCA().fit(patches)
    np.testing.assert_allclose(np.abs((axes * oracle.components_).sum(1)), 1, atol=1e-6)
    np.testing.assert_allclose(variances, oracle.explained_variance_ * 499 / 500)


def test_ica_finds_the_sources():
    """Patches that are sums of two sparse patterns at an angle of 90 degrees, of almost one strength: the axes are they."""
    from xai_core.denoisers.classical.ica import _independent_axes

    rng = np.random.default_rng(4)
    patterns = np.linalg.qr(rng.standard_normal((9, 2)))[0].T
    patches = (rng.laplace(size=(20_000, 2)) * [1, 1.05] @ patterns + 0.01 * rng.standard_normal((20_000, 9))).astype(np.float32)
    axes = _independent_axes(patches, 0.01)
    found = np.abs(axes @ patterns.T)[:2]
    np.testing.assert_allclose(np.sort(found.max(0)), 1, atol=0.02)
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-5)


@pytest.mark.parametrize("name", ["pca", "ica"])
def test_noise_alone_is_removed(name):
    noisy = add_noise(np.full((1, 64, 64, 1), 0.5, np.float32), "gaussian", 25)
    assert load_denoiser(name)(noisy, 25).std() < SIGMA / 4


@pytest.mark.parametrize("name", ["pca", "ica"])
def test_a_picture_of_few_patterns_is_found_in_the_noise(name):
    """A square wave of period 8: its patches lie along a few axes."""
    clean = np.tile(np.repeat(np.array([0.3, 0.7], np.float32), 4), (96, 12))[None, ..., None]
    noisy = add_noise(clean, "gaussian", 50)
    assert psnr(clean, load_denoiser(name)(noisy, 50))[0] > psnr(clean, noisy)[0] + 9


# Notch


@pytest.mark.parametrize(("u", "v"), [(0.125, 0.0), (0.1, 0.2), (0.11, -0.073), (0.0, 0.31), (0.5, 0.0), (0.3333, 0.4444)])
@pytest.mark.parametrize("side", [96, 131])
def test_a_known_wave_is_found_and_removed(u, v, side):
    """On a texture and a slope: the frequency within a tenth of a cycle per picture, more than 10 dB gained."""
    rng = np.random.default_rng(1)
    clean = np.clip(np.linspace(0.3, 0.7, side)[:, None] + 0.02 * rng.standard_normal((1, side, side)), 0.2, 0.8)
    clean = clean.astype(np.float32)[..., None]
    noisy = clean + wave(side, side, u, v)
    (peak,) = find_peaks(noisy[0])
    sign = 1 if np.hypot(peak.u - u, peak.v - v) < 0.1 else -1
    for found, true in ((peak.u, u), (peak.v, v)):
        error = sign * found - true
        assert abs(error - np.round(error)) < 0.1 / side
    denoised = load_denoiser("notch")(noisy)
    assert psnr(clean, denoised)[0] > psnr(clean, noisy)[0] + 10


def test_a_wave_on_photographs_is_removed_and_photographs_are_left_alone(photographs):
    assert np.array_equal(load_denoiser("notch")(photographs), photographs)
    noisy = add_noise(photographs, "periodic", 40, frequency=0.131, angle=33)
    assert (psnr(photographs, load_denoiser("notch")(noisy)) > psnr(photographs, noisy) + 20).all()


@pytest.mark.parametrize("level", [5, 25, 60])
def test_white_noise_holds_no_waves(level):
    for seed in range(5):
        assert find_peaks(add_noise(np.full((1, 100, 128, 1), 0.5, np.float32), "gaussian", level, seed=seed)[0]) == ()


def test_two_waves_under_noise_strongest_first():
    noisy = add_noise(camera(), "gaussian", 10) + wave(128, 128, 0.2, 0.05) + wave(128, 128, -0.1, 0.3, 0.3)
    strong, weak = find_peaks(noisy[0])
    assert (abs(strong.u), abs(strong.v)) == (pytest.approx(0.1, abs=1e-3), pytest.approx(0.3, abs=1e-3))
    assert (abs(weak.u), abs(weak.v)) == (pytest.approx(0.2, abs=1e-3), pytest.approx(0.05, abs=1e-3))
    assert strong.contrast > 8 and weak.contrast > 8


def test_colour_has_a_wave_of_its_own_in_each_channel():
    clean = np.repeat(camera(), 3, -1) * np.array([1, 0.9, 0.8], np.float32)
    noisy = clean + wave(128, 128, 0.17, 0.08) * np.array([1, 0.5, 0], np.float32)
    denoised = load_denoiser("notch")(noisy)
    for channel in range(3):
        assert psnr(clean[..., [channel]], denoised[..., [channel]])[0] > 35


@pytest.mark.parametrize("off", [0.0, 0.5, 1.0, 2.0])
def test_the_gain_around_a_peak_is_the_notchs(off):
    """1 - exp(-d^2 / (2 D^2)) in the middle of the picture, for a wave d beside the peak."""
    side, spread = 256, 3 / 256
    plane = wave(side, side, 0.2 + off * spread, 0.1)[0, ..., 0]
    left = plane - _wave(plane, Peak(0.2, 0.1, 1), spread)
    middle = np.s_[96:160, 96:160]
    gain = left[middle].std() / plane[middle].std()
    assert gain == pytest.approx(1 - np.exp(-(off**2) / 2), abs=0.01)


def test_spectrum_has_its_zero_in_the_middle():
    drawn = spectrum((0.5 + wave(64, 80, 0.25, 0.125))[0])
    assert drawn.shape == (64, 80)
    assert {tuple(place) for place in np.argwhere(drawn > 0.99 * drawn.max())} == {(40, 60), (24, 20)}


# BM3D


def test_bm3d_without_its_package_gets_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "bm3d", None)
    with pytest.raises(InvalidInput, match=r"has a non-commercial licence; .* `pip install bm3d`"):
        load_denoiser("bm3d")(np.zeros((1, 16, 16, 1), np.float32), 25)


@pytest.mark.parametrize("channels", [1, 3])
def test_bm3d_calls_its_package(channels, rng, monkeypatch):
    """Its place taken by a half: the level is told, colour goes there and back."""
    told = []
    monkeypatch.setitem(sys.modules, "bm3d", SimpleNamespace(bm3d=lambda z, sigma: told.append((z.shape, sigma)) or z / 2))
    noisy = rng.random((2, 9, 11, channels), np.float32)
    np.testing.assert_allclose(load_denoiser("bm3d", strength=2)(noisy, 25), noisy / 2, atol=1e-6)
    assert told == [((9, 11) if channels == 1 else (9, 11, 3), pytest.approx(2 * SIGMA))] * 2


def test_bm3d_is_the_published_one(photographs):
    """Where the package is installed: better than non-local means by more than 0.8 dB."""
    pytest.importorskip("bm3d")
    noisy = add_noise(photographs[:1], "gaussian", 25, seed=3)
    ours, other = (psnr(photographs[:1], load_denoiser(name)(noisy, 25))[0] for name in ("bm3d", "non_local_means"))
    assert ours > other + 0.8
