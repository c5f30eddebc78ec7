"""Castings: an autoencoder that denoises them, classifiers that inspect them (OK or Defective)."""

from typing import Any

from ..recipe import Augmentation, Recipe

CNN2 = "xai_core.classifiers.cnn2:build_cnn2"
ALEXNET = "xai_core.classifiers.alexnet:build_alexnet"
SKIP_AUTOENCODER = "xai_core.denoisers.neural.skip_autoencoder:build_skip_autoencoder"
TRANSFER = "xai_core.classifiers.transfer:build_transfer"

CASTINGS = ("casting", "simulated_castings")

ANY_WAY_UP = Augmentation(rotation=180, shift=0.04, zoom=0.08, flip_horizontal=True, flip_vertical=True, light=0.3)
"""A casting may lie any way on its table; its light is drawn anew, because the classes were lit differently."""

GENTLE = Augmentation(flip_horizontal=True, flip_vertical=True, quarter_turns=True, light=0.15)


def _castings(
    name: str,
    label: str,
    build: str,
    *arguments: tuple[str, Any],
    datasets: tuple[str, ...] = CASTINGS,
    side: int = 128,
    epochs: int = 8,
    **others: Any,
) -> Recipe:
    """A classifier of whole castings, held out by photograph; others: replace what most of them share.

    Short and narrow: two cores train five of them once for the product and four times for the folds. The large ones start from
    the weights of the galaxy classifiers (transfer learning without ImageNet): a network that knows edges and textures needs
    few pictures more. They see photographs alone; the small ones learn simulated castings as well, lit the same whatever their
    class, whose faint defects cost them some accuracy on the photographs.
    """
    shared: dict[str, Any] = {
        "augmentation": ANY_WAY_UP,
        "last_augmentation": GENTLE,
        "last_epochs": 2,
        "batch": 32,
        "patience": epochs,
        "label_smoothing": 0.05,
        "average": 0.99,
        "held_out": 0.15,
        "by_group": True,
        "half": True,
        "precision": "mixed_bfloat16",
        "seed": SEED,
    }
    arguments = (*arguments, ("side", side))
    return Recipe(name, label, "classifier", build, datasets, side, 3, arguments=arguments, epochs=epochs, **(shared | others))


SEED = 10
"""With it, a photograph of an OK casting is held out, too: there are nine to train on."""

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "skip-autoencoder",
        "Skip autoencoder (castings)",
        "denoiser",
        SKIP_AUTOENCODER,
        CASTINGS,
        0,
        1,
        patch=128,
        steps=500,
        noise=(("gaussian", 5, 50), ("periodic", 10, 90)),
        clipped=0.75,
        augmentation=Augmentation(flip_horizontal=True, quarter_turns=True),
        epochs=9,
        batch=16,
        learning_rate=2e-3,
        patience=9,
        average=0.98,
        held_out=0.05,
        by_group=True,
        half=True,
        precision="mixed_bfloat16",
    ),
    _castings("casting-cnn", "CNN (castings)", CNN2, ("momentum", 0.9), ("width", 0.5), ("head", 64)),
    _castings("casting-alexnet", "AlexNet, quarter width (castings)", ALEXNET, ("width", 0.25), epochs=10),
    *(
        _castings(
            f"casting-{base.lower()}",
            f"{base}, narrow (castings)",
            TRANSFER,
            ("base", base),
            ("width", width),
            datasets=("casting",),
            start=f"galaxy-{base.lower()}",
            learning_rate=3e-4,
            epochs=10,
        )
        for base, width in (("VGG16", 0.375), ("ResNet50", 0.25), ("InceptionV3", 0.375))
    ),
    *(
        _castings(
            f"casting-{base.lower()}-imagenet",
            f"{base}, ImageNet (castings)",
            TRANSFER,
            ("base", base),
            ("imagenet", True),
            start="imagenet",
            learning_rate=rate,
        )
        for base, rate in (("VGG16", 5e-5), ("ResNet50", 1e-4), ("InceptionV3", 1e-4))
    ),
)
