"""The network that tells the kind of noise from the spectra of a picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ... import weights
from ...compiled import forward
from ...errors import InvalidInput, ModelNotFound
from ...registry import Registry, Spec
from ...types import Array
from .base import KINDS, Kind
from .spectra import CHANNELS, SIDE, noise_spectra

DETECTORS = Registry(
    "noise detector",
    (
        Spec(
            "noise-kinds",
            "Small CNN (kind of noise)",
            "xai_core.noise.detection.network:build_noise_cnn",
            "Tells six kinds of noise from the spectra of the picture and of its dark and bright parts.",
        ),
        Spec(
            "noise-kinds-vgg16-imagenet",
            "VGG16, ImageNet (kind of noise)",
            "xai_core.noise.detection.network:build_noise_vgg16",
            "The same with VGG16 in front, which starts from the weights of ImageNet.",
            citation="Simonyan & Zisserman (2015), arXiv:1409.1556",
        ),
    ),
)

MEANS = (123.68, 116.779, 103.939)
"""Mean red, green and blue of ImageNet, 0 to 255."""


@dataclass(frozen=True)
class NoiseDetector:
    """A trained network and what it takes: `explain(detector.model, detector.prepare(images), "integrated_gradients")`.

    model: Keras model, spectra (N, 64, 64, 14) -> scores (N, 6) that sum to 1, in the order of `class_names`, which are `KINDS`.
    channels: what each channel of the spectra holds. The evidence in a map lies at frequencies (-0.5 to 0.5 cycles per pixel
    along columns and rows, frequency 0 in the middle), not at pixels of the picture.
    """

    name: str
    model: Any
    class_names: tuple[Kind, ...] = KINDS
    channels: tuple[str, ...] = CHANNELS

    def prepare(self, images: ArrayLike) -> Array:
        """The spectra of pictures, as `noise_spectra` describes."""
        return noise_spectra(images)

    def scores(self, images: ArrayLike) -> Array:
        """(N, 6) float32: a score for each kind, their sum 1."""
        return np.asarray(forward(self.model, self.prepare(images)), np.float32)


def load_noise_detector(name: str = "noise-kinds") -> NoiseDetector:
    """The trained network of that name; ModelNotFound, with what to do, where its weights are not here."""
    DETECTORS.get(name)
    try:
        return NoiseDetector(name, weights.load(name))
    except ModelNotFound as error:
        raise ModelNotFound(f'{error}, or do without: detect_noise(images, method="classical")') from None


def build_noise_cnn(width: int = 24, dense: int = 128, dropout: float = 0.3) -> Any:
    """Spectra (64, 64, 14) - four convolutions 3 x 3, each but the first halving the sides - dense - logits of the six kinds.

    width: channels of the first convolution; the others have 2, 2 and 2 times as many. About 470,000 numbers.
    """
    import keras
    from keras import layers

    inputs = keras.Input((SIDE, SIDE, len(CHANNELS)), name="spectra")
    x = layers.Rescaling(4.0, offset=-1.0, name="rescale")(inputs)
    for number, (channels, stride) in enumerate(((width, 1), (2 * width, 2), (2 * width, 2), (2 * width, 2)), start=1):
        x = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, name=f"conv{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = layers.Activation("relu", name=f"relu{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(dense, activation="relu", name="dense")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, _head(x), name="noise_cnn")


def build_noise_vgg16(base: str = "VGG16", imagenet: bool = True) -> Any:
    """Spectra (64, 64, 14) - three colours by a convolution 1 x 1 - VGG16 - mean over its last map - logits of the six kinds.

    base: "VGG16" alone. imagenet: scale the three colours as the weights of keras.applications expect a picture in [0, 1].
    Raises InvalidInput for another base. Source: Simonyan & Zisserman (2015), arXiv:1409.1556; as the detector of Hami &
    JameBozorg (2024), arXiv:2404.10664.
    """
    import keras
    from keras import layers

    if base != "VGG16":
        raise InvalidInput(f"Expected VGG16, received {base!r}.")
    inputs = keras.Input((SIDE, SIDE, len(CHANNELS)), name="spectra")
    x = layers.Conv2D(3, 1, activation="sigmoid", name="colours")(inputs)
    x = layers.Rescaling(255.0, offset=[-mean for mean in MEANS] if imagenet else -127.5, name="rescale")(x)
    x = keras.applications.VGG16(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    return keras.Model(inputs, _head(x), name="noise_vgg16")


def _head(x: Any) -> Any:
    from keras import layers

    x = layers.Dense(len(KINDS), dtype="float32", name="logits")(x)
    return layers.Activation("softmax", dtype="float32", name="probabilities")(x)
