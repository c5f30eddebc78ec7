"""What every data set of the registry promises."""

from dataclasses import replace

import cv2
import h5py
import numpy as np
import pytest

from xai_core import datasets
from xai_core.datasets import DATASETS, _sources, galaxy10, planted, simulated_castings, simulated_galaxies, stl10
from xai_core.datasets._sources import ImageFiles
from xai_core.errors import DataNotFound, InvalidInput, UnknownName

ORIGINS = ("full", "downloaded", "bundled subset", "simulated")
CASES = [(spec.name, split) for spec in DATASETS for split in spec.supports["splits"]]


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory):
    """Small copies of the sets that the machine lacks: Galaxy10, STL-10 and a folder of one's own."""
    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (60, 32, 32, 3), np.uint8)
    with h5py.File(folder / galaxy10.FILE, "w") as file:
        file["images"], file["ans"] = pictures, np.arange(60) % 10
    for index, picture in enumerate(pictures):
        path = folder / "own" / ("Elliptical", "Other")[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture)
    (folder / stl10.FOLDER).mkdir()
    for pixels, labels in stl10.FILES.values():
        rng.integers(0, 256, (20, 3, 96, 96), np.uint8).tofile(folder / stl10.FOLDER / pixels)
        if labels:
            (1 + np.arange(20, dtype=np.uint8) % 10).tofile(folder / stl10.FOLDER / labels)
    find = _sources.find
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAI_FOLDER", str(folder / "own"))
        patch.setattr(_sources, "find", lambda name: folder / name if name in (galaxy10.FILE, stl10.FOLDER) else find(name))
        yield


def load(name, split):
    """Without the cache of `load_dataset`, so that every call reads or draws again."""
    try:
        return DATASETS.get(name).load()(split)
    except DataNotFound as error:
        pytest.skip(f"not on this machine: {error}")


@pytest.mark.parametrize(("name", "split"), CASES)
def test_contract(name, split, monkeypatch):
    monkeypatch.setitem(simulated_galaxies.SIZES, "train", 20)  # 1,200 would take 12 s
    monkeypatch.setitem(planted.SIZES, "train", 30)
    monkeypatch.setitem(simulated_castings.SIZES, "train", 20)
    data = load(name, split)
    count, height, width, channels = data.pixels.shape
    assert (data.name, data.split) == (name, split)
    assert len(data) == len(data.pixels) == count > 0
    assert channels in (1, 3)
    varied = height == 0
    assert varied == (width == 0)

    for index in {0, count // 2, count - 1}:
        pixels = data.pixels[index]
        if varied:
            height, width = pixels.shape[:2]
        assert min(height, width) >= 28
        assert data.size(index) == (height, width, channels)
        assert pixels.dtype == np.uint8
        assert pixels.shape == (height, width, channels)
        assert pixels.max() > 40, "an empty picture"
        image = data.image(index)
        assert image.dtype == np.float32
        assert image.shape == (1, height, width, channels)
        assert image.min() >= 0
        assert image.max() <= 1
        assert np.array_equal(np.round(image[0] * 255), pixels)

    assert data.labels.dtype == np.int64
    assert data.labels.shape == (count,)
    if data.class_names:
        assert set(np.unique(data.labels)) == set(range(len(data.class_names))), "a class without pictures"
        assert data.label_name(0) == data.class_names[data.labels[0]]
    else:
        assert (data.labels == -1).all()
        assert data.label_name(0) == ""

    assert data.provenance.origin in ORIGINS
    assert all([data.provenance.path, data.provenance.licence, data.provenance.citation])
    for names in (data.groups, data.subtypes):
        assert names is None or (names.shape == (count,) and names.dtype.kind == "U" and "" not in names)
    if data.masks is not None:
        assert data.masks.shape == (count, height, width)
        assert data.masks.dtype == bool
        marked = data.labels == 1 if name == "simulated_castings" else True  # an OK casting has no defect to mark
        assert (data.masks.any((1, 2)) == marked).all()


@pytest.mark.parametrize("spec", DATASETS.specs, ids=lambda spec: spec.name)
def test_images_are_the_pixels_as_read_only_floats(spec):
    data = load(spec.name, spec.supports["evaluation"])
    if not data.pixels.shape[1]:
        with pytest.raises(ValueError, match="several sizes"):
            data.images  # noqa: B018
        return
    if isinstance(data.pixels, ImageFiles):
        data = shortened(data, 16)  # the galaxies take a gigabyte as floats
    assert data.images.dtype == np.float32
    assert data.images.shape == tuple(data.pixels.shape)
    assert data.images.min() >= 0
    assert data.images.max() <= 1
    index = len(data) - 1
    assert np.array_equal(data.images[index], data.image(index)[0])
    with pytest.raises(ValueError, match="read-only"):
        data.images[0] = 0


@pytest.mark.parametrize("spec", DATASETS.specs, ids=lambda spec: spec.name)
def test_loading_twice_gives_the_same(spec):
    first, second = (load(spec.name, spec.supports["evaluation"]) for _ in range(2))
    assert np.array_equal(first.labels, second.labels)
    assert first.provenance == second.provenance
    assert all(np.array_equal(first.pixels[index], second.pixels[index]) for index in range(min(len(first), 300)))


@pytest.mark.parametrize("spec", DATASETS.specs, ids=lambda spec: spec.name)
def test_pictures_differ(spec):
    data = load(spec.name, spec.supports["evaluation"])
    some = [data.pixels[index].tobytes() for index in range(min(len(data), 300))]
    assert len(set(some)) == len(some)


def shortened(data, count):
    pixels = ImageFiles(data.pixels.paths[:count], data.pixels.shape[1])
    return replace(data, pixels=pixels, labels=data.labels[:count], groups=None, subtypes=None)


def test_load_dataset_takes_the_evaluation_split_and_keeps_it():
    data = datasets.load_dataset("simulated_galaxies")
    assert data.split == "val"
    assert datasets.load_dataset("simulated_galaxies", "val") is data


def test_wrong_names_get_a_sentence():
    with pytest.raises(UnknownName, match="Did you mean 'mnist'"):
        datasets.load_dataset("mnits")
    with pytest.raises(InvalidInput, match="train, test; received 'val'"):
        datasets.load_dataset("mnist", "val")
    with pytest.raises(InvalidInput, match="cannot be downloaded"):
        datasets.download("photos")


def test_what_is_made_or_bundled_is_always_available(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    made = ("mnist", "simulated_galaxies", "simulated_castings", "planted", "hubble", "photos", "small_photos")
    datasets._load.cache_clear()
    try:
        assert all(datasets.available(name) for name in made)
        assert not any(datasets.available(name) for name in ("galaxies", "casting"))
    finally:
        datasets._load.cache_clear()


def test_subtypes_of_the_real_galaxies_are_words():
    data = load("galaxies", "val")
    counts = dict(zip(*np.unique(data.subtypes, return_counts=True), strict=True))
    # Golden numbers: labels.csv of ../shared/data, counted by original_class.
    assert counts == {
        "edge-on": 197,
        "elliptical": 583,
        "featured spiral (Galaxy Zoo 2)": 231,
        "merger": 29,
        "spiral anticlockwise": 80,
        "spiral clockwise": 70,
    }
    assert np.array_equal(data.labels == 0, data.subtypes == "elliptical")
