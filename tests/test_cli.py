"""The command line: what it prints, its exit status, and a sentence instead of a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from xai_core import cli, experiments, training, weights
from xai_core.datasets import DATASETS
from xai_core.errors import DataNotFound, InvalidInput
from xai_core.types import Dataset, Provenance

REPOSITORY = Path(__file__).resolve().parents[1]


def run(*arguments):
    return cli.main(arguments)


def told(capsys, status, words):
    """The exit status 1 and one sentence on stderr."""
    assert status == 1
    printed = capsys.readouterr()
    assert words in printed.err and "Traceback" not in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


@pytest.fixture(autouse=True)
def models(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path / "models"))


def test_datasets(capsys, monkeypatch):
    """A line for each: how many pictures from where, or what to do."""

    def load_dataset(name):
        if name == "galaxies":
            raise DataNotFound("Copy them.")
        pixels = np.zeros((7, 8, 8, 1), np.uint8)
        return Dataset(name, "val", pixels, np.zeros(7, np.int64), ("a",), Provenance("simulated", "drawn here", "", ""))

    monkeypatch.setattr("xai_core.datasets.load_dataset", load_dataset)
    assert run("datasets") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == list(DATASETS.names)
    assert lines["mnist"].split()[1:] == ["7", "pictures", "simulated:", "drawn", "here"]
    assert lines["galaxies"].split(maxsplit=1)[1] == "Copy them."


def test_download(capsys, monkeypatch):
    def download(name, progress):
        assert name == "mnist"
        progress(0.5)
        progress(1.0)

    monkeypatch.setattr("xai_core.datasets.download", download)
    assert run("datasets", "--download", "mnist") == 0
    assert capsys.readouterr().out == "\rmnist: 50%\rmnist: 100%\n"


def test_models(capsys):
    assert run("models") == 0
    assert capsys.readouterr().out == ""
    weights.update_manifest("one", kind="denoiser", parameters=49761, figures={"denoising": []})
    weights.update_manifest("two", kind="classifier", parameters=1234, figures={"accuracy": 0.8765})
    weights.update_manifest("unfinished")
    assert run("models") == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.split() == ["one", "denoiser", "49,761", "parameters"]
    assert second.split() == ["two", "classifier", "1,234", "parameters", "accuracy", "87.65%"]
    assert third.split() == ["unfinished", "0", "parameters"]


def test_train(capsys, monkeypatch):
    def train(recipe, *, epochs, further):
        assert (recipe.name, epochs) == ("cnn-mnist", 2)
        return {"epochs": 2, "minutes": 1.5}

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(training, "export", lambda name: (Path("exports") / name / "architecture.json",))
    assert run("train", "cnn-mnist", "--epochs", "2") == 0
    assert capsys.readouterr().out.splitlines() == [
        "cnn-mnist: best epoch 2, 1.5 minutes.",
        "Architecture, weights and figures: exports/cnn-mnist",
        "Now: python -m xai_core evaluate cnn-mnist",
    ]


def test_export(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(training, "export", lambda name, folder: (folder / "curve.png", folder / f"{name}.weights.h5"))
    assert run("export", "cnn-mnist", "--folder", str(tmp_path)) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "curve.png"), str(tmp_path / "cnn-mnist.weights.h5")]


def test_evaluate(capsys, monkeypatch):
    monkeypatch.setattr(experiments, "evaluate", lambda name: {"accuracy": 0.5, "name": name})
    assert run("evaluate", "cnn-mnist") == 0
    assert json.loads(capsys.readouterr().out) == {"accuracy": 0.5, "name": "cnn-mnist"}


@pytest.mark.parametrize("command", ["train", "evaluate", "export"])
def test_an_unknown_name_gets_a_sentence(capsys, command):
    told(capsys, run(command, "cnn-mnits"), "There is no trainable model named 'cnn-mnits'. Did you mean 'cnn-mnist'?")


def test_an_unknown_data_set_gets_a_sentence(capsys):
    told(capsys, run("datasets", "--download", "mnits"), "There is no data set named 'mnits'. Did you mean 'mnist'?")
    told(capsys, run("datasets", "--download", "photos"), "Photographs cannot be downloaded")


def test_no_epoch_gets_a_sentence(capsys):
    told(capsys, run("train", "cnn-mnist", "--epochs", "0"), "Expected at least 1 epoch, received 0.")


def test_a_model_that_is_not_trained_gets_a_sentence(capsys):
    told(capsys, run("evaluate", "cnn-mnist"), "has not been trained on this machine. Run: python -m xai_core train cnn-mnist")


def test_a_damaged_manifest_gets_a_sentence(capsys):
    weights.models_dir().mkdir()
    (weights.models_dir() / "manifest.json").write_text("{")
    told(capsys, run("models"), "manifest.json is damaged")


def test_any_error_for_people_is_its_sentence(capsys, monkeypatch):
    def train(recipe, *, epochs, further):
        raise InvalidInput("A plain sentence.")

    monkeypatch.setattr(training, "train", train)
    told(capsys, run("train", "cnn-mnist"), "A plain sentence.")


def test_a_bug_is_not_hidden(monkeypatch):
    def train(recipe, *, epochs, further):
        raise ZeroDivisionError

    monkeypatch.setattr(training, "train", train)
    with pytest.raises(ZeroDivisionError):
        run("train", "cnn-mnist")


def test_an_interruption(capsys, monkeypatch):
    def train(recipe, *, epochs, further):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", train)
    assert run("train", "cnn-mnist") == 130  # as a shell reports Ctrl+C
    assert "goes on after the last finished epoch" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("train",), ("train", "cnn-mnist", "--epochs", "many")])
def test_wrong_arguments_get_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    assert "usage: python -m xai_core" in capsys.readouterr().err


def test_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "xai_core", "train", "cnn-mnits"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [line for line in done.stderr.splitlines() if line.startswith("There is no trainable")]
    assert done.stderr.count("\n") == 1
