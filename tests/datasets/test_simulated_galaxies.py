"""The galaxies drawn here: truth of the masks, classes that differ, the same galaxy at any size."""

import cv2
import numpy as np
import pytest

from xai_core.datasets import simulated_galaxies as simulated
from xai_core.errors import InvalidInput

GALAXIES = [(kind, seed) for kind in simulated.KINDS for seed in range(6)]


@pytest.fixture(scope="module")
def val():
    return simulated.load("val")


@pytest.mark.parametrize("kind", simulated.KINDS)
def test_draw(kind):
    image, mask = simulated.draw(kind, 3)
    assert (image.shape, image.dtype, mask.shape, mask.dtype) == ((128, 128, 3), np.float32, (128, 128), bool)
    assert image.min() >= 0
    assert image.max() <= 1
    again, _ = simulated.draw(kind, 3)
    other, _ = simulated.draw(kind, 4)
    assert np.array_equal(image, again)
    assert not np.array_equal(image, other)


@pytest.mark.parametrize(("kind", "seed"), GALAXIES)
def test_the_mask_is_the_light_of_the_galaxy_and_of_nothing_else(kind, seed, monkeypatch):
    _, mask = simulated.draw(kind, seed)
    monkeypatch.setattr(simulated, "_field", lambda side, rng: np.zeros((side, side, 3), np.float32))
    monkeypatch.setattr(simulated, "_noise", lambda light, rng: np.zeros_like(light))
    monkeypatch.setattr(simulated, "_stretch", lambda light, rng: light)
    light, _ = simulated.draw(kind, seed)
    brightness = light.mean(-1)
    # The seeing is drawn after the field, so it differs here; the light is the same.
    assert brightness[mask].sum() > 0.6 * brightness.sum()
    assert brightness[mask].mean() > 10 * brightness[~mask].mean()
    assert brightness[~mask].max() < 10 * simulated.ISOPHOTE
    assert brightness[mask].min() > simulated.ISOPHOTE / 3


def test_stars_are_outside_the_mask(monkeypatch):
    image, mask = simulated.draw("elliptical", 5)
    star = np.zeros((128, 128, 3), np.float32)
    star[10:14, 10:14] = 500
    field = simulated._field
    monkeypatch.setattr(simulated, "_field", lambda side, rng: field(side, rng) + star)
    starry, same = simulated.draw("elliptical", 5)
    assert starry[12, 12].max() > 0.8 > image[12, 12].max()
    assert np.array_equal(mask, same)


@pytest.mark.parametrize(("kind", "seed"), GALAXIES)
def test_the_same_galaxy_at_another_size(kind, seed):
    _, mask = simulated.draw(kind, seed, 256)
    _, small = simulated.draw(kind, seed, 128)
    shrunk = cv2.resize(mask.astype(np.float32), (128, 128), interpolation=cv2.INTER_AREA) > 0.5
    assert (shrunk & small).sum() > 0.85 * (shrunk | small).sum()


def test_pictures_stand_out_from_the_sky(val):
    brightness = val.pixels.mean(-1)
    inside = np.array([picture[mask].mean() for picture, mask in zip(brightness, val.masks, strict=True)])
    outside = np.array([np.median(picture[~mask]) for picture, mask in zip(brightness, val.masks, strict=True)])
    assert (inside > outside + 15).all()
    assert outside.max() < 40
    rows, columns = np.mgrid[:128, :128]
    centres = np.array([(rows[mask].mean(), columns[mask].mean()) for mask in val.masks])
    assert np.abs(centres - 63.5).max() < 12


def test_ellipticals_are_redder_and_smoother(val):
    red = np.array([p[m][:, 0].mean() / p[m][:, 2].mean() for p, m in zip(val.pixels, val.masks, strict=True)])
    elliptical, spiral = val.labels == 0, val.subtypes == "spiral"
    assert np.median(red[elliptical]) > 1.2 * np.median(red[spiral])
    grey = val.pixels.mean(-1).astype(np.float32)
    detail = np.abs(grey - np.stack([cv2.GaussianBlur(picture, (0, 0), 3) for picture in grey]))
    rough = np.array([d[m].mean() for d, m in zip(detail, val.masks, strict=True)])
    assert np.median(rough[spiral]) > 1.3 * np.median(rough[elliptical])


def test_classes_are_balanced_mixed_and_named(val):
    assert val.class_names == ("Elliptical", "Other")
    assert np.bincount(val.labels).tolist() == [60, 60]
    assert np.array_equal(val.labels == 0, val.subtypes == "elliptical")
    assert len(np.unique(val.labels[:10])) == 2
    assert val.provenance.origin == "simulated"


def test_the_first_picture_is_a_large_spiral(val):
    assert val.subtypes[0] == "spiral"
    assert set(val.subtypes) == {"elliptical", "spiral", "edge-on"}
    assert val.masks[0].mean() > 0.3
    opening, _ = simulated.draw("spiral", simulated.OPENING)
    assert np.array_equal(val.pixels[0], np.round(opening * 255))


def test_no_seed_is_in_both_splits(monkeypatch):
    drawn = {"val": [], "train": []}
    for split, seeds in drawn.items():

        def record(kind, seed, seeds=seeds):
            seeds.append(seed)
            return np.zeros((128, 128, 3), np.float32), np.zeros((128, 128), bool)

        monkeypatch.setattr(simulated, "draw", record)
        simulated.load(split)
    assert [len(set(seeds)) for seeds in drawn.values()] == [120, 1200]
    assert not set(drawn["val"]) & set(drawn["train"])


def test_wrong_requests():
    with pytest.raises(InvalidInput, match="out of elliptical, spiral, edge_on; received 'comet'"):
        simulated.draw("comet", 0)
    with pytest.raises(InvalidInput, match="at least 32 pixels, received 8"):
        simulated.draw("spiral", 0, 8)
