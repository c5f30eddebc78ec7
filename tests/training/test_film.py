"""The film of a training: the weights of a few epochs, played with any picture."""

import io
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from xai_core import weights
from xai_core.compiled import forward
from xai_core.errors import InvalidInput, ModelNotFound
from xai_core.metrics import psnr
from xai_core.training import film, loop, train

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


_KEPT = []


def quiet(line):
    """Instead of print."""


@pytest.fixture
def recipe(tiny):
    """A training whose last epoch is the best, so that the last frame is the trained network."""
    return replace(tiny.denoiser, epochs=4, learning_rate=0.005, half=True, film=(0, 1, 3, 4, 9))


@pytest.fixture
def trained(tiny, recipe, tmp_path_factory):
    """Trained once for all tests of this file; each gets a copy to damage."""
    if not _KEPT:
        train(recipe, runs=tiny.runs, report=quiet)
        _KEPT.append(tmp_path_factory.mktemp("kept") / "models")
        shutil.copytree(tiny.models, _KEPT[0])
    shutil.copytree(_KEPT[0], tiny.models, dirs_exist_ok=True)
    return weights.entry(recipe.name)


@pytest.fixture
def pictures(rng):
    clean = rng.random((3, 8, 8, 1), np.float32)
    return clean, clean + rng.normal(0, 0.2, clean.shape).astype(np.float32)


def test_the_epochs_are_kept_and_played(tiny, recipe, trained, pictures):
    clean, noisy = pictures
    assert trained["film"]["epochs"] == [0, 1, 3, 4], "an epoch that never was is no frame"
    assert trained["film"]["sha256"] == weights.sha256_of(tiny.models / "tiny-denoiser.film.npz")
    shares = []
    shown = film.frames(recipe.name, clean, noisy, progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1]
    assert shown.epochs.tolist() == [0, 1, 3, 4]
    assert (shown.pictures.shape, shown.pictures.dtype) == ((4, 3, 8, 8, 1), np.float32)
    assert shown.pictures.min() >= 0 and shown.pictures.max() <= 1
    np.testing.assert_array_equal(shown.psnr, [psnr(clean, one) for one in shown.pictures])

    assert trained["epochs"] == 4
    model = weights.load(recipe.name)
    np.testing.assert_array_equal(shown.pictures[-1], np.clip(forward(model, noisy), 0, 1))
    moves = [np.abs(later - former).max() for former, later in zip(shown.pictures, shown.pictures[1:], strict=False)]
    assert min(moves) > 1e-3, "two epochs show the same"

    import keras

    keras.utils.set_random_seed(recipe.seed)
    untrained = recipe.network()
    np.testing.assert_allclose(
        shown.pictures[0], np.clip(forward(untrained, noisy), 0, 1), atol=1e-3
    )  # kernels in half precision


def test_a_film_survives_an_interruption(tiny, recipe, trained):
    whole = weights.load_film(recipe.name)

    def interrupt(line):
        if ": epoch 2/" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, runs=tiny.runs, report=interrupt)
    train(recipe, runs=tiny.runs, report=quiet)
    again = weights.load_film(recipe.name)
    assert list(again) == list(whole)
    for epoch, values in whole.items():
        for one, other in zip(values, again[epoch], strict=True):
            np.testing.assert_array_equal(one, other)


def test_no_film_where_none_is_asked_for(tiny, pictures):
    record = train(tiny.denoiser, epochs=1, runs=tiny.runs, report=quiet)
    assert "film" not in record
    with pytest.raises(ModelNotFound, match="No film of the training of 'tiny-denoiser' is kept"):
        film.frames("tiny-denoiser", *pictures)


def test_a_damaged_or_missing_film_gets_a_sentence(tiny, recipe, trained, pictures):
    path = tiny.models / trained["film"]["file"]
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(
        ModelNotFound, match=r"film file .* is damaged: its checksum .* git checkout models/tiny-denoiser.film.npz"
    ):
        film.frames(recipe.name, *pictures)
    path.unlink()
    with pytest.raises(ModelNotFound, match=r"film file .* is missing. Restore it"):
        film.frames(recipe.name, *pictures)


def test_pictures_of_another_size_get_a_sentence(recipe, trained):
    other = np.zeros((1, 9, 8, 1), np.float32)
    with pytest.raises(InvalidInput, match=r"pictures of \(height, width, channels\) = \(8, 8, 1\); received \(9, 8, 1\)"):
        film.frames(recipe.name, other, other)


def made(count, side=8, channels=3, epochs=5):
    rng = np.random.default_rng(1)
    clean = rng.random((count, side, side, channels), np.float32)
    pictures = rng.random((epochs, count, side, side, channels), np.float32)
    return film.Film(np.arange(epochs), clean, 3 * clean - 1, pictures, np.full((epochs, count), 20.0))


@pytest.mark.parametrize(("count", "channels", "side"), [(1, 3, 8), (1, 1, 9), (4, 3, 8), (7, 1, 28)])
def test_gif_and_mp4_have_a_frame_an_epoch(count, channels, side, tmp_path):
    """Both are decoded again; the MP4 is lossy."""
    one = made(count, side, channels)
    shown = film.render(one)
    assert shown.shape[0] == 5 and shown.shape[1] % 2 == 0 and shown.shape[2] % 2 == 0

    with Image.open(io.BytesIO(film.to_gif(one, seconds=0.2))) as gif:
        assert gif.n_frames == 5
        assert gif.info["loop"] == 0
        lengths = []
        for index in range(5):
            gif.seek(index)
            lengths.append(gif.info["duration"])
            # 256 colours a frame, dithered where there are more
            assert np.abs(np.asarray(gif.convert("RGB")).astype(float) - shown[index]).mean() < 12
    assert lengths == [200, 200, 200, 200, 600]

    path = tmp_path / "film.mp4"
    path.write_bytes(film.to_mp4(one, seconds=0.2))
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(5)
    decoded = []
    while (read := video.read())[0]:
        decoded.append(read[1][..., ::-1])
    assert len(decoded) == 5
    assert np.abs(np.stack(decoded).astype(float) - shown).mean() < 20


def test_a_frame_shows_clean_noisy_and_output():
    """Found again at their places: enlarged without interpolation, limited to [0, 1]."""
    one = made(1)
    frame = film.render(one)[3]
    scale = 14  # 112 / 8
    top, step = 2 * film.STRIP, 8 * scale + film.GAP
    for place, image in enumerate((one.clean[0], np.clip(one.noisy[0], 0, 1), one.pictures[3, 0])):
        left = film.GAP + place * step
        found = frame[top + scale // 2 : top + 8 * scale : scale, left + scale // 2 : left + 8 * scale : scale]
        np.testing.assert_array_equal(found, np.round(image * 255))


def test_the_film_is_no_part_of_training_further(tiny, recipe, trained):
    kept = trained["film"]
    more = train(recipe, epochs=1, further=True, runs=tiny.runs, report=quiet)
    assert more["film"] == kept


def test_names_in_a_checkpoint():
    assert film.epochs_kept({"last": [1], f"{film.PREFIX}12": [2], "best": [3], f"{film.PREFIX}0": [4]}) == {12: [2], 0: [4]}
    assert loop.PREFIX == film.PREFIX


def test_the_films_of_the_product():
    """On pictures that are here without a data set: the last frame is the trained network, and the film is small."""
    from xai_core.datasets import load_dataset
    from xai_core.denoisers import load_denoiser
    from xai_core.noise import add_noise

    records = {name: record for name, record in weights.read_manifest().items() if "film" in record}
    if not records:
        pytest.skip("no film is kept on this machine")
    for name, record in records.items():
        assert (weights.models_dir() / record["film"]["file"]).stat().st_size < 3e6
        clean = load_dataset("small_photos").images[:6]
        noisy = add_noise(clean, "gaussian", 25, seed=0)
        shown = film.frames(name, clean, noisy)
        assert shown.epochs.tolist() == record["film"]["epochs"]
        assert record["epochs"] == shown.epochs[-1]
        np.testing.assert_allclose(shown.pictures[-1], load_denoiser(name)(noisy), atol=1e-6)
        assert (np.diff(shown.psnr.mean(axis=1)[[0, 1, 4, -1]]) > 0).all()
