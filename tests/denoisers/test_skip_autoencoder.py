"""The skip autoencoder: the source's blocks and skips, pictures of any size, a coarsest scale that sees a slow wave whole."""

from itertools import pairwise

import numpy as np
import pytest

from xai_core.denoisers import DENOISERS
from xai_core.denoisers.neural.skip_autoencoder import build_skip_autoencoder
from xai_core.training import get_recipe

NAME = "skip-autoencoder"


@pytest.fixture(scope="module")
def model():
    return get_recipe(NAME).network()


def test_blocks_are_the_sources(model):
    """Convolution, LeakyReLU, dropout, batch normalisation, one after the other."""
    blocks = [layer.name.removesuffix("_conv") for layer in model.layers if layer.name.endswith("_conv")]
    assert len(blocks) == 10
    for block in blocks:
        parts = [model.get_layer(f"{block}_{part}") for part in ("conv", "relu", "dropout", "norm")]
        assert [type(part).__name__ for part in parts] == ["Conv2D", "LeakyReLU", "Dropout", "BatchNormalization"]
        assert all(after.input is before.output for before, after in pairwise(parts))


def test_each_scale_is_handed_over_by_concatenation(model):
    """The way up doubles with a transposed convolution and gets what the way down had at that scale."""
    for scale in range(4):
        doubled, handed = model.get_layer(f"skip_{scale}").input
        assert doubled is model.get_layer(f"double_{scale}").output
        assert type(model.get_layer(f"double_{scale}")).__name__ == "Conv2DTranspose"
        assert handed is model.get_layer(f"down_{scale}_norm").output


def test_the_output_is_linear_and_in_full_precision(model):
    last = model.get_layer("reconstruction")
    assert last.activation.__name__ == "linear"
    assert model.outputs[0].dtype == last.compute_dtype == "float32"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(9, 16), (33, 50), (64, 64)])
def test_any_size_comes_back_at_its_size(size, channels, rng):
    images = rng.random((2, *size, channels), np.float32)
    output = np.asarray(build_skip_autoencoder(channels, widths=(4, 6, 8))(images))
    assert output.shape == images.shape
    assert np.isfinite(output).all()


def test_the_coarsest_scale_sees_a_wave_of_five_periods_in_a_casting(model):
    """By arithmetic over the layers of the way down: two numbers of the coarsest scale that touch see more than 60 pixels."""
    sees, step = 1, 1
    for layer in model.layers:
        if layer.name.startswith(("down", "halve", "bottom")) and hasattr(layer, "kernel_size"):
            sees += (layer.kernel_size[0] - 1) * step
            step *= layer.strides[0]
    assert step == DENOISERS.get(NAME).supports["stride"]
    assert sees > 300 / 5


def test_it_is_blind_grey_and_learned_castings():
    supports, recipe = DENOISERS.get(NAME).supports, get_recipe(NAME)
    assert supports["blind"] and supports["channels"] == 1
    assert recipe.datasets == supports["pictures"] == ("casting", "simulated_castings")
    assert recipe.by_group, "pictures of a photograph must lie on one side"
    assert [kind for kind, _, _ in recipe.noise] == ["gaussian", "periodic"]
