"""Networks that denoise digits, clothes, small colour pictures and photographs."""

from typing import Any

from ..recipe import Augmentation, Recipe

FOUR_NOISES = (("gaussian", 0, 100), ("salt_pepper", 0, 0.4), ("laplace", 0, 100), ("poisson", 2, 100))
"""The four noises of the report, from none to severe (Poisson: photons at white, drawn evenly on a logarithmic scale)."""

SIGMA_25 = (("gaussian", 25, 25),)
"""The one level of a network that is told none: 25 is what the literature compares."""

GAUSSIAN = (("gaussian", 0, 75),)
"""Gaussian noise of sigma 0 to 75, every level as often as any other: one network for all."""

SQUARE = Augmentation(flip_horizontal=True, quarter_turns=True)
"""The eight ways to lay a square."""

AUTOENCODER = "xai_core.denoisers.neural.autoencoder:build_autoencoder"
DNCNN = "xai_core.denoisers.neural.dncnn:build_dncnn"
FFDNET = "xai_core.denoisers.neural.ffdnet:build_ffdnet"
ADNET = "xai_core.denoisers.neural.adnet:build_adnet"
UNET = "xai_core.denoisers.neural.unet:build_unet"


def _autoencoder(name: str, label: str, dataset: str, epochs: int) -> Recipe:
    """The report's autoencoder of 28 x 28 pictures under its four noises."""
    return Recipe(
        name,
        label,
        "denoiser",
        AUTOENCODER,
        (dataset,),
        28,
        1,
        noise=FOUR_NOISES,
        epochs=epochs,
        batch=64,
        learning_rate=2e-3,
        average=0.98,
        compile=True,
    )


def _small(name: str, label: str, dataset: str, side: int, channels: int, width: int, epochs: int, *, mirror: bool) -> Recipe:
    """A U-Net of three scales for small pictures, told the level."""
    return Recipe(
        name,
        label,
        "denoiser",
        UNET,
        (dataset,),
        side,
        channels,
        arguments=(("channels", channels), ("widths", (width, 2 * width, 4 * width))),
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=Augmentation(flip_horizontal=mirror),
        epochs=epochs,
        batch=64,
        patience=epochs,
        average=0.98,
        held_out=0.05,
        half=True,
    )


def _photographs(name: str, label: str, build: str, epochs: int, *, channels: int = 1, **others: Any) -> Recipe:
    """A network for photographs of any size, trained on patches; others: replace what most of them share."""
    shared: dict[str, Any] = {
        "patch": 48,
        "steps": 1000,
        "noise": GAUSSIAN,
        "clipped": 0.1,
        "loss": "mae",
        "augmentation": SQUARE,
        "batch": 16,
        "average": 0.98,
        "held_out": 0.03,
        "half": True,
        "precision": "mixed_bfloat16",
    }
    dataset = "cbsd68" if channels == 3 else "bsd68"
    return Recipe(name, label, "denoiser", build, (dataset,), 0, channels, epochs=epochs, patience=epochs, **(shared | others))


ONE_LEVEL: dict[str, Any] = {"noise": SIGMA_25, "clipped": 0}

RECIPES: tuple[Recipe, ...] = (
    _autoencoder("autoencoder-mnist", "Autoencoder (MNIST)", "mnist", 7),
    _autoencoder("autoencoder-fashion", "Autoencoder (Fashion-MNIST)", "fashion_mnist", 5),
    _small("unet-mnist", "U-Net (MNIST)", "mnist", 28, 1, 16, 6, mirror=False),
    _small("unet-fashion", "U-Net (Fashion-MNIST)", "fashion_mnist", 28, 1, 16, 8, mirror=True),
    _small("unet-cifar10", "U-Net (CIFAR-10)", "cifar10", 32, 3, 32, 28, mirror=True),
    _photographs("unet-grey", "U-Net (grey photographs)", UNET, 24, guided=True),
    _photographs("unet-blind", "Blind U-Net (grey photographs)", UNET, 16, arguments=(("guided", False),)),
    _photographs("dncnn", "DnCNN (sigma 25)", DNCNN, 8, **ONE_LEVEL),
    _photographs("ffdnet", "FFDNet", FFDNET, 16, patch=64, guided=True),
    _photographs("adnet", "ADNet (sigma 25)", ADNET, 8, **ONE_LEVEL),
    _photographs("unet-colour", "U-Net (colour photographs)", UNET, 14, channels=3, arguments=(("channels", 3),), guided=True),
)
