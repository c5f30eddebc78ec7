"""The Scene: one frozen value that holds all that decides what is on the screen.

From it follow the shareable link, the cache keys, the "show the code" snippet and a row of an experiment.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from . import __version__
from .classifiers import CLASSIFIERS
from .datasets import DATASETS
from .denoisers import DENOISERS, fits, smoothing
from .errors import InvalidInput, NoiseLensError
from .explainers import EXPLAINERS
from .noise import NOISES
from .registry import Parameter, Registry, Spec
from .weights import trained_models

UPLOAD = "upload"
"""The name of the data set that is the user's own picture."""

COLORMAPS = ("viridis", "cividis", "magma", "jet", "grey")
SMOOTHINGS = smoothing.SMOOTHINGS.names
SCALES = ("map", "layer", "global")
TILES = ("denoised", "removed", "spectrum")
LEVEL_SOURCES = ("known", "estimated")

VIEW = Spec(
    "view",
    "a page",
    "",
    "What is open on it, and how it is looked at.",
    (
        Parameter("picture", "Picture", "slider", choices=("slider", "noisy", "denoised", "clean")),
        Parameter("beside", "Compared with", "", choices=("", *DENOISERS.names), help="Empty: chosen by the page."),
        *(Parameter(name, name.capitalize(), False) for name in ("split", "layers", "region", "invented", "chain")),
        Parameter(
            "method",
            "Method",
            "integrated_gradients",
            choices=("saliency", "integrated_gradients", "grad_cam", "full_grad", "lime", "occlusion", "lam"),
        ),
        Parameter("measure", "What is explained", "value", choices=("value", "detail", "residual", "psnr")),
        Parameter("baseline", "Baseline", "black", choices=("black", "blurred", "clean", "denoised")),
        Parameter("path", "Path", "blur", choices=("blur", "noise", "denoised")),
        Parameter("direction", "Direction", 1, 1, 3, 1),
        Parameter("deviations", "Standard deviations along it", 1.0, -3.0, 3.0, 0.25),
        Parameter("structure", "Structure", "arm", choices=("arm", "stroke", "scratch")),
        Parameter("contrast", "Height of the structure", 1.0, 0.25, 4.0, 0.25, "standard deviations of the noise"),
        Parameter("untrained", "Untrained, as a control", False),
        Parameter("back", "Method", "gradient_x_input", choices=("gradient", "gradient_x_input", "integrated_gradients")),
        Parameter(
            "treated",
            "Treat it as",
            "detected",
            choices=("detected", "none", "gaussian", "salt_pepper", "periodic", "speckle", "poisson"),
        ),
        *(Parameter(name, name.capitalize(), False) for name in ("why", "kinds", "quality", "inspection", "around", "figures")),
        Parameter(
            "variational",
            "Variational denoiser",
            "variational-cifar10",
            choices=tuple(name for name in DENOISERS.names if name.startswith("variational-cifar10")),
        ),
        Parameter("samples", "Samples", 8, 4, 32, 4),
        Parameter("draw", "Seed of the samples", 0, 0, 9999, 1),
        *(Parameter(f"moved_{rank}", f"Channel {rank}", 0.0, -3.0, 3.0, 0.25) for rank in (1, 2, 3)),
        Parameter("channel", "Channel", 1, 1, 64, 1, help="1: the most informative."),
        *(Parameter(name, name.capitalize(), False) for name in ("betas", "film", "named", "latents")),
        Parameter("codes", "Codes of", "clean", choices=("clean", "noisy")),
        Parameter("plane", "Plane", "pca", choices=("pca", "tsne")),
        Parameter("answers", "Several answers", False),
        Parameter("answers_count", "Samples", 16, 4, 32, 1),
        Parameter("answers_steps", "Steps", 10, 1, 30, 1, help="Levels of noise on the way down. 1: the denoiser's own answer."),
        Parameter(
            "answers_eta",
            "Stochasticity (eta)",
            1.0,
            0.0,
            1.0,
            0.1,
            help="Fresh noise in each step. 1: that of DDPM. 0: none (DDIM), and all samples are the same.",
        ),
    ),
)
"""The settings of single pages. Explain a denoiser: picture to back, split to chain being the sections that are open.
Castings: the kind of noise that a picture is treated as, and what is open, why being the detector's explanation. CIFAR-10: from
variational to plane, betas to latents being the sections that are open. Denoise: from answers, whether they are shown, on."""

Parameters = tuple[tuple[str, float | int | str | bool | None], ...]


@dataclass(frozen=True)
class Scene:
    """What to look at.

    dataset, index: the picture, or `upload`: the sha256 of the user's own (dataset "upload").
    noise, level, seed, noise_parameters: as for `add_noise`; level None is that noise's default.
    clip: limit the noisy picture to [0, 1] as a file would.
    denoiser, denoiser_parameters; level_source: whether it is told the true noise level or estimates it.
    classifier, target: the class that is explained ("class:1"; empty: the one predicted on the clean picture).
    spot: what is explained of the denoised picture ("pixel:14,14", "window:12,12,5,5"; empty: the pixel in its middle).
    explainers: methods in the order of their rows; explainer_parameters: "method.parameter" and value.
    layer, denoiser_layer: of the classifier and of the denoiser, whose activations are shown; cam_layer: where Grad-CAM looks
    (empty: chosen by the method).
    compared: denoisers side by side (empty: chosen by the page); tile: what is seen of each.
    ablated: channels of a layer of the denoiser that are turned off ("layer:1,5"; empty: none).
    view_parameters: settings of single pages, those of `VIEW`.
    colormap, alpha, smoothing, linked: how heat maps are drawn; scale: of the channel grids.
    """

    dataset: str = "simulated_galaxies"
    index: int = 0
    upload: str = ""
    noise: str = "gaussian"
    level: float | None = None
    seed: int = 0
    noise_parameters: Parameters = ()
    clip: bool = True
    denoiser: str = "non_local_means"
    denoiser_parameters: Parameters = ()
    level_source: str = "known"
    classifier: str = "galaxy-cnn2"
    target: str = ""
    spot: str = ""
    explainers: tuple[str, ...] = ("grad_cam", "lime", "integrated_gradients")
    explainer_parameters: Parameters = ()
    layer: str = ""
    denoiser_layer: str = ""
    cam_layer: str = ""
    compared: tuple[str, ...] = ()
    tile: str = "denoised"
    ablated: str = ""
    view_parameters: Parameters = ()
    colormap: str = "viridis"
    alpha: float = 0.6
    smoothing: str = "none"
    linked: bool = True
    scale: str = "layer"

    def key(self, *names: str) -> str:
        """A cache key over some fields (all, if none is named), the code's version included; never an image."""
        chosen = {name: getattr(self, name) for name in names or (field.name for field in fields(self))}
        return hashlib.sha256(json.dumps([__version__, chosen], sort_keys=True).encode()).hexdigest()

    def to_query(self) -> dict[str, str]:
        """The query parameters of this scene's link; values that are the default are left out."""
        query = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default or value is None:
                continue
            if field.name.endswith("_parameters"):
                prefix = field.name.removesuffix("_parameters")
                query.update({f"{prefix}.{name}": _write(item) for name, item in value})
            else:
                query[field.name] = _write(value)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["Scene", list[str]]:
        """The scene of a link and a sentence for each value that could not be used (the default stands in for it)."""
        scene, notices = cls(), []
        known = {field.name for field in fields(cls)}
        # The choices first: what a parameter means depends on them.
        for key in sorted(query, key=lambda key: "." in key):
            prefix, _, name = key.partition(".")
            try:
                if name and f"{prefix}_parameters" in known:
                    scene = scene.with_parameter(prefix, name, _read(query[key]))
                elif key in known and not key.endswith("_parameters"):
                    scene = scene.with_value(key, query[key])
                else:
                    raise InvalidInput("there is no such setting.")
            except NoiseLensError as error:
                notices.append(f"The link's {key[:40]} = {query[key][:40]!r} was ignored: {error}")
        if scene.level is not None:
            try:
                NOISES.get(scene.noise).parameter("level").check(scene.level)
            except NoiseLensError as error:
                notices.append(f"The link's level was ignored: {error}")
                scene = replace(scene, level=None)
        return scene, notices

    def with_value(self, name: str, text: str) -> "Scene":
        """This scene with one field read from text; InvalidInput if the text does not fit."""
        if name in _REGISTRIES and not (name == "dataset" and text == UPLOAD):
            _REGISTRIES[name].get(text)
        if name in _CHOICES and text not in _CHOICES[name]:
            raise InvalidInput(f"expected one of {', '.join(_CHOICES[name])}.")
        value: Any = text
        if name in _LISTS:
            value = tuple(dict.fromkeys(_LISTS[name].get(part).name for part in text.split(",") if part))
        elif name in ("index", "seed"):
            value = _whole_number(text)
        elif name in ("level", "alpha"):
            value = _number(text)
            if name == "alpha" and not 0 <= value <= 1:
                raise InvalidInput("expected a number between 0 and 1.")
        elif name in ("clip", "linked"):
            if text not in ("true", "false"):
                raise InvalidInput("expected true or false.")
            value = text == "true"
        elif len(text) > 200:
            raise InvalidInput("the value is too long.")
        return replace(self, **{name: value})

    def with_parameter(self, prefix: str, name: str, value: Any) -> "Scene":
        """This scene with one parameter of its noise, denoiser, view or explainer ("method.parameter") set and checked."""
        if prefix == "noise":
            if name == "level":
                raise InvalidInput("the level is a setting of its own: level=...")
            value = NOISES.get(self.noise).parameter(name).check(value)
        elif prefix == "denoiser":
            value = DENOISERS.get(self.denoiser).parameter(name).check(value)
        elif prefix == "view":
            value = VIEW.parameter(name).check(value)
        else:
            method, _, parameter = name.partition(".")
            value = EXPLAINERS.get(method).parameter(parameter).check(value)
        field = f"{prefix}_parameters"
        values = dict(getattr(self, field)) | {name: value}
        changes: dict[str, Any] = {field: tuple(sorted(values.items()))}
        return replace(self, **changes)

    def parameters_of(self, method: str) -> dict[str, Any]:
        """The parameters set for one explainer."""
        return {key.partition(".")[2]: value for key, value in self.explainer_parameters if key.startswith(f"{method}.")}

    def view(self, name: str) -> Any:
        """A setting of one page, out of `VIEW`."""
        return dict(self.view_parameters).get(name, VIEW.parameter(name).default)

    def code(self) -> str:
        """Python that computes this scene's pictures and maps in a notebook."""
        picture = (
            'import pathlib\nclean = xc.from_bytes(pathlib.Path("my_picture.png").read_bytes(), "my_picture.png").image(0)'
            if self.dataset == UPLOAD
            else f"data = xc.load_dataset({self.dataset!r})\nclean = data.image({self.index})"
        )
        level = NOISES.get(self.noise).parameter("level").default if self.level is None else self.level
        noise_arguments = "".join(f", {name}={value!r}" for name, value in self.noise_parameters)
        denoiser_arguments = "".join(f", {name}={value!r}" for name, value in self.denoiser_parameters)
        lines = [
            "import xai_core as xc",
            "",
            picture,
            f"noisy = xc.add_noise(clean, {self.noise!r}, level={_write(level)}, seed={self.seed}{noise_arguments})",
        ]
        known = self.level_source == "known"
        if known:
            lines.append("level = 255 * float(((noisy - clean) ** 2).mean()) ** 0.5  # the noise's true standard deviation")
        if self.clip:
            lines.append("noisy = xc.clip(noisy)")
        if not known:
            lines.append("level = float(xc.estimate_sigma(noisy)[0])  # from the noisy picture alone")
        lines += [
            f"denoiser = xc.load_denoiser({self.denoiser!r}{denoiser_arguments}).at(level)",
            "denoised = denoiser(noisy)",
            "print(xc.metrics.psnr(clean, noisy), xc.metrics.psnr(clean, denoised))",
        ]
        if self.spot and DENOISERS.get(self.denoiser).supports.get("neural"):
            for method in ("integrated_gradients", "grad_cam"):
                call = f"xc.explain(denoiser, x, {method!r}, target={self.spot!r})"
                lines.append(f"spot_{method} = [{call} for x in (clean, noisy, denoised)]")
        if self.classifier and self.dataset in (*CLASSIFIERS.get(self.classifier).supports["datasets"], UPLOAD):
            target = repr(self.target) if self.target else "int(classifier(clean).argmax())"
            lines += ["", f"classifier = xc.load_classifier({self.classifier!r})", f"target = {target}"]
            for method in self.explainers:
                arguments = dict(self.parameters_of(method))
                if self.cam_layer and takes_layer(method):
                    arguments["layer"] = self.cam_layer
                written = "".join(f", {name}={value!r}" for name, value in arguments.items())
                call = f"xc.explain(classifier, x, {method!r}, target=target{written})"
                if method != "lime":
                    lines.append(f"{method} = [{call} for x in (clean, noisy, denoised)]")
                    continue
                others = "".join(f", {name}={value!r}" for name, value in arguments.items() if name != "segments")
                lines += [
                    f"lime = [xc.explain(classifier, clean, 'lime', target=target{written})]",
                    'segments = lime[0].diagnostics["segments"][0]  # those of the clean picture for all',
                    "for x in (noisy, denoised):",
                    f"    lime.append(xc.explain(classifier, x, 'lime', target=target, segments=segments{others}))",
                ]
        return "\n".join(lines) + "\n"


_REGISTRIES: dict[str, Registry] = {"dataset": DATASETS, "noise": NOISES, "denoiser": DENOISERS, "classifier": CLASSIFIERS}
_LISTS: dict[str, Registry] = {"explainers": EXPLAINERS, "compared": DENOISERS}
_CHOICES = {"colormap": COLORMAPS, "smoothing": SMOOTHINGS, "scale": SCALES, "tile": TILES, "level_source": LEVEL_SOURCES}


def denoisers_for(shape: tuple[int, ...], dataset: str) -> tuple[str, ...]:
    """Denoisers that take pictures of this (H, W, C), those made for the data set first, networks without weights last."""
    trained = trained_models()
    fitting = [spec for spec in DENOISERS if fits(spec, shape)]
    fitting.sort(key=lambda spec: bool(spec.supports.get("neural")) and spec.name not in trained)
    return _names_first(fitting, [spec for spec in fitting if _made_for(dataset, spec) and spec.name in trained])


def _made_for(dataset: str, spec: Spec) -> bool:
    return dataset in spec.supports.get("pictures", ())


def takes_layer(method: str) -> bool:
    """Whether an explanation method looks at one layer of the network."""
    return any(parameter.name == "layer" for parameter in EXPLAINERS.get(method).parameters)


def classifiers_for(dataset: str) -> tuple[str, ...]:
    """Classifiers that know the classes of a data set, all for an uploaded picture; only trained ones, if there is one."""
    names = tuple(spec.name for spec in CLASSIFIERS if dataset == UPLOAD or dataset in spec.supports["datasets"])
    return tuple(name for name in names if name in trained_models()) or names


def _names_first(specs: Iterable[Any], first: Iterable[Any]) -> tuple[str, ...]:
    names = [spec.name for spec in first]
    return (*names, *(spec.name for spec in specs if spec.name not in names))


def usual_denoiser(shape: tuple[int, ...], dataset: str, current: str) -> str:
    """The denoiser for pictures of another data set: one trained on it, else the current one if it fits, else the default."""
    names = denoisers_for(shape, dataset)
    if _made_for(dataset, DENOISERS.get(names[0])) and names[0] in trained_models():
        return names[0]
    return current if current in names else Scene.denoiser


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"  # 25, not 25.0
    return str(value)


def _read(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        return _number(text)
    except InvalidInput:
        return text


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InvalidInput("expected a number.") from None
    if not abs(value) < 1e9:
        raise InvalidInput("expected a finite number.")
    return value


def _whole_number(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise InvalidInput("expected a whole number, 0 or more.")
    return int(text)
