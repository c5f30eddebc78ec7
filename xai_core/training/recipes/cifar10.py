"""The study of CIFAR-10 (and STL-10): a classifier of clean pictures, variational denoisers."""

from dataclasses import replace
from typing import Any

from ..recipe import Augmentation, Recipe

RESNET9 = "xai_core.classifiers.resnet9:build_resnet9"
VARIATIONAL = "xai_core.denoisers.neural.variational:build_variational"

SINGLE = (("widths", (32,)), ("latent", 4))
"""One stage: a latent map of 16 x 16 x 4 numbers, as many as the 8 x 8 x 16 of the two stages."""

FILM = (0, 1, 2, 3, 4, 6, 9, 12, 16)


def _variational(name: str, label: str, *arguments: tuple[str, Any], film: tuple[int, ...] = ()) -> Recipe:
    """A denoiser that squeezes each picture of 3,072 numbers into 1,024; all are trained alike."""
    return Recipe(
        name,
        label,
        "denoiser",
        VARIATIONAL,
        ("cifar10",),
        32,
        3,
        arguments=arguments,
        noise=(("gaussian", 0, 75),),
        clipped=0.1,
        augmentation=Augmentation(flip_horizontal=True),
        epochs=16,
        batch=64,
        learning_rate=2e-3,
        patience=16,
        average=0.98,
        held_out=0.05,
        film=film,
        half=True,
        precision="mixed_bfloat16",
    )


STACKED = _variational("variational-cifar10", "Variational, stacked (CIFAR-10)", ("beta", 1.0), film=FILM)

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
        epochs=56,
        batch=128,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=1e-2,
        label_smoothing=0.05,
        patience=56,
        average=0.98,
        held_out=0.02,
        half=True,
        precision="mixed_bfloat16",
    ),
    _variational("variational-cifar10-single", "Variational, one stage (CIFAR-10)", *SINGLE, ("beta", 1.0)),
    STACKED,
    _variational("variational-cifar10-beta-low", "Variational, beta 0.1 (CIFAR-10)", ("beta", 0.1)),
    _variational("variational-cifar10-beta-high", "Variational, beta 10 (CIFAR-10)", ("beta", 10.0)),
    _variational("autoencoder-cifar10", "Autoencoder, stacked (CIFAR-10)", ("variational", False)),
    replace(  # of the 5,000 labelled pictures; the weights are made where the data set is
        STACKED,
        name="variational-stl10",
        label="Variational, stacked (STL-10)",
        datasets=("stl10",),
        side=96,
        arguments=(("side", 96), ("beta", 1.0)),
        film=(),
    ),
)
