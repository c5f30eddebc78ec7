"""The recipes of the noise detectors: six kinds of noise told from spectra."""

from typing import Any

from ..recipe import Recipe

PICTURES = ("casting", "simulated_castings", "cbsd68", "bsd68", "galaxies")

LEVELS = (
    ("gaussian", 5, 75),
    ("salt_pepper", 0.01, 0.4),
    ("periodic", 8, 100),
    ("speckle", 1, 50),
    ("poisson", 4, 255),
)
"""From hardly visible to strong, each drawn evenly on a logarithmic scale; a wave has 4.5 periods or more a picture."""


def _detector(name: str, label: str, build: str, **others: Any) -> Recipe:
    shared: dict[str, Any] = {
        "noise": LEVELS,
        "clipped": 0.85,
        "batch": 48,
        "average": 0.99,
        "label_smoothing": 0.01,
        "half": True,
    }
    return Recipe(name, label, "detector", f"xai_core.noise.detection.network:{build}", PICTURES, 64, 14, **(shared | others))


RECIPES: tuple[Recipe, ...] = (
    _detector("noise-kinds", "Small CNN (kind of noise)", "build_noise_cnn", epochs=9, steps=240, precision="mixed_bfloat16"),
    _detector(
        "noise-kinds-vgg16-imagenet",
        "VGG16, ImageNet (kind of noise)",
        "build_noise_vgg16",
        arguments=(("base", "VGG16"), ("imagenet", True)),
        start="imagenet",
        learning_rate=5e-5,
        epochs=12,
        steps=220,
    ),
)
