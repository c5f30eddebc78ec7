"""FITS cut-outs: files that astropy writes."""

import io
import sys

import numpy as np
import pytest

from xai_core.datasets import fits, upload
from xai_core.datasets._sources import ImageFiles
from xai_core.datasets._stretch import asinh_colour
from xai_core.errors import DataNotFound, InvalidInput

astropy_fits = pytest.importorskip("astropy.io.fits", reason="astropy is not installed (requirements-fits.txt)")


def sky(bands=3, side=64, peak=500.0, noise=1.0):
    """A round galaxy low and to the left on a noisy sky, (bands, side, side); the last band is three times as bright."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:side, :side]
    galaxy = peak * np.exp(-((rows - side / 4) ** 2 + (columns - side / 4) ** 2) / (2 * (side / 10) ** 2))
    scale = np.linspace(1, 3, bands) if bands > 1 else np.ones(1)
    return (galaxy * scale[:, None, None] + rng.normal(100, noise, (bands, side, side))).astype(np.float32)


def written(data, *, primary=True, **header):
    hdu = astropy_fits.PrimaryHDU(data) if primary else astropy_fits.ImageHDU(data)
    for name, value in header.items():
        hdu.header[name] = value
    file = io.BytesIO()
    astropy_fits.HDUList([hdu] if primary else [astropy_fits.PrimaryHDU(), hdu]).writeto(file)
    return file.getvalue()


def test_one_band():
    found = fits.read_fits(written(sky(1)[0]))
    assert found.image.shape == (64, 64, 1)
    assert found.image.dtype == np.float32
    assert found.image.min() >= 0 and found.image.max() <= 1
    assert found.size == (64, 64)
    # The first row of a FITS file is the lowest: the galaxy of rows 16 stands below the middle.
    row, column, _ = np.unravel_index(found.image.argmax(), found.image.shape)
    assert (row, column) == pytest.approx((47, 16), abs=3)
    assert np.median(found.image) < 0.3, "the sky is not dark"
    assert found.image.max() > 0.95


@pytest.mark.parametrize("primary", [True, False])
def test_three_bands_the_last_one_red(primary):
    image = fits.read_fits(written(sky(3, noise=5), primary=primary)).image
    assert image.shape == (64, 64, 3)
    red, _, blue = image[47, 16]
    assert red > blue, "the longest wavelength is not red"
    assert (image[:10, 40:].mean((0, 1)) < 0.3).all()


def test_values_without_a_number_take_the_median():
    data = sky(1)[0]
    plain = fits.read_fits(written(data)).image
    data[50, 50], data[51, 51] = np.nan, np.inf
    filled = fits.read_fits(written(data)).image
    assert np.isfinite(filled).all()
    assert filled[13, 50, 0] == pytest.approx(np.median(filled), abs=0.02)
    assert np.abs(filled - plain).max() < 0.3


def test_the_unit_does_not_matter():
    data = sky(3).astype(np.float64)
    assert np.allclose(fits.read_fits(written(data)).image, fits.read_fits(written(1e-9 * data - 5)).image, atol=1e-4)


def test_integers_with_an_offset():
    data = np.round(sky(1)[0]).astype(np.uint16)  # stored as int16 with BZERO
    assert fits.read_fits(written(data)).image.max() > 0.9


def test_the_stretch_is_lupton_s():
    """Closed form, one channel: asinh(I / s) / asinh(top / s); colours keep their ratio."""
    light = np.array([[[2.0], [50.0]]], np.float32)
    assert asinh_colour(light, 4, 100)[0, :, 0] == pytest.approx(np.arcsinh([0.5, 12.5]) / np.arcsinh(25), rel=1e-5)
    colour = asinh_colour(np.array([[[30.0, 20, 10]]], np.float32), 4, 100)[0, 0]
    assert colour / colour[1] == pytest.approx([1.5, 1, 0.5], rel=1e-5)
    assert asinh_colour(np.array([[[300.0, 200, 100]]], np.float32), 4, 100)[0, 0] == pytest.approx([1, 2 / 3, 1 / 3], rel=1e-5)


def test_a_large_one_is_shrunk():
    found = fits.read_fits(written(sky(1, 128)[0]), max_side=32)
    assert found.image.shape == (32, 32, 1)
    assert found.size == (128, 128)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((5, 20, 20), "has the shape 5 x 20 x 20; expected one band"),
        ((2, 3, 20, 20), "has the shape 2 x 3 x 20 x 20"),
        ((4, 20), "at least 8 x 8 are needed"),
        ((20,), "holds no image"),
    ],
)
def test_other_shapes_get_a_sentence(shape, words):
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with pytest.raises(InvalidInput, match=words):
        fits.read_fits(written(data))


def test_axes_of_length_one_are_dropped():
    assert fits.read_fits(written(sky(3)[None])).image.shape == (64, 64, 3)


def test_a_blank_band():
    with pytest.raises(InvalidInput, match="one value everywhere"):
        fits.read_fits(written(np.full((20, 20), 7, np.float32)))
    with pytest.raises(InvalidInput, match="no values"):
        fits.read_fits(written(np.full((20, 20), np.nan, np.float32)))


def test_a_bomb_is_refused_by_its_header():
    """A header that promises more than it holds is refused before anything is read or made."""
    small = written(sky(1, 16)[0])
    huge = small.replace(f"NAXIS1  = {16:>20}".encode(), f"NAXIS1  = {9_000_000:>20}".encode())
    assert huge != small
    with pytest.raises(InvalidInput, match="million values are accepted|damaged"):  # astropy misses the rest of the file first
        fits.read_fits(huge)
    with pytest.raises(InvalidInput, match="million values are accepted"):
        fits.read_fits(written(sky(3, 32)), max_pixels=32 * 32 * 2)


def test_a_compressed_bomb_is_refused_by_its_header():
    file = io.BytesIO()
    packed = astropy_fits.CompImageHDU(np.zeros((2000, 2000), np.int16), compression_type="RICE_1")
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), packed]).writeto(file)
    assert len(file.getvalue()) < 200_000
    with pytest.raises(InvalidInput, match="million values are accepted"):
        fits.read_fits(file.getvalue(), max_pixels=1_000_000)


@pytest.mark.parametrize("length", [9, 80, 2880, 2881, 4000])
def test_a_cut_off_file_gets_a_sentence(length):
    with pytest.raises(InvalidInput, match="damaged, cut off|holds no image"):
        fits.read_fits(written(sky(1)[0])[:length])


def test_a_table_is_no_image():
    file = io.BytesIO()
    table = astropy_fits.BinTableHDU.from_columns([astropy_fits.Column("a", "E", array=np.arange(3))])
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), table]).writeto(file)
    with pytest.raises(InvalidInput, match="holds no image"):
        fits.read_fits(file.getvalue())


def test_without_astropy(monkeypatch):
    data = written(sky(1)[0])
    monkeypatch.setitem(sys.modules, "astropy.io", None)
    with pytest.raises(InvalidInput, match=r"pip install -r requirements-fits\.txt"):
        fits.read_fits(data)


def test_as_an_upload():
    data = upload.from_bytes(written(sky(3, 600)), "cutout.fits")
    assert data.pixels.shape == (1, 512, 512, 3)
    assert data.provenance.note == "Shrunk from 600 x 600 to 512 x 512 pixels."


def test_in_a_folder(tmp_path):
    path = tmp_path / "a.fits"
    path.write_bytes(written(sky(1)[0]))
    picture = ImageFiles([path], 32)[0]
    assert picture.shape == (32, 32, 3)
    assert (picture == picture[..., :1]).all()
    path.write_bytes(b"SIMPLE  =")
    with pytest.raises(DataNotFound, match=r"a\.fits cannot be read: The FITS file is damaged"):
        ImageFiles([path], 32)[0]
