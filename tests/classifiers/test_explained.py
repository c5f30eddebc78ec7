"""Every explanation method on the product's own kinds of network: a transformer, and a base of keras.applications in a model."""

import numpy as np
import pytest

from xai_core.classifiers.transfer import build_transfer
from xai_core.classifiers.vit import build_vit
from xai_core.errors import InvalidInput
from xai_core.explainers import EXPLAINERS, default_layer, explain

FAST = {
    "integrated_gradients": {"steps": 4},
    "lime": {"samples": 40, "segments": 8},
    "rise": {"samples": 40},
    "smoothgrad": {"samples": 6},
    "score_cam": {"channels": 4},
    "occlusion": {"share": 0.5},
}
BUILD = {
    "vit": lambda: build_vit(48, border=8, width=16, depth=2, heads=2),
    "vgg16": lambda: build_transfer("VGG16", 48, border=8, width=0.1),
    "resnet50": lambda: build_transfer("ResNet50", 80, border=8, width=0.1, head=8),
}


@pytest.fixture(scope="module", params=BUILD)
def network(request):
    import keras

    keras.utils.set_random_seed(0)
    return BUILD[request.param]()


@pytest.mark.parametrize("spec", EXPLAINERS.specs, ids=EXPLAINERS.names)
def test_a_map_or_a_sentence(spec, network, rng):
    side = network.input_shape[1]
    images = rng.random((2, side, side, 3), np.float32)
    if spec.supports.get("attention") and network.name != "vit":
        with pytest.raises(InvalidInput, match="attention"):
            explain(network, images, spec.name, 1)
        return
    found = explain(network, images, spec.name, 1, **FAST.get(spec.name, {}))
    assert found.heatmap.shape == (2, side, side)
    assert np.isfinite(found.heatmap).all()


def test_the_layer_of_grad_cam_is_a_map_inside_the_base(network):
    layer = default_layer(network)
    assert layer.startswith("patches" if network.name == "vit" else {"vgg16": "vgg16/"}.get(network.name, network.name[:6]))


WHITE_BOX = ["saliency", "integrated_gradients", "grad_cam", "layer_cam", "score_cam", "full_grad"]


@pytest.mark.parametrize("method", [*WHITE_BOX, "attention_rollout"])
def test_no_evidence_outside_of_the_middle(method, network, rng):
    """What the network does not see cannot be in the map; a layer's map lies over the middle, not over the whole picture."""
    if method == "attention_rollout" and network.name != "vit":
        pytest.skip("no attention")
    side = network.input_shape[1]
    images = rng.random((1, side, side, 3), np.float32)
    heats = [explain(network, images, method, target, **FAST.get(method, {})).heatmap[0] for target in (0, 1)]
    assert max(np.abs(heat[8:-8, 8:-8]).max() for heat in heats) > 0
    for heat in heats:
        heat[8:-8, 8:-8] = 0
        assert not heat.any()


@pytest.mark.parametrize("method", WHITE_BOX)
def test_evidence_is_where_it_is_seen(method):
    """One bright pixel, a network of one 1 x 1 kernel behind a crop of 2 + 6 rows and 4 + 8 columns."""
    import keras
    from keras import layers

    inputs = keras.Input((32, 32, 3))
    x = layers.Cropping2D(((2, 6), (4, 8)), name="middle")(inputs)
    x = layers.Conv2D(1, 1, activation="relu", kernel_initializer="ones", name="sum")(x)
    x = layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x)
    model.get_layer("scores").set_weights([np.array([[0, 1]], np.float32), np.zeros(2, np.float32)])
    images = np.zeros((1, 32, 32, 3), np.float32)
    images[0, 21, 9] = 1
    heat = np.abs(explain(model, images, method, 1, **FAST.get(method, {})).heatmap[0])
    assert np.unravel_index(heat.argmax(), heat.shape) == (21, 9)


@pytest.mark.parametrize("method", ["grad_cam", "full_grad", "integrated_gradients"])
def test_branches_of_several_kernels(method, rng):
    """InceptionV3, whose layers stand side by side."""
    images = rng.random((1, 80, 80, 3), np.float32)
    found = explain(build_transfer("InceptionV3", 80, width=0.1), images, method, 1, **FAST.get(method, {}))
    assert found.heatmap.shape == (1, 80, 80) and np.isfinite(found.heatmap).all()
