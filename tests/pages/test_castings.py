"""Castings: the noise is named, a denoiser chosen, the casting inspected, on the embedded data."""

import shutil

import numpy as np
import pytest

from ui import jobs
from xai_core import weights
from xai_core.classifiers import load_classifier
from xai_core.datasets import load_dataset
from xai_core.denoisers import load_denoiser
from xai_core.experiments import noisy
from xai_core.metrics import psnr
from xai_core.scene import Scene

CASTING = {"dataset": "simulated_castings", "classifier": "casting-cnn"}
PLANTED = "view.treated"


@pytest.fixture
def opened(visit):
    """Open the page and wait until nothing is computed any more."""

    def start(**query):
        return settled(visit("castings", **CASTING | query))

    return start


def settled(page):
    return page.until(lambda: all(job.finished for job in jobs._queue()._jobs.values())).run()


def text(page):
    return "\n".join(element.value for element in page.app.markdown)


def decibels(caption):
    return float(caption.partition(" dB")[0])


def test_salt_and_pepper_is_named_treated_and_inspected(opened):
    page = opened(noise="salt_pepper")
    assert not page.errors
    assert "**Salt & pepper noise, about 10." in text(page)
    titles = [picture["title"] for picture in page.row("castings-route")]
    assert titles[:2] == ["Noisy", "Choice: Median filter"]
    assert all(title.startswith("Alternative: ") for title in titles[2:])
    found = noisy(Scene("simulated_castings", noise="salt_pepper"))
    denoised = load_denoiser("median")(found.noisy)
    assert decibels(page.texts("castings-route")[1]) == pytest.approx(psnr(found.clean, denoised)[0], abs=0.05)
    shares = load_classifier("casting-cnn")(np.concatenate([found.clean, found.noisy, denoised]))[:, 1]
    assert [metric.value for metric in page.app.metric] == [f"{share:.1%}" for share in shares]
    assert len(page.row("castings-cam")) == 3
    mask = load_dataset("simulated_castings").masks[0]
    assert f"A map that knows nothing has {mask.mean():.1%} there" in page.captions
    assert page.query.keys() == {"dataset", "classifier", "noise"}


def test_a_planted_kind_costs_and_the_link_keeps_it(opened):
    page = opened(noise="salt_pepper")
    assert not page.app.warning
    right = decibels(page.texts("castings-route")[1])
    settled(page.set("selectbox", "view:treated", "gaussian"))
    assert page.query[PLANTED] == "gaussian"
    wrong = decibels(page.texts("castings-route")[1])
    [warning] = page.app.warning
    assert f"{wrong:.1f} dB instead of {right:.1f} dB" in warning.value
    assert right - wrong > 5
    other = opened(noise="salt_pepper", **{PLANTED: "gaussian"})
    assert other.row("castings-route") == page.row("castings-route")
    assert [one.value for one in other.app.metric] == [one.value for one in page.app.metric]
    settled(page.set("selectbox", "view:treated", "detected"))
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
    settled(page.press(button))
    assert not page.errors
    assert words in text(page)
    assert page.app.selectbox(key="control:noise").value == kind
    assert {name: value for name, value in page.query.items() if name not in CASTING} == query


def test_a_wave_is_ringed(opened):
    page = opened(noise="periodic", level=57, **{"noise.frequency": 5 / 300, "noise.angle": 0})
    assert "ringed" in page.captions
    assert "ringed" not in opened(noise="gaussian").captions


def test_another_picture_leads_to_the_castings(visit):
    page = settled(visit("castings", dataset="mnist", noise="salt_pepper"))
    assert not page.errors
    assert len(page.row("castings-route")) >= 3
    assert "castings-cam" not in page.rows()
    page.press("Show a casting")
    settled(page)
    assert page.query["dataset"] == "simulated_castings"
    assert len(page.row("castings-cam")) == 3
    assert not [button for button in page.app.button if button.label == "Show a casting"]


def test_what_was_not_measured_says_how(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    page = opened(noise="salt_pepper")
    told = "\n".join(page.notes)
    for command in ("bench noise-kinds", "bench castings", "bench inspection", "bench shortcuts"):
        assert f"Not measured yet. Run: python -m xai_core {command}" in told


@pytest.mark.parametrize(("name", "lost"), [("casting-cnn", "castings-cam"), ("unet-grey", "castings-route")])
def test_missing_weights_cost_one_section(opened, tmp_path, monkeypatch, nothing_computed, name, lost):
    folder = shutil.copytree(weights.models_dir(), tmp_path / "models")
    monkeypatch.setenv("XAI_MODELS_DIR", str(folder))
    (folder / weights.entry(name)["file"]).unlink()
    page = opened(noise="gaussian")
    [error] = page.errors
    assert f"python -m xai_core train {name}" in error
    assert "castings-detect" in page.rows()
    assert lost not in page.rows()


def test_the_code_runs(opened):
    page = opened(noise="salt_pepper", **{PLANTED: "gaussian"})
    code = next(block.value for block in page.app.get("code") if "import xai_core" in block.value)
    assert "detect_noise" in code
    compile(code, "snippet", "exec")
