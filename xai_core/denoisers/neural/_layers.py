"""Layers that let a network take pictures of any size."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="xai_core")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalisation, trained by TensorFlow's one fused operation: a step of DnCNN takes half the time."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training or keras.config.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        gamma, beta, mean, variance = (
            tf.convert_to_tensor(value, tf.float32) for value in (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        )
        if not self.trainable:  # its statistics stay as they are
            scale = gamma * tf.math.rsqrt(variance + self.epsilon)
            return inputs * tf.cast(scale, inputs.dtype) + tf.cast(beta - mean * scale, inputs.dtype)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon, is_training=True)
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(self.momentum * kept + (1 - self.momentum) * new)
        return outputs


@keras.saving.register_keras_serializable(package="xai_core")
class PadToMultiple(keras.layers.Layer):
    """Mirror a picture at its lower and right edge until height and width are multiples of a number."""

    linear = True

    def __init__(self, multiple: int, **options: Any) -> None:
        super().__init__(**options)
        self.multiple = multiple

    def call(self, images: Any) -> Any:
        _, height, width, _ = keras.ops.shape(images)
        below, right = -height % self.multiple, -width % self.multiple
        # A mirror shows one row less than the picture has, so a picture that is lower than what it lacks is mirrored twice.
        smaller = min if isinstance(height, int) and isinstance(width, int) else keras.ops.minimum
        once = smaller(below, height - 1), smaller(right, width - 1)
        for down, across in (once, (below - once[0], right - once[1])):
            images = keras.ops.pad(images, ((0, 0), (0, down), (0, across), (0, 0)), mode="reflect")
        return images

    def compute_output_shape(self, shape: Any) -> Any:
        sides = (side and side + -side % self.multiple for side in shape[1:3])
        return (shape[0], *sides, shape[3])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "multiple": self.multiple}


@keras.saving.register_keras_serializable(package="xai_core")
class CropLike(keras.layers.Layer):
    """Cut a picture at its lower and right edge to the size of another: `layer([picture, other])`."""

    linear = True

    def call(self, inputs: Any) -> Any:
        images, other = inputs
        _, height, width, _ = keras.ops.shape(other)
        return images[:, :height, :width]

    def compute_output_shape(self, shapes: Any) -> Any:
        images, other = shapes
        return (images[0], *other[1:3], images[3])


@keras.saving.register_keras_serializable(package="xai_core")
class SpaceToDepth(keras.layers.Layer):
    """Each 2x2 block as four groups of channels, column by column: (0, 0), (1, 0), (0, 1), (1, 1) as (row, column)."""

    linear = True

    def call(self, images: Any) -> Any:
        parts = [images[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return keras.ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], *(side and side // 2 for side in shape[1:3]), 4 * shape[3])


@keras.saving.register_keras_serializable(package="xai_core")
class DepthToSpace(keras.layers.Layer):
    """The inverse of SpaceToDepth."""

    linear = True

    def call(self, parts: Any) -> Any:
        groups = keras.ops.split(parts, 4, axis=-1)
        rows, columns = keras.ops.shape(parts)[1], keras.ops.shape(parts)[2]
        left, right = (keras.ops.stack(groups[2 * column : 2 * column + 2], axis=2) for column in (0, 1))
        # (N, h, 2, w, c) twice -> (N, h, 2, w, 2, c) -> (N, 2h, 2w, c)
        both = keras.ops.stack([left, right], axis=4)
        return keras.ops.reshape(both, (-1, 2 * rows, 2 * columns, parts.shape[-1] // 4))

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], *(side and side * 2 for side in shape[1:3]), shape[3] // 4)
