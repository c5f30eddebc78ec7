"""The classifiers' architectures: sizes against the literature, what they accept, what they refuse."""

import numpy as np
import pytest

from xai_core.classifiers.alexnet import build_alexnet
from xai_core.classifiers.cnn1 import build_cnn1
from xai_core.classifiers.transfer import build_transfer
from xai_core.classifiers.vit import build_vit
from xai_core.errors import InvalidInput

# Parameters without the top, as keras.io/api/applications lists them.
PUBLISHED = {"VGG16": 14_714_688, "ResNet50": 23_587_712, "InceptionV3": 21_802_784}


@pytest.mark.parametrize("base", PUBLISHED)
def test_full_width_has_the_published_size(base):
    network = build_transfer(base, 96)
    nested = next(layer for layer in network.layers if layer.name == base.lower().replace("inceptionv3", "inception_v3"))
    assert nested.count_params() == PUBLISHED[base]


@pytest.mark.parametrize(
    "build",
    [
        build_cnn1,
        lambda: build_alexnet(width=0.5),
        lambda: build_transfer("VGG16", width=0.25),
        lambda: build_transfer("ResNet50", width=0.25, head=32),
        lambda: build_transfer("InceptionV3", width=0.25),
        lambda: build_vit(depth=2),
    ],
    ids=["cnn1", "alexnet", "vgg16", "resnet50", "inception_v3", "vit"],
)
def test_one_probability_from_one_logit(build, rng):
    model = build()
    pictures = rng.random((2, 96, 96, 3), np.float32)
    found = np.asarray(model(pictures, training=False))
    assert found.shape == (2, 1)
    assert ((found >= 0) & (found <= 1)).all()  # CNN-1 is so loud at first that it may round to 0 or 1
    assert model.get_layer("logits").activation.__name__ == "linear"


def test_a_quarter_of_the_width_has_about_a_sixteenth_of_the_numbers():
    narrow, full = (build_transfer("ResNet50", width=width).count_params() for width in (0.25, 1.0))
    assert full / 16 < narrow < full / 14


def test_frozen_base_is_not_trained():
    network = build_transfer("VGG16", width=0.25, head=16, frozen=True)
    # kernel and bias of two dense layers, scale and offset of the normalisation
    assert len(network.trainable_variables) == 6


def test_imagenet_weights_that_cannot_be_had():
    with pytest.raises(InvalidInput, match="full width"):
        build_transfer("VGG16", width=0.5, imagenet=True)


def test_vision_transformer_has_the_numbers_of_its_formula():
    width, depth, tokens = 96, 6, 12 * 12 + 1
    stem = 27 * 24 + 9 * 24 * 48 + 9 * 48 * 96 + 2 * (24 + 48 + 96) + (width * width + width)
    block = 2 * 2 * width + 4 * (width * width + width) + (width * 4 * width + 4 * width) + (4 * width * width + width)
    expected = stem + (tokens + 1) * width + depth * block + 2 * width + width + 1
    trained = sum(int(np.prod(variable.shape)) for variable in build_vit().trainable_variables)
    assert trained == expected
