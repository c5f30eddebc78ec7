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


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients"])
def test_no_evidence_outside_of_the_middle(method, network, rng):
    """What the network does not see cannot be in the map."""
    side = network.input_shape[1]
    images = rng.random((1, side, side, 3), np.float32)
    heat = explain(network, images, method, 1, **FAST.get(method, {})).heatmap[0]
    assert np.abs(heat[8:-8, 8:-8]).max() > 0
    heat[8:-8, 8:-8] = 0
    assert not heat.any()


@pytest.mark.parametrize("method", ["grad_cam", "full_grad", "integrated_gradients"])
def test_branches_of_several_kernels(method, rng):
    """InceptionV3, whose layers stand side by side."""
    images = rng.random((1, 80, 80, 3), np.float32)
    found = explain(build_transfer("InceptionV3", 80, width=0.1), images, method, 1, **FAST.get(method, {}))
    assert found.heatmap.shape == (1, 80, 80) and np.isfinite(found.heatmap).all()
