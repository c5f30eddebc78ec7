"""Classifiers: trained networks behind one call that takes images of any size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import weights
from ..compiled import forward
from ..images import check_images, resize, to_channels
from ..registry import Registry, Spec
from ..types import Array

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
            "planted-cnn",
            "Small CNN (planted evidence)",
            "xai_core.classifiers.cnn_small:build_cnn_small",
            "Four convolutions that see 14 x 14 pixels at a time: names the pattern on the planted disc.",
            passes="1 forward pass",
            supports={"datasets": ("planted",)},
        ),
        Spec(
            "galaxy-cnn2",
            "CNN-2 (galaxies)",
            "xai_core.classifiers.cnn2:build_cnn2",
            "The second network of the slides: elliptical galaxies against all others.",
            citation='"Explainable transformer based approach for galaxy classification" (slides)',
            passes="1 forward pass",
            supports={"datasets": ("galaxies", "simulated_galaxies", "hubble")},
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
