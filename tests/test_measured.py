"""Figures kept as JSON: written in one step, read as they were, a sentence for what is damaged."""

import json
from dataclasses import dataclass

import pytest

from xai_core import measured
from xai_core.errors import InvalidInput


@dataclass(frozen=True)
class Row:
    what: str
    value: float


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path / "measured"))
    return tmp_path / "measured"


def test_written_and_read(folder):
    assert measured.read("b5") is None
    assert measured.names() == ()
    path = measured.write("b5", [Row("one", 0.5), {"what": "two", "value": float("nan")}], command="python -m x", seed=3)
    assert path == folder / "b5.json"
    found = measured.read("b5")
    assert (found.name, found.command, found.seed) == ("b5", "python -m x", 3)
    assert found.rows == ({"what": "one", "value": 0.5}, {"what": "two", "value": None})
    assert {"python", "tensorflow", "numpy"} <= set(found.versions)
    assert found.date.count("-") == 2
    assert found.row(what="two") == found.rows[1]
    assert found.row(what="three") is None
    assert [path.name for path in folder.iterdir()] == ["b5.json"], "something was left beside it"


def test_writing_again_replaces_and_others_stay():
    measured.write("shortcuts-a", [], command="a")
    measured.write("shortcuts-b", [], command="b")
    measured.write("shortcuts-a", [{"value": 1}], command="c")
    assert measured.read("shortcuts-a").command == "c"
    assert measured.names("shortcuts-") == ("shortcuts-a", "shortcuts-b")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b"])
def test_a_name_that_is_a_path_is_refused(name):
    with pytest.raises(InvalidInput, match="letters, digits and hyphens"):
        measured.write(name, [], command="")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "b5"}', "null"])
def test_a_damaged_file_gets_a_sentence(folder, text):
    folder.mkdir()
    (folder / "b5.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"b5\.json is damaged"):
        measured.read("b5")


def test_a_table_is_one_value():
    assert measured.matrix_text([[9, 1], [0, 12]]) == "9 1;0 12"
    assert measured.matrix_of("9 1;0 12").tolist() == [[9, 1], [0, 12]]


def test_what_is_committed_can_be_read_and_holds_no_picture(monkeypatch):
    monkeypatch.delenv("XAI_MEASURED_DIR")
    for name in measured.names():
        found = measured.read(name)
        assert found.command.startswith("python -m xai_core ")
        assert found.rows
        assert len(json.dumps(found.rows)) < 200_000
        assert all(isinstance(value, str | int | float | None) for row in found.rows for value in row.values())
