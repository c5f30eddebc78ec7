"""Denoise: four pictures, the numbers beside them, the layers, the evidence for one spot."""

import numpy as np
import pytest

from ui.viewer import Click
from xai_core import metrics
from xai_core.denoisers import load_denoiser
from xai_core.experiments import pictures
from xai_core.explainers import list_layers
from xai_core.scene import Scene


@pytest.mark.parametrize("dataset", ["simulated_galaxies", "hubble", "photos", "mnist"])
def test_every_data_set_shows_four_pictures_and_their_numbers(visit, dataset):
    page = visit("denoise", dataset=dataset)
    assert not page.errors
    row = page.row("pictures")
    assert [picture["title"] for picture in row[:3]] == ["Clean", "Noisy", "Denoised"]
    assert row[3]["title"].startswith("Removed")
    assert len({picture["src"] for picture in row}) == 4
    assert (row[3]["bar"]["low_word"], row[3]["bar"]["high_word"]) == ("made brighter", "made darker")
    assert row[3]["bar"]["low"] == -row[3]["bar"]["high"]
    assert "is a filter without layers" in page.notes[0]


def test_pictures_and_numbers_are_those_of_the_library(visit):
    page = visit("denoise", dataset="hubble", index=3, noise="salt_pepper", level=0.2, seed=5, denoiser="median")
    found = pictures(Scene("hubble", 3, noise="salt_pepper", level=0.2, seed=5, denoiser="median"))
    for index, image in enumerate((found.clean, found.noisy, found.denoised)):
        np.testing.assert_array_equal(page.pixels("pictures", index), np.round(255 * image[0]).astype(np.uint8))
    table = page.table("PSNR (dB)")
    for line, image in enumerate((found.noisy, found.denoised)):
        assert table["PSNR (dB)"][line] == pytest.approx(metrics.psnr(found.clean, image)[0])
        assert table["SSIM"][line] == pytest.approx(metrics.ssim(found.clean, image)[0])
        assert table["Mean squared error"][line] == pytest.approx(metrics.mse(found.clean, image)[0])
    assert page.texts("pictures")[1].startswith(f"{metrics.psnr(found.clean, found.noisy)[0]:.1f} dB · SSIM 0.")


def test_more_noise_means_fewer_decibels(visit):
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    clean, noisy = page.drawn("pictures")[:2]
    found = [page.psnr()]
    for level in (50.0, 100.0):
        page.set("slider", "level:gaussian", level)
        found.append(page.psnr())
        assert page.texts("pictures")[1].startswith(f"{found[-1]:.1f} dB")
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3
    assert page.drawn("pictures")[0] == clean
    assert page.drawn("pictures")[1] != noisy
    page.set("slider", "level:gaussian", 25.0)
    assert page.psnr() == found[0]
    assert page.drawn("pictures")[1] == noisy  # the same seed draws the same noise


def test_seed_dice_and_clipping(visit):
    page = visit("denoise", dataset="mnist", denoiser="median")
    first = page.drawn("pictures")[1]
    page.set("number_input", "seed", 7)
    second = page.drawn("pictures")[1]
    assert second != first
    assert page.query["seed"] == "7"
    page.press("Roll the dice")
    assert page.drawn("pictures")[1] not in (first, second)
    assert page.query["seed"] not in ("0", "7")
    page.set("number_input", "seed", 0)
    assert page.drawn("pictures")[1] == first
    clipped = page.psnr()
    page.set("toggle", "clip", False)
    assert page.psnr() < clipped  # values below black and above white are noise as well
    assert page.query["clip"] == "false"


@pytest.mark.parametrize("kind", ["salt_pepper", "poisson", "laplace", "speckle", "periodic"])
def test_every_noise_has_its_own_slider_and_changes_the_picture(visit, kind):
    page = visit("denoise", dataset="photos")
    gaussian = page.drawn("pictures")[1]
    page.set("selectbox", "noise", kind)
    assert page.drawn("pictures")[1] != gaussian
    assert page.query["noise"] == kind
    assert "level" not in page.query
    keys = [widget.key for widget in (*page.app.slider, *page.app.number_input)]
    assert f"control:level:{kind}" in keys
    assert "control:level:gaussian" not in keys


def test_the_parameters_of_a_noise_reach_the_picture_and_go_with_it(visit):
    page = visit("denoise", dataset="photos", noise="periodic")
    before = page.drawn("pictures")[1]
    widget = next(w for w in (*page.app.slider, *page.app.number_input) if w.key.startswith("control:noise:periodic:"))
    name = widget.key.rpartition(":")[2]
    widget.set_value(widget.max / 2)
    page.run()
    assert page.drawn("pictures")[1] != before
    assert f"noise.{name}" in page.query
    page.set("selectbox", "noise", "gaussian")
    assert not [key for key in page.query if key.startswith("noise.")]


def test_layers_of_the_autoencoder(visit):
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    assert not page.errors
    layers = [layer.name for layer in list_layers(load_denoiser("autoencoder-mnist"))]
    picker = page.app.pills(key="control:denoiser_layer")
    assert list(picker.options) == layers
    assert picker.value == layers[0]
    assert [picture["title"] for picture in page.row("layer-grid")] == ["Clean input", "Noisy input", "Denoised input"]
    first = page.rows()["layer-grid"]
    assert first["bar"]["low_word"] == "no response"
    picker.set_value(layers[2])
    page.run()
    second = page.rows()["layer-grid"]
    assert [p["src"] for p in first["pictures"]] != [p["src"] for p in second["pictures"]]
    assert page.query["denoiser_layer"] == layers[2]
    table = page.table("Changed by the noise")
    assert list(table["Layer"]) == layers
    assert (table["Changed by the noise"] > 0).all()
    shown = f"differs from clean by {table['Changed by the noise'][2]:.0%}"
    assert second["pictures"][1]["caption"] == shown


def test_colour_range_of_the_grid(visit):
    """Each channel by itself has no common bar; over the network every layer has the same."""
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    layer, drawn, texts = page.bar("layer-grid"), page.drawn("layer-grid"), page.texts("layer-grid")
    page.set("selectbox", "scale:denoise", "map")
    assert page.bar("layer-grid") is None
    assert "own colour range" in page.captions
    per_channel = page.drawn("layer-grid")
    assert per_channel != drawn
    page.set("selectbox", "scale:denoise", "global")
    network = page.bar("layer-grid")
    assert network != layer
    assert page.drawn("layer-grid") not in (drawn, per_channel)
    assert page.texts("layer-grid") == texts
    assert page.query["scale"] == "global"
    picker = page.app.pills(key="control:denoiser_layer")
    for name in picker.options[1:3]:
        page.set("pills", "denoiser_layer", name)
        assert page.bar("layer-grid") == network
    page.set("selectbox", "scale:denoise", "layer")
    assert page.bar("layer-grid") not in (layer, network)


def test_the_colour_map_changes_pictures_but_no_figure(visit):
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    rows, table = page.rows(), page.table("PSNR (dB)")
    page.set("selectbox", "colormap", "jet")
    after = page.rows()
    assert page.query["colormap"] == "jet"
    for key in ("layer-grid", "pixel-grad_cam"):
        assert [p["src"] for p in after[key]["pictures"]] != [p["src"] for p in rows[key]["pictures"]]
        assert after[key]["bar"]["colours"] != rows[key]["bar"]["colours"]
    # Signed maps and the pictures themselves have colours of their own.
    for key in ("pictures", "pixel-integrated_gradients"):
        assert after[key]["pictures"] == rows[key]["pictures"]
    assert page.table("PSNR (dB)").equals(table)
    for key, row in rows.items():
        assert [p["caption"] for p in after[key]["pictures"]] == [p["caption"] for p in row["pictures"]]


def test_evidence_for_a_spot(visit, monkeypatch):
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    assert not page.errors
    assert page.rows()["pixel"]["mark"] == {"x": 14.5 / 28, "y": 14.5 / 28}
    assert "spot" not in page.query  # the middle is the default
    assert page.bar("pixel-integrated_gradients")["high_word"] == "makes it brighter"
    assert "supports brightness there" in page.bar("pixel-grad_cam")["high_word"]
    middle = page.drawn("pixel-integrated_gradients")

    page.app.toggle(key="window").set_value(True)
    page.run()
    assert page.query["spot"] == "window:12,12,5,5"
    window = page.drawn("pixel-integrated_gradients")
    assert window != middle
    page.app.toggle(key="window").set_value(False)
    page.run()
    assert "spot" not in page.query
    assert page.drawn("pixel-integrated_gradients") == middle

    from ui import denoise

    clicks, draw = [Click(0, 27, 3)], denoise.viewer

    def clicked(shown, *, key, **options):
        draw(shown, key=key, **options)
        return clicks.pop() if key == "pixel" and clicks else None

    monkeypatch.setattr(denoise, "viewer", clicked)
    page.run()
    assert page.query["spot"] == "pixel:27,3"
    assert page.rows()["pixel"]["mark"] == {"x": 3.5 / 28, "y": 27.5 / 28}
    assert page.drawn("pixel-integrated_gradients") != middle


@pytest.mark.parametrize(
    ("spot", "row", "column"),
    [
        ("pixel:3,20", 3, 20),
        ("window:0,0,5,5", 2, 2),
        ("pixel:99,99", 27, 27),
        ("pixel:x", 14, 14),
        ("window:1", 14, 14),
        ("pixel:-1,-1", 14, 14),
    ],
)
def test_a_spot_of_a_link(visit, spot, row, column):
    page = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist", spot=spot)
    assert not page.errors
    assert page.rows()["pixel"]["mark"] == {"x": (column + 0.5) / 28, "y": (row + 0.5) / 28}


def test_silent_channels_are_named_and_explained():
    import numpy as np

    from ui import panels

    values = np.random.default_rng(0).random((3, 4, 4, 6), np.float32)
    values[..., [1, 4]] = 0
    _, bar, note = panels.draw_grids(values, None, "viridis")
    assert bar is None
    assert "6 channels" in note
    assert "2 of them (1, 4; grey stripes) are silent on all three pictures" in note
    assert "try another picture" in note
