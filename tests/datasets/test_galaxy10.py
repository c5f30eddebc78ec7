"""Galaxy10 DECaLS from a small file of its form."""

import h5py
import numpy as np
import pytest

from xai_core.datasets import galaxy10
from xai_core.errors import DataNotFound


@pytest.fixture
def folder(no_data):
    return no_data


def write(folder, kinds, **change):
    numbers = np.arange(len(kinds))
    with h5py.File(folder / galaxy10.FILE, "w") as file:
        pictures = np.broadcast_to(numbers[:, None, None, None], (len(kinds), 256, 256, 3))
        stored = {"images": pictures.astype(np.uint8), "ans": np.array(kinds, np.uint8), "redshift": 0.01 * numbers} | change
        for name, values in stored.items():
            if values is not None:
                file[name] = values


def test_ten_classes_become_two(folder):
    write(folder, [index % 10 for index in range(60)])
    parts = [galaxy10.load(split) for split in ("train", "val")]
    assert sum(map(len, parts)) == 60
    seen = []
    for data in parts:
        numbers = np.array([data.pixels[index][0, 0, 0] for index in range(len(data))])
        seen += numbers.tolist()
        assert np.array_equal(np.asarray(data.pixels)[:, 3, 5, 1], numbers)
        assert data.pixels.shape == (len(data), 256, 256, 3)
        assert data.class_names == ("Elliptical", "Other")
        assert data.subtypes.tolist() == [galaxy10.KINDS[number % 10] for number in numbers]
        assert data.labels.tolist() == [int(number % 10 not in (2, 3, 4)) for number in numbers]
        assert data.image(0).dtype == np.float32
    assert sorted(seen) == list(range(60)), "a picture is in both splits, or in none"


def test_reading_all_goes_in_parts(folder, monkeypatch):
    monkeypatch.setattr(galaxy10, "CHUNK", 4)
    write(folder, [2, 9] * 9)
    data = galaxy10.load("train")
    assert np.asarray(data.pixels, np.float32)[:, 0, 0, 0].tolist() == [float(data.pixels[i][0, 0, 0]) for i in range(len(data))]


def test_missing(folder):
    with pytest.raises(DataNotFound, match="datasets --download galaxy10"):
        galaxy10.load("val")


@pytest.mark.parametrize(
    "change",
    [{"images": None}, {"ans": None}, {"ans": np.arange(30, dtype=np.uint8)}, {"images": np.zeros((30, 256, 256), np.uint8)}],
)
def test_another_file(folder, change):
    write(folder, [0] * 30, **change)
    with pytest.raises(DataNotFound, match="is not the complete Galaxy10"):
        galaxy10.load("val")


def test_no_hdf5(folder):
    (folder / galaxy10.FILE).write_bytes(b"text")
    with pytest.raises(DataNotFound, match="is not the complete Galaxy10"):
        galaxy10.load("val")


def test_a_file_that_goes_away(folder):
    write(folder, [0, 2] * 20)
    data = galaxy10.load("train")
    (folder / galaxy10.FILE).write_bytes(b"text")
    with pytest.raises(DataNotFound, match="is missing or damaged"):
        data.image(0)
