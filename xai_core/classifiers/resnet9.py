"""A small residual network for small colour photographs (CIFAR-10)."""

from collections.abc import Sequence
from typing import Any


def build_resnet9(classes: int = 10, width: int = 64, side: int = 32, blocks: Sequence[int] = (1, 0, 1)) -> Any:
    """Four 3x3 convolutions of 1, 2, 4, 8 `width` channels, the last three halved by max pooling, with residual blocks between.

    Every convolution has batch normalisation and ReLU; a block is x + two of them. Global average; logits. The last map keeps
    side / 8 positions a side for Grad-CAM. classes: number of classes. width: channels of the first convolution. side: height
    and width of the colour input. blocks: residual blocks behind each pooling.
    Source: after Page (2018), "How to train your ResNet", and He et al. (2016), arXiv:1512.03385.
    """
    import keras
    from keras import layers

    def conv(x: Any, filters: int, name: str) -> Any:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"conv_{name}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{name}")(x)
        return layers.ReLU(name=f"relu_{name}")(x)

    inputs = keras.Input((side, side, 3), name="image")
    x = layers.Rescaling(4.0, offset=-2.0, name="rescale")(inputs)  # roughly mean 0 and variance 1
    x = conv(x, width, "1")
    for stage, count in enumerate(blocks, start=2):
        filters = width * 2 ** (stage - 1)
        x = conv(x, filters, f"{stage}")
        x = layers.MaxPooling2D(2, name=f"pool_{stage}")(x)
        for block in range(1, count + 1):
            y = conv(conv(x, filters, f"{stage}_{block}a"), filters, f"{stage}_{block}b")
            x = layers.Add(name=f"sum_{stage}_{block}")([x, y])
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dense(classes, name="logits")(x)
    outputs = layers.Softmax(dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="resnet9")
