"""Castings: the noise is named, a denoiser chosen, the casting inspected, on the embedded data."""

import json
import shutil

import numpy as np
import pytest

from ui import castings_measured
from xai_core import measured, weights
from xai_core.classifiers import load_classifier
from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.experiments import noisy
from xai_core.metrics import psnr
from xai_core.noise.detection import KINDS
from xai_core.noise.detection.network import build_noise_cnn
from xai_core.scene import Scene

CASTING = {"dataset": "simulated_castings", "classifier": "casting-cnn"}
PLANTED = "view.treated"
PARTS = tuple(f"view.{name}" for name, _, _ in castings_measured.PARTS)


@pytest.fixture
def opened(visit):
    """Open the page and wait until nothing is computed any more."""

    def start(**query):
        return visit("castings", **CASTING | query).settled()

    return start


@pytest.fixture
def models(tmp_path, monkeypatch, nothing_computed):
    """A copy of the trained models, without a noise detector."""
    folder = shutil.copytree(weights.models_dir(), tmp_path / "models")
    monkeypatch.setenv("XAI_MODELS_DIR", str(folder))
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({name: one for name, one in weights.read_manifest().items() if name != "noise-kinds"}))
    return folder


def decibels(caption):
    return float(caption.partition(" dB")[0])


def test_salt_and_pepper_is_named_treated_and_inspected(opened):
    page = opened(noise="salt_pepper")
    assert not page.errors
    assert "**Salt & pepper noise, about 10." in page.text
    titles = [picture["title"] for picture in page.row("castings-route")]
    assert titles[:2] == ["Noisy", "Choice: Median filter"]
    assert all(title.startswith("Alternative: ") for title in titles[2:])
    found = noisy(Scene("simulated_castings", noise="salt_pepper"))
    denoised = load_denoiser("median")(found.noisy)
    assert page.row("castings-spectra")[0]["title"] == "Whole picture"
    assert decibels(page.texts("castings-route")[1]) == pytest.approx(psnr(found.clean, denoised)[0], abs=0.05)
    shares = load_classifier("casting-cnn")(np.concatenate([found.clean, found.noisy, denoised]))[:, 1]
    assert [metric.value for metric in page.app.metric] == [f"{share:.1%}" for share in shares]
    assert len(page.row("castings-cam")) == 3
    mask = load_dataset("simulated_castings").masks[0]
    assert f"A map that knows nothing has {mask.mean():.1%} there" in page.captions
    assert "Share of the map beside the casting: clean " in page.captions
    assert page.query.keys() == {"dataset", "classifier", "noise"}


def test_a_planted_kind_costs_and_the_link_keeps_it(opened):
    page = opened(noise="salt_pepper")
    assert not page.app.warning
    right = page.row("castings-route")[1]
    page.set("selectbox", "view:treated", "gaussian").settled()
    assert page.query[PLANTED] == "gaussian"
    wrong, detected = page.row("castings-route")[1:3]
    assert wrong["title"] == "As planted: U-Net (grey photographs)"
    assert detected["title"] == "As detected: Median filter"
    assert detected["src"] == right["src"]
    [warning] = page.app.warning
    after, before = (decibels(one["caption"]) for one in (wrong, detected))
    assert f"{after:.1f} dB instead of {before:.1f} dB" in warning.value
    assert before - after > 5
    other = opened(noise="salt_pepper", **{PLANTED: "gaussian"})
    assert other.row("castings-route") == page.row("castings-route")
    assert [one.value for one in other.app.metric] == [one.value for one in page.app.metric]
    page.set("selectbox", "view:treated", "detected").settled()
    assert PLANTED not in page.query


@pytest.mark.parametrize(
    ("button", "kind", "words", "query"),
    [
        ("Salt & pepper 10 %", "salt_pepper", "Salt & pepper noise, about 10", {"noise": "salt_pepper"}),
        ("Gaussian 25", "gaussian", "Gaussian noise, sigma about 2", {}),
        (
            "Wave of 5 periods, amplitude 57",
            "periodic",
            "over the width of the picture",
            {"noise": "periodic", "level": "57", "noise.frequency": "0.0167", "noise.angle": "0"},
        ),
    ],
)
def test_the_noises_of_the_source(opened, button, kind, words, query):
    page = opened(noise="speckle", level=2)
    page.press(button).settled()
    assert not page.errors
    assert words in page.text
    assert page.app.selectbox(key="control:noise").value == kind
    assert {name: value for name, value in page.query.items() if name not in CASTING} == query


def test_a_wave_is_ringed(opened):
    page = opened(noise="periodic", level=57, **{"noise.frequency": 5 / 300, "noise.angle": 0})
    assert "ringed, twice" in page.captions
    assert "ringed" not in opened(noise="gaussian").captions


def test_another_picture_leads_to_the_castings(visit):
    page = visit("castings", dataset="mnist", noise="salt_pepper").settled()
    assert not page.errors
    assert len(page.row("castings-route")) >= 3
    assert "castings-cam" not in page.rows()
    page.press("Show a casting")
    page.settled()
    assert page.query["dataset"] == "simulated_castings"
    assert len(page.row("castings-cam")) == 3
    assert not [button for button in page.app.button if button.label == "Show a casting"]


def test_what_was_not_measured_says_how(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    page = opened(noise="salt_pepper", **dict.fromkeys(PARTS, "true"))
    told = "\n".join(page.notes)
    for command in ("bench noise-kinds", "bench castings", "bench inspection", "bench shortcuts"):
        assert f"Not measured yet. Run: python -m xai_core {command}" in told


@pytest.mark.parametrize(("name", "lost"), [("casting-cnn", "castings-cam"), ("unet-grey", "castings-route")])
def test_missing_weights_cost_one_section(opened, models, name, lost):
    (models / weights.entry(name)["file"]).unlink()
    page = opened(noise="gaussian")
    [error] = page.errors
    assert f"python -m xai_core train {name}" in error
    assert "castings-detect" in page.rows()
    assert lost not in page.rows()


def test_without_the_network_the_classical_detector_decides(opened, models):
    page = opened(noise="salt_pepper", **{"view.why": "true"})
    assert not page.errors
    assert sum("Run: python -m xai_core train noise-kinds" in note for note in page.notes) == 2
    assert "**Salt & pepper noise, about 10." in page.text
    assert "castings-why" not in page.rows()


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_network_and_statistics_decide_together_and_the_network_explains_itself(opened, models):
    untrained_detector("salt_pepper")
    page = opened(noise="salt_pepper", **{"view.why": "true"})
    assert not page.errors
    assert [picture["title"] for picture in page.row("castings-why")][1:] == ["Grad-CAM", "Integrated gradients"]
    assert page.row("castings-why")[2]["bar"]["high_word"] == "evidence for salt & pepper"
    assert "The network and the classical detector say so alone, too" in page.text
    untrained_detector("speckle", 1.0)
    page = opened(noise="salt_pepper")
    assert "**Salt & pepper noise" in page.text, "the surer of the two is followed"
    assert "disagree: speckle says the network (35 %), salt & pepper the classical one" in page.text
    assert "castings-why" not in page.rows()


def untrained_detector(kind, logit=5.0):
    """Keep a network that names one kind whatever it sees."""
    network = build_noise_cnn(width=2, dense=4)
    kernel, bias = network.get_layer("logits").get_weights()
    bias[KINDS.index(kind)] = logit
    network.get_layer("logits").set_weights([1e-3 * kernel, bias])  # whatever the weights drawn, which are not seeded
    path = weights.save(network, "noise-kinds")
    weights.update_manifest(
        "noise-kinds",
        label="kinds of noise",
        kind="detector",
        file=path.name,
        sha256=weights.sha256_of(path),
        build="xai_core.noise.detection.network:build_noise_cnn",
        arguments={"width": 2, "dense": 4},
        classes=list(KINDS),
        parameters=1,
        figures={},
    )


def test_measured_figures_are_said_in_words(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    shared = {"classifier": "casting-cnn", "denoiser": "routed", "pictures": 936, "photographs": 117, "split": "4 folds"}
    rows = []
    for condition, noise, share in (("clean", "none", 0.9), ("noisy", "all three", 0.7), ("denoised", "all three", 0.8)):
        for figure in ("accuracy", "sensitivity", "specificity", "f1"):
            interval = {"value": share, "low": share - 0.05, "high": share + 0.05}
            rows.append(shared | interval | {"condition": condition, "noise": noise, "figure": figure})
    difference = {"noise": "all three", "condition": "denoised less noisy", "figure": "accuracy"}
    rows.append(shared | difference | {"value": 0.1, "low": 0.04, "high": 0.15})
    measured.write("inspection", rows, command="python -m xai_core bench inspection")
    page = opened(noise="salt_pepper", **{"view.inspection": "true"})
    assert not page.errors
    assert "denoising helps: +10.0 points of accuracy (+4.0 to +15.0)" in page.text
    assert "finds 70% noisy, 80% denoised" in page.text and "(balanced accuracy): 70% and 80%" in page.text
    assert list(page.table("Sensitivity")["Pictures"]) == ["clean", "noisy", "denoised"]
    assert "python -m xai_core bench inspection" in [block.value for block in page.app.get("code")]


def test_shortcuts_and_kinds_are_read(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    shared = {"low": 0.7, "high": 0.9, "pictures": 2880, "on": "all", "section": "corners"}
    corners = [
        shared | {"what": "always the commonest class", "figure": "accuracy", "value": 0.58},
        shared | {"what": "corners: logistic regression", "figure": "AUC", "value": 0.8},
        shared | {"what": "corners: logistic regression", "figure": "accuracy", "value": 0.75},
    ]
    measured.write("casting-shortcuts", corners, command="bench shortcuts")
    outside = {"section": "background", "on": "explained pictures", "figure": "share outside", "pictures": 100}
    maps = [
        outside | {"what": what, "value": share, "low": share - 0.1, "high": share + 0.1}
        for what, share in (("area", 0.5), ("Grad-CAM", 0.3))
    ]
    measured.write("shortcuts-casting-cnn", maps, command="bench shortcuts")
    whole = {"low": 0.9, "high": 1.0, "pictures": 2400, "dataset": "mixed", "value": 0.99}
    kinds = [whole | {"figure": "accuracy", "method": "network"}]
    kinds += [whole | {"figure": "curve", "method": "network", "kind": "gaussian", "level": level} for level in (5, 25)]
    counts = measured.matrix_text(9 * np.eye(len(KINDS)))
    kinds.append({"figure": "confusion", "dataset": "mixed", "method": "network", "counts": counts})
    measured.write("noise-kinds", kinds, command="bench noise-kinds")
    measured.write("castings", list(quality()), command="bench castings")
    opening = dict.fromkeys(("view.around", "view.kinds", "view.quality"), "true")
    page = opened(noise="salt_pepper", **opening)
    assert not page.errors
    assert "**75.0%** of 2,880 pictures rightly" in page.text
    assert "On average 50% of the area lies beside the casting" in page.text
    assert "the network names **99.00%** of 2,400 rightly" in page.text
    assert "213 pictures of 27 photographs (casting val)" in page.captions
    assert "The kind was named rightly on 97.0% of them" in page.captions


def quality():
    shared = {"noise": "salt_pepper", "low": 0.9, "high": 40.0, "pictures": 213, "photographs": 27, "split": "casting val"}
    for denoiser in ("noisy", "median", "automatic"):
        for figure, value in (("psnr", 33.0), ("ssim", 0.95)):
            yield shared | {"section": "quality", "denoiser": denoiser, "figure": figure, "value": value}
    yield shared | {"section": "detection", "denoiser": "", "figure": "accuracy", "value": 0.97}


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [(0.1, 0.02, 0.2, "helps"), (-0.1, -0.2, -0.01, "harms"), (0.01, -0.02, 0.04, "neither helps nor harms for sure")],
)
def test_change_in_words(value, low, high, words):
    assert castings_measured.change(value, low, high).startswith(f"denoising {words}")


def test_the_code_runs(opened):
    page = opened(noise="salt_pepper", **{PLANTED: "gaussian"})
    code = next(block.value for block in page.app.get("code") if "import xai_core" in block.value)
    assert "detect_noise" in code
    compile(code, "snippet", "exec")
