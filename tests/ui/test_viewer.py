"""The viewer without a browser: what is sent to it, what it accepts back, and that it runs in an AppTest."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ui.viewer import Box, Click, ColourBar, Picture, viewer
from ui.viewer import _box as read_box
from ui.viewer import _click as read_click
from ui.viewer.picture import FINE, bar_payload, draw
from xai_core.errors import InvalidInput

SCRIPTS = Path(__file__).resolve().parents[2] / "ui" / "viewer"


def decode(url: str) -> np.ndarray:
    head, data = url.split(",")
    assert head == "data:image/png;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)


def sent_of(picture: Picture) -> dict:
    drawn = draw(picture)
    sent = json.loads(drawn.json)
    assert (drawn.height, drawn.width) == (sent["height"], sent["width"])
    return sent


def numbers(values: dict) -> np.ndarray:
    levels = np.frombuffer(base64.b64decode(values["levels"]), "<u2" if values["bytes"] == 2 else np.uint8)
    return values["low"] + values["step"] * levels.astype(np.float64)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel_arrives(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, channels), np.uint8)
    for image in (pixels, pixels.astype(np.float32) / 255):
        sent = sent_of(Picture("Clean", image))
        assert (sent["width"], sent["height"], sent["channels"]) == (5, 7, channels)
        expected = pixels[..., 0] if channels == 1 else pixels[..., ::-1]  # OpenCV's order of colours
        np.testing.assert_array_equal(decode(sent["src"]), expected)


def test_grey_pictures_need_no_channel_and_noise_is_clipped():
    sent = sent_of(Picture("Noisy", np.array([[-0.5, 0.5], [1.5, 1.0]])))
    np.testing.assert_array_equal(decode(sent["src"]), [[0, 128], [255, 255]])


def test_alt_text_holds_the_figures_unless_another_is_given():
    image = np.zeros((2, 2, 1))
    assert sent_of(Picture("Noisy", image, "17.0 dB"))["alt"] == "Noisy: 17.0 dB"
    assert sent_of(Picture("Noisy", image))["alt"] == "Noisy"
    assert sent_of(Picture("Noisy", image, "17.0 dB", "A three under noise"))["alt"] == "A three under noise"


@pytest.mark.parametrize(("side", "error"), [(16, 1 / 65535 / 2), (257, 1 / 255 / 2)])
def test_numbers_behind_a_colour_map_arrive(side, error):
    values = np.random.default_rng(1).normal(0, 3, (side, side)).astype(np.float32)
    sent = sent_of(Picture("Map", np.zeros((side, side, 3)), values=values))["values"]
    assert sent["bytes"] == (2 if side * side <= FINE else 1)
    np.testing.assert_allclose(numbers(sent).reshape(side, side), values, atol=1.01 * error * np.ptp(values))


@pytest.mark.parametrize(("high", "digits"), [(0.05, 4), (1.0, 2), (30.0, 1), (2000.0, 0), (0.0, 2)])
def test_numbers_are_read_with_three_digits(high, digits):
    values = np.array([[0, high]], np.float32)
    assert sent_of(Picture("Map", np.zeros((1, 2, 3)), values=values))["values"]["digits"] == digits


def test_wrong_pictures_are_refused():
    for picture in (
        Picture("x", np.zeros((4, 4, 2))),
        Picture("x", np.zeros((4, 4, 4), np.uint8)),
        Picture("x", np.full((4, 4, 1), np.nan)),
        Picture("x", np.zeros((4, 4, 1)), values=np.zeros((4, 5))),
        Picture("x", np.zeros((4, 4, 1)), values=np.full((4, 4), np.inf)),
    ):
        with pytest.raises(InvalidInput):
            draw(picture)
    with pytest.raises(InvalidInput):
        viewer([], key="empty")


def test_colour_bar_numbers_have_three_digits_a_unit_and_a_true_minus():
    sent = bar_payload(ColourBar(("#000000", "#ffffff"), -0.123456, 12, "against", "for", "logit"))
    assert (sent["low_text"], sent["high_text"]) == ("\u22120.123 logit", "12 logit")
    assert json.loads(json.dumps(sent)) == sent
    assert bar_payload(None) is None


def test_only_a_pixel_of_these_pictures_is_a_click():
    shapes = [(28, 28), (7, 9)]
    assert read_click({"picture": 1, "row": 6, "column": 8}, shapes) == Click(1, 6, 8)
    for wrong in (
        None,
        "click",
        {},
        {"picture": 2, "row": 0, "column": 0},
        {"picture": 1, "row": 7, "column": 0},
        {"picture": 0, "row": 0, "column": -1},
        {"picture": 0, "row": 0.5, "column": 0},
        {"picture": True, "row": 0, "column": 0},
        {"picture": [0], "row": {}, "column": "1"},
    ):
        assert read_click(wrong, shapes) is None


def test_only_a_part_of_these_pictures_is_a_box():
    shapes = [(28, 28), (7, 9)]
    right = {"picture": 1, "top": 5, "left": 0, "height": 2, "width": 9}
    assert read_box(right, shapes) == Box(1, 5, 0, 2, 9)
    for wrong in (
        {"picture": 2},
        {"top": 6},
        {"top": -1},
        {"left": 1},
        {"height": 0},
        {"height": 2.0},
        {"width": True},
        {"width": "9"},
    ):
        assert read_box(right | wrong, shapes) is None
    assert read_box(None, shapes) is None
    assert read_box({"picture": 1, "row": 5, "column": 0}, shapes) is None


def test_only_two_pictures_of_one_size_lie_over_each_other():
    small, large = Picture("a", np.zeros((4, 4, 1))), Picture("b", np.zeros((8, 8, 1)))
    for pictures in ([small], [small, large], [small, small, small]):
        with pytest.raises(InvalidInput, match="two pictures of one size"):
            viewer(pictures, key="divided", divided=True)


def page() -> None:
    import numpy as np
    import streamlit as st

    from ui.viewer import Picture, viewer
    from xai_core.render import colour_bar

    level = st.slider("Noise", 0, 100, 25)
    clean = np.zeros((28, 28, 1), np.float32)
    pictures = [Picture("Clean", clean), Picture("Noisy", clean + level / 100, f"level {level}")]
    click = viewer(pictures, key="row", bar=colour_bar("grey", 0, 1), clickable=True, mark=(14, 7), group="all")
    st.write(f"click: {click}")
    viewer(pictures[:1], key="second", group="all", mark=(2, 4, 7, 14))
    st.write(f"box: {viewer(pictures, key='third', boxes=True, divided=True)}")


def sent_by(app: AppTest) -> list[dict]:
    return [json.loads(element.proto.bytes) for element in app.get("bidi_component")]


def test_apptest_shows_the_pictures_and_follows_the_slider():
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    row, second, third = sent_by(app)
    assert [picture["caption"] for picture in row["pictures"]] == ["", "level 25"]
    assert (decode(row["pictures"][1]["src"]) == 64).all()
    assert row["mark"] == {"x": 7.5 / 28, "y": 14.5 / 28}
    assert row["group"] == second["group"] == "all"
    assert row["clickable"]
    assert not second["clickable"]
    assert not row["boxes"] | row["divided"]
    assert second["mark"] == {"x": 4 / 28, "y": 2 / 28, "width": 14 / 28, "height": 7 / 28}
    assert third["boxes"] & third["divided"] & third["clickable"]
    assert "box: None" in app.markdown[1].value
    assert "click: None" in app.markdown[0].value

    app.slider[0].set_value(75).run()
    assert not app.exception
    assert (decode(sent_by(app)[0]["pictures"][1]["src"]) == 191).all()


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js on this machine; the browser test covers the script")
def test_geometry_of_the_script():
    """Layout and zoom as pure functions: columns, whole pixels, the fixed point of a zoom, the borders of a pan."""
    checks = """
    const assert = require("node:assert");
    const options = { columns: null, smallest: 160, largest: 320, square: true, gap: 16 };
    const small = Array(4).fill({ width: 28, height: 28 });
    const across = (width, more = {}) => layout(width, small, { ...options, ...more }, 1).across;
    assert.deepEqual([1400, 1000, 687, 358, 328].map((width) => across(width)), [4, 4, 2, 2, 1]);
    assert.equal(across(1400, { columns: 3 }), 2); // at most 3, in even rows
    const first = layout(1000, small, options, 1);
    assert.deepEqual([first.slot.width, first.drawn[0].width], [224, 224]); // 8 px a pixel
    assert.equal(layout(1000, small, options, 2).drawn[0].width, 28 * 8.5); // 17 device pixels
    const mixed = layout(900, [{ width: 56, height: 56 }, { width: 7, height: 7 }], options, 1);
    assert.equal(mixed.drawn[0].width, mixed.drawn[1].width);
    const four = layout(1020, Array(4).fill({ width: 300, height: 300 }), options, 1);
    assert.ok(4 * four.slot.width + 3 * options.gap <= 1020, 'a row is no wider than the page');
    const [photo] = layout(400, [{ width: 481, height: 321 }], { ...options, square: false }, 1).drawn;
    assert.ok(Math.abs(photo.width - 320) < 1e-9 && Math.abs(photo.height - 213.555) < 0.01); // shrunk
    const box = { width: 200, height: 200 };
    const fixed = (view) => { const r = place(view, box, box, 100); return [r.left + 0.3 * r.width, r.top + 0.6 * r.height]; };
    const before = { zoom: 2, x: 0.4, y: 0.5 };
    const moved = fixed(zoomAbout(before, 5, 0.3, 0.6)).map((value, axis) => Math.abs(value - fixed(before)[axis]));
    assert.ok(Math.max(...moved) < 0.02);
    assert.deepEqual(restrict({ zoom: 4, x: 0, y: 1 }, box, box, 9), { zoom: 4, x: 0.125, y: 0.875 });
    assert.deepEqual(restrict({ zoom: 0.2, x: 0, y: 1 }, box, box, 9), { zoom: 1, x: 0.5, y: 0.5 });
    assert.equal(restrict({ zoom: 40, x: 0, y: 1 }, box, box, 9).zoom, 9);
    """
    script = (SCRIPTS / "geometry.js").read_text("utf-8") + checks
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
