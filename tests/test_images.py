"""Arrays and files of images: what is accepted, what is refused, and in which words."""

import io
import resource
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from xai_core import images
from xai_core.errors import InvalidInput

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
# The same examples on every run; nothing is written into the working tree.
fuzz = settings(max_examples=150, deadline=None, derandomize=True, database=None)
unit = st.floats(0, 1, width=32)


def colours(height=24, width=32):
    """A smooth colour picture: JPEG keeps it within a few grey levels."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return np.round(255 * np.stack([x, y, 0.5 + 0.3 * np.sin(6 * x)], -1)).astype(np.uint8)


def encode(pixels, kind="PNG", **options):
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, kind, **options)
    return file.getvalue()


def bits(image):
    return np.round(image * 255).astype(int)


# Arrays


def test_check_images_gives_float32_nhwc():
    for shape, expected in {(5, 6): (1, 5, 6, 1), (5, 6, 3): (1, 5, 6, 3), (2, 5, 6, 1): (2, 5, 6, 1)}.items():
        checked = images.check_images(np.full(shape, 0.5))
        assert checked.shape == expected
        assert checked.dtype == np.float32
        assert (checked == 0.5).all()


def test_check_images_divides_8_bit_by_255():
    assert images.check_images(np.array([[0, 51, 255]], np.uint8)).ravel().tolist() == pytest.approx([0, 0.2, 1])


def test_check_images_lets_noise_leave_the_range_unless_told():
    noisy = np.array([[-0.4, 1.7]])
    assert images.check_images(noisy).min() == pytest.approx(-0.4)
    with pytest.raises(InvalidInput, match=r"within \[0, 1\], received values from -0\.4 to 1\.7"):
        images.check_images(noisy, clipped=True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (np.zeros((2, 5, 6)), "add the channel"),
        (np.zeros((2, 5, 6, 4)), "C = 1 or 3"),
        (np.zeros((1, 2, 5, 6, 3)), "C = 1 or 3"),
        (np.zeros(7), "C = 1 or 3"),
        (np.zeros((2, 0, 6, 1)), "C = 1 or 3"),
        (np.zeros((5, 6), int), "received int64"),
        (np.array([["a"]]), "as floats"),
        (None, "as floats"),
        ([[1.0, 2.0], [3.0]], "unequal length"),
        (np.array([[0.0, np.nan]]), "NaN or infinity"),
        (np.array([[0.0, 1e300]]), "NaN or infinity"),
        (np.array([[0.0, 255.0]]), "Divide by 255"),
    ],
)
def test_check_images_says_what_is_wrong(wrong, words):
    with pytest.raises(InvalidInput, match=words):
        images.check_images(wrong, name="pictures")


@given(hnp.arrays(np.float32, (2, 3, 4, 1), elements=unit), st.integers(1, 16))
@fuzz
def test_quantise_is_idempotent_and_close(array, depth):
    once = images.quantise(array, depth)
    assert once.dtype == np.float32
    assert np.abs(once - array).max() <= 0.5 / (2**depth - 1) + 1e-6
    assert np.array_equal(images.quantise(once, depth), once)


def test_quantise_to_one_bit_is_black_and_white():
    assert images.quantise(np.array([0.2, 0.7], np.float32), 1).tolist() == [0, 1]
    with pytest.raises(InvalidInput, match="1 to 16 bits"):
        images.quantise(np.zeros(2, np.float32), 0)


@given(hnp.arrays(np.uint8, (2, 3, 4, 3)))
@fuzz
def test_8_bit_pictures_survive_the_way_to_floats_and_back(pixels):
    assert np.array_equal(images.to_uint8(images.check_images(pixels)), pixels)


def test_to_uint8_clips_and_rounds():
    assert images.to_uint8(np.array([-3, 0.0019, 0.0021, 0.5, 9], np.float32)).tolist() == [0, 0, 1, 128, 255]


def test_grey_and_colour():
    red = np.zeros((1, 2, 2, 3), np.float32)
    red[..., 0] = 1
    assert images.to_grey(red) == pytest.approx(np.full((1, 2, 2, 1), 0.299))
    assert images.to_channels(red, 3) is red
    assert images.to_channels(images.to_grey(red), 3).shape == (1, 2, 2, 3)


@given(st.integers(1, 20), st.integers(1, 20), unit)
@fuzz
def test_resize_keeps_a_flat_picture_flat(height, width, value):
    resized = images.resize(np.full((2, 9, 7, 3), value, np.float32), height, width)
    assert resized.shape == (2, height, width, 3)
    assert resized.dtype == np.float32
    assert np.abs(resized - value).max() < 1e-6


@pytest.mark.parametrize("width", [16, 32, 64])
def test_resize_averages_where_it_shrinks(width):
    """Of every four rows one is white; sampling them would leave black or white."""
    stripes = np.zeros((1, 32, 32, 1), np.float32)
    stripes[:, 1::4] = 1
    assert images.resize(stripes, 8, width) == pytest.approx(np.full((1, 8, width, 1), 0.25), abs=1e-6)


def test_resize_accepts_an_empty_batch():
    assert images.resize(np.zeros((0, 8, 8, 1), np.float32), 4, 4).shape == (0, 4, 4, 1)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(8, 20), st.integers(8, 20), st.sampled_from([1, 3]))))
@fuzz
def test_png_round_trip_is_exact(pixels):
    decoded = images.decode(images.encode_png(pixels.astype(np.float32) / 255))
    assert np.array_equal(images.to_uint8(decoded), pixels)


def test_encode_png_refuses_a_batch():
    with pytest.raises(InvalidInput, match="one picture"):
        images.encode_png(np.zeros((1, 8, 8, 3), np.float32))


# Files that are accepted


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 0), ("TIFF", 0), ("BMP", 0), ("JPEG", 8), ("WEBP", 0)])
@pytest.mark.parametrize("channels", [1, 3])
def test_decode_every_format(kind, tolerance, channels):
    pixels = colours() if channels == 3 else colours()[..., 0]
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    decoded = images.decode(encode(pixels, kind, **options))
    if kind == "WEBP" and channels == 1:  # the format has no grey
        decoded = decoded[..., :1]
    assert decoded.dtype == np.float32
    assert decoded.shape == (24, 32, channels)
    assert np.abs(bits(decoded) - pixels.reshape(24, 32, channels)).max() <= tolerance


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_over_black(kind):
    pixels = np.dstack([colours(), np.full((24, 32), 255, np.uint8)])
    pixels[:12, :, 3] = 0
    pixels[12:18, :, 3] = 128
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = bits(images.decode(encode(pixels, kind, **options)))
    assert (decoded[:12] == 0).all()
    assert np.abs(decoded[12:18] - pixels[12:18, :, :3] * (128 / 255)).max() <= 1
    assert np.array_equal(decoded[18:], pixels[18:, :, :3])


def test_grey_with_alpha_stays_grey():
    pixels = np.dstack([colours()[..., 0], np.full((24, 32), 128, np.uint8)])
    decoded = images.decode(encode(Image.fromarray(pixels, "LA")))
    assert decoded.shape == (24, 32, 1)
    assert np.abs(bits(decoded)[..., 0] - pixels[..., 0] * (128 / 255)).max() <= 1


def test_a_transparent_grey_level_stays_grey():
    pixels = colours()[..., 0]
    decoded = images.decode(encode(pixels, transparency=int(pixels[0, 5])))
    assert decoded.shape == (24, 32, 1)
    assert (decoded[:, 5] == 0).all()


@pytest.mark.parametrize(("orientation", "quarters"), [(1, 0), (3, 2), (6, -1), (8, 1)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind, orientation, quarters):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    picture = images.read_picture(encode(colours(), kind, exif=exif, **options))
    expected = np.rot90(colours(), quarters)
    assert picture.size == expected.shape[:2]
    assert picture.image.shape == expected.shape
    assert np.abs(bits(picture.image) - expected).max() <= 8


def test_a_broken_exif_header_does_not_cost_the_picture():
    text = PngInfo()
    text.add_text("Raw profile type exif", "\n\n\nno hexadecimal digits")
    assert np.array_equal(bits(images.decode(encode(colours(), pnginfo=text))), colours())
    jpeg = encode(colours(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05" + b"\xff" * 20)
    assert images.decode(jpeg).shape == (24, 32, 3)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_grey_keeps_its_depth(suffix):
    deep = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) * 85
    decoded = images.decode(cv2.imencode(suffix, deep)[1].tobytes())
    assert decoded.shape == (24, 32, 1)
    assert np.abs(decoded[..., 0] - deep / 65535).max() < 1e-6


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_colour(suffix):
    deep = colours().astype(np.uint16) * 257
    decoded = images.decode(cv2.imencode(suffix, deep[..., ::-1])[1].tobytes())
    assert np.abs(decoded - deep / 65535).max() <= 1 / 255


@pytest.mark.parametrize("top", [1, 255, 65535, 3e6])
def test_float_tiff_is_scaled_by_its_range(top):
    values = np.linspace(0, top, 24 * 32, dtype=np.float32).reshape(24, 32)
    decoded = images.decode(encode(values, "TIFF"))
    assert np.abs(decoded[..., 0] - values / top).max() < 1e-6


def test_float_tiff_with_nan_is_refused():
    values = np.full((24, 32), np.nan, np.float32)
    with pytest.raises(InvalidInput, match="NaN"):
        images.decode(encode(values, "TIFF"))


def test_palette_cmyk_and_one_bit():
    flat = np.zeros((24, 32, 3), np.uint8)
    flat[:, 16:] = (200, 100, 50)
    palette = images.decode(encode(Image.fromarray(flat).quantize(4)))
    assert np.array_equal(bits(palette), flat)

    cmyk = images.decode(encode(Image.fromarray(flat).convert("CMYK"), "JPEG", quality=98))
    assert cmyk.shape == (24, 32, 3)
    assert np.abs(bits(cmyk)[:, 20:] - flat[:, 20:]).max() <= 4

    black_white = images.decode(encode(Image.fromarray(flat[..., 0] > 0)))
    assert np.array_equal(black_white[..., 0], (flat[..., 0] > 0).astype(np.float32))


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (10, 200)]
    for kind in ("PNG", "TIFF"):
        assert (bits(images.decode(encode(frames[0], kind, save_all=True, append_images=frames[1:]))) == 10).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_max_side_shrinks_by_area_average(kind, mode):
    pixels = np.full((400, 1600, 3), 100, np.uint8)
    pixels[::2] = 156  # stripes one pixel wide average to 128
    picture = images.read_picture(encode(Image.fromarray(pixels).convert(mode), kind), max_side=128)
    assert picture.size == (400, 1600)
    assert picture.image.shape == (32, 128, len(mode))
    assert np.abs(bits(picture.image) - 128).max() <= 3


def test_max_side_leaves_smaller_pictures_alone():
    assert np.array_equal(images.decode(encode(colours()), max_side=32), images.decode(encode(colours())))


def test_the_size_is_that_of_the_upright_picture():
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = images.read_picture(encode(colours(100, 400), "JPEG", exif=exif), max_side=40)
    assert picture.size == (400, 100)
    assert picture.image.shape == (40, 10, 3)


# Files that are refused


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_files(kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encode(noise, kind)
    with pytest.raises(InvalidInput, match="damaged|not a PNG"):
        images.decode(data[: max(2, int(share * len(data)))])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_header_alone_is_called_damaged(kind):
    with pytest.raises(InvalidInput, match="damaged, cut off"):
        images.decode(encode(colours(), kind)[:12])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\0" * 500, "not a PNG"),
        (np.random.default_rng(1).bytes(2000), "not a PNG"),
        (b"x,y\n1,2\n", "not a PNG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "not a PNG"),
        (encode(colours()[..., 0], "GIF"), "not a PNG"),
        (encode(colours(), "PPM"), "not a PNG"),
        (b"%PDF-1.7\n", "not a PNG"),
        (encode(colours(7, 30)), "30 x 7 pixels; at least 8 x 8"),
    ],
)
def test_other_files(data, words):
    with pytest.raises(InvalidInput, match=words) as caught:
        images.decode(data)
    assert caught.value.__cause__ is None


def png_that_claims(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bmp_that_claims(width, height):
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def webp_that_claims(width, height):
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    frame = encode(colours(), "WEBP", lossless=True)[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    body += b"ANMF" + struct.pack("<I", 16 + len(frame)) + bytes(6) + b"\x1f\0\0\x17\0\0" + bytes(4) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "data",
    [
        png_that_claims(50_000, 50_000),
        png_that_claims(12_000, 12_000),  # between the warning and the error of Pillow
        png_that_claims(8_000, 8_000),
        png_that_claims(2**31 - 1, 2**31 - 1),
        bmp_that_claims(50_000, 50_000),
        webp_that_claims(16_384, 16_384),
    ],
    ids=["png 2500 MP", "png 144 MP", "png 64 MP", "png largest", "bmp", "webp"],
)
def test_decompression_bombs_are_refused_unopened(data, monkeypatch):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda picture: pytest.fail("pixels were decoded"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidInput, match="at most 40 megapixels"):
        images.decode(data, max_side=512)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 30, f"{grown:.0f} MB were used to refuse it"


def test_max_pixels_is_inclusive():
    assert images.decode(encode(colours()), max_pixels=24 * 32).shape == (24, 32, 3)
    with pytest.raises(InvalidInput, match="megapixels"):
        images.decode(encode(colours()), max_pixels=24 * 32 - 1)


SAMPLES = {kind: encode(colours(), kind) for kind in FORMATS}


def decode_or_refuse(data):
    try:
        decoded = images.decode(data, max_side=64)
    except InvalidInput:
        return
    assert decoded.dtype == np.float32
    assert decoded.ndim == 3
    assert np.isfinite(decoded).all()
    assert decoded.min() >= 0
    assert decoded.max() <= 1


STARTS = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"BM", b"RIFF\0\0\0\0WEBP")


@given(st.binary(max_size=300), st.sampled_from(STARTS))
@example(b"", b"")
@fuzz
def test_random_bytes_are_decoded_or_refused(data, start):
    decode_or_refuse(start + data)


FLIPS = st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 7)), min_size=1, max_size=8)


@given(st.sampled_from(FORMATS), FLIPS)
@settings(fuzz, max_examples=400)
def test_flipped_bits_are_decoded_or_refused(kind, flips):
    data = bytearray(SAMPLES[kind])
    for place, bit in flips:
        data[place % len(data)] ^= 1 << bit
    decode_or_refuse(bytes(data))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_wrong_byte_of_the_header_is_decoded_or_refused(kind):
    for place in range(min(200, len(SAMPLES[kind]))):
        for change in (1, 128, 255):
            data = bytearray(SAMPLES[kind])
            data[place] ^= change
            decode_or_refuse(bytes(data))
