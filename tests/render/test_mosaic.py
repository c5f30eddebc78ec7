"""Channel grids: every channel at its place, in its range; dead ones found and marked."""

import numpy as np
import pytest

from xai_core.errors import InvalidInput
from xai_core.render import apply, dead_channels, mosaic
from xai_core.render.mosaic import GUTTER, HATCH


@pytest.fixture
def activation() -> np.ndarray:
    return (np.random.default_rng(5).random((7, 5, 6)) * np.arange(1, 7)).astype(np.float32)


def cell(drawn, channel):
    row, column = drawn.origin(channel)
    return drawn.image[row : row + drawn.cell[0], column : column + drawn.cell[1]]


def expected(values, low, high, colormap="viridis"):
    return np.round(apply(values, colormap, low, high) * 255)


@pytest.mark.parametrize("gutter", [0, 1, 3])
def test_each_channel_is_at_its_place_in_its_own_range(activation, gutter):
    drawn = mosaic(activation, gutter=gutter)
    assert drawn.image.shape == (2 * (7 + gutter) + gutter, 3 * (5 + gutter) + gutter, 3)
    assert drawn.image.dtype == np.uint8
    for channel in range(6):
        values = activation[..., channel]
        np.testing.assert_allclose(cell(drawn, channel), expected(values, values.min(), values.max()), atol=3)  # one table entry
        np.testing.assert_allclose(drawn.limits[channel], [values.min(), values.max()])
        row, column = drawn.origin(channel)
        assert drawn.channel_at(row, column) == drawn.channel_at(row + 6, column + 4) == channel


def test_layer_and_global_scales_share_one_range(activation):
    layer = mosaic(activation, scale="layer", colormap="magma")
    np.testing.assert_allclose(cell(layer, 0), expected(activation[..., 0], activation.min(), activation.max(), "magma"), atol=4)
    assert (layer.limits == layer.limits[0]).all()
    shared = mosaic(activation, scale="global", limits=(0, 12))
    np.testing.assert_allclose(cell(shared, 5), expected(activation[..., 5], 0, 12), atol=3)
    with pytest.raises(InvalidInput, match="global"):
        mosaic(activation, scale="global")
    with pytest.raises(InvalidInput, match="layer"):
        mosaic(activation, scale="channel")  # type: ignore[arg-type]


def test_gutters_and_empty_cells_belong_to_no_channel(activation):
    drawn = mosaic(activation[..., :5], columns=3)
    assert drawn.channel_at(0, 0) is None
    assert drawn.channel_at(8, 2) is None
    assert drawn.channel_at(2, 6) is None
    assert drawn.channel_at(9, 13) is None
    assert drawn.channel_at(900, 3) is None
    assert drawn.channel_at(3, 900) is None
    assert (drawn.image[9:16, 13:18] == GUTTER).all()
    assert (drawn.image[8] == GUTTER).all()
    assert (drawn.image[:, 6] == GUTTER).all()
    for channel in (5, -1):
        with pytest.raises(InvalidInput):
            drawn.origin(channel)


@pytest.mark.parametrize(("channels", "columns"), [(1, 1), (2, 2), (3, 3), (7, 3), (16, 4), (32, 8), (64, 8), (128, 16), (13, 4)])
def test_the_grid_is_near_square_and_full_where_possible(channels, columns):
    assert mosaic(np.ones((2, 2, channels))).columns == columns


def test_dead_channels_are_found_and_striped(activation):
    activation[..., 2] = 0
    activation[..., 4] = 1e-9
    np.testing.assert_array_equal(dead_channels(activation), [0, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(dead_channels(np.stack([activation, activation[..., ::-1]])), [0, 0, 0, 0, 0, 0])
    drawn = mosaic(activation)
    for channel in (2, 4):
        assert set(np.unique(cell(drawn, channel))) == set(HATCH)
    assert not set(HATCH) >= set(np.unique(cell(drawn, 3)))


def test_constant_channels_are_not_dead_and_blank_layers_are_all_dead():
    constant = mosaic(np.full((4, 4, 2), 3.0))
    assert not constant.dead.any()
    np.testing.assert_array_equal(cell(constant, 1), expected(np.zeros((4, 4)), 0, 1))
    assert mosaic(np.zeros((4, 4, 3))).dead.all()
    assert dead_channels(np.zeros((4, 4, 3))).all()


def test_a_diverging_map_is_symmetric_about_zero(activation):
    drawn = mosaic(activation - 2, colormap="diverging")
    np.testing.assert_allclose(drawn.limits[:, 0], -drawn.limits[:, 1])
    np.testing.assert_array_equal(mosaic(np.zeros((2, 2, 1)), colormap="diverging").limits, [[-1, 1]])


def test_dense_layers_are_drawn_as_pixels():
    units = np.linspace(0, 1, 32)
    drawn = mosaic(units, scale="layer")
    assert drawn.image.shape == (4, 8, 3)
    assert drawn.channel_at(1, 0) == 8
    np.testing.assert_allclose(drawn.image.reshape(32, 3)[1:], expected(units, 0, 1)[1:], atol=3)


def test_wrong_arrays_are_refused():
    for wrong in (np.zeros((2, 4, 4, 3)), np.zeros((0, 4, 3)), np.full((2, 2, 1), np.nan)):
        with pytest.raises(InvalidInput):
            mosaic(wrong)
