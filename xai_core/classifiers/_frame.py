"""What a galaxy classifier sees of its picture."""

from typing import Any


def colour_input(side: int, border: int) -> tuple[Any, Any]:
    """A Keras input (side, side, 3), and what is left of it without `border` pixels at each edge.

    The galaxy stands in the middle of a survey's cut-out. A network that sees the middle alone has more pixels of the galaxy for
    the same work, cannot use what the edges tell about the class (background, zoom), and its augmentation shows no smeared edge.
    """
    import keras
    from keras import layers

    inputs = keras.Input((side, side, 3), name="image")
    return inputs, layers.Cropping2D(border, name="middle")(inputs) if border else inputs
