"""Batches of a noise detector: every kind as often, levels within the recipe's range, pictures of the train splits alone."""

from dataclasses import replace

import numpy as np
import pytest

from xai_core.noise.detection import CHANNELS, KINDS
from xai_core.training import get_recipe, noise_kinds
from xai_core.training.batches import batches, training_data
from xai_core.training.noise_kinds import noise_batches, noisy_picture, read_pictures, with_noise
from xai_core.types import Dataset, Provenance

RECIPE = replace(get_recipe("noise-kinds"), datasets=("grey", "colour"), steps=4, batch=12, held_out=0.25)


@pytest.fixture
def splits(monkeypatch):
    """Two data sets, "grey" of 15 sources and "colour" of two surveys; the splits asked for."""
    rng = np.random.default_rng(1)
    asked = []

    def load_dataset(name, split=None):
        asked.append(split)
        channels = 1 if name == "grey" else 3
        pixels = rng.integers(1, 255, (45, 50, 60, channels), np.uint8)
        groups = np.arange(45) // 3 if name == "grey" else np.arange(45) % 2
        pixels[:, 0, 0] = np.arange(45)[:, None] // 3 + 1  # its source
        provenance = Provenance("simulated", "here", "none", "none")
        return Dataset(name, "train", pixels, np.zeros(45, np.int64), ("one",), provenance, groups=groups.astype(str))

    monkeypatch.setattr(noise_kinds, "load_dataset", load_dataset)
    return asked


def test_sources_are_held_out_whole(splits):
    kept, held = read_pictures(RECIPE)
    assert splits == ["train", "train"]
    assert len(kept) + len(held) == 90
    sources = [{int(picture[0, 0, 0]) for picture in part if picture.shape[2] == 1} for part in (kept, held)]
    assert sources[0] and sources[1] and not sources[0] & sources[1]
    assert 5 < sum(picture.shape[2] == 3 for picture in held) < 20  # by picture: two surveys are no sources


def test_a_large_set_is_drawn_from(splits, monkeypatch):
    monkeypatch.setattr(noise_kinds, "MOST", 20)
    assert [len(part[0]) + len(part[1]) for part in [read_pictures(RECIPE)]] == [40]


def test_batches(splits):
    kept, held = training_data(RECIPE)
    data = batches(RECIPE, kept, epoch=2)
    assert len(data) == RECIPE.steps
    spectra, kinds = data[1]
    assert spectra.shape == (12, 64, 64, len(CHANNELS)) and spectra.dtype == np.float32
    assert kinds.sum(axis=0).tolist() == [2] * len(KINDS)
    for one, other in zip((spectra, kinds), data[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(spectra, batches(RECIPE, kept, epoch=3)[1][0])
    assert len(noise_batches(RECIPE, held.pictures, epoch=None)) == noise_kinds.HELD_OUT // 12


@pytest.mark.parametrize("kind", KINDS)
def test_noise_within_the_range_and_as_files(splits, monkeypatch, kind):
    asked = []

    def add_noise(clean, name, level, *, seed, **further):
        assert name == kind
        asked.append(level)
        if name == "periodic":
            assert further["frequency"] * min(clean.shape[1:3]) >= 4.5
        return clean + 2  # clipped: all white

    monkeypatch.setattr(noise_kinds, "add_noise", add_noise)
    picture = np.full((60, 70, 3), 100, np.uint8)
    rng = np.random.default_rng(0)
    made = [noisy_picture(picture, kind, RECIPE, rng) for _ in range(200)]
    assert all(min(one.shape[1:3]) >= 28 and one.shape[0] == 1 for one in made)
    assert {one.shape[3] for one in made} == {1, 3}
    if kind == "none":
        assert not asked
        return
    low, high = next((low, high) for name, low, high in RECIPE.noise if name == kind)
    assert low <= min(asked) < low * (high / low) ** 0.1 and high * (low / high) ** 0.1 < max(asked) <= high
    assert np.mean([one.max() <= 1 for one in made]) == pytest.approx(RECIPE.clipped, abs=0.08)


def test_no_noise_is_the_picture():
    clean = np.full((1, 30, 30, 1), 0.4, np.float32)
    assert with_noise(clean, "none", 1.0, np.random.default_rng(0)) is clean
