"""A Scene computed, and the figures of a model over a split."""

import math

import numpy as np
import pytest

from xai_core import weights
from xai_core.classifiers import CLASSIFIERS, load_classifier
from xai_core.datasets.upload import from_bytes
from xai_core.denoisers import DENOISERS, load_denoiser
from xai_core.errors import InvalidInput, ModelNotFound, UnknownName
from xai_core.experiments import evaluate, evaluation, pictures, source
from xai_core.images import encode_png
from xai_core.metrics import mse, psnr, wilson_interval
from xai_core.noise import add_noise
from xai_core.noise.estimate import estimate_sigma
from xai_core.scene import UPLOAD, Scene
from xai_core.training import get_recipe
from xai_core.types import Dataset, Provenance

SCENES = [
    Scene(),
    Scene(index=5, noise="salt_pepper", level=0.2, denoiser="median"),
    Scene(noise="poisson", clip=False, denoiser="total_variation", level_source="estimated"),
]


@pytest.fixture
def own():
    """A user's own small picture."""
    return from_bytes(encode_png(np.random.default_rng(0).random((24, 31, 3), np.float32)), "mine.png")


# The chain


@pytest.mark.parametrize("scene", SCENES, ids=["default", "median", "estimated"])
def test_the_same_scene_gives_the_same_bytes(scene):
    first, second = pictures(scene), pictures(scene)
    for name in ("clean", "noisy", "denoised", "residual"):
        one = getattr(first, name)
        assert one.dtype == np.float32 and one.shape == first.clean.shape and one.ndim == 4
        assert one.tobytes() == getattr(second, name).tobytes(), name
    assert (first.true_sigma, first.estimated_sigma) == (second.true_sigma, second.estimated_sigma)


@pytest.mark.parametrize("scene", SCENES, ids=["default", "median", "estimated"])
def test_the_links_of_the_chain(scene):
    """Clean + noise = noisy; noisy - denoised = residual; the levels: of the noise before clipping, and of the estimate."""
    shown = pictures(scene)
    clean = source(scene).image(scene.index)
    noisy = add_noise(clean, scene.noise, scene.level, seed=scene.seed)
    np.testing.assert_array_equal(shown.clean, clean)
    np.testing.assert_array_equal(shown.noisy, np.clip(noisy, 0, 1) if scene.clip else noisy)
    np.testing.assert_array_equal(shown.residual, shown.noisy - shown.denoised)
    assert shown.true_sigma == pytest.approx(255 * np.std(noisy - clean, mean=0.0), rel=1e-5)
    assert shown.estimated_sigma == pytest.approx(estimate_sigma(shown.noisy)[0])
    level = shown.true_sigma if scene.level_source == "known" else shown.estimated_sigma
    np.testing.assert_allclose(shown.denoised, load_denoiser(scene.denoiser)(shown.noisy, level), atol=1e-6)
    assert shown.seconds > 0


def test_what_the_scene_says_is_used(own):
    """Seed, level, clipping, parameters: each changes its own picture."""
    scene = Scene(dataset=UPLOAD, level=60.0)
    usual = pictures(scene, own)
    assert usual.noisy.min() >= 0 and usual.noisy.max() <= 1
    assert not np.array_equal(pictures(Scene(dataset=UPLOAD, level=60.0, seed=1), own).noisy, usual.noisy)
    assert pictures(Scene(dataset=UPLOAD, level=30.0), own).true_sigma == pytest.approx(usual.true_sigma / 2, rel=1e-3)
    unclipped = pictures(Scene(dataset=UPLOAD, level=60.0, clip=False), own)
    assert unclipped.noisy.min() < 0 and unclipped.true_sigma == usual.true_sigma
    stronger = pictures(scene.with_parameter("denoiser", "strength", 2.0), own)
    assert np.array_equal(stronger.noisy, usual.noisy) and not np.array_equal(stronger.denoised, usual.denoised)
    salted = Scene(dataset=UPLOAD, noise="salt_pepper", level=0.5).with_parameter("noise", "salt", 1.0)
    replaced = (pictures(salted, own).noisy != own.images).any(-1)
    assert 0.4 < replaced.mean() < 0.6 and (pictures(salted, own).noisy[replaced] == 1).all(), "not all of it is salt"


@pytest.mark.parametrize("index", [120, 10**9, -1])
def test_a_picture_that_is_not_there_gets_a_sentence(index):
    with pytest.raises(InvalidInput, match=rf"There is no picture {index}: the data set on this machine has 120 \(0 to 119\)"):
        pictures(Scene(index=index))


def test_an_upload_that_is_not_there_gets_a_sentence(own):
    with pytest.raises(InvalidInput, match="somebody uploaded; pictures are not stored. Upload it again"):
        pictures(Scene(dataset=UPLOAD, upload="0" * 64))
    assert source(Scene(dataset=UPLOAD), own) is own
    np.testing.assert_array_equal(pictures(Scene(dataset=UPLOAD), own).clean, own.images)


def test_a_denoiser_of_another_size_gets_a_sentence(own, monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelNotFound, match="has not been trained"):
        pictures(Scene(dataset=UPLOAD, denoiser="autoencoder-mnist"), own)


# The figures of a model, on a small data set and untrained networks


COUNT = 70  # more than one chunk of 64


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A data set of 28 x 28 grey pictures instead of every other, and a function that enters an untrained network."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, COUNT)
    groups = np.array(["east", "west"])[rng.integers(0, 2, COUNT)]
    pixels = rng.integers(0, 256, (COUNT, 28, 28, 1), np.uint8)
    asked = []

    def load_dataset(name):
        asked.append(name)
        where = Provenance("simulated", "here", "none", "none")
        return Dataset(name, "val", pixels, labels, ("a", "b", "c"), where, groups=groups)

    monkeypatch.setattr(evaluation, "load_dataset", load_dataset)
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))

    def enter(registry, name, **arguments):
        import keras

        keras.utils.set_random_seed(0)
        spec = registry.get(name)
        path = weights.save(spec.load()(**arguments), name)
        record = {"sha256": weights.sha256_of(path), "build": spec.function, "arguments": arguments, "classes": list("abc")}
        weights.update_manifest(name, file=path.name, **record)

    return load_dataset("small"), enter, asked


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_figures_of_a_classifier(small):
    """Against a count by hand; groups; the rest of the manifest entry is kept."""
    data, enter, _ = small
    enter(CLASSIFIERS, "cnn-mnist", width=2, classes=3)
    classifier = load_classifier("cnn-mnist")
    figures = evaluate("cnn-mnist")
    right = classifier(data.images).argmax(1) == data.labels
    assert figures["accuracy"] == pytest.approx(right.mean())
    assert sum(item["support"] for item in figures["classes"]) == COUNT
    assert figures["split"] == "mnist val, 70 pictures"
    assert figures["groups"] == {
        name: {
            "accuracy": pytest.approx(right[data.groups == name].mean()),
            "interval": list(wilson_interval(int(right[data.groups == name].sum()), int((data.groups == name).sum()))),
            "support": int((data.groups == name).sum()),
        }
        for name in ("east", "west")
    }
    record = weights.read_manifest()["cnn-mnist"]
    assert record["figures"] == figures
    assert record["classes"] == list("abc")


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_a_second_data_set_is_reported_beside_the_first(small):
    _, enter, asked = small
    enter(CLASSIFIERS, "galaxy-cnn2", side=24)
    asked.clear()
    figures = evaluate("galaxy-cnn2")
    assert asked == ["galaxies", "simulated_galaxies"]
    assert figures["split"] == "galaxies val, 70 pictures"
    assert figures["also_simulated_galaxies"]["split"] == "simulated_galaxies val, 70 pictures"
    assert figures["also_simulated_galaxies"]["accuracy"] == figures["accuracy"]


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_figures_of_a_denoiser(small, monkeypatch):
    """Every condition, on clipped noisy pictures; one of them by hand. Chunks of any length give the same."""
    data, enter, _ = small
    enter(DENOISERS, "autoencoder-fashion")
    monkeypatch.setattr(evaluation, "CHUNK", COUNT)
    monkeypatch.setattr(evaluation, "CONDITIONS", evaluation.CONDITIONS[1:3])
    figures = evaluate("autoencoder-fashion")
    assert figures["split"] == "fashion_mnist val, 70 pictures"
    assert [(row["noise"], row["level"]) for row in figures["denoising"]] == [("gaussian", 64), ("salt_pepper", 0.1)]
    assert weights.read_manifest()["autoencoder-fashion"]["figures"] == figures

    noisy = np.clip(add_noise(data.images, "gaussian", 64, seed=figures["seed"]), 0, 1)
    denoised = load_denoiser("autoencoder-fashion")(noisy)
    row = figures["denoising"][0]
    assert row["mse"] == pytest.approx(mse(data.images, denoised).mean())
    assert row["psnr"] == pytest.approx(psnr(data.images, denoised).mean())
    assert row["psnr_noisy"] == pytest.approx(psnr(data.images, noisy).mean())
    assert row["psnr_of_mean_mse"] == pytest.approx(-10 * math.log10(row["mse"]))
    assert -1 <= row["ssim"] <= 1 and 0 <= row["pixel_accuracy"] <= 1

    monkeypatch.setattr(evaluation, "CHUNK", 32)
    again = evaluate("autoencoder-fashion")["denoising"][0]
    assert again["mse"] == pytest.approx(row["mse"], rel=1e-6)


def test_a_network_that_learned_waves_is_measured_on_waves():
    """On the noises of the study of castings that it learned, no others: five periods in 300 pixels, as the source's."""
    found = evaluation._conditions(get_recipe("skip-autoencoder"))
    assert [(kind, level) for kind, level, _ in found] == [("gaussian", 25), ("periodic", 57)]
    assert found[1][2]["frequency"] == pytest.approx(1 / 60)
    others = evaluation._conditions(get_recipe("autoencoder-mnist"))
    assert [(kind, level) for kind, level, _ in others] == list(evaluation.CONDITIONS)


def test_the_issues_conditions_are_measured():
    assert {("salt_pepper", 0.1), ("gaussian", 64)} <= set(evaluation.CONDITIONS)


def test_what_cannot_be_evaluated_gets_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    with pytest.raises(UnknownName, match="no trainable model named 'autoencoder-mnits'. Did you mean 'autoencoder-mnist'"):
        evaluate("autoencoder-mnits")
    with pytest.raises(UnknownName, match="no trainable model named 'median'"):
        evaluate("median")
    with pytest.raises(ModelNotFound, match="has not been trained"):
        evaluate("cnn-mnist")
