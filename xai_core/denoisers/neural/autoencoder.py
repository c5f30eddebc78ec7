"""The convolutional denoising autoencoder of the report "XAI driven image denoising" (its Fig. 4)."""

from typing import Any


def build_autoencoder() -> Any:
    """Convolutions 64-32-16 with max pooling, then 16, 32, 64 with upsampling: 49,761 parameters, 28x28 grey.

    Three 2x2 poolings squeeze the picture into 4 x 4 x 16 numbers, so fine detail is lost: the network blurs. The sixth
    convolution is unpadded ("valid": 16 -> 14), which brings the picture back to 28 x 28.
    The output is linear as trained and limited to [0, 1] by the wrapper.
    Source: Gondara (2016), doi:10.1109/ICDMW.2016.0041, in the form of the report.
    """
    import keras
    from keras import layers

    def conv(filters: int, name: str, padding: str = "same") -> Any:
        return layers.Conv2D(filters, 3, activation="relu", padding=padding, name=name)

    x = inputs = keras.Input((28, 28, 1), name="image")
    x = conv(64, "encode_1")(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool_1")(x)
    x = conv(32, "encode_2")(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool_2")(x)
    x = conv(16, "encode_3")(x)
    x = layers.MaxPooling2D(2, padding="same", name="pool_3")(x)
    x = conv(16, "code")(x)
    x = layers.UpSampling2D(2, name="up_1")(x)
    x = conv(32, "decode_1")(x)
    x = layers.UpSampling2D(2, name="up_2")(x)
    x = conv(64, "decode_2", padding="valid")(x)
    x = layers.UpSampling2D(2, name="up_3")(x)
    outputs = layers.Conv2D(1, 3, padding="same", name="reconstruction")(x)
    return keras.Model(inputs, outputs, name="autoencoder")
