"""Figures: the numbers that are drawn, the order, and a look that leaves colours to the page's theme."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.render import PALETTE, curves, histogram, prediction_bars, training_curves

NAMES = ["Elliptical", "Spiral", "Edge-on", "Merger"]
COLUMNS = {"clean": [0.7, 0.2, 0.06, 0.04], "noisy": [0.1, 0.2, 0.1, 0.6], "denoised": [0.997, 0.001, 0.002, 0.0]}


def all_figures():
    return {
        "bars": prediction_bars(NAMES, COLUMNS),
        "training": training_curves({"loss": [3, 2, 1], "val_loss": [3, 2.5, 2]}, title="Loss (MSE)", best_epoch=2),
        "curves": curves([1, 2], {"a": [3, 4]}, x_title="Noise (sigma, 0-255)", y_title="PSNR (dB)", mark=1.5),
        "histogram": histogram({"noise": np.arange(10.0)}, x_title="Residual"),
    }


@pytest.mark.parametrize("name", all_figures())
def test_figures_are_theme_neutral_compact_and_named(name):
    figure = all_figures()[name]
    layout = figure.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.color is None
    assert layout.title.text is None
    assert layout.xaxis.title.text
    assert name == "bars" or layout.yaxis.title.text
    assert layout.xaxis.fixedrange
    assert layout.yaxis.automargin
    assert layout.margin.l <= 10
    assert layout.margin.r <= 10
    assert layout.width is None  # follows the page down to 360 px


def test_bars_show_the_strongest_classes_in_the_order_of_the_data_set():
    figure = prediction_bars(NAMES, COLUMNS, top=3, truth="Merger")
    assert [bar.name for bar in figure.data] == list(COLUMNS)
    assert list(figure.data[1].y) == ["Elliptical", "Spiral", "Merger \u2713"]
    np.testing.assert_allclose(figure.data[1].x, [0.1, 0.2, 0.6])
    assert [bar.marker.color for bar in figure.data] == list(PALETTE[:3])
    assert figure.layout.showlegend
    assert not prediction_bars(NAMES, {"clean": COLUMNS["clean"]}).layout.showlegend


def test_names_of_digits_stay_names():
    figure = prediction_bars([str(digit) for digit in range(10)], {"clean": np.arange(10) / 45}, top=2)
    assert figure.layout.yaxis.type == "category"
    assert list(figure.data[0].y) == ["8", "9"]


def test_palette_has_contrast_on_light_and_dark_pages():
    def luminance(colour):  # WCAG 2.2
        level = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for colour in PALETTE:
        assert 1.05 / (luminance(colour) + 0.05) >= 3
        assert (luminance(colour) + 0.05) / (luminance("#0f1318") + 0.05) >= 3


def test_bars_never_round_to_certainty():
    texts = prediction_bars(NAMES, {"x": COLUMNS["denoised"]}).data[0].text
    assert list(texts) == [">0.99", "<0.01", "<0.01", "0.00"]
    assert list(prediction_bars(["a", "b"], {"x": [1.0, 0.0]}).data[0].text) == ["1.00", "0.00"]


def test_bars_refuse_wrong_shapes():
    with pytest.raises(InvalidInput, match="noisy"):
        prediction_bars(NAMES, {"clean": COLUMNS["clean"], "noisy": [0.5, 0.5]})
    with pytest.raises(InvalidInput):
        prediction_bars(NAMES, {})


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [0.5, 0.3, 0.2], "val_loss": [0.6, 0.4, 0.45], "accuracy": [0.1, 0.2, 0.3]},
        [{"epoch": e + 1, "loss": a, "held_out_loss": b} for e, (a, b) in enumerate([(0.5, 0.6), (0.3, 0.4), (0.2, 0.45)])],
    ],
)
def test_training_curves_read_keras_and_manifest_histories(history):
    figure = training_curves(history, best_epoch=2)
    training, held_out = figure.data
    assert list(training.x) == [1, 2, 3]
    assert list(training.y) == [0.5, 0.3, 0.2]
    assert list(held_out.y) == [0.6, 0.4, 0.45]
    assert (training.line.dash, held_out.line.dash) == ("solid", "dash")
    assert figure.layout.shapes[0].x0 == 2


def test_training_curves_say_what_is_missing():
    with pytest.raises(InvalidInput, match="accuracy"):
        training_curves({"loss": [1.0]}, metric="accuracy")
    with pytest.raises(InvalidInput, match="nothing"):
        training_curves([])


def test_curves_mark_the_current_setting():
    figure = curves([1, 10, 100], {"U-Net": [3, 2, 1], "Median": [2, 1, 0]}, x_title="x", y_title="y", mark=10, log_x=True)
    assert [line.name for line in figure.data] == ["U-Net", "Median"]
    assert list(figure.data[1].y) == [2, 1, 0]
    assert figure.layout.shapes[0].x0 == 10
    assert figure.layout.xaxis.type == "log"


def test_histogram_shares_add_up_over_common_bins():
    figure = histogram({"a": np.array([0.0, 0.0, 1.0, 4.0]), "b": np.full((2, 2), 2.0)}, x_title="x", bins=4)
    np.testing.assert_allclose(figure.data[0].y, [0.5, 0.25, 0, 0.25])
    np.testing.assert_allclose(figure.data[1].y, [0, 0, 1, 0])
    np.testing.assert_allclose(figure.data[0].x, [0.5, 1.5, 2.5, 3.5])
    assert np.isfinite(histogram({"flat": np.zeros(3)}, x_title="x").data[0].x).all()
    with pytest.raises(InvalidInput):
        histogram({"empty": []}, x_title="x")
