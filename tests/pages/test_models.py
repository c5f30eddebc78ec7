"""Models: the card of every trained network, from the manifest."""

import copy
import json

import pytest

from xai_core import weights
from xai_core.training import State
from xai_core.weights import read_manifest

NAMES = sorted(read_manifest())


def texts(page):
    return "\n".join(element.value for kind in (page.app.markdown, page.app.caption, page.app.code) for element in kind)


@pytest.fixture(autouse=True)
def nothing_in_training(monkeypatch):
    """Whatever this machine is busy with."""
    monkeypatch.setattr("ui.models.running", dict)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_of_every_model(visit, name):
    record = read_manifest()[name]
    page = visit("models").set("pills", "model", name)
    assert not page.errors
    assert page.app.main.subheader[0].value == record["label"]
    metrics = {metric.label: metric.value for metric in page.app.metric}
    assert metrics["Parameters"] == f"{record['parameters']:,}"
    assert metrics["Trained for"] == f"{record['epochs']} epochs"
    assert float(metrics["File"].removesuffix(" MB")) < 30
    layers = page.table("Output")
    assert layers["Parameters"].sum() == record["parameters"]
    assert layers["Output"][0] == "input"
    said = texts(page)
    assert record["sha256"] in said
    assert all(source in said for source in record["data"])
    assert f"python -m xai_core train {name}\npython -m xai_core evaluate {name}" in said
    charts = page.app.get("plotly_chart")
    assert len(charts) == sum(curve in record["history"][0] for curve in ("loss", "accuracy", "kl"))
    drawn = json.loads(charts[0].proto.spec)["data"][0]
    assert len(drawn["x"]) == len(record["history"])


def test_every_model_has_a_card_and_no_other(visit):
    page = visit("models")
    assert list(page.app.pills(key="control:model").options) == [record["label"] for record in read_manifest().values()]


@pytest.fixture
def figures(tmp_path, monkeypatch):
    """The manifest with other figures in it; the weights stay where they are."""

    def change(name, found):
        manifest = copy.deepcopy(read_manifest())  # which is shared by all who read it
        manifest[name]["figures"] = found
        for path in weights.models_dir().iterdir():
            if not (tmp_path / path.name).exists() and path.name != "manifest.json":
                (tmp_path / path.name).symlink_to(path.resolve())
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))

    return change


def test_figures_of_a_classifier(visit, figures):
    report = {
        "accuracy": 0.8712,
        "interval": [0.861, 0.881],
        "classes": [
            {"name": "Elliptical", "precision": 0.8, "recall": 0.75, "f1": 0.77, "support": 400},
            {"name": "Other", "precision": 0.9, "recall": 0.92, "f1": 0.91, "support": 900},
        ],
        "groups": {"Galaxy Zoo 1 (SDSS)": {"accuracy": 0.91, "interval": [0.887, 0.929], "support": 700}},
        "subtypes": {"edge-on": {"accuracy": 0.8, "support": 20}},
    }
    figures("galaxy-cnn2", {"split": "the val split", **report, "also_sim": {"split": "simulated", **report}})
    page = visit("models").set("pills", "model", "galaxy-cnn2")
    assert not page.errors
    assert {metric.label: metric.value for metric in page.app.metric}["Accuracy"] == "87.1%"
    table = page.table("Precision")
    assert list(table["Support"]) == [400, 900]
    said = texts(page)
    assert "Accuracy **87.12%** (95 % interval 86.1% to 88.1%)" in said
    sources = page.table("By source")
    assert (sources["By source"][0], sources["Accuracy"][0], sources["Pictures"][0]) == ("Galaxy Zoo 1 (SDSS)", 0.91, 700)
    assert sources["95 % interval"][0] == "88.7% to 92.9%"
    assert page.table("By subtype")["By subtype"][0] == "edge-on"
    assert "Also measured on simulated" in said


def test_figures_of_a_denoiser(visit, figures):
    row = {
        "noise": "salt_pepper",
        "level": 0.1,
        "psnr_noisy": 15.1,
        "psnr": 20.5,
        "ssim": 0.9,
        "mse": 0.0099,
        "pixel_accuracy": 0.8,
    }
    figures("autoencoder-mnist", {"split": "the test split", "denoising": [row, row | {"noise": "periodic", "level": 57}]})
    page = visit("models").set("pills", "model", "autoencoder-mnist")
    assert not page.errors
    table = page.table("Denoised (dB)")
    assert list(table["Noise"]) == ["Salt & pepper", "Periodic"]
    assert list(table["Mean squared error"]) == [0.0099, 0.0099]


def test_a_model_that_was_not_measured_says_how_to(visit, figures):
    figures("cnn-mnist", {})
    page = visit("models").set("pills", "model", "cnn-mnist")
    assert not page.errors
    assert "Not measured yet. Run: python -m xai_core evaluate cnn-mnist" in page.notes


def test_measured_stands_beside_published(visit, figures):
    rows = [
        {"denoiser": "autoencoder-mnist", "set": name, "level": level, "psnr": 30.0 - level / 10, "pictures": 68}
        for name in ("bsd68", "set12")
        for level in (15.0, 25.0, 50.0)
    ]
    figures("autoencoder-mnist", {"split": "the test split", "protocol": rows})
    page = visit("models").set("pills", "model", "autoencoder-mnist")
    tables = [element.value for element in page.app.dataframe if "sigma 25" in element.value.columns]
    assert len(tables) == 2
    assert tables[0]["sigma 25"][0] == 27.5
    assert dict(zip(tables[0]["Denoiser"], tables[0]["sigma 25"], strict=True))["FFDNet, published"] == 29.19
    assert dict(zip(tables[1]["Denoiser"], tables[1]["sigma 50"], strict=True))["BM3D, published"] == 26.72


def test_the_health_of_the_layers_is_measured_when_asked_for(visit):
    page = visit("models").set("pills", "model", "cnn-mnist")
    assert not [element for element in page.app.dataframe if "Silent channels" in element.value.columns]
    page = page.set("toggle", "health:cnn-mnist", True)
    assert not page.errors
    table = page.table("Silent channels")
    assert list(table["Layer"])[-2:] == ["logits", "probabilities"]
    assert (table["Gradient"][:-1] > 0).all() and table["Variation"][len(table) - 1] > 0.1
    assert "Every layer tells the pictures apart." in texts(page)


def test_a_run_that_goes_on_shows_its_curves(visit, monkeypatch):
    rows = [{"epoch": epoch, "loss": 1 / epoch, "held_out_loss": 1.1 / epoch} for epoch in (1, 2)]
    state = State(epochs=5, epoch=2, best_epoch=2, seconds=240, history=rows)
    monkeypatch.setattr("ui.models.running", lambda: {"cnn-mnist": state})
    page = visit("models")
    assert not page.errors
    assert "In training: cnn-mnist, epoch 2 of 5" in [expander.label for expander in page.app.expander]
    drawn = json.loads(page.app.get("plotly_chart")[0].proto.spec)["data"][0]
    assert list(drawn["y"]) == [1, 0.5]
