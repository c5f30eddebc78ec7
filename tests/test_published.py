"""Published beside measured: what stands in the table comes from the files, and the two proofs hold."""

import csv
import io
import json

import numpy as np
import pytest

from xai_core import measured, published
from xai_core.datasets import load_dataset
from xai_core.published import black_proof, readers, wrap_proof
from xai_core.published.proofs import keras_accuracy
from xai_core.weights import read_manifest


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """No model and no measurement."""
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path / "measured"))
    (tmp_path / "models").mkdir()
    return tmp_path


def manifest(folder, **entries):
    (folder / "models" / "manifest.json").write_text(json.dumps(entries))


def line(label, figure=""):
    return next(one for one in published.table() if one.published.label == label and figure in one.published.figure)


def test_every_system_with_figures_is_there():
    lines = published.table()
    systems = [one.published.system for one in lines]
    assert " ".join(dict.fromkeys(systems)) == "A1 A2 A3 A4 A5 A6 B1 B2 B3 B5 C1 C2 D1 D2 D3 D4"
    counts = {name: systems.count(name) for name in systems}
    # As ../shared/MISSION.md lists them.
    expected = {
        "A1": 2,
        "A2": 3,
        "A3": 3,
        "A4": 3,
        "A5": 3,
        "A6": 3,
        "B1": 2,
        "B2": 3,
        "B5": 5,
        "C2": 2,
        "D1": 2,
        "D2": 13,
        "D3": 4,
    }
    assert {name: counts[name] for name in expected} == expected
    for one in lines:
        said = one.published
        assert said.why.endswith(".") and said.source and said.study
        assert (
            said.command.startswith(("python -m xai_core", "pip install bm3d")) or said.system == "D4" or "LPIPS" in said.figure
        )
    names = [(one.published.system, one.published.label, one.published.figure) for one in lines]
    assert len(set(names)) == len(names)


def test_nothing_is_typed_by_hand(empty):
    """On a machine without models and measurements there is nothing measured."""
    assert all(one.found is None for one in published.table())


def test_accuracy_comes_from_the_manifest(empty):
    figures = {"accuracy": 0.912, "interval": [0.9, 0.92], "split": "galaxies val, 1190 pictures"}
    manifest(empty, **{"galaxy-resnet50": {"figures": figures}})
    found = line("ResNet50, fine-tuned").found
    assert (found.value, found.low, found.high) == pytest.approx((91.2, 90, 92))
    assert (found.split, found.pictures, found.model) == ("galaxies val", 1190, "galaxy-resnet50")
    assert found.command == "python -m xai_core evaluate galaxy-resnet50"
    assert line("ResNet50, fine-tuned").difference == pytest.approx(91.2 - 92.29)
    better = {"galaxy-resnet50-imagenet": {"figures": figures | {"accuracy": 0.93}}}
    manifest(empty, **{"galaxy-resnet50": {"figures": figures}}, **better)
    assert line("ResNet50, fine-tuned").found.model == "galaxy-resnet50-imagenet", "the published start comes first"


def test_denoisers_come_from_the_manifest(empty):
    rows = [{"set": name, "level": 25.0, "psnr": psnr, "pictures": 68} for name, psnr in (("set12", 30.0), ("bsd68", 28.7))]
    black = {"noise": "salt_pepper", "level": 0.1, "pixel_accuracy": 0.4}
    denoising = {"split": "mnist test, 9000 pictures", "denoising": [black | {"level": 0.3, "pixel_accuracy": 0.9}, black]}
    manifest(empty, dncnn={"figures": {"protocol": rows}}, **{"autoencoder-mnist": {"figures": denoising}})
    assert line("DnCNN", "sigma 25").found.value == 28.7
    assert line("DnCNN", "sigma 25").found.low is None
    assert line("DnCNN", "sigma 15").found is None
    assert line("Autoencoder, MNIST").found.value == pytest.approx(40)
    assert line("Autoencoder, MNIST").found.pictures == 9000


def test_experiments_come_from_what_was_kept(empty):
    row = {"classifier": "galaxy-resnet50", "noise": "none", "level": 0.0, "split": "galaxies val", "pictures": 1190}
    rows = [
        row | {"denoiser": "none", "accuracy": 0.92, "low": 0.9, "high": 0.93},
        row | {"denoiser": "median", "noise": "gaussian", "accuracy": 0.5, "low": 0.4, "high": 0.6},
        row | {"denoiser": "median", "accuracy": 0.915, "low": 0.9, "high": 0.93},
    ]
    measured.write("b5", rows, command="python -m xai_core sweep b5")
    found = line("Median filter, then ResNet50").found
    assert (found.value, found.low, found.high) == pytest.approx((91.5, 90, 93))
    assert (found.model, found.pictures, found.split) == ("galaxy-resnet50", 1190, "galaxies val")
    assert line("Wavelet, then ResNet50").found is None
    assert line("Wavelet, then ResNet50").command == "python -m xai_core sweep b5"


def test_a_row_without_a_figure_is_not_measured(empty):
    measured.write("castings", [{"figure": "psnr", "value": float("nan")}], command="x")
    assert readers.kept("castings", figure="psnr")() is None
    assert readers.kept("castings", figure="ssim")() is None


def test_the_models_named_here_can_be_trained():
    from xai_core.training import get_recipe

    for one in published.published():
        for command in one.command.split("; "):
            if command.startswith("python -m xai_core train "):
                get_recipe(command.split()[4])


def test_the_manifest_of_this_copy_is_used():
    cnn2 = read_manifest()["galaxy-cnn2"]["figures"]
    assert line("CNN-2").found.value == pytest.approx(100 * cnn2["accuracy"])


def test_csv():
    lines = published.table()
    rows = list(csv.DictReader(io.StringIO(published.csv_text(lines))))
    assert len(rows) == len(lines)
    assert [float(row["published"]) for row in rows if row["of"] == "CNN-2"] == [87.8]
    assert all(row["why"] and row["system"] for row in rows)
    assert [row["measured"] == "" for row in rows] == [one.found is None for one in lines]


# The proofs


def test_keras_computes_its_accuracy_that_way(rng):
    """Against Keras itself: a network of one output channel, compiled with metrics=["accuracy"]."""
    import keras

    clean = rng.random((8, 12, 12, 1)).astype(np.float32)
    clean[clean < 0.5], clean[clean > 0.9] = 0, 1
    model = keras.Sequential([keras.layers.Input((12, 12, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("adam", "mse", metrics=["accuracy"])
    _, told = model.evaluate(clean, clean, verbose=0)
    answer = model.predict(clean, verbose=0)
    assert keras_accuracy(clean, answer) == pytest.approx(told, abs=1e-6)
    assert 0.2 < told < 0.8
    # By hand: a white pixel answered too dark, a black one answered below one half, a grey one answered exactly.
    assert keras_accuracy(np.array([1, 0, 0.3]), np.array([0.45, 0.45, 0.3])) == pytest.approx(1 / 3)


@pytest.mark.usefixtures("no_data")
def test_black_scores_the_published_accuracy():
    data = load_dataset("mnist")
    proof = black_proof(data, lambda noisy: noisy * 0.9, pictures=300)
    black, noisy, other = proof.candidates
    assert proof.counted == 5000
    assert proof.black == pytest.approx((data.pixels == 0).mean())
    assert proof.black == pytest.approx(0.81, abs=0.01)
    assert black.keras_accuracy == black.pixel_accuracy == pytest.approx((data.pixels[:300] == 0).mean())
    assert black.psnr < noisy.psnr
    assert black.ssim < noisy.ssim
    assert (proof.clean.shape, other.example.shape) == ((28, 28, 1), (28, 28, 1))
    assert proof.clean.mean() > 0.05
    assert [one.name for one in black_proof(data, None, pictures=20).candidates] == ["All black", "The noisy picture"]


def test_eight_bit_subtraction_wraps():
    data = load_dataset("photos")
    for index in range(3):
        proof = wrap_proof(data.image(index)[0])
        true = proof.denoised.astype(float) - proof.clean
        assert proof.right == pytest.approx(10 * np.log10(255**2 / np.square(true).mean()))
        with np.errstate(over="ignore"):
            assert proof.wrapped == pytest.approx(10 * np.log10(255**2 / ((proof.denoised - proof.clean) ** 2).mean()))
        assert proof.wrapped > proof.right + 1
        assert proof.noisy_wrapped > proof.noisy_right + 15
        first, second, difference, wrapped = proof.pixel
        assert difference == second - first < 0
        assert [wrapped] == list(np.array([second], np.uint8) - np.array([first], np.uint8))
