"""Explanations: what in a picture a network's output depends on.

Adding a method is one file with a function (subject, *, parameters..., progress) -> Evidence and one Spec below.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..images import resize
from ..registry import Parameter, Registry, Spec
from ..types import Array, Explanation, Progress
from ._activations import LayerSummary, activations, list_layers, spatial_layers, summarise_layers
from ._health import LayerHealth, layer_health
from ._layers import field
from ._masks import HIDE
from .attention_rollout import has_attention
from .base import ClassLogit, Evidence, Target, resize_nearest, resize_sum
from .grad_cam import default_layer
from .image_targets import Pixel, Psnr, ResidualEnergy, WindowDetail, WindowMean
from .lime import superpixels
from .maximisation import Maximised, activation_maximisation
from .targets import TARGETS, parse_target, targets_text

__all__ = [
    "EXPLAINERS",
    "TARGETS",
    "ClassLogit",
    "Evidence",
    "LayerHealth",
    "LayerSummary",
    "Maximised",
    "Pixel",
    "Psnr",
    "ResidualEnergy",
    "Target",
    "WindowDetail",
    "WindowMean",
    "activation_maximisation",
    "activations",
    "default_layer",
    "explain",
    "has_attention",
    "layer_health",
    "list_layers",
    "parse_target",
    "spatial_layers",
    "summarise_layers",
    "superpixels",
]

BETWEEN_PREVIEWS = 0.3
"""Seconds between two looks at the maps so far."""

LAYER = Parameter(
    "layer", "Layer", None, help="Empty: the last convolution with a map of rows and columns, after its activation."
)
SEED = Parameter("seed", "Seed", 0, 0, 2**31 - 1, 1)
TOLERANCE = Parameter(
    "tolerance", "Tolerance", 0.0, 0.0, 1.0, 0.01, "standard error, of the map's range", help="0: no early stop."
)

# supports: signed - values below zero speak against the target; gradients - needs a Keras model; slow - worth a progress bar;
# resize - how a map is brought to the size of the image: "smooth", "sum" (smooth, keeping its sum) or "nearest";
# unit - of the map's values, with {score} for the target's, where it is not the usual one; control - looks at no network;
# attention - only for networks where `has_attention` is true.
EXPLAINERS = Registry(
    "explanation method",
    (
        Spec(
            "saliency",
            "Saliency",
            "xai_core.explainers.saliency:saliency",
            "How much the target changes with a small change of each pixel.",
            citation="Simonyan, Vedaldi, Zisserman (2014), arXiv:1312.6034",
            passes="1 forward and backward pass",
            supports={
                "signed": False,
                "gradients": True,
                "slow": False,
                "resize": "smooth",
                "unit": "{score} for a change from black to white",
            },
        ),
        Spec(
            "smoothgrad",
            "SmoothGrad",
            "xai_core.explainers.smoothgrad:smoothgrad",
            "Saliency averaged over noisy copies of the picture.",
            (
                Parameter("samples", "Samples", 50, 1, 1000, 1, "noisy copies"),
                Parameter("spread", "Spread of the noise", 0.15, 0.0, 1.0, 0.01, "of the picture's range"),
                TOLERANCE,
                SEED,
            ),
            citation="Smilkov et al. (2017), arXiv:1706.03825",
            passes="samples forward and backward passes",
            supports={
                "signed": False,
                "gradients": True,
                "slow": True,
                "resize": "smooth",
                "unit": "{score} for a change from black to white",
            },
        ),
        Spec(
            "integrated_gradients",
            "Integrated gradients",
            "xai_core.explainers.integrated_gradients:integrated_gradients",
            "How much each pixel adds to the target on the way from a baseline picture to this one.",
            (
                Parameter("steps", "Steps", 50, 1, 1000, 1, "points on the path"),
                Parameter(
                    "baseline",
                    "Baseline",
                    "black",
                    choices=("black", "white", "mean", "blurred"),
                    help="The picture that stands for nothing: pixels like it get no evidence.",
                ),
                Parameter(
                    "path",
                    "Path",
                    "straight",
                    choices=("straight", "blur"),
                    help="Blur: from a strong blur of the picture, which is then the baseline, to the picture.",
                ),
                Parameter(
                    "tolerance",
                    "Tolerance",
                    0.0,
                    0.0,
                    1.0,
                    0.001,
                    "completeness residual",
                    help="More steps, up to 1,000, until the residual is below this; 0: the steps as given.",
                ),
            ),
            citation="Sundararajan, Taly, Yan (2017), arXiv:1703.01365",
            passes="steps forward and backward passes, 2 forward passes; with a tolerance up to 1,450",
            supports={"signed": True, "gradients": True, "slow": False, "resize": "sum"},
        ),
        Spec(
            "grad_cam",
            "Grad-CAM",
            "xai_core.explainers.grad_cam:grad_cam",
            "Where the features of a convolution support the target.",
            (LAYER,),
            citation="Selvaraju et al. (2017), doi:10.1109/ICCV.2017.74",
            passes="1 forward pass and a part of a backward pass",
            supports={"signed": False, "gradients": True, "slow": False, "resize": "smooth"},
        ),
        Spec(
            "grad_cam_plus_plus",
            "Grad-CAM++",
            "xai_core.explainers.grad_cam_plus_plus:grad_cam_plus_plus",
            "Grad-CAM with more weight where a feature raises the target: for several objects of one class.",
            (LAYER,),
            citation="Chattopadhay et al. (2018), doi:10.1109/WACV.2018.00097",
            passes="1 forward pass and a part of a backward pass",
            supports={"signed": False, "gradients": True, "slow": False, "resize": "smooth"},
        ),
        Spec(
            "layer_cam",
            "Layer-CAM",
            "xai_core.explainers.layer_cam:layer_cam",
            "Where the features support the target, weighed position by position: sharp in early layers too.",
            (LAYER,),
            citation="Jiang et al. (2021), doi:10.1109/TIP.2021.3089943",
            passes="1 forward pass and a part of a backward pass",
            supports={"signed": False, "gradients": True, "slow": False, "resize": "smooth"},
        ),
        Spec(
            "score_cam",
            "Score-CAM",
            "xai_core.explainers.score_cam:score_cam",
            "The channels of a convolution, weighed by the target when only what they mark is visible.",
            (LAYER, Parameter("channels", "Channels", 64, 0, 4096, 1, "0: all", help="Those whose maps vary most.")),
            citation="Wang et al. (2020), arXiv:1910.01279",
            passes="channels + 1 forward passes",
            supports={"signed": False, "gradients": True, "slow": True, "resize": "smooth"},
        ),
        Spec(
            "full_grad",
            "FullGrad",
            "xai_core.explainers.full_grad:full_grad",
            "What the pixels and the biases of all layers add to the target, laid over the picture.",
            citation="Srinivas & Fleuret (2019), arXiv:1905.00780",
            passes="2 forward passes and 1 backward pass",
            supports={"signed": True, "gradients": True, "slow": False, "resize": "sum"},
        ),
        Spec(
            "lime",
            "LIME",
            "xai_core.explainers.lime:lime",
            "Which superpixels carry the target, by hiding them at random.",
            (
                Parameter("samples", "Samples", 1000, 10, 20000, 10, "masked pictures"),
                Parameter("segments", "Superpixels", 50, 2, 500, 1, "wanted number"),
                Parameter("hide", "Hidden parts show", "mean", choices=("mean", "black")),
                TOLERANCE,
                SEED,
                Parameter("batch_size", "Batch size", 50, 1, 1024, 1, "pictures per pass"),
            ),
            citation="Ribeiro, Singh, Guestrin (2016), arXiv:1602.04938",
            passes="samples forward passes",
            supports={"signed": True, "gradients": False, "slow": True, "resize": "nearest"},
        ),
        Spec(
            "occlusion",
            "Occlusion",
            "xai_core.explainers.occlusion:occlusion",
            "What the target loses when a patch is hidden.",
            (
                Parameter("share", "Patch", 0.15, 0.02, 0.5, 0.01, "of the shorter side"),
                Parameter("overlap", "Overlap", 2, 1, 8, 1, "patches on a pixel, each way"),
                Parameter("hide", "Hidden parts show", "mean", choices=HIDE),
            ),
            citation="Zeiler & Fergus (2014), doi:10.1007/978-3-319-10590-1_53",
            passes="a forward pass for each patch (about 170)",
            supports={"signed": True, "gradients": False, "slow": True, "resize": "smooth", "unit": "{score}"},
        ),
        Spec(
            "rise",
            "RISE",
            "xai_core.explainers.rise:rise",
            "How much higher the target is where random smooth masks leave a pixel visible.",
            (
                Parameter("samples", "Samples", 1000, 10, 20000, 10, "masked pictures"),
                Parameter("cells", "Cells", 7, 2, 32, 1, "of a mask, each way"),
                Parameter("keep", "Visible", 0.5, 0.05, 0.95, 0.05, "chance of a cell"),
                Parameter("hide", "Hidden parts show", "black", choices=HIDE),
                TOLERANCE,
                SEED,
            ),
            citation="Petsiuk, Das, Saenko (2018), arXiv:1806.07421",
            passes="samples forward passes",
            supports={"signed": True, "gradients": False, "slow": True, "resize": "smooth", "unit": "{score}"},
        ),
        Spec(
            "attention_rollout",
            "Attention rollout",
            "xai_core.explainers.attention_rollout:attention_rollout",
            "How much of each patch a transformer's attention hands on to the place where the class is read.",
            (
                Parameter(
                    "weighted",
                    "Weight",
                    "attention",
                    choices=("attention", "gradient"),
                    help="Attention is the same for all classes; its gradient tells them apart.",
                ),
                Parameter("heads", "Heads", "mean", choices=("mean", "max"), help="How the heads of a layer are put together."),
            ),
            citation="Abnar & Zuidema (2020), arXiv:2005.00928",
            passes="1 forward pass; by gradient also 1 backward pass",
            supports={"signed": False, "gradients": True, "slow": False, "resize": "smooth", "attention": True},
        ),
        Spec(
            "random_map",
            "Random map (control)",
            "xai_core.explainers.controls:random_map",
            "Noise that knows nothing of network or picture: what an explanation must be better than.",
            (SEED,),
            citation="a control",
            passes="none",
            supports={"signed": False, "gradients": False, "slow": False, "resize": "smooth", "control": True},
        ),
        Spec(
            "edges",
            "Edges (control)",
            "xai_core.explainers.controls:edges",
            "The edges of the picture, without any network: a map that looks like them shows the picture, not the network.",
            citation="Adebayo et al. (2018), arXiv:1810.03292",
            passes="none",
            supports={
                "signed": False,
                "gradients": False,
                "slow": False,
                "resize": "smooth",
                "control": True,
                "unit": "brightness per pixel",
            },
        ),
    ),
)


def explain(
    model: Any,
    images: ArrayLike,
    method: str,
    target: Any = None,
    *,
    progress: Progress | None = None,
    preview: Callable[[Explanation], None] | None = None,
    **parameters: Any,
) -> Explanation:
    """Explain a target of a model's output; the same arguments give the same bytes.

    model: a Keras 3 model (functional, sequential, subclassed, nested), which takes images (N, H, W, C) of its own input shape;
    a classifier or denoiser of this library, which takes images of any size; or any function images -> outputs (for the methods
    that only hide parts of the picture: LIME, occlusion, RISE).
    method: a name of `list_explainers()`; parameters: its own. An image given as `baseline` (integrated gradients) or a label
    map as `segments` (LIME) is used as it is: pass the segments of a first call's diagnostics to compare maps.
    target: a class (int), a `Target`, its link form ("class:1", "pixel:12,7", "residual"; see `parse_target`), or a sequence of
    these, one per image; None: each image's predicted class, or the mean of the picture that the model returns. Classes are
    explained by their logit; pixels are those of the model's output.
    progress: called with the share done. preview: called with the maps so far, soon and then at most every 0.3 s, by methods
    that refine them (LIME, RISE, SmoothGrad, occlusion, Score-CAM); the result is the same without.
    Returns maps (N, H, W) float32 at the size of the images given. Every method reports score, (N,): the target's value.
    Raises UnknownName for a method, parameter or layer that is not there, InvalidInput where model, images and target do not fit,
    for images of one row or column, and where a network lacks what the method needs (attention, a map of rows and columns).
    """
    from ._models import examine

    spec = EXPLAINERS.get(method)
    values = _complete(spec, parameters)
    _check_extent(images)
    started = perf_counter()
    subject = examine(model, images, target)
    if subject.model is None and spec.supports["gradients"]:
        others = ", ".join(item.label for item in EXPLAINERS if not item.supports["gradients"])
        raise InvalidInput(f"{spec.label} needs the gradients of a neural network, and this is none. Use {others}.")

    def explained(evidence: Evidence) -> Explanation:
        return Explanation(
            heatmap=_to_size(_in_frame(evidence.maps, subject, spec.supports["resize"]), subject.size, spec.supports["resize"]),
            method=spec.name,
            target=targets_text(subject.targets),
            parameters={name: "given" if isinstance(value, np.ndarray) else value for name, value in values.items()},
            signed=bool(spec.supports["signed"]),
            diagnostics=evidence.diagnostics,
            seconds=perf_counter() - started,
        )

    shown = -np.inf

    def report(share: float, so_far: Callable[[], Evidence] | None = None) -> None:
        nonlocal shown
        if progress is not None:
            progress(share)
        if preview is not None and so_far is not None and perf_counter() - shown >= BETWEEN_PREVIEWS:
            preview(explained(so_far()))
            shown = perf_counter()

    return explained(spec.load()(subject, progress=report, **values))


def _check_extent(images: ArrayLike) -> None:
    """InvalidInput for pictures that have no neighbouring pixels one way, of which a map would be a line."""
    shape = np.shape(images)
    height, width = shape if len(shape) == 2 else shape[-3:-1] if len(shape) in (3, 4) else (2, 2)
    if 1 in (height, width):
        raise InvalidInput(
            f"Expected images of at least 2 x 2 pixels, received {height} x {width}, of which a map would be a line. "
            "Take a larger part of the picture."
        )


def _complete(spec: Spec, given: dict[str, Any]) -> dict[str, Any]:
    """All parameters; arrays, and texts for a parameter that has no choices (a layer), are checked by the method itself."""
    free = {
        name: value
        for name, value in given.items()
        if isinstance(value, np.ndarray)
        or (isinstance(value, str) and spec.parameter(name).default is None and not spec.parameter(name).choices)
    }
    for name in free:
        spec.parameter(name)
    return spec.complete({name: value for name, value in given.items() if name not in free}) | free


def _in_frame(maps: Array, subject: Any, how: str) -> Array:
    """A layer's maps (N, h, w) laid over the part of the input that the network looks at, 0 around it."""
    height, width = subject.shape[:2]
    rows, columns = field(subject.model, subject.shape)
    part = rows.stop - rows.start, columns.stop - columns.start
    if maps.shape[1:] == (height, width) or part == (height, width):
        return maps
    framed = np.zeros((len(maps), height, width), np.float32)
    framed[:, rows, columns] = _to_size(maps, part, how)
    return framed


def _to_size(maps: Array, size: tuple[int, int], how: str) -> Array:
    """Maps (N, h, w) at the size of the images, (N, H, W)."""
    if how == "sum":
        return resize_sum(maps, *size)
    if how == "nearest":
        resized: Array = resize_nearest(maps, *size)
        return resized
    return resize(maps[..., None], *size)[..., 0]
