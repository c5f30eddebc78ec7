"""What is trained, on what, how: one frozen value a model."""

from dataclasses import dataclass
from typing import Any, Literal

from ..registry import Spec


@dataclass(frozen=True)
class Augmentation:
    """Random changes of a training picture; edges repeat the nearest pixel.

    rotation: largest angle in degrees. shift: largest shift as a share of the side. shear: largest shear in radians.
    zoom: largest relative zoom in or out. flip_horizontal, flip_vertical: mirror half of the pictures.
    quarter_turns: turn by 0, 90, 180 or 270 degrees, which moves pixels and invents none. crop: largest shift in whole pixels,
        mirrored at the edge, which blurs none. mix: share of the pictures that get a rectangle of another one (CutMix), for
        classifiers of more than two classes. light: strength of random gamma, contrast and brightness (`light.relight`).
    """

    rotation: float = 0
    shift: float = 0
    shear: float = 0
    zoom: float = 0
    flip_horizontal: bool = False
    flip_vertical: bool = False
    quarter_turns: bool = False
    crop: int = 0
    mix: float = 0
    light: float = 0


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run.

    build: "package.module:function" of the network, called with `arguments`.
    datasets: training sets, joined; the held-out share of them stops the training.
    kind: a detector tells the kind of noise from spectra (`noise_kinds`), of which an epoch is `steps` batches.
    noise: kinds of noise with their lowest and highest level. A denoiser gets it on every picture, a classifier on half of them.
        clipped: share of the noisy pictures that are limited to [0, 1], as a file would be. guided: the network is given the
        level of Gaussian noise as a further channel.
    levels: how a level is drawn between the two: "even", or "logarithmic", every factor as often as any other; Poisson noise is
        always drawn so.
    deviation: d, the standard deviation of the pixels; over 0, the loss of a guided network's picture is multiplied by
        (s^2 + d^2) / (s d)^2, s being its level on the picture's scale, so that a wide range of levels counts evenly (Karras et
        al. 2022, arXiv:2206.00364, table 1).
    side: height and width of the input. native: side at which a classifier's pictures get their noise, before they are brought
        to `side`, as it happens to the picture of a Scene; 0: the same.
    patch: squares of this side are cut out of pictures of any size instead, and an epoch is `steps` batches of them.
    loss: "mse" or "mae"; classifiers use cross entropy.
    last_epochs, last_augmentation: the run ends with so many epochs of this gentler augmentation, because strong changes
        leave traces (smeared edges) that real pictures do not have (Touvron et al. 2019, arXiv:1906.06423).
    start: the weights that the training begins with: "" none, "imagenet" those of keras.applications where they can be
        downloaded (else none, which the manifest then says), or the name of a trained model of the same architecture.
    by_group: hold out whole groups (`Dataset.groups`), where pictures of one source are alike.
    optimizer: "adam", or "sgd" with Nesterov's momentum of 0.9. weight_decay: the weights shrink by this times the learning rate
        at each step.
    schedule: of the learning rate: a short warm-up and a cosine to almost 0, or the same all the time.
    average: decay of the exponential moving average of the weights, taken every ten steps; 0 for none.
    half: store the kernels in half precision.
    precision: of the arithmetic while it is trained; "mixed_bfloat16" keeps the weights, the batch statistics and the last
        subtraction in float32 and is 2.5 to 4 times faster on a CPU that has it (benchmarks/training.py).
    film: epochs after which the weights are kept (0: untrained), so that `film.frames` replays them.
    compile: use XLA, which on a CPU helps the autoencoder and slows the classifiers down (benchmarks/training.py).
    """

    name: str
    label: str
    kind: Literal["denoiser", "classifier", "detector"]
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
    levels: Literal["even", "logarithmic"] = "even"
    deviation: float = 0.0
    loss: Literal["mse", "mae"] = "mse"
    augmentation: Augmentation = Augmentation()
    last_epochs: int = 0
    last_augmentation: Augmentation = Augmentation()
    epochs: int = 20
    batch: int = 128
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: Literal["cosine", "constant"] = "cosine"
    label_smoothing: float = 0.0
    patience: int = 10
    compile: bool = False
    average: float = 0.0
    held_out: float = 0.1
    by_group: bool = False
    start: str = ""
    film: tuple[int, ...] = ()
    half: bool = False
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    seed: int = 0

    def network(self) -> Any:
        """A new, untrained network."""
        function = Spec(self.name, self.label, self.build, "").load()
        return function(**dict(self.arguments))
