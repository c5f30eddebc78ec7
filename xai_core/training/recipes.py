"""What is trained, on what, how: one frozen value a model."""

from dataclasses import dataclass
from typing import Any, Literal

from ..registry import Registry, Spec


@dataclass(frozen=True)
class Augmentation:
    """Random changes of a training picture; edges repeat the nearest pixel.

    rotation: largest angle in degrees. shift: largest shift as a share of the side. shear: largest shear in radians.
    zoom: largest relative zoom in or out. flip_horizontal, flip_vertical: mirror half of the pictures.
    quarter_turns: turn by 0, 90, 180 or 270 degrees, which moves pixels and invents none.
    """

    rotation: float = 0
    shift: float = 0
    shear: float = 0
    zoom: float = 0
    flip_horizontal: bool = False
    flip_vertical: bool = False
    quarter_turns: bool = False


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run.

    build: "package.module:function" of the network, called with `arguments`.
    datasets: training sets, joined; the held-out share of them stops the training.
    noise: kinds of noise with their lowest and highest level. A denoiser gets it on every picture, a classifier on half of them.
        clipped: share of the noisy pictures that are limited to [0, 1], as a file would be. guided: the network is given the
        level of Gaussian noise as a further channel.
    side: height and width of the input. native: side at which a classifier's pictures get their noise, before they are brought
        to `side`, as it happens to the picture of a Scene; 0: the same.
    patch: squares of this side are cut out of pictures of any size instead, and an epoch is `steps` batches of them.
    loss: "mse" or "mae"; classifiers use cross entropy.
    last_epochs, last_augmentation: the run ends with so many epochs of this gentler augmentation, because strong changes
        leave traces (smeared edges) that real pictures do not have (Touvron et al. 2019, arXiv:1906.06423).
    start: the weights that the training begins with: "" none, "imagenet" those of keras.applications where they can be
        downloaded (else none, which the manifest then says), or the name of a trained model of the same architecture.
    by_group: hold out whole groups (`Dataset.groups`), where pictures of one source are alike.
    schedule: of the learning rate: a short warm-up and a cosine to almost 0, or the same all the time.
    average: decay of the exponential moving average of the weights, taken every ten steps; 0 for none.
    half: store the kernels in half precision.
    precision: of the arithmetic while it is trained; "mixed_bfloat16" keeps the weights, the batch statistics and the last
        subtraction in float32 and is 2.5 to 4 times faster on a CPU that has it (benchmarks/training.py).
    compile: use XLA, which on a CPU helps the autoencoder and slows the classifiers down (benchmarks/training.py).
    """

    name: str
    label: str
    kind: Literal["denoiser", "classifier"]
    build: str
    datasets: tuple[str, ...]
    side: int
    channels: int
    native: int = 0
    patch: int = 0
    steps: int = 0
    arguments: tuple[tuple[str, Any], ...] = ()
    noise: tuple[tuple[str, float, float], ...] = ()
    clipped: float = 0.5
    guided: bool = False
    loss: Literal["mse", "mae"] = "mse"
    augmentation: Augmentation = Augmentation()
    last_epochs: int = 0
    last_augmentation: Augmentation = Augmentation()
    epochs: int = 20
    batch: int = 128
    learning_rate: float = 1e-3
    schedule: Literal["cosine", "constant"] = "cosine"
    label_smoothing: float = 0.0
    patience: int = 10
    compile: bool = False
    average: float = 0.0
    held_out: float = 0.1
    by_group: bool = False
    start: str = ""
    half: bool = False
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    seed: int = 0

    def network(self) -> Any:
        """A new, untrained network."""
        function = Spec(self.name, self.label, self.build, "").load()
        return function(**dict(self.arguments))


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
CNN_SMALL = "xai_core.classifiers.cnn_small:build_cnn_small"
CNN1 = "xai_core.classifiers.cnn1:build_cnn1"
CNN2 = "xai_core.classifiers.cnn2:build_cnn2"
ALEXNET = "xai_core.classifiers.alexnet:build_alexnet"
TRANSFER = "xai_core.classifiers.transfer:build_transfer"
TAKE_IMAGENET = "xai_core.classifiers.transfer:take_imagenet"
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
        "autoencoder-mnist",
        "Autoencoder (MNIST)",
        "denoiser",
        AUTOENCODER,
        ("mnist",),
        28,
        1,
        noise=FOUR_NOISES,
        epochs=7,
        batch=64,
        learning_rate=2e-3,
        average=0.98,
        compile=True,
    ),
    Recipe(
        "autoencoder-fashion",
        "Autoencoder (Fashion-MNIST)",
        "denoiser",
        AUTOENCODER,
        ("fashion_mnist",),
        28,
        1,
        noise=FOUR_NOISES,
        epochs=5,
        batch=64,
        learning_rate=2e-3,
        average=0.98,
        compile=True,
    ),
    Recipe(
        "unet-mnist",
        "U-Net (MNIST)",
        "denoiser",
        UNET,
        ("mnist",),
        28,
        1,
        arguments=(("channels", 1), ("widths", (16, 32, 64))),
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=Augmentation(),
        epochs=6,
        batch=64,
        patience=6,
        average=0.98,
        held_out=0.05,
        half=True,
    ),
    Recipe(
        "unet-fashion",
        "U-Net (Fashion-MNIST)",
        "denoiser",
        UNET,
        ("fashion_mnist",),
        28,
        1,
        arguments=(("channels", 1), ("widths", (16, 32, 64))),
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=Augmentation(flip_horizontal=True),
        epochs=8,
        batch=64,
        patience=8,
        average=0.98,
        held_out=0.05,
        half=True,
    ),
    Recipe(
        "unet-cifar10",
        "U-Net (CIFAR-10)",
        "denoiser",
        UNET,
        ("cifar10",),
        32,
        3,
        arguments=(("channels", 3), ("widths", (32, 64, 128))),
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=Augmentation(flip_horizontal=True),
        epochs=28,
        batch=64,
        patience=28,
        average=0.98,
        held_out=0.05,
        half=True,
    ),
    Recipe(
        "unet-grey",
        "U-Net (grey photographs)",
        "denoiser",
        UNET,
        ("bsd68",),
        0,
        1,
        patch=48,
        steps=1000,
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=SQUARE,
        epochs=24,
        batch=16,
        patience=24,
        average=0.98,
        held_out=0.03,
        half=True,
        precision="mixed_bfloat16",
    ),
    Recipe(
        "unet-blind",
        "Blind U-Net (grey photographs)",
        "denoiser",
        UNET,
        ("bsd68",),
        0,
        1,
        arguments=(("guided", False),),
        patch=48,
        steps=1000,
        noise=GAUSSIAN,
        clipped=0.1,
        loss="mae",
        augmentation=SQUARE,
        epochs=16,
        batch=16,
        patience=16,
        average=0.98,
        held_out=0.03,
        half=True,
        precision="mixed_bfloat16",
    ),
    Recipe(
        "dncnn",
        "DnCNN (sigma 25)",
        "denoiser",
        DNCNN,
        ("bsd68",),
        0,
        1,
        patch=48,
        steps=1000,
        noise=SIGMA_25,
        clipped=0,
        loss="mae",
        augmentation=SQUARE,
        epochs=8,
        batch=16,
        patience=8,
        average=0.98,
        held_out=0.03,
        half=True,
        precision="mixed_bfloat16",
    ),
    Recipe(
        "ffdnet",
        "FFDNet",
        "denoiser",
        FFDNET,
        ("bsd68",),
        0,
        1,
        patch=64,
        steps=1000,
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=SQUARE,
        epochs=16,
        batch=16,
        patience=16,
        average=0.98,
        held_out=0.03,
        half=True,
        precision="mixed_bfloat16",
    ),
    Recipe(
        "adnet",
        "ADNet (sigma 25)",
        "denoiser",
        ADNET,
        ("bsd68",),
        0,
        1,
        patch=48,
        steps=1000,
        noise=SIGMA_25,
        clipped=0,
        loss="mae",
        augmentation=SQUARE,
        epochs=8,
        batch=16,
        patience=8,
        average=0.98,
        held_out=0.03,
        half=True,
        precision="mixed_bfloat16",
    ),
    Recipe(
        "unet-colour",
        "U-Net (colour photographs)",
        "denoiser",
        UNET,
        ("cbsd68",),
        0,
        3,
        arguments=(("channels", 3),),
        patch=48,
        steps=1000,
        noise=GAUSSIAN,
        clipped=0.1,
        guided=True,
        loss="mae",
        augmentation=SQUARE,
        epochs=14,
        batch=16,
        patience=14,
        average=0.98,
        held_out=0.03,
        half=True,
        precision="mixed_bfloat16",
    ),
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

TRAINABLE = Registry("trainable model", tuple(Spec(r.name, r.label, r.build, "") for r in RECIPES))


def get_recipe(name: str) -> Recipe:
    """The recipe of that name; `UnknownName` with the closest match otherwise."""
    TRAINABLE.get(name)
    return next(recipe for recipe in RECIPES if recipe.name == name)
