"""The study of CIFAR-10: a classifier of clean pictures, variational denoisers."""

from ..recipe import Augmentation, Recipe

RESNET9 = "xai_core.classifiers.resnet9:build_resnet9"

RECIPES: tuple[Recipe, ...] = (
    Recipe(  # for the 50,000 pictures of the official training set: 24 epochs, nothing else changed
        "cnn-cifar10",
        "ResNet-9 (CIFAR-10)",
        "classifier",
        RESNET9,
        ("cifar10",),
        32,
        3,
        arguments=(("width", 40),),
        augmentation=Augmentation(crop=4, flip_horizontal=True, mix=0.5),
        last_epochs=6,
        last_augmentation=Augmentation(crop=4, flip_horizontal=True),
        epochs=76,
        batch=128,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=1e-2,
        label_smoothing=0.05,
        patience=76,
        average=0.98,
        held_out=0.02,
        half=True,
        precision="mixed_bfloat16",
    ),
)
