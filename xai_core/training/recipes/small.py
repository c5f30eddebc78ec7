"""Classifiers of digits, clothes and planted evidence."""

from ..recipe import Augmentation, Recipe

CNN_SMALL = "xai_core.classifiers.cnn_small:build_cnn_small"

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "cnn-mnist",
        "Small CNN (MNIST)",
        "classifier",
        CNN_SMALL,
        ("mnist",),
        28,
        1,
        augmentation=Augmentation(rotation=10, shift=0.08, shear=0.1, zoom=0.1),
        last_epochs=2,
        last_augmentation=Augmentation(shift=0.04),
        epochs=9,
        average=0.98,
        half=True,
    ),
    Recipe(
        "cnn-fashion",
        "Small CNN (Fashion-MNIST)",
        "classifier",
        CNN_SMALL,
        ("fashion_mnist",),
        28,
        1,
        augmentation=Augmentation(shift=0.06, zoom=0.06, flip_horizontal=True),
        arguments=(("width", 24),),
        last_epochs=10,
        last_augmentation=Augmentation(flip_horizontal=True),
        epochs=18,
        average=0.98,
        half=True,
    ),
    Recipe(
        "planted-cnn",
        "Small CNN (planted evidence)",
        "classifier",
        CNN_SMALL,
        ("planted",),
        64,
        3,
        arguments=(("classes", 3), ("width", 12), ("side", 64), ("channels", 3), ("convolutions", (2, 2))),
        augmentation=Augmentation(flip_horizontal=True, flip_vertical=True),
        epochs=14,
        batch=32,
        patience=14,
        learning_rate=3e-3,
        average=0.98,
        half=True,
    ),
)
