"""Training batches: augmentation, noise, determinism, what is held out."""

from dataclasses import replace

import numpy as np
import pytest

from xai_core.training import RECIPES, get_recipe
from xai_core.training.batches import HELD_OUT_PATCHES, augment, batches, cut, make_noisy, mix, training_data
from xai_core.training.recipe import Augmentation
from xai_core.training.recipes.denoisers import FOUR_NOISES


class Largest:
    """A random generator that always draws the upper bound, and mirrors every picture."""

    def uniform(self, low, high, size):
        return np.full(size, high, float)

    def random(self, size):
        return np.zeros(size)


def pictures(rng, channels=1, side=9):
    return rng.random((3, side, side, channels), np.float32)


# Augmentation


def test_no_augmentation_is_the_identity(rng):
    images = pictures(rng)
    assert augment(images, Augmentation(), rng) is images


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("side", "how", "axis"), [(9, "flip_horizontal", 2), (8, "flip_vertical", 1)])
def test_mirrors_are_exact(rng, channels, side, how, axis):
    images = pictures(rng, channels, side)
    assert np.array_equal(augment(images, Augmentation(**{how: True}), Largest()), np.flip(images, axis))
    some = augment(np.repeat(images[:1], 200, 0), Augmentation(**{how: True}), rng)
    mirrored = [np.array_equal(one, np.flip(images[:1], axis)[0]) for one in some]
    assert all(turned or np.array_equal(one, images[0]) for turned, one in zip(mirrored, some, strict=True))
    assert 70 < sum(mirrored) < 130  # 100 +- 4 standard deviations


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_quarter_turn(rng, side, channels):
    """90 degrees about the centre is numpy.rot90, whatever the parity of the side."""
    images = pictures(rng, channels, side)
    turned = augment(images, Augmentation(rotation=90), Largest())
    np.testing.assert_allclose(turned, np.rot90(images, 1, (1, 2)), atol=1e-5)


@pytest.mark.parametrize("side", [8, 9])
def test_quarter_turns_are_exact(rng, side):
    images = np.repeat(pictures(rng, 3, side)[:1], 200, 0)
    turned = augment(images, Augmentation(quarter_turns=True), rng)
    assert turned.shape == images.shape
    turns = [
        [np.array_equal(one, np.rot90(image, turn)) for turn in range(4)].index(True)
        for one, image in zip(turned, images, strict=True)
    ]
    assert np.bincount(turns, minlength=4).min() > 25  # 50 - 4 standard deviations


def test_half_a_turn_and_back(rng):
    images = pictures(rng)
    np.testing.assert_allclose(augment(images, Augmentation(rotation=360), Largest()), images, atol=1e-5)
    np.testing.assert_allclose(augment(images, Augmentation(rotation=180), Largest()), images[:, ::-1, ::-1], atol=1e-5)


def test_a_shift_repeats_the_edge(rng):
    """A third of nine pixels to the left and up; the last row and column are repeated."""
    images = pictures(rng)
    nearest = np.minimum(np.arange(9) + 3, 8)
    shifted = augment(images, Augmentation(shift=1 / 3), Largest())
    np.testing.assert_allclose(shifted, images[:, nearest][:, :, nearest], atol=1e-5)


def test_a_zoom_reads_the_doubled_distance_from_the_centre(rng):
    images = pictures(rng)
    places = np.clip(4 + 2 * (np.arange(9) - 4), 0, 8)
    np.testing.assert_allclose(augment(images, Augmentation(zoom=1), Largest()), images[:, places][:, :, places], atol=1e-5)


def test_a_shear_moves_rows_along_and_keeps_the_centre(rng):
    images = pictures(rng)
    sheared = augment(images, Augmentation(shear=0.2), Largest())
    np.testing.assert_allclose(sheared[:, 4, 4], images[:, 4, 4], atol=1e-5)
    ramp = np.tile(np.linspace(0, 1, 9, dtype=np.float32)[None, None, :, None], (1, 9, 1, 1))  # brightness is the column
    moved = augment(ramp, Augmentation(shear=0.2), Largest())[0, :, 4, 0]
    # Row r reads column 4 - sin(0.2) (r - 4) of the ramp; OpenCV rounds places to 1/32 pixel.
    np.testing.assert_allclose(moved, (4 - np.sin(0.2) * (np.arange(9) - 4)) / 8, atol=1 / 32 / 8)


ALL = Augmentation(rotation=180, shift=0.1, shear=0.1, zoom=0.2, flip_horizontal=True, flip_vertical=True)


def test_a_crop_moves_whole_pixels_and_mirrors_the_edge(rng):
    images = np.repeat(pictures(rng)[:1], 200, 0)
    wide = np.pad(images[0, ..., 0], 2, mode="reflect")
    places = {wide[y : y + 9, x : x + 9].tobytes(): (y, x) for y in range(5) for x in range(5)}
    found = [places[one[..., 0].tobytes()] for one in augment(images, Augmentation(crop=2), rng)]
    assert set(found) == set(places.values()), "not every shift was drawn in 200"


def test_a_mixed_picture_is_of_two_and_its_target_says_how_much(rng):
    """Each picture is one number, so that the area of the other can be counted."""
    images = np.repeat(np.arange(8, dtype=np.float32), 400).reshape(8, 20, 20, 1)
    targets = np.eye(8, dtype=np.float32)
    out, mixed = mix(images, targets, 1.0, rng)
    for picture, target in zip(out, mixed, strict=True):
        np.testing.assert_allclose(target, [(picture == number).mean() for number in range(8)], atol=1e-6)
    assert sum((target < 1).all() for target in mixed) >= 4
    assert np.array_equal(images, np.repeat(np.arange(8, dtype=np.float32), 400).reshape(8, 20, 20, 1)), "written into"
    same, unchanged = mix(images, targets, 0.0, rng)
    assert np.array_equal(same, images) and np.array_equal(unchanged, targets)


@pytest.mark.parametrize("channels", [1, 3])
def test_augmented_pictures_keep_shape_type_and_range(rng, channels):
    images = pictures(rng, channels)
    out = augment(images, ALL, rng)
    assert (out.shape, out.dtype) == (images.shape, np.float32)
    assert images.min() <= out.min() <= out.max() <= images.max(), "bilinear interpolation invents nothing"
    assert not np.array_equal(out[0], augment(images[:1].repeat(3, 0), ALL, rng)[1]), "all pictures are turned alike"


def test_augmentation_is_the_same_for_the_same_generator(rng):
    images = pictures(rng)
    first, second, other = (augment(images, ALL, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_augmentation_can_be_replaced(tiny):
    """By that of the last epochs, which is gentler."""
    kept = training_data(tiny.classifier)[0]
    shown = batches(tiny.classifier, kept, epoch=0, augmentation=Augmentation())
    clean = np.concatenate([shown[index][0] for index in range(len(shown))])
    assert {picture.tobytes() for picture in np.round(clean * 255).astype(np.uint8)} <= {
        picture.tobytes() for picture in kept.pictures
    }


# Noise


def test_make_noisy(tiny, rng):
    recipe = replace(tiny.denoiser, noise=FOUR_NOISES)
    clean = np.full((400, 8, 8, 1), 0.9, np.float32)
    first, second = (make_noisy(clean, recipe, np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(first, second)
    assert (first.shape, first.dtype) == (clean.shape, np.float32)
    assert np.isfinite(first).all()
    # Nearly every noise brings a pixel of 64 over 1 (salt & pepper does not); half of those pictures are then clipped.
    beyond = (first > 1).any((1, 2, 3))
    assert 0.25 < beyond.mean() < 0.5
    assert (clean == 0.9).all(), "the clean pictures were written into"


@pytest.mark.parametrize(("kind", "low", "high"), FOUR_NOISES)
def test_levels_are_drawn_from_the_whole_range(tiny, monkeypatch, kind, low, high):
    levels = []

    def add_noise(picture, name, level, *, seed):
        assert name == kind
        levels.append(level)
        return picture[None]

    monkeypatch.setattr("xai_core.training.batches.add_noise_beyond", add_noise)
    make_noisy(np.zeros((500, 8, 8, 1), np.float32), replace(tiny.denoiser, noise=((kind, low, high),)), np.random.default_rng(0))
    assert low <= min(levels) <= max(levels) <= high
    # Poisson levels are even on a logarithmic scale: half of them below the geometric mean.
    middle = np.sqrt(low * high) if kind == "poisson" else (low + high) / 2
    assert np.mean(np.array(levels) < middle) == pytest.approx(0.5, abs=0.09)  # 4 standard deviations of 500 draws


# Batches


def read(recipe, epoch, part=0):
    data = batches(recipe, training_data(recipe)[part], epoch=epoch)
    return [data[index] for index in range(len(data))]


def assert_equal(first, second):
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["denoiser", "classifier"])
@pytest.mark.parametrize("epoch", [0, 3, None])
def test_batches_depend_on_seed_epoch_and_index_alone(tiny, kind, epoch):
    recipe = getattr(tiny, kind)
    first = read(recipe, epoch)
    assert_equal(first, read(recipe, epoch))
    data = batches(recipe, training_data(recipe)[0], epoch=epoch)
    assert_equal([data[2]], first[2:3])  # asked for out of turn


@pytest.mark.parametrize("kind", ["denoiser", "classifier"])
def test_epochs_and_seeds_differ(tiny, kind):
    recipe = getattr(tiny, kind)
    pictures_of = [read(recipe, 0), read(recipe, 1), read(recipe, None)]
    pixels = [np.concatenate([part[0] for part in parts[:3]]) for parts in pictures_of]
    assert not np.array_equal(pixels[0], pixels[1])
    assert not np.array_equal(pixels[0], pixels[2])
    kept = training_data(recipe)[0]
    one, other = (batches(replace(recipe, seed=seed), kept, epoch=0)[0][0] for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_an_epoch_shows_each_picture_once(tiny):
    recipe = replace(tiny.denoiser, batch=5)
    kept, _ = training_data(recipe)
    clean = np.concatenate([part[1] for part in read(recipe, 0)])
    shown = {picture.tobytes() for picture in np.round(clean * 255).astype(np.uint8)}
    assert len(shown) == len(clean) == len(kept[0]) // 5 * 5  # the rest does not fill a batch
    assert shown <= {picture.tobytes() for picture in kept[0]}


def test_held_out_batches_are_all_pictures_as_they_are(tiny):
    """In their order, unaugmented, the last batch cut short; a denoiser's noise is the same each time."""
    _, (pixels, labels, _) = training_data(tiny.classifier)
    parts = read(replace(tiny.classifier, batch=len(pixels) - 1), None, part=1)
    np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), (pixels / np.float32(255)).astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), labels)
    assert [len(part[0]) for part in parts] == [len(pixels) - 1, 1]
    clean = np.concatenate([part[1] for part in read(tiny.denoiser, None, part=1)])
    np.testing.assert_array_equal(clean, (pixels / np.float32(255)).astype(np.float32))


def test_what_is_held_out(tiny):
    (kept, kept_labels, _), (held, held_labels, _) = training_data(tiny.classifier)
    assert tiny.splits == ["train"], "another split was read"
    together = {picture.tobytes() for picture in np.concatenate([kept, held])}
    assert len(together) == len(kept) + len(held) == len(tiny.data)
    assert 3 <= len(held) <= 21  # a quarter of 48, drawn: 12 +- 3 standard deviations
    labels = dict(zip((picture.tobytes() for picture in tiny.data.pixels), tiny.data.labels, strict=True))
    for pixels, given in ((kept, kept_labels), (held, held_labels)):
        assert [labels[picture.tobytes()] for picture in pixels] == given.tolist()
    again, _ = training_data(tiny.classifier)
    assert np.array_equal(again[0], kept)
    other, _ = training_data(replace(tiny.classifier, seed=1))
    assert len(other[0]) != len(kept) or not np.array_equal(other[0], kept)


def test_two_data_sets_are_joined_at_the_size_of_the_network(tiny):
    (kept, labels, _), (held, _, _) = training_data(replace(tiny.classifier, datasets=("tiny", "tiny"), side=12, channels=3))
    assert {picture.shape for picture in kept} == {(12, 12, 3)}
    assert len(kept) + len(held) == 2 * len(tiny.data)
    assert len(labels) == len(kept)


def test_class_weights_balance(tiny):
    kept = training_data(tiny.classifier)[0]
    data = batches(replace(tiny.classifier, batch=len(kept[0])), kept, epoch=0)
    _, labels, weights = data[0]
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum(), rel=1e-5)
    assert weights.mean() == pytest.approx(1)
    assert (labels == 1).sum() < (labels == 0).sum()


def test_more_than_two_classes_are_one_number_each(tiny):
    """Also where the part lacks some of them."""
    part = training_data(tiny.classifier)[0]
    labels = np.arange(len(part.labels)) % 3
    _, targets, _ = batches(replace(tiny.classifier, batch=6), part._replace(labels=labels, classes=5), epoch=None)[0]
    np.testing.assert_array_equal(targets, np.eye(5)[[0, 1, 2, 0, 1, 2]])


# Recipes


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_fits_the_registries(recipe):
    from xai_core.classifiers import CLASSIFIERS
    from xai_core.datasets import DATASETS
    from xai_core.denoisers import DENOISERS
    from xai_core.noise import NOISES
    from xai_core.noise.detection import DETECTORS

    registries = {"denoiser": DENOISERS, "classifier": CLASSIFIERS, "detector": DETECTORS}
    spec = registries[recipe.kind].get(recipe.name)
    assert (spec.label, spec.function) == (recipe.label, recipe.build)
    assert all("train" in DATASETS.get(name).supports["splits"] for name in recipe.datasets)
    assert get_recipe(recipe.name) is recipe
    for kind, low, high in recipe.noise:
        level = NOISES.get(kind).parameter("level")
        assert level.low <= low <= high, "no level of this noise"
        if not recipe.deviation:  # a diffusion model learns levels that no slider has
            assert high <= level.high
        if low == high:
            assert spec.supports["level"] == low
    if recipe.kind == "denoiser":
        assert recipe.noise
        if recipe.patch:
            assert recipe.steps and "shape" not in spec.supports and spec.supports["channels"] == recipe.channels
        else:
            assert spec.supports["shape"] == (recipe.side, recipe.side, recipe.channels)
        assert bool(spec.supports.get("guided")) == recipe.guided
        assert recipe.datasets[0] in spec.supports["pictures"]
    elif recipe.kind == "classifier":
        assert set(recipe.datasets) <= set(spec.supports["datasets"])
    else:
        assert recipe.steps


# Patches and guided networks


def test_patches_come_from_everywhere(rng):
    """Large pictures as often as they are large; all places of a picture."""
    small, large = np.full((8, 8, 1), 1, np.uint8), np.arange(2, 2 + 16 * 12, dtype=np.uint8).reshape(16, 12, 1)
    patches = cut([small, large], 600, 8, rng)
    assert patches.shape == (600, 8, 8, 1)
    from_small = (patches == 1).all((1, 2, 3)).mean()
    assert from_small == pytest.approx(64 / (64 + 192), abs=0.08)
    corners = set(patches[patches[:, 0, 0, 0] > 1][:, 0, 0, 0].tolist())
    assert corners == {int(large[row, column, 0]) for row in range(9) for column in range(5)}


def test_guided_batches_carry_the_level(tiny, monkeypatch):
    recipe = replace(tiny.denoiser, guided=True, clipped=0.0, noise=(("gaussian", 5, 75),))
    part = training_data(recipe)[0]
    noisy, clean = batches(recipe, part, epoch=0)[0]
    assert noisy.shape == (*clean.shape[:3], clean.shape[3] + 1)
    levels = noisy[..., -1]
    assert (levels == levels[:, :1, :1]).all()
    spread = (noisy[..., :-1] - clean).std((1, 2, 3))
    np.testing.assert_allclose(spread, levels[:, 0, 0], rtol=0.3)
    assert levels.min() >= 5 / 255 and levels.max() <= 75 / 255


def test_batches_of_patches(tiny):
    recipe = replace(tiny.denoiser, side=0, patch=6, steps=3, held_out=0.25)
    part, held = training_data(recipe)
    assert {picture.shape for picture in part.pictures} == {tiny.data.size(0)}
    epoch = batches(recipe, part, epoch=0)
    assert len(epoch) == 3
    assert epoch[2][1].shape == (recipe.batch, 6, 6, recipe.channels)
    assert len(batches(recipe, held, epoch=None)) == HELD_OUT_PATCHES // recipe.batch


# What is held out


def test_folds_part_the_pictures(tiny):
    """Every picture is judged in exactly one fold; no part shares a picture with another; folds differ by one at most."""
    recipe, whole = replace(tiny.classifier, seed=3), sorted(picture.tobytes() for picture in tiny.data.pixels)
    judged = []
    for fold in range(5):
        parts = training_data(recipe, (fold, 5))
        names = [[picture.tobytes() for picture in part.pictures] for part in parts]
        assert sorted(name for part in names for name in part) == whole
        assert all(len(part.labels) == len(part.pictures) for part in parts)
        judged += names[2]
        assert len(names[2]) in (len(whole) // 5, len(whole) // 5 + 1)
    assert sorted(judged) == whole


@pytest.mark.parametrize("fold", [None, (0, 3)])
def test_groups_are_held_out_whole(tiny, fold, monkeypatch):
    groups = np.array([f"photograph {index // 4}" for index in range(len(tiny.data))])
    data = replace(tiny.data, groups=groups)
    monkeypatch.setattr("xai_core.training.batches.load_dataset", lambda name, split: data)
    owner = {picture.tobytes(): group for picture, group in zip(data.pixels, groups, strict=True)}
    parts = training_data(replace(tiny.classifier, by_group=True), fold)
    sources = [{owner[picture.tobytes()] for picture in part.pictures} for part in parts]
    assert all(sources) and sum(map(len, sources)) == len(set(groups))


def test_a_classifier_sees_noise_on_half_of_its_pictures(tiny):
    """Added at the pictures' own size, before they are brought to the network's: the area average of 4 pixels halves it."""
    recipe = replace(
        tiny.classifier, noise=(("gaussian", 50, 50),), clipped=0.0, native=16, augmentation=Augmentation(), batch=24, seed=1
    )
    part = training_data(recipe)[0]
    assert part.pictures[0].shape == (16, 16, 1)
    data = batches(recipe, part, epoch=0)
    clean = batches(replace(recipe, noise=()), part, epoch=0)
    assert data[0][0].shape == (24, 8, 8, 1)
    spread = np.concatenate([(255 * (data[i][0] - clean[i][0])).std((1, 2, 3)) for i in range(len(data))])
    noisy = spread > 0
    assert 0.25 < noisy.mean() < 0.75
    assert spread[noisy].mean() == pytest.approx(25, rel=0.1)
    assert np.array_equal(data[0][1], clean[0][1])
