"""Networks of keras.applications (VGG16, ResNet50, InceptionV3) as the base of a classifier, as in transfer learning."""

from typing import Any, Literal

Base = Literal["VGG16", "ResNet50", "InceptionV3"]


def build_transfer(
    base: Base, side: int = 96, *, width: float = 1.0, head: int = 0, frozen: bool = False, imagenet: bool = False
) -> Any:
    """Picture in [0, 1] - scaling to [-1, 1] - base - mean over its last map - (Dense `head`, batch normalisation) - one unit.

    The base stays a model inside the model. side: height and width of the colour input (at least 32; InceptionV3: 75).
    width: factor of the base's channels; below 1 there are no weights to transfer, the network starts untrained.
    head: units of a dense layer before the last; 0: none. frozen: the base is not trained. imagenet: start from the weights of
    keras.applications, which are downloaded; where they cannot be had, or width is not 1, InvalidInput says what to do.
    Source: Simonyan & Zisserman (2015), arXiv:1409.1556; He et al. (2016), arXiv:1512.03385; Szegedy et al. (2016),
    arXiv:1512.00567.
    """
    import keras
    from keras import layers

    network = _base(base, side, width, imagenet)
    network.trainable = not frozen
    x = inputs = keras.Input((side, side, 3), name="image")
    x = layers.Rescaling(2.0, offset=-1.0, name="rescale")(x)
    x = layers.GlobalAveragePooling2D(name="average")(network(x))
    if head:
        x = layers.Dense(head, activation="relu", name="dense")(x)
        x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(1, name="logits")(x)
    outputs = layers.Activation("sigmoid", name="probabilities")(x)
    return keras.Model(inputs, outputs, name=base.lower())


def _base(base: Base, side: int, width: float, imagenet: bool) -> Any:
    import keras

    from ..errors import InvalidInput

    make = getattr(keras.applications, base)
    if not imagenet:
        return narrowed(make(weights=None, include_top=False, input_shape=(side, side, 3)), width)
    if width != 1:
        raise InvalidInput(f"ImageNet weights fit {base} of full width only, received width {width:g}. Leave out one of both.")
    try:
        return make(weights="imagenet", include_top=False, input_shape=(side, side, 3))
    except Exception as error:  # urllib, ssl and Keras raise many types here
        raise InvalidInput(
            f"The ImageNet weights of {base} could not be downloaded ({type(error).__name__}). "
            "Train on a machine with a network, or from scratch with imagenet=False."
        ) from None


def narrowed(model: Any, width: float) -> Any:
    """The same untrained network with `width` times as many channels in every convolution, and quick batch normalisation."""
    import keras

    def narrower(layer: Any) -> Any:
        settings = layer.get_config()
        if isinstance(layer, keras.layers.Conv2D):
            settings["filters"] = max(1, round(settings["filters"] * width))
        if isinstance(layer, keras.layers.BatchNormalization):
            settings["momentum"] = 0.9  # a short training never gets far with 0.99
        return type(layer).from_config(settings)

    return keras.models.clone_model(model, clone_function=narrower)
