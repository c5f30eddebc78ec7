"""The kind of noise told from the noisy picture: pictures made here, whose noise is known."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.images import to_uint8
from xai_core.noise import NOISES, add_noise
from xai_core.noise.detection import KINDS, LAWS, log_spectrum
from xai_core.noise.detection.classical import detect_classical

SIDE = 128


def scene(channels=1, side=SIDE):
    """A disc on a ramp from dark to bright, with soft edges: all brightnesses and, as in photographs, little finest detail."""
    v, u = np.mgrid[:side, :side] / side
    disc = 1 / (1 + np.exp((np.hypot(v - 0.5, u - 0.4) - 0.25) * side / 2))
    picture = (0.1 + 0.75 * u) * (1 - disc) + (0.85 - 0.5 * v) * disc
    tints = np.array([1.0, 0.9, 0.7])[:channels]
    return (picture[None, ..., None] * tints).astype(np.float32)


def noisy(kind, level, seed, channels=1, **parameters):
    return np.clip(add_noise(scene(channels), kind, level, seed=seed, **parameters), 0, 1)


CASES = [
    ("salt_pepper", 0.02),
    ("salt_pepper", 0.2),
    ("gaussian", 10.0),
    ("gaussian", 50.0),
    ("periodic", 20.0),
    ("periodic", 60.0),
    ("speckle", 4.0),
    ("speckle", 50.0),
    ("poisson", 10.0),
    ("poisson", 200.0),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("kind", "level"), CASES)
def test_kind_and_level(kind, level, seed):
    """As a file keeps it: clipped. Levels within 12 % (20 % for the share of impulses: 330 of them)."""
    (found,) = detect_classical(noisy(kind, level, seed))
    assert found.kind == kind, found
    assert found.level == pytest.approx(level, rel=0.2 if kind == "salt_pepper" else 0.12)


@pytest.mark.parametrize(("kind", "level"), CASES[::2])
def test_colour_and_eight_bits(kind, level):
    (found,) = detect_classical(to_uint8(noisy(kind, level, 7, channels=3)))
    assert found.kind == kind, found
    assert found.level == pytest.approx(level, rel=0.2)


@pytest.mark.parametrize(("kind", "level"), [("gaussian", 50.0), ("speckle", 4.0), ("poisson", 10.0), ("periodic", 60.0)])
def test_not_clipped(kind, level):
    (found,) = detect_classical(add_noise(scene(), kind, level, seed=1))
    assert found.kind == kind, found
    assert found.level == pytest.approx(level, rel=0.12)


@pytest.mark.parametrize("channels", [1, 3])
def test_clean_pictures_have_none(channels):
    for picture in (scene(channels), to_uint8(scene(channels))):
        (found,) = detect_classical(picture)
        assert (found.kind, found.level, found.wave) == ("none", 0, None)


@pytest.mark.parametrize("grey", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (2, 40, 61, 3)])
def test_flat_pictures_have_none(grey, shape):
    assert {found.kind for found in detect_classical(np.full(shape, grey, np.float32))} == {"none"}


@pytest.mark.parametrize("kind", LAWS)
def test_one_brightness_cannot_tell_the_laws_apart(kind):
    """The noise is seen; which law it follows is left open, and said so."""
    (found,) = detect_classical(add_noise(np.full((1, SIDE, SIDE, 1), 0.5, np.float32), kind, seed=2))
    assert found.kind in LAWS
    assert found.confidence < 0.7


@pytest.mark.parametrize(("frequency", "angle"), [(5 / SIDE, 0), (0.125, 30), (0.2, 120), (0.37, 90), (0.5, 0)])
def test_where_the_wave_is(frequency, angle):
    (found,) = detect_classical(noisy("periodic", 40, 3, frequency=frequency, angle=angle))
    assert found.kind == "periodic"
    u, v = found.wave
    wanted = frequency * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    assert min(np.abs(sign * np.array([u, v]) - wanted).max() for sign in (1, -1)) < 0.1 / SIDE


def test_a_pattern_in_a_corner_is_no_wave():
    """Its peak stands out as that of a wave does, but no phase goes through the whole picture."""
    bars = np.float32(0.06) * np.sin(0.4 * np.pi * np.arange(SIDE, dtype=np.float32))[:, None]
    everywhere = np.broadcast_to(0.5 + bars, (SIDE, SIDE))
    corner = np.full((SIDE, SIDE), 0.5, np.float32)
    corner[: SIDE // 2, : SIDE // 2] = everywhere[: SIDE // 2, : SIDE // 2]
    (found,) = detect_classical(corner)
    assert found.evidence["strongest wave over its surroundings (times)"] > 5
    assert found.kind == "none"
    assert detect_classical(everywhere)[0].kind == "periodic"


def test_white_patches_are_no_impulses():
    picture = scene()
    picture[:, 20:40, 20:40] = 1
    picture[:, 60:80, 100:120] = 0
    assert detect_classical(picture)[0].kind == "none"


def test_each_picture_for_itself():
    batch = np.concatenate([scene(), *(noisy(kind, level, 1) for kind, level in CASES[1::2])])
    together = detect_classical(batch)
    assert [found.kind for found in together] == ["none", "salt_pepper", "gaussian", "periodic", "speckle", "poisson"]
    for image, found in zip(batch, together, strict=True):
        assert detect_classical(image) == (found,)
        assert set(found.scores) == set(KINDS)
        assert sum(found.scores.values()) == pytest.approx(1)
        assert found.confidence == max(found.scores.values()) == found.scores[found.kind]
        assert found.level == 0 or NOISES.get(found.kind).parameter("level").low < found.level
        assert all(np.isfinite(value) for value in found.evidence.values())


def test_input_is_not_written_into_and_none_gives_none():
    picture = noisy("gaussian", 25, 0)
    before = picture.copy()
    detect_classical(picture)
    log_spectrum(picture)
    assert np.array_equal(picture, before)
    assert detect_classical(np.zeros((0, 64, 64, 1), np.float32)) == ()
    assert log_spectrum(np.zeros((0, 64, 64, 1), np.float32)).shape == (0, 128, 128, 1)


@pytest.mark.parametrize("function", [detect_classical, log_spectrum])
def test_errors(function):
    with pytest.raises(InvalidInput, match="at least 28 x 28 pixels, received 27 x 64"):
        function(np.zeros((1, 27, 64, 1), np.float32))
    with pytest.raises(InvalidInput, match="finite"):
        function(np.full((1, 64, 64, 1), np.nan, np.float32))


@pytest.mark.parametrize("size", [1, 15, 128])
def test_size_of_the_spectrum(size):
    assert log_spectrum(np.zeros((1, 64, 96, 3), np.float32), size=size).shape == (1, size, size, 1)


def test_size_of_the_spectrum_is_checked():
    with pytest.raises(InvalidInput, match="at least 1"):
        log_spectrum(np.zeros((1, 64, 64, 1), np.float32), size=0)


@pytest.mark.parametrize("shape", [(128, 128), (96, 160), (40, 40)])
def test_spectrum_of_white_noise_has_its_level(shape):
    """Without a change of size the mean of |Y|^2 is sigma^2; |Y| is Rayleigh's: its median is sigma sqrt(ln 2)."""
    spectrum = log_spectrum(add_noise(np.full((1, *shape, 1), 0.5, np.float32), "gaussian", 25, seed=1), size=min(shape))
    assert spectrum.dtype == np.float32
    medians = 10 ** (4 * np.median(spectrum)) - 1
    if shape[0] == shape[1]:
        assert medians == pytest.approx(25 * np.sqrt(np.log(2)), rel=0.1)
    else:
        assert 20 < medians < 35  # the larger of two where one side shrinks


@pytest.mark.parametrize("side", [40, 128, 300])
def test_a_wave_keeps_its_place_and_height_at_any_size(side):
    size, frequency = 64, 0.25
    picture = add_noise(np.full((1, side, side, 1), 0.5, np.float32), "periodic", 40, frequency=frequency, angle=0)
    spectrum = log_spectrum(picture, size=size)[0, ..., 0]
    row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
    assert abs(row - size // 2) <= 1
    assert abs(abs(column - size // 2) - frequency * size) <= 1
    if side == 128:
        # A / 2 sum w / sqrt(sum w^2), with sum w = n / 2 and sum w^2 = 3 n / 8 along each side.
        assert 10 ** (4 * spectrum.max()) - 1 == pytest.approx(20 * side / 4 / (3 / 8), rel=0.02)


def test_a_flat_picture_has_an_empty_spectrum():
    assert log_spectrum(np.full((1, 64, 64, 3), 0.3, np.float32)).max() < 1e-6
