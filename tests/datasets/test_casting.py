"""Photographs of castings: read as they are, parted by photograph; and the original folders of Kaggle."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from xai_core.datasets import casting
from xai_core.datasets.catalogue import PRESETS
from xai_core.datasets.image_folder import load_folder
from xai_core.errors import DataNotFound
from xai_core.metrics import bootstrap
from xai_core.training import batches
from xai_core.training.recipes import RECIPES

HEADER = "file,split,label,source_photo,family\n"
ROW = "casting/val/defect/a.png,val,defect,7,7\n"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty data folder."""
    monkeypatch.setenv("XAI_DATA_DIR", str(tmp_path))
    return tmp_path


def write(folder, table, *files):
    (folder / "casting").mkdir()
    (folder / "casting" / "labels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    for value, file in enumerate(files):
        picture = np.full((300, 300), value, np.uint8)
        picture[:, 150:] = 255 - value
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))


def many(folder, photographs=40, copies=3):
    """A training split of some photographs with copies of each, every third photograph OK; value = row."""
    labels = ["defect" if photo % 3 else "ok" for photo in range(photographs) for _ in range(copies)]
    files = [f"casting/train/{label}/{index}.png" for index, label in enumerate(labels)]
    rows = [f"{file},train,{label},{index // copies},0\n" for index, (file, label) in enumerate(zip(files, labels, strict=True))]
    write(folder, HEADER + "".join(rows), *files)


def test_pictures_come_unmodified(folder):
    write(folder, HEADER + ROW, "casting/val/defect/a.png")
    data = casting.load("val")
    assert data.pixels.shape == (1, 300, 300, 1)
    assert np.array_equal(data.pixels[0][..., 0], cv2.imread(str(folder / "casting/val/defect/a.png"))[..., 1])
    assert (data.label_name(0), data.groups.tolist(), data.class_names) == ("Defective", ["7"], ("OK", "Defective"))
    assert data.provenance.origin == "full"
    assert "CC BY-NC-ND" in data.provenance.licence


def test_the_note_counts_pictures_and_photographs(folder):
    many(folder)
    note = casting.load("train").provenance.note
    assert "120 here are of 40 photographs, 14 of them of OK castings" in note


@pytest.mark.parametrize("fold", range(4))
def test_folds_part_the_photographs(folder, fold, monkeypatch):
    """Each photograph's copies are in one part only: trained on, held out to stop the training, or judged."""
    many(folder)
    data = casting.load("train")
    monkeypatch.setattr(batches, "load_dataset", lambda name, split: data)
    recipe = next(recipe for recipe in RECIPES if recipe.kind == "classifier")
    recipe = replace(recipe, datasets=("casting",), side=300, native=None, channels=1, by_group=True, held_out=0.3)
    parts = batches.training_data(recipe, (fold, 4))
    # The first pixel of a picture is its row.
    photographs = [{int(picture[0, 0, 0]) // 3 for picture in part.pictures} for part in parts]
    assert sum(len(part.pictures) for part in parts) == 120
    assert sum(map(len, photographs)) == len(set.union(*photographs)) == 40
    assert len(photographs[2]) == 10


def test_intervals_draw_photographs(folder):
    """Copies say nothing new: with photographs all right or all wrong, the interval is that of 40 and not of 120 pictures."""
    many(folder)
    data = casting.load("train")
    wrong = np.array([int(group) % 5 == 0 for group in data.groups])
    predicted = np.where(wrong, 1 - data.labels, data.labels)
    by_photograph = bootstrap.bootstrap_report(data.labels, predicted, data.class_names, groups=data.groups)
    by_picture = bootstrap.bootstrap_report(data.labels, predicted, data.class_names)
    assert by_photograph.drawn == "groups"
    widths = [report.accuracy.high - report.accuracy.low for report in (by_photograph, by_picture)]
    assert widths[0] == pytest.approx(np.sqrt(3) * widths[1], rel=0.15)
    assert widths[0] == pytest.approx(2 * 1.96 * np.sqrt(0.2 * 0.8 / 40), rel=0.15)


def test_missing(folder):
    with pytest.raises(DataNotFound, match=r"XAI_DATA_DIR.*simulated castings.*own-pictures\.md"):
        casting.load("val")


@pytest.mark.parametrize(
    "table",
    [
        "",
        HEADER,
        HEADER + ROW.replace(",val,", ",train,"),
        "file,split,label\ncasting/val/defect/a.png,val,defect\n",
        HEADER + ROW.replace(",defect,", ",broken,"),
        HEADER + "casting/val/defect/a.png,val,defect\n",
        HEADER + ROW.replace(",7,7", ",,"),
        b"\xff\xfe\x00" + HEADER.encode(),
        ROW,
    ],
    ids=[
        "empty",
        "header only",
        "other split",
        "no column source_photo",
        "unknown label",
        "short row",
        "no photograph",
        "binary",
        "no header",
    ],
)
def test_a_damaged_table(folder, table):
    write(folder, table, "casting/val/defect/a.png")
    with pytest.raises(DataNotFound, match=r"labels\.csv is missing or damaged") as caught:
        casting.load("val")
    assert caught.value.__suppress_context__


def test_a_missing_picture(folder):
    write(folder, HEADER + ROW)
    with pytest.raises(DataNotFound, match=r"a\.png is missing or damaged"):
        casting.load("val").image(0)


def test_the_photographs_on_this_machine():
    try:
        train, val = casting.load("train"), casting.load("val")
    except DataNotFound as error:
        pytest.skip(f"not on this machine: {error}")
    # Golden numbers: SOURCES.md of ../shared/data/casting.
    assert (len(train), len(val)) == (2304, 576)
    assert [np.bincount(data.labels).tolist() for data in (train, val)] == [[960, 1344], [240, 336]]
    counts = [len(np.unique(data.groups[data.labels == label])) for data in (train, val) for label in (0, 1)]
    assert counts == [9, 81, 4, 23]
    assert not set(train.groups) & set(val.groups)
    colour = cv2.imread(str(val.pixels.paths[0]), cv2.IMREAD_COLOR_RGB)
    assert colour.shape == (300, 300, 3)
    assert all(np.array_equal(val.pixels[0][..., 0], colour[..., channel]) for channel in range(3))


@pytest.mark.parametrize("root", ["casting_data", "casting_data/casting_data"])
def test_the_original_folders(tmp_path, root):
    for split in ("train", "test"):
        for name in ("def_front", "ok_front"):
            path = tmp_path / root / split / name / f"cast_{name}.jpeg"
            path.parent.mkdir(parents=True)
            cv2.imwrite(str(path), np.full((300, 300, 3), 90 if name == "ok_front" else 200, np.uint8))
    again = tmp_path / "casting_512x512" / "casting_512x512" / "ok_front" / "cast_ok_0.jpeg"
    again.parent.mkdir(parents=True)
    cv2.imwrite(str(again), np.zeros((512, 512, 3), np.uint8))
    for split in ("train", "val"):
        data = load_folder(tmp_path, split, PRESETS["casting_folders"], side=300)
        assert data.class_names == casting.CLASSES
        assert sorted(data.labels.tolist()) == [0, 1]
        assert [int(data.pixels[index][0, 0, 0]) for index in data.labels.argsort()] == [90, 200]
        assert data.groups is None
        assert "not known" in data.provenance.note
