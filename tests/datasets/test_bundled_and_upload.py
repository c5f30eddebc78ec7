"""Pictures out of scikit-image, and the user's own."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from xai_core import images
from xai_core.datasets import hubble, photos, upload
from xai_core.errors import InvalidInput


def test_hubble_finds_galaxies_brightest_first():
    data = hubble.load("all")
    assert len(data) == 40  # golden number: scikit-image 0.26, looked at one by one
    assert data.pixels.shape[1:] == (96, 96, 3)
    centre = data.pixels[:, 40:56, 40:56].astype(float).mean((1, 2, 3))
    corners = np.median(np.concatenate([data.pixels[:, :8, :8], data.pixels[:, -8:, -8:]], 1), (1, 2, 3))
    assert (centre > 2 * corners).all(), "an object is not in the middle of its cut-out"


def field(*blobs):
    """A dark picture with Gaussian galaxies (row, column, sigma, colour)."""
    rows, columns = np.mgrid[:300, :300]
    picture = np.random.default_rng(0).normal(0.05, 0.005, (300, 300, 3))
    for row, column, sigma, colour in blobs:
        picture += np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2))[..., None] * np.array(colour)
    return np.clip(picture, 0, 1).astype(np.float32)


ORANGE = (0.8, 0.5, 0.2)


def test_hubble_rules():
    """A lone galaxy is found; one at the edge, a pair, a tiny one and a burnt-out star are not."""
    alone = hubble._cut_out(field((150, 150, 7, ORANGE)))
    assert len(alone) == 1
    assert np.unravel_index(alone[0].mean(-1).argmax(), (96, 96)) == pytest.approx((48, 48), abs=3)
    star = (60, 60, 7, (2, 2, 2))
    edge, pair, tiny = (10, 240, 7, ORANGE), [(240, 60, 6, ORANGE), (240, 90, 6, ORANGE)], (240, 240, 1, ORANGE)
    assert len(hubble._cut_out(field((150, 150, 7, ORANGE), star, edge, *pair, tiny))) == 1


def test_hubble_sorts_by_light():
    faint, bright = (80, 80, 7, (0.1, 0.1, 0.3)), (220, 220, 7, (0.9, 0.3, 0.1))
    cutouts = hubble._cut_out(field(faint, bright))
    assert [picture[48, 48].argmax() for picture in cutouts] == [0, 2]


def test_an_empty_sky_has_no_cut_outs():
    assert hubble._cut_out(field()).shape == (0, 96, 96, 3)


def test_photos_are_named():
    data = photos.load("all")
    assert data.pixels.shape == (len(photos.FILES), 256, 256, 3)
    assert data.groups.tolist() == list(photos.FILES)
    camera, cat = (data.pixels[data.groups.tolist().index(name)] for name in ("camera", "cat"))
    assert (camera == camera[..., :1]).all(), "a grey photograph has unequal channels"
    assert not (cat == cat[..., :1]).all()


def test_photos_are_cut_not_squeezed():
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 32:96] = 200  # exactly the centred square
    file = io.BytesIO()
    Image.fromarray(wide).save(file, "PNG")
    assert (photos._square(images.decode(file.getvalue())) == 200).all()


def picture(height, width, kind="PNG"):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(file, kind)
    return pixels, file.getvalue()


def test_upload():
    pixels, data = picture(60, 90)
    uploaded = upload.from_bytes(data, "mine.png")
    assert np.array_equal(uploaded.pixels, pixels[None])
    assert uploaded.pixels.dtype == np.uint8
    assert uploaded.labels.tolist() == [-1]
    assert uploaded.label_name(0) == ""
    assert uploaded.groups.tolist() == ["mine.png"]
    assert uploaded.provenance.origin == "uploaded"
    assert uploaded.provenance.path == hashlib.sha256(data).hexdigest()
    assert uploaded.provenance.note == ""
    assert uploaded.images.shape == (1, 60, 90, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_upload_is_shrunk_and_says_so(kind):
    _, data = picture(600, 1800, kind)
    uploaded = upload.from_bytes(data, "mine")
    assert uploaded.pixels.shape == (1, 171, 512, 3)
    assert uploaded.provenance.note == "Shrunk from 1800 x 600 to 512 x 171 pixels."


def test_a_wrong_upload_is_refused():
    with pytest.raises(InvalidInput, match="Choose another file"):
        upload.from_bytes(b"hello", "mine.png")
