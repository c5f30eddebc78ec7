"""A folder of pictures with a catalogue, or with one sub-folder a class: small folders that the tests make."""

import hashlib
import json

import cv2
import numpy as np
import pytest

from xai_core.datasets import image_folder
from xai_core.datasets.catalogue import PRESETS, Catalogue, Named, Voted, read_catalogue, split_of
from xai_core.datasets.image_folder import load_folder
from xai_core.errors import DataNotFound, InvalidInput


def paint(path, value=100, shape=(40, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*shape, 3), value, np.uint8))


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def folder(tmp_path):
    """Twenty pictures of two kinds; the name holds the number, the grey value is the number."""
    for index in range(20):
        paint(tmp_path / f"{index}.png", index)
    return tmp_path


def table(folder, name="catalogue.csv"):
    fields = ["north" if index < 10 else "south" for index in range(20)]
    lines = [f"{index},{'E' if index % 2 else 'Sb'},{fields[index]},{0.05 * index:.2f}" for index in range(20)]
    return write(folder / name, "id,kind,field,smooth", *lines)


BOTH = Catalogue(file="id", label=Named("kind", (("E", "Elliptical"), ("S*", "Other"))), extension=".png")


def test_a_catalogue_names_class_group_and_subtype(folder):
    catalogue = Catalogue("id", BOTH.label, group=Named("field"), subtype=Named("kind"), extension=".png")
    parts = {split: load_folder(folder, split, catalogue, table(folder)) for split in ("train", "val")}
    assert sum(map(len, parts.values())) == 20
    for split, data in parts.items():
        assert data.class_names == ("Elliptical", "Other")
        assert data.pixels.shape[1:] == (256, 256, 3)
        numbers = [int(data.pixels[index][0, 0, 0]) for index in range(len(data))]
        assert data.labels.tolist() == [1 - number % 2 for number in numbers]
        assert data.groups.tolist() == ["north" if number < 10 else "south" for number in numbers]
        assert data.subtypes.tolist() == ["E" if number % 2 else "Sb" for number in numbers]
        assert [split_of(f"{number}.png") for number in numbers] == [split] * len(numbers)


def test_the_split_is_a_hash_of_the_name():
    names = [f"galaxy{number}.jpg" for number in range(5000)]
    assert np.mean([split_of(name) == "val" for name in names]) == pytest.approx(0.2, abs=0.02)
    rest = {name: int(hashlib.md5(name.encode()).hexdigest(), 16) % 100 for name in names}
    assert {rest[name] for name in names if split_of(name) == "val"} == set(range(20))
    assert {rest[name] for name in names if split_of(name) == "train"} == set(range(20, 100))
    assert all(split_of(name) == split_of(f"folder/deeper/{name}") for name in names[:50])
    # Golden: md5("gz1_587722981742215240.jpg") mod 100 is 29; the rule of ../shared/data/galaxies, where it is in train.
    assert split_of("gz1_587722981742215240.jpg") == "train"


def test_the_rule_is_that_of_the_galaxies():
    from xai_core.datasets import galaxies

    try:
        data = galaxies.load("val")
    except DataNotFound:
        pytest.skip("the galaxies are not on this machine")
    assert {split_of(path.name) for path in data.pixels.paths} == {"val"}


def test_votes_with_thresholds(folder):
    label = Voted((("smooth", (("smooth", 0.8),)), ("rest", (("smooth", 0.3),))))
    data = load_folder(folder, "train", Catalogue("id", label, extension=".png"), table(folder))
    numbers = [int(data.pixels[index][0, 0, 0]) for index in range(len(data))]
    assert min(numbers) >= 6, "a picture that no rule takes was not left out"
    assert data.class_names == ("rest", "smooth")
    assert data.labels.tolist() == [int(number >= 16) for number in numbers]
    assert data.groups is None and data.subtypes is None


def test_the_catalogue_decides_the_split(folder):
    rows = [f"{index}.png,{'ab'[index % 2]},{'val' if index < 4 else 'train'}" for index in range(20)]
    listed = write(folder / "list.csv", "file,label,split", *rows)
    assert len(load_folder(folder, "val", None, listed)) == 4
    assert len(load_folder(folder, "train", None, listed)) == 16
    write(listed, "file,label,split", "0.png,a,holdout")
    with pytest.raises(InvalidInput, match=r"list\.csv, picture 1: expected the split train or val, received 'holdout'"):
        load_folder(folder, "val", None, listed)


def test_sub_folders_are_classes(tmp_path):
    for split in ("train", "valid"):
        for name in ("Elliptical", "Merger", "Spiral"):
            paint(tmp_path / split / name / "a.png")
    write(tmp_path / "train" / "readme.txt", "no picture")
    plain = load_folder(tmp_path, "val")
    assert plain.class_names == ("Elliptical", "Merger", "Spiral")
    assert len(plain) == 3
    merged = load_folder(tmp_path, "train", PRESETS["galaxy_folders"])
    assert merged.class_names == ("Elliptical", "Other")
    assert merged.labels.tolist() == [0, 1, 1]
    assert merged.subtypes.tolist() == ["Elliptical", "Merger", "Spiral"]


def test_pictures_stay_on_disk_and_keep_their_form(tmp_path):
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, 30:60] = 200  # exactly the central square
    (tmp_path / "train" / "a").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "train" / "a" / "wide.png"), wide)
    data = load_folder(tmp_path, "train", side=16)
    assert data.pixels.shape == (1, 16, 16, 3)
    assert (data.pixels[0] == 200).all(), "the picture was squeezed, not cut"
    assert load_folder(tmp_path, "train", side=None).size(0) == (30, 90, 3)
    (tmp_path / "train" / "a" / "wide.png").write_bytes(b"damaged")
    with pytest.raises(DataNotFound, match=r"wide\.png is missing or damaged"):
        data.image(0)


# What a person gets wrong


def refused(kind, words, *arguments):
    with pytest.raises(kind, match=words):
        load_folder(*arguments)


def test_a_column_that_is_not_there(folder):
    catalogue = Catalogue.of(file="name", label="kind")
    refused(InvalidInput, "has no column 'name'. It has: id, kind, field, smooth", folder, "val", catalogue, table(folder))


def test_pictures_that_are_not_there(folder):
    first, second = [index for index in range(20) if split_of(f"{index}.png") == "train"][:2]
    (folder / f"{first}.png").unlink()
    (folder / f"{second}.png").unlink()
    refused(DataNotFound, rf"2 of 20 pictures .* are missing .*, the first is {first}\.png", folder, "val", BOTH, table(folder))
    partial = Catalogue("id", BOTH.label, extension=".png", partial=True)
    parts = [load_folder(folder, split, partial, table(folder)) for split in ("train", "val")]
    assert sum(map(len, parts)) == 18
    assert "2 rows of the catalogue have no picture" in parts[0].provenance.note
    nowhere = Catalogue("id", BOTH.label, extension=".jpg", partial=True)
    refused(DataNotFound, "20 of 20 pictures", folder, "val", nowhere, table(folder))


def test_a_class_without_pictures(folder):
    catalogue = Catalogue("id", BOTH.label, extension=".png", classes=("Elliptical", "Other", "Merger"))
    refused(InvalidInput, "holds no picture of the class 'Merger'", folder, "train", catalogue, table(folder))
    no_name = Catalogue("id", Named("kind", (("*", ""),)), extension=".png")
    refused(InvalidInput, "No row of .* belongs to a class", folder, "train", no_name, table(folder))


def test_a_value_without_a_name(folder):
    only = Catalogue("id", Named("kind", (("E", "Elliptical"),)), extension=".png")
    refused(InvalidInput, "picture 1: the value 'Sb' of the column kind is none of E", folder, "val", only, table(folder))
    votes = Catalogue("id", Voted((("a", (("kind", 0.5),)),)), extension=".png")
    refused(InvalidInput, "picture 1: the value 'Sb' of the column kind is not a number", folder, "val", votes, table(folder))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"id,kind\n", "has no rows"),
        (b"", "has no rows"),
        (b"id,kind\n1\n", "picture 1: the line is too short"),
        (b"\xff\xfe\x00\x01", "cannot be read as a CSV table"),
    ],
)
def test_a_damaged_table(folder, text, words):
    (folder / "list.csv").write_bytes(text)
    refused(InvalidInput, words, folder, "val", BOTH, folder / "list.csv")


def test_no_table_no_pictures_no_classes(tmp_path):
    refused(DataNotFound, "There are no pictures in", tmp_path, "val")
    refused(DataNotFound, r"The catalogue .*gone\.csv is not there", tmp_path, "val", BOTH, tmp_path / "gone.csv")
    paint(tmp_path / "a.png")
    refused(InvalidInput, "their class is unknown", tmp_path, "val")


def test_an_unreadable_first_picture_is_told_at_once(tmp_path):
    (tmp_path / "train" / "a").mkdir(parents=True)
    (tmp_path / "train" / "a" / "a.png").write_bytes(b"no picture")
    refused(DataNotFound, "is missing or damaged", tmp_path, "train")


# Known catalogues


def test_galaxy_zoo_2():
    kinds = ["Er", "Ei", "Ec", "Ser", "SBb2m", "Sc?t", "A"]
    lines = [{"objid": "5877", "gz2_class": kind, "asset_id": str(number)} for number, kind in enumerate(kinds)]
    rows = PRESETS["galaxy_zoo_2"].read(lines, "gz2.csv")
    assert [row.file for row in rows] == [f"{number}.jpg" for number in range(6)]
    assert [row.label for row in rows] == ["Elliptical"] * 3 + ["Other"] * 3
    assert [row.subtype for row in rows] == [
        *("round elliptical", "in-between elliptical", "cigar-shaped elliptical"),
        *("edge-on", "barred spiral or disk", "spiral or disk"),
    ]


def test_kaggle_galaxy_challenge():
    columns = [f"Class{name}" for name in ("1.1", "1.2", "2.1", "4.1", "7.1", "7.2", "7.3", "8.6")]

    def read(**votes):
        line = {"GalaxyID": "100008"} | dict.fromkeys(columns, "0")
        line |= {f"Class{key[1:].replace('_', '.')}": str(share) for key, share in votes.items()}
        return PRESETS["kaggle_galaxy_challenge"].read([line], "votes.csv")[0]

    assert read(c1_1=0.85, c7_2=0.6).label == "Elliptical"
    assert read(c1_1=0.85, c7_2=0.6).subtype == "in-between elliptical"
    assert (read(c1_2=0.9, c2_1=0.7).label, read(c1_2=0.9, c2_1=0.7).subtype) == ("Other", "edge-on")
    assert read(c1_2=0.9, c4_1=0.7, c8_6=0.5).subtype == "merger"
    with pytest.raises(InvalidInput, match="belongs to a class"):
        read(c1_1=0.6, c1_2=0.4)


# The user's own folder on the pages


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_FOLDER", str(tmp_path / "mine"))
    return tmp_path / "mine"


def test_own_folder_with_sub_folders(own):
    for name in ("cat", "dog"):
        for index in range(30):
            paint(own / name / f"{name}{index}.png")
    parts = [image_folder.load(split) for split in ("train", "val")]
    assert [data.class_names for data in parts] == [("cat", "dog")] * 2
    assert sum(map(len, parts)) == 60
    assert parts[0].name == "folder"
    assert parts[0].provenance.path == str(own)


def test_own_folder_with_catalogue_and_mapping(own):
    for index in range(40):
        paint(own / "images" / f"{index}.png", index)
    write(own / "catalogue.csv", "id,kind", *(f"{index},{'Er' if index % 2 else 'Sb'}" for index in range(40)))
    label = {"column": "kind", "names": {"E*": "Elliptical", "S*": "Other"}}
    mapping = {"file": "id", "prefix": "images/", "extension": ".png", "label": label, "subtype": "kind"}
    (own / "mapping.json").write_text(json.dumps(mapping))
    data = image_folder.load("train")
    assert data.class_names == ("Elliptical", "Other")
    assert set(data.subtypes) == {"Er", "Sb"}


def test_no_folder_says_what_to_do(own):
    with pytest.raises(DataNotFound, match=r"XAI_FOLDER names .*mine\. Put pictures there"):
        image_folder.load("val")


def test_no_folder_at_all_says_what_to_do(no_data, monkeypatch):
    monkeypatch.delenv("XAI_FOLDER", raising=False)
    with pytest.raises(DataNotFound, match="expected data/folder"):
        image_folder.load("val")


# The mapping as a file


def test_mappings_from_json(tmp_path):
    path = write(tmp_path / "mapping.json", json.dumps({"preset": "galaxy_zoo_2"}))
    assert read_catalogue(path) is PRESETS["galaxy_zoo_2"]
    votes = {"Elliptical": {"smooth": 0.8}, "Other": {"features": 0.8, "edge": 0.5}}
    write(
        path,
        json.dumps({"file": "id", "label": {"votes": votes}, "classes": ["Elliptical", "Other"], "partial": True, "note": "N."}),
    )
    found = read_catalogue(path)
    assert found.label == Voted((("Elliptical", (("smooth", 0.8),)), ("Other", (("features", 0.8), ("edge", 0.5)))))
    assert (found.classes, found.partial, found.group, found.note) == (("Elliptical", "Other"), True, None, "N.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not a JSON file"),
        ("[]", "expected the fields file and label"),
        ('{"file": "a"}', "expected the fields file and label"),
        ('{"file": "a", "label": "b", "colour": "c"}', "expected the fields file and label"),
        ('{"preset": "galaxy_zoo_9"}', "galaxy_zoo_2, galaxy_folders, kaggle_galaxy_challenge, casting_folders"),
        ('{"file": "a", "label": 3}', "expected a column"),
        ('{"file": "a", "label": {"votes": {"E": {"smooth": "high"}}}}', "expected a column"),
        ('{"file": "a", "label": {"names": {}}}', "expected a column"),
    ],
)
def test_a_wrong_mapping(tmp_path, text, words):
    with pytest.raises(InvalidInput, match=words):
        read_catalogue(write(tmp_path / "mapping.json", text))
