"""Networks of keras.applications (VGG16, ResNet50, InceptionV3) as the base of a classifier, as in transfer learning."""

from typing import Any, Literal

from ..errors import DataNotFound, InvalidInput
from ._frame import colour_input

Base = Literal["VGG16", "ResNet50", "InceptionV3"]

MEANS = (123.68, 116.779, 103.939)
"""Mean red, green and blue of ImageNet, 0 to 255, which VGG16 and ResNet50 were trained without."""


def build_transfer(
    base: Base,
    side: int = 96,
    *,
    border: int = 0,
    width: float = 1.0,
    head: int = 0,
    frozen: bool = False,
    imagenet: bool = False,
) -> Any:
    """Picture in [0, 1] - scaling - base - mean over its last map - (Dense `head`, batch normalisation) - one unit.

    The base stays a model inside the model; it starts untrained, `take_imagenet` fills it.
    side: height and width of the colour input. border: pixels cut off at each edge (what is left: at least 32; InceptionV3:
    75). width: factor of the base's channels. head: units of a dense layer before the last; 0: none. frozen: the base is not
    trained. imagenet: scale the picture as the weights of keras.applications expect it (VGG16, ResNet50: 0 to 255 without
    ImageNet's mean; else -1 to 1).
    Raises InvalidInput for ImageNet's scaling with another width: there are no such weights.
    Source: Simonyan & Zisserman (2015), arXiv:1409.1556; He et al. (2016), arXiv:1512.03385; Szegedy et al. (2016),
    arXiv:1512.00567.
    """
    import keras
    from keras import layers

    if imagenet and width != 1:
        raise InvalidInput(f"ImageNet weights fit {base} of full width only, received width {width:g}. Leave out one of both.")
    inputs, x = colour_input(side, border)
    shape = (side - 2 * border, side - 2 * border, 3)
    network = narrowed(getattr(keras.applications, base)(weights=None, include_top=False, input_shape=shape), width)
    network.trainable = not frozen
    if imagenet and base != "InceptionV3":
        x = layers.Rescaling(255.0, offset=[-mean for mean in MEANS], name="rescale")(x)
    else:
        x = layers.Rescaling(2.0, offset=-1.0, name="rescale")(x)
    x = layers.GlobalAveragePooling2D(name="average")(network(x))
    if head:
        x = layers.Dense(head, activation="relu", name="dense")(x)
        x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(1, name="logits")(x)
    outputs = layers.Activation("sigmoid", name="probabilities")(x)
    return keras.Model(inputs, outputs, name=base.lower())


def take_imagenet(model: Any, base: Base) -> None:
    """Give the base of a `build_transfer(base, imagenet=True)` the weights of keras.applications (downloaded, checksummed).

    VGG16 and ResNet50 were trained on blue, green, red: their first kernel is turned round, so that pictures need not be.
    Raises DataNotFound where the weights cannot be had.
    """
    import keras

    network = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    try:
        trained = getattr(keras.applications, base)(weights="imagenet", include_top=False, input_shape=network.input_shape[1:])
    except Exception as error:  # urllib, ssl and Keras raise many types here
        raise DataNotFound(f"The ImageNet weights of {base} could not be downloaded ({type(error).__name__}).") from None
    network.set_weights(trained.get_weights())
    if base != "InceptionV3":
        first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
        kernel, *rest = first.get_weights()
        first.set_weights([kernel[:, :, ::-1], *rest])


def narrowed(model: Any, width: float) -> Any:
    """The same untrained network with `width` times as many channels in every convolution, made for a start without weights.

    Convolutions that have no normalisation behind them (VGG16's) start as He et al. (2015), arXiv:1502.01852, say, else the
    signal of thirteen layers fades; the statistics of batch normalisations move quickly, because a short training never gets
    far with 0.99.
    """
    import keras

    def narrower(layer: Any) -> Any:
        settings = layer.get_config()
        if isinstance(layer, keras.layers.Conv2D):
            settings["filters"] = max(1, round(settings["filters"] * width))
            if settings["activation"] == "relu":
                settings["kernel_initializer"] = "he_normal"
        if isinstance(layer, keras.layers.BatchNormalization):
            settings["momentum"] = 0.9
        return type(layer).from_config(settings)

    return keras.models.clone_model(model, clone_function=narrower)
