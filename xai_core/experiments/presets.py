"""Experiments with a name. Adding one is a function that makes its grid, and a line in PRESETS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..datasets import DATASETS, load_dataset
from ..errors import UnknownName
from ..scene import Scene, classifiers_for, usual_denoiser
from ..weights import trained_models
from .grid import CLEAN, NONE, Grid
from .sweep import noise_levels

GALAXIES = "galaxies"
CIFAR10 = "cifar10"
SMALL_NETWORKS = ("variational-cifar10", "variational-cifar10-single", "autoencoder-cifar10", "unet-cifar10")
SMALL_FILTERS = ("median", "bilateral", "total_variation", "non_local_means")
"""Denoisers of 32 x 32 pictures in colour: those of a few milliseconds a picture."""


@dataclass(frozen=True)
class Preset:
    """A named experiment.

    build: makes the grid from the scene of the page, of which those that belong to one data set take only the seed, and its
    classifiers. classifiers: the usual ones; none: the scene's own. dataset: the one it belongs to; "": any with classifiers.
    published: accuracy by denoiser, in percent, from `source`.
    """

    name: str
    label: str
    summary: str
    build: Callable[[Scene, tuple[str, ...]], Grid]
    classifiers: tuple[str, ...] = ()
    dataset: str = ""
    published: Mapping[str, float] = field(default_factory=dict)
    source: str = ""


def _small(scene: Scene, classifiers: tuple[str, ...]) -> Grid:
    levels = noise_levels(scene.noise)
    return Grid(
        scene,
        noises=(CLEAN, (scene.noise, levels[len(levels) // 2]), (scene.noise, levels[-2])),
        denoisers=(NONE, scene.denoiser),
        classifiers=classifiers,
        images=60,
        chunk=15,
    )


def _drift(scene: Scene, classifiers: tuple[str, ...]) -> Grid:
    levels = noise_levels(scene.noise)
    return Grid(
        scene,
        noises=(CLEAN, *((scene.noise, level) for level in levels[1::2])),
        denoisers=(NONE, scene.denoiser),
        classifiers=classifiers,
        images=24,
        drift=24,
        chunk=8,
    )


def _b5(scene: Scene, classifiers: tuple[str, ...]) -> Grid:
    return Grid(
        Scene(dataset=GALAXIES, seed=scene.seed),
        noises=(CLEAN, ("gaussian", 25.0), ("gaussian", 50.0)),
        denoisers=(NONE, "bilateral", "median", "non_local_means", "total_variation", "wavelet"),
        classifiers=classifiers,
    )


def _robustness(scene: Scene, classifiers: tuple[str, ...]) -> Grid:
    return Grid(
        Scene(dataset=GALAXIES, seed=scene.seed),
        noises=(CLEAN, *(("gaussian", level) for level in noise_levels("gaussian"))),
        denoisers=(NONE, "unet-colour"),
        classifiers=classifiers,
    )


def _c2(scene: Scene, classifiers: tuple[str, ...]) -> Grid:
    trained = trained_models()
    networks = [name for name in SMALL_NETWORKS if name in trained]
    return Grid(
        Scene(dataset=CIFAR10, seed=scene.seed),
        noises=(CLEAN, *(("gaussian", level) for level in (15.0, 25.0, 50.0, 75.0)), ("salt_pepper", 0.1)),
        denoisers=(NONE, *networks, *SMALL_FILTERS),
        classifiers=classifiers,
    )


def _own(scene: Scene) -> tuple[str, ...]:
    """The scene's classifier, or the first that knows its data set."""
    known = classifiers_for(scene.dataset)
    return (scene.classifier,) if scene.classifier in known else known[:1]


PRESETS: tuple[Preset, ...] = (
    Preset(
        "small",
        "A small one",
        "60 pictures of the data set in use, clean and at two levels of its noise, with and without its denoiser.",
        _small,
    ),
    Preset(
        "drift",
        "Explanation drift",
        "24 pictures at three levels of the noise: how far the maps move from those of the clean pictures.",
        _drift,
    ),
    Preset(
        "b5",
        "Filters before the classifier",
        "Every galaxy of val, clean and at Gaussian sigma 25 and 50, through five filters and then ResNet50.",
        _b5,
        ("galaxy-resnet50",),
        GALAXIES,
        {"bilateral": 92.5, "median": 92.5, "non_local_means": 92.1, "total_variation": 91.0, "wavelet": 90.7},
        "slides on galaxies of GAMA, another data set, as they are: no noise was added there",
    ),
    Preset(
        "robustness",
        "Denoise first, or train on noise?",
        "Every galaxy of val, clean and at seven levels of Gaussian noise, as it is or through the U-Net, to CNN-2 and to "
        "CNN-2 trained on noise.",
        _robustness,
        ("galaxy-cnn2", "galaxy-robust"),
        GALAXIES,
    ),
    Preset(
        "c2",
        "Classify what was denoised",
        "Every test picture of CIFAR-10, clean, at four levels of Gaussian noise and with 10 % salt & pepper, as it is and "
        "through each network and filter for small pictures, to a classifier trained on clean ones.",
        _c2,
        ("cnn-cifar10",),
        CIFAR10,
    ),
)


def get_preset(name: str) -> Preset:
    """The preset of that name; UnknownName otherwise."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise UnknownName("experiment", name, [preset.name for preset in PRESETS])


def usual_scene(dataset: str | None = None) -> Scene:
    """The scene of a data set with the denoiser and the classifier that belong to it; None: that of the first view."""
    if dataset is None:
        return Scene()
    scene = replace(Scene(), dataset=DATASETS.get(dataset).name)
    denoiser = usual_denoiser(load_dataset(dataset).size(0), dataset, scene.denoiser)
    return replace(scene, denoiser=denoiser, classifier=_own(scene)[0] if _own(scene) else scene.classifier)


def grid_of(preset: Preset, scene: Scene | None = None, *, classifiers: tuple[str, ...] = (), images: int = 0) -> Grid:
    """The preset's grid for a scene; classifiers: in place of its own; images: only so many.

    Raises UnknownName for a classifier that does not exist: no other one silently takes its place.
    """
    base = scene or Scene()
    grid = preset.build(base, classifiers or preset.classifiers or _own(base))
    return replace(grid, images=images) if images else grid
