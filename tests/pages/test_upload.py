"""The user's own picture: good files are shown, all others are one sentence, and the session goes on."""

import hashlib
import io
import time

import numpy as np
import pytest
from PIL import Image

from ui import cache
from xai_core.images import encode_png
from xai_core.metrics import psnr
from xai_core.noise import add_noise
from xai_core.scene import UPLOAD, classifiers_for

QUICK = {"explainer.lime.samples": 20, "explainer.lime.segments": 8, "explainer.integrated_gradients.steps": 4}


def picture(side=(40, 60), kind="PNG", mode="RGB", seed=0):
    buffer = io.BytesIO()
    shape = side if mode == "L" else (*side, len(mode))
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels, mode).save(buffer, kind) if mode == "RGBA" else Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue(), pixels


def upload(page, data, name="mine.png", kind="image/png"):
    page.app.file_uploader[0].set_value((name, data, kind))
    return page.run()


@pytest.fixture
def own(visit):
    def start(page="denoise", **query):
        opened = visit(page, **query)
        return opened.set("selectbox", "dataset", "upload")

    return start


def test_before_a_picture_is_chosen(own):
    page = own()
    assert "Choose a picture. It stays on the server's memory for this session only." in page.notes
    assert "Traceback" not in "".join(page.errors)
    assert page.query == {"dataset": "upload"}


def test_a_good_picture_goes_through_the_whole_chain(own):
    data, pixels = picture()
    page = upload(own(), data)
    assert not page.errors
    assert np.array_equal(page.pixels("pictures", 0), pixels)
    assert len(set(page.drawn("pictures"))) == 4
    assert page.query == {"dataset": "upload", "upload": hashlib.sha256(data).hexdigest()}
    page.set("slider", "level:gaussian", 80.0)
    assert np.array_equal(page.pixels("pictures", 0), pixels)
    noisy = page.drawn("pictures")[1]

    page.go("home")
    assert page.row("chain")[1]["src"] == noisy
    page.go("classify")
    assert not page.errors
    assert len(page.options("classifier")) == len(classifiers_for(UPLOAD))  # any network may be tried on it
    assert page.row("pictures")[1]["src"] == noisy
    page.set("selectbox", "classifier", "cnn-mnist")
    assert not page.errors
    assert len(page.row("maps-integrated_gradients")) == 3
    assert page.row("maps-integrated_gradients")[0]["width"] == 60  # maps come at the picture's size


def test_another_picture_takes_its_place_and_none_is_mixed_up(own):
    page = own()
    first, second = picture(seed=1), picture(seed=2)
    assert np.array_equal(upload(page, first[0]).pixels("pictures", 0), first[1])
    assert np.array_equal(upload(page, second[0]).pixels("pictures", 0), second[1])
    assert np.array_equal(upload(page, first[0]).pixels("pictures", 0), first[1])


def test_it_is_kept_while_other_data_is_looked_at(own):
    data, pixels = picture()
    page = upload(own(), data)
    page.set("selectbox", "dataset", "photos")
    assert "upload" not in page.query
    page.set("selectbox", "dataset", "upload")
    assert np.array_equal(page.pixels("pictures", 0), pixels)


def test_a_small_grey_picture_may_use_the_autoencoder(own):
    data, _ = picture((28, 28), mode="L")
    page = upload(own(), data)
    assert "Autoencoder (MNIST)" in page.options("denoiser")
    page.set("selectbox", "denoiser", "autoencoder-mnist")
    assert not page.errors
    assert len(page.row("layer-grid")) == 3
    larger, pixels = picture((50, 50))
    upload(page, larger)  # which the network does not fit
    assert not page.errors
    assert np.array_equal(page.pixels("pictures", 0), pixels)
    assert page.app.selectbox(key="control:denoiser").value == "non_local_means"


def test_a_large_picture_is_shrunk_and_the_page_says_so(own):
    data, _ = picture((700, 1100), "JPEG")
    page = upload(own(denoiser="median"), data, "large.jpg", "image/jpeg")
    assert not page.errors
    assert "Shrunk from 1100 x 700 to 512 x 326 pixels." in page.captions
    assert page.row("pictures")[0]["width"] == 512


BAD = {
    "cut off": picture()[0][:900],
    "a bit flipped": bytes(b ^ (255 if i == 60 else 0) for i, b in enumerate(picture()[0])),
    "a text": b"Dear Sir or Madam,\nplease find no picture enclosed.\n",
    "nothing": b"",
    "a web page": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "an archive": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("kind", list(BAD))
def test_a_bad_file_is_one_sentence_and_the_session_goes_on(own, kind):
    page = upload(own(), BAD[kind])
    sentences = [text for text in page.errors if "uploaded" not in text]
    assert len(sentences) == 1
    assert sentences[0].endswith(".")
    assert "Error" not in sentences[0]
    data, pixels = picture(seed=9)
    upload(page, data)
    assert not page.errors
    assert np.array_equal(page.pixels("pictures", 0), pixels)
    upload(page, BAD[kind])  # beside a good one that came before: the good one stays on the page
    assert len(page.errors) == 1
    assert np.array_equal(page.pixels("pictures", 0), pixels)


def test_a_picture_that_is_noisy_itself_gets_an_estimate(own):
    """No clean picture is known: level 0 adds nothing, the denoiser estimates the noise, SURE the quality."""
    from skimage import data

    clean = 0.1 + 0.8 * data.camera()[None, 100:292, 150:342, None].astype(np.float32) / 255  # away from black and white
    noisy = add_noise(clean, "gaussian", 15, seed=2)
    page = upload(own(level=0, denoiser="total_variation"), encode_png(np.clip(noisy[0], 0, 1)))
    assert any("Switch off" in note for note in page.notes)
    page.set("toggle", "known", False)
    figures = {metric.label: metric.value for metric in page.app.metric}
    assert float(figures["Noise found"]) == pytest.approx(15, rel=0.15)
    found = cache.pictures(page.app.session_state["scene"], page.app.session_state["uploaded_dataset"])
    true = psnr(clean, found.denoised)[0]
    assert float(figures["After, estimated"].split()[0]) == pytest.approx(true, abs=1.0)
    assert float(figures["After, estimated"].split()[0]) > float(figures["Before, estimated"].split()[0]) + 2
    page.press("Rank denoisers on this picture")
    end = time.monotonic() + 120
    while not any("J-invariance" in text for text in page.captions.splitlines()):
        assert time.monotonic() < end and not page.errors
        time.sleep(0.1)
        page.run()
    ranking = page.table("Error")
    assert list(ranking["Error"]) == sorted(ranking["Error"])
    assert set(ranking["Denoiser"]) >= {"Total variation", "Gaussian filter"}
    assert ranking["Error"].min() > 12, "no denoiser can guess the noise itself"


def test_other_pictures_get_no_such_estimate(visit):
    assert not visit("denoise", dataset="photos", level=0).app.metric
