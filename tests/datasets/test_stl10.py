"""STL-10 from small files of its form: planes of colour, column by column, classes from 1."""

import io
import tarfile

import numpy as np
import pytest

from xai_core.datasets import _sources, stl10
from xai_core.errors import DataNotFound

PLANE = 96 * 96


@pytest.fixture
def folder(no_data):
    (no_data / stl10.FOLDER).mkdir()
    return no_data / stl10.FOLDER


def write(folder, count=10, classes=None, split="test"):
    """Black pictures with one byte set in each, at a place that can be told from the file's description alone."""
    stored = np.zeros((count, 3 * PLANE), np.uint8)
    for index in range(count):
        channel, column, row = index % 3, 5 + index, 70 - index
        stored[index, channel * PLANE + column * 96 + row] = 100 + index
    pixels, labels = stl10.FILES[split]
    stored.tofile(folder / pixels)
    if labels:
        np.asarray(1 + np.arange(count) % 10 if classes is None else classes, np.uint8).tofile(folder / labels)


@pytest.mark.parametrize("split", ["train", "test", "unlabelled"])
def test_a_byte_lands_at_its_row_column_and_channel(folder, split):
    write(folder, split=split)
    data = stl10.load(split)
    assert data.pixels.shape == (10, 96, 96, 3)
    for index in range(10):
        [place] = np.argwhere(data.pixels[index])
        assert place.tolist() == [70 - index, 5 + index, index % 3]
        assert data.pixels[index].max() == 100 + index
        assert data.image(index)[0, 70 - index, 5 + index, index % 3] == np.float32((100 + index) / 255)
    assert np.array_equal(np.asarray(data.pixels)[3], data.pixels[3])
    assert data.provenance.origin == "full" and data.provenance.note.startswith("10 of ")


def test_the_pixels_stay_on_disk(folder):
    write(folder)
    assert isinstance(stl10.load("test").pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        stl10.load("test").pixels[0][0, 0, 0] = 1


def test_classes_count_from_one_in_the_file(folder):
    write(folder, 3, [1, 10, 4])
    data = stl10.load("test")
    assert data.labels.tolist() == [0, 9, 3]
    assert [data.label_name(index) for index in range(3)] == ["airplane", "truck", "cat"]


def test_pictures_without_a_label(folder):
    write(folder, split="unlabelled")
    data = stl10.load("unlabelled")
    assert (data.labels == -1).all() and data.class_names == ()


def test_missing(no_data):
    with pytest.raises(DataNotFound, match=r"expected the folder stl10_binary.*--download stl10 .*stl10_binary\.tar\.gz"):
        stl10.load("train")


@pytest.mark.parametrize("classes", [[1, 2], [0, 1, 2], [1, 2, 11], []])
def test_other_labels(folder, classes):
    write(folder, 3, classes)
    with pytest.raises(DataNotFound, match=r"expected test_X\.bin of 27,648 bytes a picture and test_y\.bin of labels 1 to 10"):
        stl10.load("test")


@pytest.mark.parametrize("kept", [0, 100, 3 * PLANE - 1, -1])
def test_cut_off(folder, kept):
    write(folder)
    file = folder / "test_X.bin"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(DataNotFound, match="incomplete or damaged"):
        stl10.load("test")


@pytest.mark.parametrize("missing", ["test_X.bin", "test_y.bin"])
def test_one_file_missing(folder, missing):
    write(folder)
    (folder / missing).unlink()
    with pytest.raises(DataNotFound, match="Delete the folder"):
        stl10.load("test")


def archive(folder, leave_out=""):
    with tarfile.open(folder / f"{stl10.FOLDER}.tar.gz", "w:gz") as packed:
        for split, names in stl10.FILES.items():
            write(folder / "from", split=split)
            for name in filter(None, names):
                if name != leave_out:
                    packed.add(folder / "from" / name, f"{stl10.FOLDER}/{name}")
        stranger = tarfile.TarInfo("../stranger")
        packed.addfile(stranger, io.BytesIO())
    return folder / f"{stl10.FOLDER}.tar.gz"


@pytest.fixture
def fetched(no_data, monkeypatch):
    """What is asked for, and the folder in which the archive is put together."""
    (no_data / "from").mkdir()
    asked = []

    def download(*arguments):
        asked.append(arguments)
        return no_data / f"{stl10.FOLDER}.tar.gz"

    monkeypatch.setattr(_sources, "download", download)
    return no_data, asked


def test_download_unpacks_the_files_and_nothing_else(fetched):
    folder, asked = fetched
    packed = archive(folder)
    stl10.download()
    assert asked == [(stl10.URL, "stl10_binary.tar.gz", stl10.SHA256, None)]
    assert sorted(path.name for path in (folder / stl10.FOLDER).iterdir()) == sorted(
        name for names in stl10.FILES.values() for name in names if name
    )
    assert not packed.exists() and not (folder.parent / "stranger").exists()
    assert [len(stl10.load(split)) for split in stl10.FILES] == [10, 10, 10]


@pytest.mark.parametrize("damage", ["train_y.bin", "cut"])
def test_an_archive_that_cannot_be_unpacked(fetched, damage):
    packed = archive(fetched[0], damage)
    if damage == "cut":
        packed.write_bytes(packed.read_bytes()[:200])
    with pytest.raises(DataNotFound, match="could not be unpacked"):
        stl10.download()
