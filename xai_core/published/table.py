"""The published figures, one a line, each with where its counterpart is measured and why the two differ."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..experiments import LEVELS, PUBLISHED
from ..experiments.presets import get_preset
from .readers import Found, Reader, accuracy, kept, protocol, reconstruction

REPORT = 'Report "Denoising, explained" (denoising_xai_report.txt)'
SLIDES = 'Slides "Explainable transformer based approach for galaxy classification" (galaxy_xai_slides.txt)'
VARIATIONAL = "Read-me of CNN-Denoiser (variational_cnn_readme.txt)"
CASTINGS = "Hami & JameBozorg (2024), arXiv:2404.10664 (casting_denoising_readme.txt)"

STUDIES = {
    "A": "Denoisers and their activation maps",
    "B": "Galaxies",
    "C": "Variational denoiser",
    "D": "Castings",
}


@dataclass(frozen=True)
class Published:
    """One published figure.

    system: its row in the list of studies ("A1"). label: what it is of. figure: what was measured, with the unit (%, dB).
    value: None where nothing usable was published. approximate: the source gives it roughly. source: the document.
    reader: finds what was measured here. command: measures it where it was not. why: why the two differ, one sentence.
    """

    system: str
    label: str
    figure: str
    unit: str
    value: float | None
    source: str
    reader: Reader
    command: str
    why: str
    approximate: bool = False

    @property
    def study(self) -> str:
        return STUDIES[self.system[0]]


@dataclass(frozen=True)
class Line:
    """A published figure and what was found for it here; None: not measured yet."""

    published: Published
    found: Found | None

    @property
    def difference(self) -> float | None:
        """Measured less published, in the figure's unit."""
        if self.found is None or self.published.value is None:
            return None
        return self.found.value - self.published.value

    @property
    def command(self) -> str:
        return self.found.command if self.found else self.published.command


def table() -> tuple[Line, ...]:
    """All lines, read from the files as they are now. Raises ModelNotFound or InvalidInput where one of them is damaged."""
    return tuple(Line(one, one.reader()) for one in published())


def _autoencoders() -> Iterable[Published]:
    for name, label, value, black in (
        ("autoencoder-mnist", "MNIST", 81.0, "80.9 %"),
        ("autoencoder-fashion", "Fashion-MNIST", 50.0, "50.2 %"),
    ):
        yield Published(
            "A1",
            f"Autoencoder, {label}",
            'Pixel "accuracy" (Keras)',
            "%",
            value,
            REPORT,
            reconstruction(name, "salt_pepper", 0.1, "pixel_accuracy", 100),
            f"python -m xai_core evaluate {name}",
            f"Keras cuts the output at one half and asks whether it equals the grey target exactly, so black pixels decide: "
            f"{black} of the training pixels are black, and a black output scores what the network does (proof below). Measured "
            "here is the stricter share of exactly equal pixels; PSNR is the figure to read.",
            approximate=True,
        )


def _noise_found() -> Iterable[Published]:
    for region in ("off the object", "on edges", "on the object"):
        yield Published(
            "A6",
            "Autoencoder, MNIST",
            f"Noise found {region}, Gaussian sigma 50",
            "%",
            None,
            REPORT,
            kept("noise-split", 100, dataset="mnist", denoiser="autoencoder-mnist", noise="gaussian", region=region),
            "python -m xai_core bench noise-split",
            "The report reads from activation maps that the network finds the noise outside the shape, not on it, and gives no "
            "figure. Measured is how much of the noise the removed part holds there: nearly all off the shape, most of it on the "
            "shape too; it is the edges where it is missed (docs/noise-split.md).",
        )


def _photographs() -> Iterable[Published]:
    shorter = "on the training pictures of BSD here, and much shorter: on two processor cores."
    one = f"Its authors trained one network a level; ours, {{}}, knows sigma 25 alone and was trained {shorter}"
    networks = (
        ("A2", "DnCNN", "DnCNN-S", "dncnn", one.format("17 layers of 64 channels"), "Zhang et al. (2017), arXiv:1608.03981"),
        ("A3", "FFDNet", "FFDNet", "ffdnet", f"The same layers, trained {shorter}", "Zhang et al. (2018), arXiv:1710.04026"),
        (
            "A4",
            "ADNet",
            "ADNet",
            "adnet",
            one.format("17 layers in four blocks"),
            "Tian et al. (2020), doi:10.1016/j.neunet.2019.12.024",
        ),
    )
    for system, label, key, model, why, source in networks:
        for level, value in zip(LEVELS, PUBLISHED["bsd68"][key], strict=True):
            yield Published(
                system,
                label,
                f"PSNR on BSD68, sigma {level:g}",
                "dB",
                value,
                source,
                protocol(model, "bsd68", level),
                f"python -m xai_core bench denoisers --set bsd68 --only {model} --levels {level:g}",
                why,
            )
    for level, value in zip(LEVELS, PUBLISHED["bsd68"]["BM3D"], strict=True):
        yield Published(
            "A5",
            "BM3D",
            f"PSNR on BSD68, sigma {level:g}",
            "dB",
            value,
            "Dabov et al. (2007), doi:10.1109/TIP.2007.901238, as the DnCNN paper prints it",
            kept("denoisers-bsd68", denoiser="bm3d", level=level),
            "pip install bm3d; python -m xai_core bench denoisers --set bsd68 --only bm3d",
            "Not installed here: its authors' package is for non-commercial work only. With it the same protocol is run.",
        )


GALAXIES = (
    "Published on GAMA, 1,180 pictures of 300 x 300 pixels; measured on another data set, SDSS cut-outs with the labels of "
    "Galaxy Zoo"
)
_TRAINED = f"{GALAXIES}; where ImageNet weights could not be had, a narrower network trained from scratch stands here."
_FROZEN = (
    f"{GALAXIES}; where ImageNet weights could not be had, the frozen part is random, which says what the head alone can do."
)


def _galaxies() -> Iterable[Published]:
    imagenet = "galaxy-vgg16-imagenet", "galaxy-resnet50-imagenet"
    networks: tuple[tuple[str, str, float | None, tuple[str, ...], str], ...] = (
        (
            "B1",
            "CNN-1",
            50.08,
            ("galaxy-cnn1",),
            f"{GALAXIES}. The slides' network stays at chance; its failure is kept, not repaired.",
        ),
        ("B1", "CNN-2", 87.80, ("galaxy-cnn2",), f"{GALAXIES}, at 96 x 96 pixels."),
        ("B2", "VGG16, frozen, new head", 79.49, (f"{imagenet[0]}-frozen", "galaxy-vgg16-frozen"), _FROZEN),
        ("B2", "VGG16, fine-tuned", 88.56, (imagenet[0], "galaxy-vgg16"), _TRAINED),
        ("B2", "ResNet50, fine-tuned", 92.29, (imagenet[1], "galaxy-resnet50"), _TRAINED),
        (
            "B3",
            "Vision transformer",
            None,
            ("galaxy-vit",),
            "The title of the slides names a transformer; they give no figure for one.",
        ),
    )
    for system, label, value, models, why in networks:
        command = f"python -m xai_core train {models[-1]}; python -m xai_core evaluate {models[-1]}"
        yield Published(system, label, "Accuracy", "%", value, SLIDES, accuracy(*models), command, why)
    filters = {
        "bilateral": "Bilateral filter",
        "median": "Median filter",
        "non_local_means": "Non-local means",
        "total_variation": "Total variation",
        "wavelet": "Wavelet",
    }
    for name, value in get_preset("b5").published.items():
        yield Published(
            "B5",
            f"{filters.get(name, name)}, then ResNet50",
            "Accuracy",
            "%",
            value,
            SLIDES,
            kept("b5", 100, denoiser=name, noise="none"),
            "python -m xai_core sweep b5",
            f"{GALAXIES}; pictures as they are, no noise added, as in the slides.",
        )


def _variational() -> Iterable[Published]:
    yield Published(
        "C1",
        "Variational CNN denoiser",
        "PSNR",
        "dB",
        None,
        VARIATIONAL,
        kept("cifar10", section="denoisers", denoiser="variational-cifar10", level=25.0),
        "python -m xai_core bench cifar10",
        "Nothing usable was published: the code of the source is a dense autoencoder without noise and without sampling. "
        "Measured is the picture of the latent mean, Gaussian sigma 25.",
    )
    clean = {"noise": "none", "denoiser": "none"}
    reconstructed = {"noise": "gaussian", "level": 25.0, "denoiser": "variational-cifar10"}
    for label, value, where in (("clean", 94.7, clean), ("reconstructed", 88.26, reconstructed)):
        yield Published(
            "C2",
            f"CIFAR-10 classifier on {label} pictures",
            "Accuracy",
            "%",
            value,
            VARIATIONAL,
            kept("cifar10", 100, section="accuracy", **where),
            "python -m xai_core bench cifar10",
            "No code of the source makes these figures, which name no level of noise; its confusion matrix has a diagonal of "
            "about 45 %. Ours learned from 12,000 pictures instead of 50,000; reconstructed is Gaussian sigma 25 through the "
            "stacked variational network.",
        )


_WRAPPED = (
    "The source subtracts 8-bit arrays, whose difference wraps around (proof below), on castings of which it has only 135 "
    "photographs; ours are computed in floating point and split by photograph."
)
_PERCEPTUAL = "LPIPS needs weights of others, which are not part of NoiseLens, so the project's own tables hold none."
FIGURES = ("SSIM x 100", ""), ("PSNR", "dB"), ("LPIPS x 100", "")
"""Of the source's denoisers, with their units."""

_OURS = "No counterpart in the source: what the product takes for this kind of noise, on the same pictures as the row above it."
_RETRAINED = "Another split, by photograph, so that no casting is on both sides, and a network trained here."
_SPLIT = (
    "The source splits by picture, so photographs of one part are on both sides; it compares predictions with labels in another "
    "order, and takes other pictures before and after. Ours are four folds by photograph, the same pictures before and after "
    "with salt & pepper, Gaussian and periodic noise together, and a narrow network without ImageNet; only 13 photographs are of "
    "OK castings."
)


def _castings() -> Iterable[Published]:
    for label, value in (("as stated", 99.0), ("in the code", 97.6)):
        yield Published(
            "D1",
            f"Kind of noise from the spectrum, {label}",
            "Accuracy",
            "%",
            value,
            CASTINGS,
            kept("noise-kinds", 100, figure="accuracy", method="both", dataset="mixed"),
            "python -m xai_core bench noise-kinds",
            "The paper states more than 99 %, its notebook prints 97.6 %; three kinds there, six here, from faint to "
            "strong; the network's answer and the classical one pooled.",
            approximate=value == 99.0,
        )
    quality: dict[tuple[str, str, str], tuple[float | None, ...]] = {
        ("salt & pepper, median", "salt_pepper", "median"): (87.97, 34.7, 5.84),
        ("Gaussian, autoencoder", "gaussian", "skip-autoencoder"): (64.0, 23.7, 18.98),
        ("periodic, autoencoder", "periodic", "skip-autoencoder"): (81.7, 22.8, 5.12),
        ("Gaussian, U-Net, our choice", "gaussian", "unet-grey"): (None, None, None),
        ("periodic, notch filter, our choice", "periodic", "notch"): (None, None, None),
    }
    for (label, noise, denoiser), values in quality.items():
        for (figure, unit), published_value in zip(FIGURES, values, strict=True):
            perceptual = "LPIPS" in figure
            if published_value is None and perceptual:
                continue
            differs = _WRAPPED if unit and "salt" in label else _RETRAINED
            wanted = {"noise": noise, "denoiser": denoiser, "figure": figure.split()[0].lower()}
            yield Published(
                "D2",
                f"Castings, {label}",
                figure,
                unit,
                published_value,
                CASTINGS,
                kept("castings", 1 if unit else 100, **wanted),
                "" if perceptual else "python -m xai_core bench castings",
                _OURS if published_value is None else _PERCEPTUAL if perceptual else differs,
            )
    for network, before, after in (("VGG16", 94.6, 97.0), ("InceptionV3", 84.7, 90.1)):
        for condition, value in (("noisy", before), ("denoised", after)):
            name = f"casting-{network.lower()}"
            yield Published(
                "D3",
                f"Defects with {network}, {condition} castings",
                "Accuracy",
                "%",
                value,
                CASTINGS,
                kept("inspection", 100, classifier=name, noise="all three", condition=condition, figure="accuracy"),
                f"python -m xai_core bench inspection --only {name}",
                _SPLIT,
            )
    yield Published(
        "D4",
        "Diffusion-based denoiser",
        "PSNR",
        "dB",
        None,
        CASTINGS,
        kept("diffusion", section="quality", what="mean of 16 samples", level=25.0),
        "python -m xai_core bench diffusion",
        "Named as future work; no figure was published. Measured is the mean of 16 samples of a model of clothes (Fashion-MNIST) "
        "at sigma 25.",
    )


def published() -> tuple[Published, ...]:
    """Every published figure, study by study."""
    return (*_autoencoders(), *_photographs(), *_noise_found(), *_galaxies(), *_variational(), *_castings())


COLUMNS = (
    *("system", "study", "of", "figure", "unit", "published", "approximate", "source"),
    *("measured", "low_95", "high_95", "split", "pictures", "model", "command", "why"),
)


def csv_text(lines: Sequence[Line]) -> str:
    """The lines as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        one, found = line.published, line.found
        here = (found.value, found.low, found.high, found.split, found.pictures, found.model) if found else (None,) * 6
        said = (one.system, one.study, one.label, one.figure, one.unit, one.value, one.approximate, one.source)
        writer.writerow([*said, *here, line.command, one.why])
    return text.getvalue()
