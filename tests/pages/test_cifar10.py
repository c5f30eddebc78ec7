"""CIFAR-10: what a variational denoiser draws, how sure it is, its code, its training, on the embedded data."""

import shutil

import numpy as np
import pytest

from ui.cifar10_film import part
from xai_core import measured, weights
from xai_core.classifiers import load_classifier
from xai_core.denoisers import load_denoiser
from xai_core.denoisers.latent import kl_by_channel, sample_posterior
from xai_core.experiments import noisy
from xai_core.metrics import psnr
from xai_core.scene import Scene
from xai_core.training.film import Film

NAME = "variational-cifar10"
NEEDED = (NAME, f"{NAME}-single", f"{NAME}-beta-low", f"{NAME}-beta-high", "autoencoder-cifar10", "cnn-cifar10", "unet-cifar10")
SCENE = Scene("small_photos")

MISSING = ", ".join(name for name in NEEDED if name not in weights.trained_models())

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not trained on this machine: {MISSING}")


@pytest.fixture
def opened(visit):
    """Open the page with these sections, and wait until nothing is computed any more."""

    def start(*sections, **query):
        return visit("cifar10", **{"dataset": "small_photos"} | query | {f"view.{name}": "true" for name in sections}).settled()

    return start


def decibels(caption):
    return float(caption.partition(" dB")[0])


def test_the_row_of_denoisers_and_the_samples(opened):
    page = opened()
    assert not page.errors
    titles = [picture["title"] for picture in page.row("cifar10-row")]
    assert titles == ["Clean", "Noisy", "Variational: Stacked, beta 1", "U-Net", "Plain autoencoder"]
    found = noisy(SCENE)
    denoised = [load_denoiser(name)(found.noisy, found.true_sigma) for name in (NAME, "unet-cifar10", "autoencoder-cifar10")]
    shown = [decibels(caption) for caption in page.texts("cifar10-row")[2:]]
    assert shown == pytest.approx([psnr(found.clean, image)[0] for image in denoised], abs=0.05)
    drawn = sample_posterior(load_denoiser(NAME), found.noisy, 8, 0)
    assert f"**KL {drawn.kl[0]:,.0f} nats**" in page.text
    assert len(set(page.drawn("cifar10-samples"))) == 8
    assert decibels(page.texts("cifar10-spread")[0]) == pytest.approx(psnr(found.clean, drawn.mean)[0], abs=0.05)
    assert f"{255 * drawn.deviation.mean():.1f} grey levels" in page.texts("cifar10-spread")[1]
    assert not [name for name in page.query if name.startswith("view.")]


def test_samples_follow_their_settings_and_the_link_keeps_them(opened):
    page = opened()
    before = page.drawn("cifar10-samples")
    page.set("number_input", "view:draw", 3)
    assert not set(before) & set(page.drawn("cifar10-samples"))
    page.set("slider", "view:samples", 4)
    assert len(page.row("cifar10-samples")) == 4
    page.set("segmented_control", "view:variational", f"{NAME}-beta-high")
    assert {name: value for name, value in page.query.items() if name.startswith("view.")} == {
        "view.draw": "3",
        "view.samples": "4",
        "view.variational": f"{NAME}-beta-high",
    }
    other = opened(**page.query)
    assert other.row("cifar10-samples") == page.row("cifar10-samples")
    assert other.row("cifar10-row") == page.row("cifar10-row")


def test_a_slider_moves_the_most_informative_channel(opened):
    page = opened()
    still, first = page.drawn("cifar10-moved")[:2]
    assert still == first
    page.set("slider", "view:moved_1", 2.0)
    assert page.drawn("cifar10-moved")[0] == still
    assert page.drawn("cifar10-moved")[1] == page.drawn("cifar10-strip")[5]  # -3 to 3: +2 of the same channel
    channel = kl_by_channel(load_denoiser(NAME), noisy(SCENE).noisy).channels[0]
    assert page.texts("cifar10-moved")[1] == f"moved: channel {channel} by +2.00"
    assert page.query["view.moved_1"] == "2"
    code = next(block.value for block in page.app.get("code") if "import xai_core" in block.value)
    compile(code, "snippet", "exec")
    assert "code[..., told.channels[0]] += 2.0" in code
    page.press("All back to 0")
    assert page.drawn("cifar10-moved")[1] == still
    assert "view.moved_1" not in page.query


def test_beta_is_the_price_of_a_nat(opened):
    page = opened("betas")
    assert not page.errors
    assert len(page.row("cifar10-betas")) == 9
    found = noisy(SCENE)
    kl = [sample_posterior(load_denoiser(f"{NAME}{end}"), found.noisy).kl[0] for end in ("-beta-low", "", "-beta-high")]
    assert page.table("KL (nats)")["KL (nats)"].tolist() == pytest.approx(kl)
    assert kl[0] > kl[1] > kl[2]


def test_the_film_steps_and_plays_only_when_asked(opened):
    page = opened("film")
    assert not page.errors
    assert len(page.row("cifar10-film-group")) == 8
    last = page.drawn("cifar10-film")
    assert last[2] == page.drawn("cifar10-row")[2]  # the kept weights of the last epoch, in half precision
    page.press("Next epoch")
    first = page.drawn("cifar10-film")
    assert first[:2] == last[:2]
    assert first[2] != last[2]
    assert "Epoch 0: " in page.captions
    page.run()
    assert page.drawn("cifar10-film") == first
    assert {button.proto.label for button in page.app.get("download_button")} >= {
        f"{what} ({kind})" for what in ("This picture", "The group") for kind in ("GIF", "MP4")
    }


def test_a_part_of_a_film():
    pictures = np.zeros((2, 3, 4, 4, 3), np.float32)
    pictures[:, 1] = 1
    film = Film(np.array([0, 1]), pictures[0], pictures[0], pictures, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    one = part(film, slice(1, 2))
    assert one.pictures.shape == (2, 1, 4, 4, 3)
    assert one.pictures.min() == one.clean.min() == one.noisy.min() == 1
    assert one.psnr.tolist() == [[2.0], [5.0]]


def test_names_without_a_truth(opened):
    page = opened("named")
    assert not page.errors
    names = load_classifier("cnn-cifar10").class_names
    clean = load_classifier("cnn-cifar10")(noisy(SCENE).clean)[0]
    assert f"Clean: **{names[clean.argmax()]}**" in page.text
    assert "no answer is right or wrong" in page.text


def test_a_point_shows_its_neighbours(opened):
    page = opened("latents")
    assert not page.errors
    before = page.row("cifar10-near")
    assert len(before) == 8
    page.set("number_input", "cifar10:point:small_photos", 5)
    after = page.row("cifar10-near")
    assert after[0]["title"] == "Picture 5"
    assert after[0]["caption"] != before[0]["caption"]
    assert "no accuracy of naming them exists" in page.captions
    assert page.table("By chance")["Figure"].tolist()[0].startswith("Of 10 nearest: same photograph")
    page.press("Show picture 5 above")
    assert page.query["index"] == "5"


def test_another_picture_leads_to_a_fitting_one(opened):
    page = opened(dataset="mnist")
    assert not page.errors
    assert "32 x 32" in page.notes[0]
    assert "cifar10-row" not in page.rows()
    page.press("Show a small photograph")
    assert page.settled().query["dataset"] == "small_photos"
    assert "cifar10-row" in page.rows()


def test_a_data_set_that_is_not_here_has_a_way_out(opened):
    page = opened(dataset="stl10")
    [error] = page.errors
    assert "STL-10 is not on this machine" in error
    page.press("Show a small photograph")
    assert "cifar10-row" in page.settled().rows()


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        (NAME, {"cifar10-row", "cifar10-samples", "cifar10-moved", "cifar10-betas", "cifar10-near"}),
        (f"{NAME}-beta-low", {"cifar10-betas"}),
        ("autoencoder-cifar10", set()),
    ],
)
def test_missing_weights_cost_their_panels(opened, tmp_path, monkeypatch, nothing_computed, name, lost):
    folder = shutil.copytree(weights.models_dir(), tmp_path / "models")
    monkeypatch.setenv("XAI_MODELS_DIR", str(folder))
    (folder / weights.entry(name)["file"]).unlink()
    page = opened("betas", "film", "named", "latents")
    assert page.errors
    assert all(f"python -m xai_core train {name}" in error for error in page.errors)
    everything = {"cifar10-row", "cifar10-samples", "cifar10-moved", "cifar10-betas", "cifar10-film", "cifar10-near"}
    assert everything - set(page.rows()) == lost


def test_what_was_not_measured_says_how(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    assert any("python -m xai_core bench cifar10" in note for note in opened("named").notes)


PLACES = [
    ("none", 0.0, "none", 0.9),
    ("gaussian", 25.0, "none", 0.3),
    ("gaussian", 25.0, NAME, 0.5),
    ("gaussian", 25.0, "median", 0.4),
]
COUNTS = {"none": np.full((10, 10), 1) + 90 * np.eye(10, dtype=int), NAME: np.full((10, 10), 5) + 50 * np.eye(10, dtype=int)}


def accuracy(noise, level, denoiser, value):
    place = {"noise": noise, "level": level, "denoiser": denoiser, "value": value, "low": value - 0.1, "high": value + 0.05}
    return place | {"section": "accuracy", "pictures": 1000}


def confusion(noise, level, denoiser):
    counts = COUNTS[denoiser].copy()
    if denoiser == NAME:
        counts[3, 5], counts[3, 3] = 20, 40  # cats named dogs
    text = ";".join(" ".join(map(str, line)) for line in counts)
    names = ";".join(load_classifier("cnn-cifar10").class_names)
    return {"section": "confusion", "noise": noise, "level": level, "denoiser": denoiser, "counts": text, "classes": names}


def neighbours(denoiser):
    row = {"section": "latent", "denoiser": denoiser, "noise": "none", "level": 0.0, "value": 0.3, "low": 0.27, "high": 0.33}
    return row | {"chance": 0.1, "purity": 0.22, "purity_chance": 0.13, "rand": 0.04}


def test_what_was_measured_over_many_pictures(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    rows = [accuracy(*place) for place in PLACES]
    rows += [confusion("none", 0.0, "none"), confusion("gaussian", 25.0, NAME), neighbours("pixels"), neighbours(NAME)]
    measured.write("cifar10", rows, command="python -m xai_core bench cifar10", seed=3)
    page = opened("named", "latents")
    assert not page.errors
    told = page.text
    assert "Clean, 90.0% of 1,000 pictures are named rightly (80.0% to 95.0%)" in told
    assert "30.0% without a denoiser, 50.0% after the variational one; the highest is 50.0% (Variational, stacked)" in told
    assert "What grew most: cat named dog, 19 pictures more." in told
    assert "Measured on " in page.captions
    assert page.table("Code of")["Code of"].tolist() == ["Pixels", "Variational, stacked"]
    assert not [note for note in page.notes if "Not measured yet" in note]
