"""Planted evidence: the class is in the mask and nowhere else, by construction."""

import numpy as np
import pytest

from xai_core.datasets import planted
from xai_core.errors import InvalidInput

SEEDS = range(8)


@pytest.fixture(scope="module")
def val():
    return planted.load("val")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_pixel_outside_the_mask_knows_the_class(seed):
    """The other classes of one seed: the same numbers outside, other numbers nearly everywhere inside."""
    pictures, masks = zip(*(planted.draw(kind, seed) for kind in planted.CLASSES), strict=True)
    for picture, mask in zip(pictures[1:], masks[1:], strict=True):
        assert np.array_equal(mask, masks[0])
        differs = (picture != pictures[0]).any(axis=-1)
        assert not differs[~mask].any()
        assert differs[mask].mean() > 0.9


@pytest.mark.parametrize("kind", planted.CLASSES)
def test_draw(kind):
    image, mask = planted.draw(kind, 3)
    assert (image.shape, image.dtype, mask.shape, mask.dtype) == ((64, 64, 3), np.float32, (64, 64), bool)
    assert image.min() >= 0 and image.max() <= 1
    assert np.array_equal(image, planted.draw(kind, 3)[0])
    assert not np.array_equal(image, planted.draw(kind, 4)[0])


def test_the_pattern_is_what_its_name_says():
    """Mean squared steps from a pixel to its neighbour: rows change downwards, columns sideways, checks both ways."""
    steps = {}
    for kind in planted.CLASSES:
        inside = [(image.mean(-1), mask) for image, mask in (planted.draw(kind, seed) for seed in range(30))]
        down = np.mean([np.square(np.diff(p, axis=0))[m[1:] & m[:-1]].mean() for p, m in inside])
        right = np.mean([np.square(np.diff(p, axis=1))[m[:, 1:] & m[:, :-1]].mean() for p, m in inside])
        steps[kind] = down / right
    assert steps["Rows"] > 2
    assert steps["Columns"] < 0.5
    assert 0.8 < steps["Checks"] < 1.25


def test_size_and_place_of_the_evidence(val):
    """6 to 9 % of the picture, in one piece, away from the border, everywhere in the picture."""
    shares = val.masks.mean(axis=(1, 2))
    assert shares.min() > 0.055 and shares.max() < 0.1
    assert not (val.masks[:, 0].any() or val.masks[:, -1].any() or val.masks[:, :, 0].any() or val.masks[:, :, -1].any())
    rows, columns = np.mgrid[: planted.SIDE, : planted.SIDE]
    centres = np.array([(rows[mask].mean(), columns[mask].mean()) for mask in val.masks])
    assert (centres.min(axis=0) < 14).all() and (centres.max(axis=0) > 50).all()


def test_the_disc_is_no_more_striking_than_its_decoys(val):
    """Sobel's edges: the disc has no more than its share among three discs."""
    from skimage.filters import sobel

    edges = [sobel(picture.mean(axis=-1)) for picture in val.pixels]
    share = np.mean([edge[mask].sum() / edge.sum() for edge, mask in zip(edges, val.masks, strict=True)])
    assert share < 1 / 3


@pytest.mark.parametrize("region", ["corner", "outside"])
def test_simple_figures_do_not_tell_the_class(val, region):
    """Mean, spread and colour of all that is not the disc: the classes differ by no more than chance."""
    keep = ~val.masks if region == "outside" else np.broadcast_to(np.arange(64)[:, None] + np.arange(64) < 24, val.masks.shape)
    keep = keep & ~val.masks
    figures = np.array([[*p[k].mean(axis=0), p[k].std()] for p, k in zip(val.pixels, keep, strict=True) if k.any()])
    labels = val.labels[keep.any(axis=(1, 2))]
    for column in figures.T:
        between = np.var([column[labels == label].mean() for label in range(len(planted.CLASSES))], ddof=1)
        within = np.mean([column[labels == label].var(ddof=1) / (labels == label).sum() for label in range(len(planted.CLASSES))])
        assert between / within < 7  # F(2, 198) is above 7 once in 1,000 draws


def test_classes_are_balanced_and_mixed(val):
    assert np.bincount(val.labels).tolist() == [67, 67, 67]
    assert len(np.unique(val.labels[:10])) == 3
    assert val.class_names == planted.CLASSES
    assert val.provenance.origin == "simulated"


def test_no_seed_is_in_both_splits(monkeypatch):
    drawn = {"val": [], "train": []}
    for split, seeds in drawn.items():

        def record(kind, seed, seeds=seeds):
            seeds.append(seed)
            return np.zeros((64, 64, 3), np.float32), np.zeros((64, 64), bool)

        monkeypatch.setattr(planted, "draw", record)
        planted.load(split)
    assert [len(set(seeds)) for seeds in drawn.values()] == list(planted.SIZES.values())
    assert not set(drawn["val"]) & set(drawn["train"])


def test_another_pattern_is_refused():
    with pytest.raises(InvalidInput, match="out of Rows, Columns, Checks; received 'Stars'"):
        planted.draw("Stars", 0)
