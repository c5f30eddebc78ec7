"""Classifiers: trained networks behind one call that takes images of any size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import weights
from ..compiled import forward
from ..images import check_images, resize, to_channels
from ..registry import Registry, Spec
from ..types import Array, Dataset

CHUNK = 64
"""Pictures of a data set that are in memory at once."""

TRANSFER = "transfer:build_transfer"


def _galaxies(name: str, label: str, build: str, summary: str) -> Spec:
    """A network that tells elliptical galaxies from all others."""
    return Spec(
        f"galaxy-{name}",
        f"{label} (galaxies)",
        f"xai_core.classifiers.{build}",
        summary,
        citation='"Explainable transformer based approach for galaxy classification" (slides)',
        passes="1 forward pass",
        supports={"datasets": ("galaxies", "galaxy10", "folder", "simulated_galaxies", "hubble")},
    )


def _castings(name: str, label: str, build: str, summary: str) -> Spec:
    """A network that tells defective castings from sound ones."""
    return Spec(
        f"casting-{name}",
        f"{label} (castings)",
        f"xai_core.classifiers.{build}",
        summary,
        citation="Hami & JameBozorg (2024), arXiv:2404.10664 (the comparison)",
        passes="1 forward pass",
        supports={"datasets": ("casting", "simulated_castings", "folder")},
    )


CLASSIFIERS = Registry(
    "classifier",
    (
        Spec(
            "cnn-mnist",
            "Small CNN (MNIST)",
            "xai_core.classifiers.cnn_small:build_cnn_small",
            "Five convolutions with batch normalisation: names the digit.",
            passes="1 forward pass",
            supports={"datasets": ("mnist",)},
        ),
        Spec(
            "cnn-fashion",
            "Small CNN (Fashion-MNIST)",
            "xai_core.classifiers.cnn_small:build_cnn_small",
            "The same network with more channels: names the piece of clothing.",
            passes="1 forward pass",
            supports={"datasets": ("fashion_mnist",)},
        ),
        Spec(
            "cnn-cifar10",
            "ResNet-9 (CIFAR-10)",
            "xai_core.classifiers.resnet9:build_resnet9",
            "Ten convolutions with shortcuts: names what is on a small photograph.",
            citation="Page (2018), How to train your ResNet",
            passes="1 forward pass",
            supports={"datasets": ("cifar10", "small_photos")},
        ),
        Spec(
            "planted-cnn",
            "Small CNN (planted evidence)",
            "xai_core.classifiers.cnn_small:build_cnn_small",
            "Four convolutions that see 14 x 14 pixels at a time: names the pattern on the planted disc.",
            passes="1 forward pass",
            supports={"datasets": ("planted",)},
        ),
        _galaxies("cnn2", "CNN-2", "cnn2:build_cnn2", "The second network of the slides, which sees the whole picture."),
        _galaxies("resnet50", "ResNet50, narrow", TRANSFER, "Fifty layers with shortcuts past every three of them."),
        _galaxies("inceptionv3", "InceptionV3, narrow", TRANSFER, "Blocks of kernels of several sizes side by side."),
        _galaxies("vgg16", "VGG16, narrow", TRANSFER, "Thirteen convolutions one after the other, no normalisation."),
        _galaxies(
            "vit", "Vision transformer", "vit:build_vit", "144 tokens of 8 x 8 pixels that look at each other in six blocks."
        ),
        _galaxies(
            "robust",
            "CNN-2, trained with noise",
            "cnn2:build_cnn2",
            "CNN-2 after a further training with Gaussian noise on half of its pictures.",
        ),
        _galaxies("alexnet", "AlexNet, half width", "alexnet:build_alexnet", "Five convolutions and the mean over the last map."),
        _galaxies(
            "vgg16-frozen",
            "VGG16, untrained and frozen",
            TRANSFER,
            "Only the two dense layers behind random convolutions are trained.",
        ),
        _galaxies(
            "cnn1",
            "CNN-1",
            "cnn1:build_cnn1",
            "The first network of the slides, which has no normalisation: most of its units fall silent.",
        ),
        *(
            _galaxies(
                name, f"{label}, ImageNet", TRANSFER, "Full width, from the weights of keras.applications where they can be had."
            )
            for name, label in (
                ("vgg16-imagenet-frozen", "VGG16 frozen"),
                ("vgg16-imagenet", "VGG16"),
                ("resnet50-imagenet", "ResNet50"),
                ("inceptionv3-imagenet", "InceptionV3"),
            )
        ),
        _castings("vgg16", "VGG16, narrow", TRANSFER, "Thirteen convolutions one after the other, no normalisation."),
        _castings("inceptionv3", "InceptionV3, narrow", TRANSFER, "Blocks of kernels of several sizes side by side."),
        _castings("resnet50", "ResNet50, narrow", TRANSFER, "Fifty layers with shortcuts past every three of them."),
        _castings(
            "alexnet", "AlexNet, quarter width", "alexnet:build_alexnet", "Five convolutions and the mean over the last map."
        ),
        _castings(
            "cnn", "CNN", "cnn2:build_cnn2", "Three convolutions and a dense layer: the network of the galaxies, half as wide."
        ),
        *(
            _castings(
                name, f"{label}, ImageNet", TRANSFER, "Full width, from the weights of keras.applications where they can be had."
            )
            for name, label in (
                ("vgg16-imagenet", "VGG16"),
                ("resnet50-imagenet", "ResNet50"),
                ("inceptionv3-imagenet", "InceptionV3"),
            )
        ),
    ),
)


@dataclass(frozen=True)
class Classifier:
    """A classifier that is called with images: `classifier(images)` -> probabilities (N, classes)."""

    spec: Spec
    model: Any
    class_names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.spec.name

    def prepare(self, images: ArrayLike) -> Array:
        """Images of any size, grey or colour, as the network takes them (antialiased resize)."""
        _, height, width, channels = self.model.input_shape
        return resize(to_channels(check_images(images), channels), height, width)

    def __call__(self, images: ArrayLike) -> Array:
        """Probabilities (N, classes) float32 of (N, H, W, C) images; each row adds up to 1."""
        outputs = forward(self.model, self.prepare(images))
        return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs


def load_classifier(name: str) -> Classifier:
    """A ready classifier, by a name of `list_classifiers()`.

    Raises UnknownName, ModelNotFound where its weights are missing or damaged.
    """
    spec = CLASSIFIERS.get(name)
    return Classifier(spec, weights.load(name), tuple(weights.entry(name)["classes"]))


def probabilities(classifier: Callable[[Array], Array], dataset: Dataset) -> Array:
    """Probabilities (N, classes) of all pictures of a data set, which are read a few at a time."""
    chunks = [range(at, min(at + CHUNK, len(dataset))) for at in range(0, len(dataset), CHUNK)]
    return np.concatenate([classifier(np.concatenate([dataset.image(index) for index in chunk])) for chunk in chunks])
