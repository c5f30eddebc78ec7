"""Planted structures: closed forms of linear filters, networks that learned nothing, denoisers that lose or invent on purpose."""

from dataclasses import replace
from math import erfc, sqrt

import keras
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from xai_core.datasets import load_dataset
from xai_core.datasets.structures import draw_structure
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.neural.dncnn import build_dncnn
from xai_core.denoisers.neural.unet import build_unet
from xai_core.errors import InvalidInput
from xai_core.experiments.planted_structure import StructureRow, planted_structure
from xai_core.trust import randomised


@pytest.fixture
def clean():
    return load_dataset("simulated_galaxies").image(0).mean(axis=-1, keepdims=True)[:, 20:68, 20:68]


def identity(images):
    return images


def test_the_identity_keeps_the_structure_and_the_noise(clean):
    found = planted_structure(identity, clean, "stroke", draws=200)
    energy = np.square(found.structure.profile).sum()
    for row in found.rows:
        assert row.amplitude == pytest.approx(1, abs=1e-5) and row.verdict == "survives" and row.spill < 1e-9
        assert row.detectability_before == pytest.approx(row.contrast * sqrt(energy), rel=1e-5)
        assert row.detectability == pytest.approx(row.detectability_before, rel=0.12)
        assert row.fired_before == pytest.approx(erfc(row.detectability_before / 2 / sqrt(2)) / 2)
        assert row.fired == pytest.approx(row.fired_before, abs=0.05)
    assert found.left == pytest.approx(1, abs=0.02) == found.appeared and found.left_without_noise == 0
    assert found.verdict == "does not denoise" and "keeps with the noise" in found.sentence


def test_a_gaussian_filter_leaves_what_a_convolution_leaves(clean):
    found = planted_structure(load_denoiser("gaussian", width=1.5), clean, "scratch", draws=40, seed=2)
    profile = draw_structure("scratch", 48, 48, 2).profile.astype(np.float64)
    smooth = gaussian_filter(profile, 1.5, mode="reflect")
    amplitude = (smooth * profile).sum() / np.square(profile).sum()
    # The reading of filtered noise is that of the noise with the filtered template: d' = <G s, s> / (sigma |G s|).
    unit = amplitude * np.square(profile).sum() / np.linalg.norm(smooth)
    for row in found.rows:
        assert row.amplitude == pytest.approx(amplitude, abs=1e-4) and row.spread < 1e-4
        assert row.detectability == pytest.approx(row.contrast * unit, rel=0.25)
        assert row.spill == pytest.approx(np.square(smooth[~found.structure.mask]).sum() / np.square(profile).sum(), rel=1e-3)
    assert {row.verdict for row in found.rows} == {"weakened"} and found.verdict == "passes"
    weights = np.square(gaussian_filter(np.eye(48), (0, 1.5), mode="reflect")).sum(axis=0)
    left = np.outer(weights, weights)[~found.structure.mask].mean()
    assert found.appeared == pytest.approx(left, rel=0.05), "what the filter leaves of white noise"


def test_a_trained_network_passes(clean):
    found = planted_structure(load_denoiser("unet-grey"), clean, "arm", contrasts=(4, 1), draws=6)
    assert found.verdict == "passes" and found.sentence.startswith("Passes")
    assert [row.contrast for row in found.rows] == [1, 4]
    assert found.rows[1].verdict == "survives" and found.rows[0].amplitude < found.rows[1].amplitude
    assert found.left < 0.2


@pytest.mark.parametrize("network", ["untrained U-Net", "untrained DnCNN", "shuffled U-Net", "shuffled FFDNet"])
def test_a_network_of_random_weights_fails_and_the_words_say_so(network, clean):
    keras.utils.set_random_seed(1)
    denoiser = {
        "untrained U-Net": lambda: replace(load_denoiser("unet-grey"), model=build_unet()),
        "untrained DnCNN": lambda: replace(load_denoiser("dncnn"), model=build_dncnn()),
        "shuffled U-Net": lambda: randomised(load_denoiser("unet-grey")),
        "shuffled FFDNet": lambda: randomised(load_denoiser("ffdnet")),
    }[network]()
    found = planted_structure(denoiser, clean, "arm", contrasts=(1, 4), draws=4)
    assert found.verdict == "does not denoise"
    assert found.sentence.startswith("Fails")
    assert "random weights" in found.sentence or "learned nothing" in found.sentence


def test_who_returns_the_clean_picture_loses_the_structure(clean):
    found = planted_structure(lambda images: np.repeat(clean, len(images), axis=0), clean)
    assert all(row.amplitude == 0 and row.verdict == "lost" and row.detectability == 0 for row in found.rows)
    assert found.verdict == "loses" and "lost" in found.sentence and found.left == 0


@pytest.mark.parametrize("gain", [0.1, 0.5, 0.9, 1.5])
def test_what_is_left_of_the_structure_decides(gain, clean):
    """A denoiser that knows the picture, and lets through a share of what lies along the structure."""
    profile = draw_structure("arm", 48, 48, 0).profile[..., None]

    def denoise(images):
        reading = ((images - clean) * profile).sum(axis=(1, 2, 3), keepdims=True) / np.square(profile).sum()
        return clean + gain * reading * profile

    found = planted_structure(denoise, clean, contrasts=(2,))
    assert found.rows[0].amplitude == pytest.approx(gain, rel=1e-4)
    assert found.rows[0].verdict == {0.1: "lost", 0.5: "weakened", 0.9: "survives", 1.5: "invented"}[gain]
    assert found.verdict == {0.1: "loses", 0.5: "passes", 0.9: "passes", 1.5: "invents"}[gain]
    assert found.rows[0].detectability == pytest.approx(found.rows[0].detectability_before, rel=0.5), "a gain changes no d'"


def test_a_structure_drawn_without_one_is_invented(clean):
    """Into every other noisy picture, whatever is there."""
    shape = 25 / 255 * draw_structure("arm", 48, 48, 0).profile[..., None]

    def denoise(images):
        odd = (images.sum(axis=(1, 2, 3)) * 1e4).astype(np.int64) % 2
        return clean + odd[:, None, None, None] * shape

    found = planted_structure(denoise, clean, contrasts=(1,))
    assert found.rows[0].verdict == "invented" and found.rows[0].fired > 0.25
    assert found.verdict == "invents" and "without a structure" in found.sentence


def test_firing_as_often_as_noise_alone_is_no_invention():
    row = StructureRow(0.1, 1, 0, 0.5, 0.5, fired_before=0.4, fired=0.5, spill=0)
    assert row.verdict == "survives" and replace(row, fired=0.85).verdict == "invented"
    assert replace(row, fired_before=0.01, fired=0.2).verdict == "survives"


def test_bright_on_dark_and_dark_on_bright():
    for grey, sign in ((0.2, 1), (0.8, -1)):
        found = planted_structure(identity, np.full((40, 40, 3), grey, np.float32), contrasts=(2,), sigma=10, draws=2)
        planted = found.with_structure[0] - grey
        expected = sign * 20 / 255 * found.structure.profile
        np.testing.assert_allclose(planted, np.repeat(expected[..., None], 3, axis=-1), atol=1e-6)
        np.testing.assert_allclose(found.noisy[0] - found.with_structure[0], found.without - grey, atol=1e-6)


def test_a_denoiser_is_told_the_level(clean):
    told = []

    class Told:
        def at(self, level):
            told.append(level)
            return identity

    planted_structure(Told(), clean, contrasts=(1,), sigma=40, draws=2)
    assert told == [40]


def test_the_same_seed_gives_the_same_rows(clean):
    denoiser = load_denoiser("median")
    one, again, other = (planted_structure(denoiser, clean, contrasts=(1,), draws=3, seed=seed) for seed in (5, 5, 6))
    assert one.rows == again.rows != other.rows
    assert one.denoised[0].tobytes() == again.denoised[0].tobytes()


def test_progress_comes(clean):
    shares = []
    planted_structure(identity, clean, contrasts=(1, 2, 3), draws=2, progress=shares.append)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"contrasts": ()}, "contrasts above 0"),
        ({"contrasts": (0, 1)}, "contrasts above 0"),
        ({"sigma": 0}, "noise level above 0"),
        ({"draws": 1}, "at least 2 draws"),
        ({"kind": "ring"}, "arm, stroke, scratch"),
        ({"clean": np.zeros((2, 32, 32, 1), np.float32)}, "one picture, received 2"),
    ],
)
def test_mistakes_are_named(parameters, message, clean):
    with pytest.raises(InvalidInput, match=message):
        planted_structure(**{"denoiser": identity, "clean": clean, **parameters})
