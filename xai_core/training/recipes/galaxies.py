"""Classifiers of galaxies."""

from typing import Any

from ..recipe import Augmentation, Recipe

CNN1 = "xai_core.classifiers.cnn1:build_cnn1"
CNN2 = "xai_core.classifiers.cnn2:build_cnn2"
ALEXNET = "xai_core.classifiers.alexnet:build_alexnet"
TRANSFER = "xai_core.classifiers.transfer:build_transfer"
VIT = "xai_core.classifiers.vit:build_vit"

GALAXIES = ("galaxies", "simulated_galaxies")

ANY_WAY_UP = Augmentation(rotation=180, shift=0.04, shear=0.1, zoom=0.15, flip_horizontal=True, flip_vertical=True)
"""The changes of the slides, turned by any angle, because a galaxy has no up; shifts keep it within the middle."""

GENTLE = Augmentation(shift=0.03, zoom=0.06, flip_horizontal=True, flip_vertical=True, quarter_turns=True)


def _galaxies(
    name: str, label: str, build: str, *arguments: tuple[str, Any], side: int = 160, border: int = 32, **others: Any
) -> Recipe:
    """A classifier of the middle of a galaxy picture (96 of 160 pixels: the galaxy without most of the sky around it).

    others: replace what most of them share.
    """
    shared: dict[str, Any] = {
        "augmentation": ANY_WAY_UP,
        "last_augmentation": GENTLE,
        "last_epochs": 5,
        "epochs": 20,
        "batch": 32,
        "patience": 20,
        "label_smoothing": 0.05,
        "average": 0.99,
        "half": True,
        "precision": "mixed_bfloat16",
    }
    frame = ("side", side), ("border", border)
    return Recipe(name, label, "classifier", build, GALAXIES, side, 3, arguments=(*arguments, *frame), **(shared | others))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "galaxy-cnn2",
        "CNN-2 (galaxies)",
        "classifier",
        CNN2,
        ("galaxies", "simulated_galaxies"),
        96,
        3,
        arguments=(("side", 96), ("momentum", 0.9)),
        augmentation=Augmentation(rotation=180, shift=0.1, shear=0.1, zoom=0.2, flip_horizontal=True, flip_vertical=True),
        last_epochs=10,
        last_augmentation=Augmentation(shift=0.06, zoom=0.08, flip_horizontal=True, flip_vertical=True, quarter_turns=True),
        epochs=28,
        batch=32,
        patience=30,
        label_smoothing=0.05,
        average=0.99,
        half=True,
    ),
    Recipe(
        "galaxy-cnn1",
        "CNN-1 (galaxies)",
        "classifier",
        CNN1,
        ("galaxies",),
        96,
        3,
        augmentation=Augmentation(rotation=20, shift=0.2, shear=0.2, zoom=0.2, flip_horizontal=True),
        epochs=4,
        batch=32,
        patience=4,
        schedule="constant",
        half=True,
    ),
    _galaxies("galaxy-alexnet", "AlexNet, half width (galaxies)", ALEXNET, ("width", 0.5), epochs=8),
    _galaxies(
        "galaxy-vgg16",
        "VGG16, narrow (galaxies)",
        TRANSFER,
        ("base", "VGG16"),
        ("width", 0.375),
        learning_rate=3e-4,
        epochs=14,
    ),
    _galaxies(
        "galaxy-vgg16-frozen",
        "VGG16, untrained and frozen (galaxies)",
        TRANSFER,
        ("base", "VGG16"),
        ("width", 0.375),
        ("head", 512),
        ("frozen", True),
        epochs=6,
        last_epochs=2,
        patience=6,
    ),
    _galaxies(  # its first two steps take every fourth pixel alone: a larger picture keeps the arms of a spiral
        "galaxy-resnet50",
        "ResNet50, narrow (galaxies)",
        TRANSFER,
        ("base", "ResNet50"),
        ("width", 0.25),
        side=192,
        border=24,
        epochs=40,
        patience=40,
    ),
    _galaxies("galaxy-inceptionv3", "InceptionV3, narrow (galaxies)", TRANSFER, ("base", "InceptionV3"), ("width", 0.375)),
    _galaxies("galaxy-vit", "Vision transformer (galaxies)", VIT, ("dropout", 0.0), learning_rate=5e-4, epochs=40, patience=40),
    Recipe(
        "galaxy-robust",
        "CNN-2, trained with noise (galaxies)",
        "classifier",
        CNN2,
        GALAXIES,
        96,
        3,
        arguments=(("side", 96), ("momentum", 0.9)),
        noise=(("gaussian", 0, 100),),
        clipped=1.0,
        native=256,
        start="galaxy-cnn2",
        augmentation=Augmentation(shift=0.06, zoom=0.08, flip_horizontal=True, flip_vertical=True, quarter_turns=True),
        epochs=6,
        batch=32,
        patience=6,
        learning_rate=3e-4,
        label_smoothing=0.05,
        average=0.99,
        half=True,
    ),
    *(
        _galaxies(
            f"galaxy-{base.lower()}-{kind}",
            f"{label}, ImageNet (galaxies)",
            TRANSFER,
            ("base", base),
            ("imagenet", True),
            *extra,
            start="imagenet",
            learning_rate=rate,
        )
        for base, kind, label, extra, rate in (
            ("VGG16", "imagenet-frozen", "VGG16 frozen", (("head", 512), ("frozen", True)), 1e-3),
            ("VGG16", "imagenet", "VGG16", (), 5e-5),
            ("ResNet50", "imagenet", "ResNet50", (), 1e-4),
            ("InceptionV3", "imagenet", "InceptionV3", (), 1e-4),
        )
    ),
)
