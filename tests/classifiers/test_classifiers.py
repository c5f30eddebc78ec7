"""Classifiers: the two architectures, and the wrapper that takes images of any size."""

import numpy as np
import pytest

from xai_core import weights
from xai_core.classifiers import CLASSIFIERS, Classifier, load_classifier
from xai_core.classifiers.cnn2 import build_cnn2
from xai_core.classifiers.cnn_small import build_cnn_small
from xai_core.datasets import DATASETS
from xai_core.errors import InvalidInput, ModelNotFound, UnknownName
from xai_core.images import resize, to_grey
from xai_core.training import get_recipe

# Keras 3.15 copies a TensorFlow variable with numpy.array, which NumPy 2.4 tells TensorFlow to prepare for.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

CNN2 = CLASSIFIERS.get("galaxy-cnn2").function
SMALL = CLASSIFIERS.get("cnn-mnist").function


# Architectures


@pytest.mark.parametrize(("classes", "width"), [(10, 16), (10, 24), (3, 2)])
def test_cnn_small(classes, width):
    """Kernels of w, 2w, 2w, 4w, 4w channels without bias: 9w + 270 w^2; four numbers a channel of each normalisation: 52 w;
    logits: 4 w c + c."""
    model = build_cnn_small(classes, width)
    assert model.count_params() == 270 * width**2 + 61 * width + 4 * width * classes + classes
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, classes))
    sizes = [layer.output.shape[1:] for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert sizes == [(28, 28, width), (14, 14, 2 * width), (14, 14, 2 * width), (7, 7, 4 * width), (7, 7, 4 * width)]


def flattened(side):
    """Numbers after three unpadded 3 x 3 convolutions, each followed by a 2 x 2 pooling."""
    for _ in range(3):
        side = (side - 2) // 2
    return 128 * side**2


@pytest.mark.parametrize("side", [24, 96])
def test_cnn2_parameters(side):
    """Convolutions 896 + 18,496 + 73,856; normalisations 4 (32 + 64 + 128 + 512); dense 512 (n + 1); one unit 513."""
    model = build_cnn2(side)
    assert model.count_params() == 896 + 18_496 + 73_856 + 4 * (32 + 64 + 128 + 512) + 512 * (flattened(side) + 1) + 513
    assert (model.input_shape, model.output_shape) == ((None, side, side, 3), (None, 1))


def test_cnn2_is_the_slides():
    """ "Second CNN Model Architecture": the layers in their order; the sigmoid is a layer of its own."""
    model = build_cnn2(24)
    block = ["Conv2D", "BatchNormalization", "MaxPooling2D", "Dropout"]
    head = ["Flatten", "Dense", "BatchNormalization", "Dropout", "Dense", "Activation"]
    assert [type(layer).__name__ for layer in model.layers] == ["InputLayer", *block, *block, *block, *head]
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert [layer.filters for layer in convolutions] == [32, 64, 128]
    assert all(layer.kernel_size == (3, 3) and layer.activation.__name__ == "relu" for layer in convolutions)
    assert all(layer.pool_size == (2, 2) for layer in model.layers if type(layer).__name__ == "MaxPooling2D")
    assert [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"] == [0.25, 0.25, 0.25, 0.5]
    hidden, unit = (layer for layer in model.layers if type(layer).__name__ == "Dense")
    assert (hidden.units, hidden.activation.__name__, unit.units, unit.activation.__name__) == (512, "relu", 1, "linear")
    assert model.layers[-1].activation.__name__ == "sigmoid"


@pytest.mark.parametrize("spec", CLASSIFIERS.specs, ids=lambda spec: spec.name)
def test_probabilities_are_a_layer_of_their_own(spec):
    """So that logits can be explained."""
    model = spec.load()(**dict(get_recipe(spec.name).arguments))
    last, logits = model.layers[-1], model.layers[-2]
    assert (last.name, logits.name) == ("probabilities", "logits")
    assert last.count_params() == 0
    assert all(name in DATASETS for name in spec.supports["datasets"])


# Wrapper


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """The folder of two tiny networks with random weights under the names of the registry."""
    import keras

    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAI_MODELS_DIR", str(folder))
        keras.utils.set_random_seed(0)
        for name, build, arguments, classes in (
            ("cnn-mnist", SMALL, {"width": 2, "classes": 4}, list("abcd")),
            ("galaxy-cnn2", CNN2, {"side": 24}, ["Elliptical", "Other"]),
        ):
            model = CLASSIFIERS.get(name).load()(**arguments)
            path = weights.save(model, name)
            weights.update_manifest(
                name, file=path.name, sha256=weights.sha256_of(path), build=build, arguments=arguments, classes=classes
            )
    return folder


@pytest.fixture
def load(untrained, monkeypatch):
    monkeypatch.setenv("XAI_MODELS_DIR", str(untrained))
    return load_classifier


NAMES = pytest.mark.parametrize("name", ["cnn-mnist", "galaxy-cnn2"])


@NAMES
@pytest.mark.parametrize("shape", [(3, 28, 28, 1), (2, 24, 24, 3), (1, 17, 23, 1), (1, 50, 31, 3), (0, 28, 28, 1)])
def test_images_of_any_size_grey_or_colour(load, name, shape, rng):
    classifier = load(name)
    images = rng.random(shape, np.float32)
    before = images.copy()
    probabilities = classifier(images)
    assert (probabilities.shape, probabilities.dtype) == ((shape[0], len(classifier.class_names)), np.float32)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    assert np.array_equal(images, before)
    singly = [classifier(image)[0] for image in images]
    if singly:
        np.testing.assert_allclose(probabilities, singly, atol=1e-6)


def test_a_softmax_comes_as_it_is(load, rng):
    classifier = load("cnn-mnist")
    images = rng.random((2, 28, 28, 1), np.float32)
    expected = classifier.model(images, training=False).numpy()
    np.testing.assert_allclose(classifier(images), expected, atol=1e-6)
    assert classifier.class_names == tuple("abcd")


def test_one_sigmoid_unit_becomes_two_columns(load, rng):
    """The unit is the probability of the second class."""
    classifier = load("galaxy-cnn2")
    images = rng.random((5, 24, 24, 3), np.float32)
    unit = classifier.model(images, training=False).numpy()
    assert unit.shape == (5, 1) and np.ptp(unit) > 1e-4
    np.testing.assert_allclose(classifier(images), np.concatenate([1 - unit, unit], 1), atol=1e-6)


def test_images_are_brought_to_the_network(load, rng):
    """Averaged where they shrink; luma for a grey network, three equal channels for a colour one."""
    colour = rng.random((1, 48, 48, 3), np.float32)
    galaxy, digit = load("galaxy-cnn2"), load("cnn-mnist")
    np.testing.assert_allclose(galaxy.prepare(colour), colour.reshape(1, 24, 2, 24, 2, 3).mean((2, 4)), atol=1e-6)
    np.testing.assert_allclose(digit.prepare(colour), resize(to_grey(colour), 28, 28), atol=1e-6)
    grey = galaxy.prepare(colour[..., :1])
    assert grey.shape == (1, 24, 24, 3) and (grey == grey[..., :1]).all()


def test_what_is_no_image_gets_a_sentence(load):
    with pytest.raises(InvalidInput, match="Expected images of shape"):
        load("cnn-mnist")(np.zeros((1, 28, 28, 2), np.float32))


def test_names(load):
    classifier = load("galaxy-cnn2")
    assert isinstance(classifier, Classifier)
    assert (classifier.name, classifier.class_names) == ("galaxy-cnn2", ("Elliptical", "Other"))
    with pytest.raises(UnknownName, match="There is no classifier named 'galaxy-cnn'. Did you mean 'galaxy-cnn2'"):
        load("galaxy-cnn")
    with pytest.raises(ModelNotFound, match="The model 'cnn-fashion' has not been trained"):
        load("cnn-fashion")


# The trained ones


@pytest.mark.parametrize("spec", CLASSIFIERS.specs, ids=lambda spec: spec.name)
def test_trained_classifier(spec, monkeypatch, rng):
    monkeypatch.delenv("XAI_MODELS_DIR", raising=False)
    try:
        classifier = load_classifier(spec.name)
    except ModelNotFound as error:
        pytest.skip(f"not trained on this machine: {error}")
    assert len(classifier.class_names) == max(2, classifier.model.output_shape[-1])
    probabilities = classifier(rng.random((2, 40, 40, 3), np.float32))
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert weights.trained_numbers(classifier.model) == weights.entry(spec.name)["parameters"]
