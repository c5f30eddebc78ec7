"""The castings drawn here: a defect is in its mask and nowhere else, it can be seen, and nothing else tells the class."""

import cv2
import numpy as np
import pytest

from xai_core.datasets import casting
from xai_core.datasets import simulated_castings as simulated
from xai_core.errors import DataNotFound, InvalidInput

DEFECTS = tuple(simulated.DEFECTS)
SIZE = (simulated.SIDE, simulated.SIDE)


@pytest.fixture(scope="module")
def val():
    return simulated.load("val")


@pytest.fixture(scope="module")
def sound():
    """Sound castings of some seeds."""
    return {seed: simulated.draw(simulated.SOUND, seed)[0] for seed in range(12)}


@pytest.mark.parametrize("kind", [simulated.SOUND, *DEFECTS])
def test_draw(kind):
    image, mask = simulated.draw(kind, 3)
    assert (image.shape, image.dtype, mask.shape, mask.dtype) == ((*SIZE, 1), np.float32, SIZE, bool)
    assert image.min() >= 0 and image.max() <= 1
    assert mask.any() == (kind != simulated.SOUND)
    again, same = simulated.draw(kind, 3)
    assert np.array_equal(image, again) and np.array_equal(mask, same)
    assert not np.array_equal(image, simulated.draw(kind, 4)[0])


@pytest.mark.parametrize("kind", DEFECTS)
def test_a_defect_changes_its_mask_and_nothing_else(kind, sound):
    for seed, clean in sound.items():
        image, mask = simulated.draw(kind, seed)
        change = np.abs(image - clean)[..., 0]
        assert not change[~mask].any()
        assert (change[mask] > 0).mean() > 0.95
        assert change[mask].max() > 0.1, "a defect that nobody can see"
        assert np.array_equal(mask, simulated.overlay(kind, seed)[0] > 0)


@pytest.mark.parametrize("kind", DEFECTS)
def test_where_defects_are(kind):
    """Scratches and pores within the casting, away from its edge; chips along the edge."""
    rows, columns = np.mgrid[: simulated.SIDE, : simulated.SIDE]
    for seed in range(12):
        mask, inside = simulated.overlay(kind, seed)[0] > 0, simulated.outline(seed)
        depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
        height = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
        if kind == "chipped edge":
            assert depth[mask].max() < 24 and height[mask].max() < 24
            assert (depth[mask] > 0).any()
        else:
            assert depth[mask].min() > 0
        assert abs(rows[inside].mean() - 149.5) < 12 and abs(columns[inside].mean() - 149.5) < 12


def test_defects_differ_in_size_and_strength(val, sound):
    sizes = val.masks[val.labels == 1].sum(axis=(1, 2))
    assert sizes.min() >= 5 and sizes.max() < 0.03 * simulated.SIDE**2
    assert np.percentile(sizes, 90) > 5 * np.percentile(sizes, 10)
    drawn = [(simulated.draw(kind, seed), clean) for kind in DEFECTS for seed, clean in sound.items()]
    strengths = [np.abs(image - clean)[mask].mean() for (image, mask), clean in drawn]
    assert np.percentile(strengths, 90) > 2 * np.percentile(strengths, 10)


@pytest.mark.parametrize("region", ["corners", "all but the defect"])
def test_simple_figures_do_not_tell_the_class(val, region):
    """Mean and spread of grey values: the classes differ by no more than chance (4 standard errors)."""
    keep = ~val.masks
    if region == "corners":
        ramp = np.arange(simulated.SIDE)
        keep &= np.abs(ramp - 149.5) + np.abs(ramp - 149.5)[:, None] > 250
    figures = np.array([[picture[k].mean(), picture[k].std()] for picture, k in zip(val.pixels, keep, strict=True)])
    for column in figures.T:
        parts = [column[val.labels == label] for label in (0, 1)]
        error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts))
        assert abs(parts[0].mean() - parts[1].mean()) < 4 * error


def test_classes_are_balanced_mixed_and_named(val):
    assert val.class_names == casting.CLASSES
    assert np.bincount(val.labels).tolist() == [60, 60]
    assert np.array_equal(val.labels == 1, val.subtypes != simulated.SOUND)
    assert [int((val.subtypes == kind).sum()) for kind in DEFECTS] == [20, 20, 20]
    assert np.array_equal(val.masks.any(axis=(1, 2)), val.labels == 1)
    assert val.labels[0] == 1 and len(np.unique(val.labels[:10])) == 2
    assert val.provenance.origin == "simulated"


def test_pictures_are_drawn_when_they_are_asked_for(monkeypatch):
    monkeypatch.setitem(simulated.SIZES, "val", 4)
    asked, draw = [], simulated.draw

    def record(kind, seed):
        asked.append(seed)
        return draw(kind, seed)

    monkeypatch.setattr(simulated, "draw", record)
    data = simulated.load("val")
    assert len(data) == 4 and not asked
    third = data.pixels[2]
    assert asked == [3]
    every = np.asarray(data.pixels)
    assert (every.shape, every.dtype) == (data.pixels.shape, np.uint8)
    assert np.array_equal(every[2], third)
    assert np.asarray(data.pixels, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(data.pixels, copy=False)


def test_no_seed_is_in_both_splits(val, monkeypatch):
    monkeypatch.setattr(simulated, "overlay", lambda kind, seed: (np.zeros(SIZE), np.zeros(SIZE)))
    train = simulated.load("train")
    assert [len(set(data.pixels.seeds)) for data in (val, train)] == [120, 1200]
    assert not set(val.pixels.seeds) & set(train.pixels.seeds)


def test_another_kind_is_refused():
    with pytest.raises(InvalidInput, match="out of sound, scratch, pores, chipped edge; received 'dent'"):
        simulated.draw("dent", 0)


def test_they_look_like_the_photographs(val):
    """The mean picture over distance from the centre: table, face, dark cavity, hub and bore at the same places."""
    try:
        real = casting.load("train")
    except DataNotFound as error:
        pytest.skip(f"not on this machine: {error}")
    rows, columns = np.mgrid[: simulated.SIDE, : simulated.SIDE]
    ring = (np.hypot(rows - 149.5, columns - 149.5) / 5).astype(int)

    def profile(data, step):
        mean = np.mean([data.pixels[index][..., 0] for index in range(0, len(data), step)], axis=0)
        return np.bincount(ring.ravel(), mean.ravel()) / np.bincount(ring.ravel())

    drawn, photographed = profile(val, 3), profile(real, 58)
    assert np.corrcoef(drawn, photographed)[0, 1] > 0.95
    assert np.abs(drawn - photographed).mean() < 20
