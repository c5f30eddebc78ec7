"""Figures of noise: the numbers that are drawn, and points that can be clicked."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.noise import add_noise
from xai_core.render import PALETTE, level_curve, noise_histogram, radial_spectrum, ringed, spectrum_picture

LEVELS = (5.0, 25.0, 75.0)
LINES = {"U-Net": (LEVELS, [36.0, 30.0, 25.0]), "Median": (LEVELS, [31.0, np.nan, 20.0])}


def normal(x):
    return np.exp(-np.square(x) / 2 / 25**2) / np.sqrt(2 * np.pi) / 25


def all_figures():
    return {
        "histogram": noise_histogram(np.arange(100.0), normal),
        "radial": radial_spectrum({"noise": ([0.1, 0.2], [1.0, 2.0]), "removed": ([0.1, 0.2], [1.0, 2.0])}),
        "level": level_curve(LINES, value="PSNR (dB)", level="Noise level (sigma, 0-255 scale)", current=25, trained=(0, 75)),
    }


@pytest.mark.parametrize("name", all_figures())
def test_figures_are_theme_neutral_compact_and_named(name):
    layout = all_figures()[name].layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.color is None
    assert layout.title.text is None
    assert layout.xaxis.title.text
    assert "(" in layout.yaxis.title.text  # a unit
    assert layout.xaxis.fixedrange
    assert layout.showlegend
    assert layout.width is None


@pytest.mark.parametrize("shape", [(128, 160, 1), (121, 133, 3), (128, 160)], ids=str)
def test_spectrum_of_white_noise_is_level_at_its_strength(shape, rng):
    """sigma 25: 20 log10 25 = 28.0 dB; the logarithm of one power lies 2.5 dB (10 gamma / ln 10) lower on average."""
    found = spectrum_picture(rng.normal(0.5, 25 / 255, shape).astype(np.float32))
    assert (found.power.shape, found.power.dtype) == (shape[:2], np.float32)
    assert found.power.max() < 42
    mean_power = np.mean(10 ** (found.power / 10))
    assert 10 * np.log10(mean_power) == pytest.approx(28, abs=0.2)
    if shape[-1] != 3:
        assert found.power.mean() == pytest.approx(28 - 2.5, abs=0.2)


@pytest.mark.parametrize("angle", [0, 30, 90])
def test_a_wave_is_a_pair_of_points_at_its_frequency(angle):
    """The noise model's own definition: f cycles per pixel, the angle from the column axis."""
    clean = np.zeros((1, 64, 80, 1), np.float32)
    found = spectrum_picture(add_noise(clean, "periodic", 40, frequency=0.2, angle=angle)[0])
    row, column = np.unravel_index(found.power.argmax(), found.power.shape)
    expected = 0.2 * np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])
    peak = np.array([found.rows[row], found.columns[column]])
    assert min(np.abs(peak - expected).max(), np.abs(peak + expected).max()) <= 0.5 / 64 + 1e-9


def test_spectrum_has_zero_in_the_middle_and_a_floor():
    found = spectrum_picture(np.full((9, 12, 1), 0.7, np.float32))
    assert (found.rows[4], found.columns[6]) == (0, 0)
    assert (found.rows.shape, found.columns.shape) == ((9,), (12,))
    assert (found.power == -20).all()
    assert found.columns[0] == -0.5
    assert (np.diff(found.rows) > 0).all()
    with pytest.raises(InvalidInput, match="one picture, received 2"):
        spectrum_picture(np.zeros((2, 8, 8, 1), np.float32))


def test_histogram_and_density_share_an_axis(rng):
    """Bars of area 1; over many values they follow the density of the formula."""
    figure = noise_histogram(rng.normal(0, 25, (200, 200)), normal, bins=40)
    bars, line = figure.data
    assert len(bars.x) == 40
    np.testing.assert_allclose(np.sum(bars.y) * bars.width, 1)
    np.testing.assert_allclose(bars.y, normal(bars.x), atol=0.001)
    np.testing.assert_allclose(line.y, normal(line.x))
    assert bars.x[0] - bars.width / 2 == pytest.approx(line.x[0])
    assert (bars.name, line.name) == ("measured", "formula")


def test_histogram_counts_every_value():
    bars = noise_histogram([0.0, 0.0, 1.0, 4.0], bins=4).data[0]
    np.testing.assert_allclose(bars.y, [0.5, 0.25, 0, 0.25])
    np.testing.assert_allclose(bars.x, [0.5, 1.5, 2.5, 3.5])
    flat = noise_histogram(np.zeros((3, 3)), bins=5)
    np.testing.assert_allclose(flat.data[0].y, [0, 0, 5, 0, 0])
    assert not flat.layout.showlegend
    for values in ([], [1.0, np.nan]):
        with pytest.raises(InvalidInput, match="at least one value"):
            noise_histogram(values)


def test_radial_spectrum_draws_power_on_a_logarithmic_axis():
    figure = radial_spectrum({"noise": (np.array([0.1, 0.2]), np.array([600.0, 620.0])), "removed": ([0.1], [500.0])})
    assert [line.name for line in figure.data] == ["noise", "removed"]
    np.testing.assert_array_equal(figure.data[0].y, [600, 620])
    assert figure.layout.yaxis.type == "log"
    assert figure.data[0].line.dash != figure.data[1].line.dash


def test_points_of_the_level_curve_carry_their_level():
    figure = level_curve(LINES, value="PSNR (dB)", level="Noise level", current=30, trained=(10, 55))
    for line, (levels, values) in zip(figure.data, LINES.values(), strict=True):
        assert list(line.customdata) == list(line.x) == list(levels)
        np.testing.assert_array_equal(line.y, values)
        assert "markers" in line.mode
    assert figure.layout.clickmode == "event+select"
    assert figure.layout.hovermode == "closest"
    shaded, now = figure.layout.shapes
    assert (shaded.x0, shaded.x1, shaded.layer) == (10, 55, "below")
    assert now.x0 == now.x1 == 30
    assert not level_curve(LINES, value="SSIM", level="Noise level").layout.shapes


def test_lines_differ_by_shape_and_by_colour():
    figure = level_curve({str(i): (LEVELS, LEVELS) for i in range(20)}, value="PSNR (dB)", level="Noise level")
    assert len({line.marker.symbol for line in figure.data[:8]}) == 8
    assert len({(line.line.color, line.marker.symbol) for line in figure.data}) == 20
    assert {line.line.color for line in figure.data} == set(PALETTE)
    assert figure.layout.height > level_curve(LINES, value="SSIM", level="Noise level").layout.height  # its legend is longer


@pytest.mark.parametrize("figure", [radial_spectrum, lambda lines: level_curve(lines, value="y", level="x")])
def test_lines_that_cannot_be_drawn_get_a_sentence(figure):
    with pytest.raises(InvalidInput, match="at least one line"):
        figure({})
    with pytest.raises(InvalidInput, match=r"'U-Net', received shapes \(2,\) and \(3,\)"):
        figure({"U-Net": (LEVELS, [1.0, 2.0])})


def test_rings_stand_where_the_waves_are():
    marked = ringed(np.zeros((64, 80, 3), np.float32), [(0.25, 0.125)])
    rows, columns = np.nonzero(marked.any(-1))
    middle = np.array([32, 40])
    for sign in (1, -1):
        centre = middle + sign * np.array([0.125 * 64, 0.25 * 80])
        distance = np.hypot(rows - centre[0], columns - centre[1])
        assert np.count_nonzero(distance < 4) == len(rows) / 2
        assert not marked[tuple(centre.astype(int))].any(), "the wave itself stays visible"
