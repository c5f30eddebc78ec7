"""Squares of photographs at 32x32: where they come from, what is left out, and that the 32x32 networks take them."""

import numpy as np
import pytest

from xai_core.datasets import photos, small_photos
from xai_core.errors import DataNotFound
from xai_core.scene import denoisers_for, usual_denoiser


def test_a_few_hundred_of_every_photograph_in_turn(no_data):
    data = small_photos.load("all")
    assert data.pixels.shape == (297, 32, 32, 3)  # golden number: scikit-image 0.26, looked at one by one
    counts = dict(zip(*np.unique(data.groups, return_counts=True), strict=True))
    assert set(counts) == set(photos.FILES)
    assert max(counts.values()) <= len(small_photos.SIDES) * small_photos.MOST
    assert data.groups[: len(photos.FILES)].tolist() == list(photos.FILES)
    assert "not those of CIFAR-10" in data.provenance.note
    bright = data.images @ np.array([0.299, 0.587, 0.114], np.float32)
    assert (bright.std(axis=(1, 2)) > small_photos.FLATTEST - 0.01).all()


def test_a_square_is_the_mean_of_its_pixels(monkeypatch):
    """Of 64 x 64 pixels each pixel is the mean of 2 x 2, of 128 x 128 of 4 x 4."""
    monkeypatch.setattr(small_photos, "FLATTEST", 0)
    photograph = np.random.default_rng(0).random((200, 140, 3), np.float32)
    found = small_photos._squares(photograph)
    assert len(found) == 1 + 3 * 2
    middle = photograph[36:164, 6:134].reshape(32, 4, 32, 4, 3).mean(axis=(1, 3))
    assert np.abs(found[0] - 255 * middle).max() <= 0.51
    # 3 x 2 squares of 64 begin at row 4 and column 6; the fourth of them is the second row's second.
    fourth = photograph[4 + 64 : 4 + 128, 6 + 64 : 6 + 128].reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(found[1 + 3] - 255 * fourth).max() <= 0.51


def test_flat_squares_are_left_out_and_grey_becomes_colour():
    photograph = np.full((128, 128, 1), 0.5, np.float32)
    photograph[64:, 64:96] = 1
    [whole, corner] = small_photos._squares(photograph)
    assert (whole == whole[..., :1]).all()
    assert corner[:, :15].min() == 255 and corner[:, 17:].max() == 128


def test_the_networks_of_small_colour_pictures_are_made_for_it():
    assert usual_denoiser((32, 32, 3), "small_photos", "median") == "unet-cifar10"
    assert denoisers_for((32, 32, 3), "small_photos")[0] == "unet-cifar10"


def test_missing(monkeypatch):
    monkeypatch.setattr(photos, "find_spec", lambda name: None)
    with pytest.raises(DataNotFound, match="pip install --force-reinstall scikit-image"):
        small_photos.load("all")
