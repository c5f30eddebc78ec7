"""Denoise, section "Several answers": samples of a guided network, and what is said where there are none."""

import io

import numpy as np
import pytest

from ui import panels, samples
from xai_core import measured, metrics
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.sampling import posterior_samples
from xai_core.experiments import diffusion as study
from xai_core.experiments import noisy
from xai_core.scene import Scene
from xai_core.trust import rank_correlation

SCENE = Scene("fashion_mnist", denoiser="unet-fashion", level=50.0, seed=3)
QUERY = {"dataset": "fashion_mnist", "denoiser": "unet-fashion", "level": 50, "seed": 3}
ROWS = {"samples-mean", "samples"}


@pytest.fixture
def opened(visit):
    """Open the page and the section; wait until nothing is computed any more."""

    def start(**query):
        page = visit("denoise", **query)
        assert not ROWS & set(page.rows()), "the section is closed at first"
        page.app.session_state["control:view:answers"] = True
        return page.run().settled()

    return start


def drawn(count=16, steps=10, eta=1.0):
    found = noisy(SCENE)
    unclipped = found.clean + found.noise
    denoiser = load_denoiser("unet-fashion")
    answer = posterior_samples(denoiser, unclipped, found.true_sigma, samples=count, steps=steps, eta=eta, seed=3)
    return found, answer, denoiser(unclipped, found.true_sigma)


def test_the_rows_are_those_of_the_library_on_the_unclipped_picture(opened):
    page = opened(**QUERY)
    assert not page.errors
    found, answer, single = drawn()
    assert found.noisy.min() == 0 > (found.clean + found.noise).min()  # limited on the page, not here
    mean = page.row("samples-mean")
    assert [one["title"] for one in mean][:2] == ["Clean", "Mean of 16 samples"]
    psnr = [f"{metrics.psnr(found.clean, image)[0]:.1f} dB" for image in (answer.mean, single, *answer.samples[:4])]
    assert mean[1]["caption"] == f"{psnr[0]} · in one step {psnr[1]}"
    assert page.texts("samples") == psnr[2:]
    # One colour scale for what the samples leave open and for the true error.
    assert mean[2]["bar"]["high"] == mean[3]["bar"]["high"] > 0
    error = np.abs(answer.mean - found.clean)
    assert f"rank correlation {rank_correlation(answer.deviation, error):.2f}" in page.text
    assert "trained with absolute error" in page.captions


def test_the_settings_are_followed(opened):
    page = opened(**QUERY)
    page.set("slider", "view:answers_count", 8).set("slider", "view:answers_steps", 4)
    page.settled()
    assert page.row("samples-mean")[1]["title"] == "Mean of 8 samples"
    found, answer, _ = drawn(count=8, steps=4)
    assert page.row("samples-mean")[1]["caption"].startswith(f"{metrics.psnr(found.clean, answer.mean)[0]:.1f} dB")
    page.set("slider", "view:answers_eta", 0.0).settled()
    assert "All samples are the same" in page.text
    assert len(set(page.drawn("samples"))) == 1
    told = {name: value for name, value in page.query.items() if name.startswith("view.")}
    assert told == {"view.answers": "true", "view.answers_count": "8", "view.answers_steps": "4", "view.answers_eta": "0"}, (
        "the link keeps them"
    )


def test_a_slow_one_waits_for_a_click_and_shows_its_progress(opened, monkeypatch):
    monkeypatch.setattr(samples, "AT_ONCE", 0.0)
    page = opened(**QUERY, index=5)
    assert not ROWS & set(page.rows())
    page.press("Draw 16 samples (about 0 s)").settled()
    assert set(page.rows()) >= ROWS


@pytest.mark.parametrize(
    ("query", "words", "way"),
    [
        ({"dataset": "mnist", "denoiser": "median"}, "not told the noise level", "Use U-Net (MNIST)"),
        ({"dataset": "small_photos", "denoiser": "median"}, "not told the noise level", "Use U-Net (CIFAR-10)"),
        (QUERY | {"noise": "salt_pepper", "level": 0.1}, "must be Gaussian", "Add Gaussian noise instead"),
        (QUERY | {"level": 0}, "Raise the level", None),
    ],
)
def test_what_does_not_fit_gets_a_sentence_and_a_way_out(opened, query, words, way):
    page = opened(**query)
    assert not page.errors
    assert [note for note in page.notes if words in note]
    assert not ROWS & set(page.rows())
    if way:
        page.press(way).settled()
        assert not page.errors
        assert set(page.rows()) >= ROWS


def test_from_a_galaxy_to_clothes(opened, monkeypatch):
    monkeypatch.setattr(samples, "trained_models", lambda: frozenset({"unet-fashion"}))
    page = opened(dataset="simulated_galaxies")
    assert [note for note in page.notes if "diffusion-fashion" in note]
    page.press("Show clothes").settled()
    assert page.query["dataset"] == "fashion_mnist"
    assert page.query["denoiser"] == "unet-fashion"
    assert set(page.rows()) >= ROWS


def test_the_diffusion_model_is_offered_for_clothes_only(opened, monkeypatch):
    names = frozenset({"unet-fashion", "unet-mnist", "diffusion-fashion"})
    monkeypatch.setattr(samples, "trained_models", lambda: names)
    offered = "Use Diffusion model (Fashion-MNIST)"
    assert offered in [button.label for button in opened(**QUERY).app.button]
    page = opened(dataset="mnist", denoiser="unet-mnist")
    assert not [button.label for button in page.app.button if button.label.startswith("Use ")]


def test_missing_weights_are_one_sentence(visit, tmp_path, monkeypatch, nothing_computed):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    page = visit("denoise", **QUERY)
    [error] = page.errors
    assert "python -m xai_core train unet-fashion" in error


def test_the_measured_figures(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    assert "bench diffusion" in samples._measured()
    whole = {"level": 25.0, "low": 0.5, "high": 0.7, "pictures": 200}
    rows = [
        {"section": "uncertainty", "what": "each picture", "value": 0.6, **whole},
        {"section": "quality", "what": "one step", "value": 27.75, **whole},
        {"section": "quality", "what": f"mean of {study.SAMPLES} samples", "value": 27.25, **whole},
    ]
    measured.write(study.NAME, rows, command="python -m xai_core bench diffusion")
    told = samples._measured()
    assert "At sigma 25, over 200 test pictures: rank correlation 0.60 (0.50 to 0.70); mean of 16 samples 27.2 dB" in told
    assert "sigma 50" not in told


def test_the_time_grows_with_the_picture_and_a_grey_network_takes_channels_one_by_one():
    from xai_core.denoisers import DENOISERS

    assert samples._planes(DENOISERS.get("unet-grey"), (300, 200, 3)) == 180_000
    assert samples._planes(DENOISERS.get("unet-colour"), (300, 200, 3)) == 60_000


def test_an_archive_holds_the_samples():
    found, answer, _ = drawn(count=4, steps=2)
    with np.load(io.BytesIO(panels.npz(samples.arrays(found, answer)))) as stored:
        assert {name: stored[name].shape for name in stored} == {
            "samples": (4, 28, 28, 1),
            **dict.fromkeys(("mean", "deviation", "clean", "noisy"), (28, 28, 1)),
        }
        np.testing.assert_allclose(stored["samples"].mean(axis=0), stored["mean"], atol=1e-5)
