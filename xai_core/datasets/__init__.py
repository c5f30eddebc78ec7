"""Data sets: one file a source, found in the order data folder, installed package, download, simulation."""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from ..errors import InvalidInput, NoiseLensError
from ..registry import Registry, Spec
from ..types import Dataset, Progress

DATASETS = Registry(
    "data set",
    (
        Spec(
            "mnist",
            "MNIST digits",
            "xai_core.datasets.mnist:load",
            "Handwritten digits, 28 x 28 grey.",
            citation="LeCun et al. (1998), doi:10.1109/5.726791",
            supports={"splits": ("train", "test"), "evaluation": "test", "download": True},
        ),
        Spec(
            "fashion_mnist",
            "Fashion-MNIST",
            "xai_core.datasets.fashion_mnist:load",
            "Clothes and shoes, 28 x 28 grey.",
            citation="Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747",
            supports={"splits": ("train", "test"), "evaluation": "test", "download": True},
        ),
        Spec(
            "galaxies",
            "Galaxies (Elliptical / Other)",
            "xai_core.datasets.galaxies:load",
            "Real SDSS galaxies labelled by Galaxy Zoo volunteers, 256 x 256 colour.",
            citation="Lintott et al. (2008), doi:10.1111/j.1365-2966.2008.13689.x",
            supports={"splits": ("train", "val"), "evaluation": "val"},
        ),
        Spec(
            "galaxy10",
            "Galaxy10 DECaLS (Elliptical / Other)",
            "xai_core.datasets.galaxy10:load",
            "Galaxies of the DESI Legacy Imaging Surveys, ten kinds merged into two, 256 x 256 colour.",
            citation="Leung & Bovy (2019), doi:10.1093/mnras/sty3217; Walmsley et al. (2022), doi:10.1093/mnras/stab2093",
            supports={"splits": ("train", "val"), "evaluation": "val", "download": True},
        ),
        Spec(
            "simulated_galaxies",
            "Simulated galaxies",
            "xai_core.datasets.simulated_galaxies:load",
            "Drawn here from Sersic profiles, spiral arms, bars and dust; the galaxy's outline is known exactly.",
            citation="Sersic (1963); Peng et al. (2002), doi:10.1086/340952",
            supports={"splits": ("train", "val"), "evaluation": "val"},
        ),
        Spec(
            "casting",
            "Castings (OK / Defective)",
            "xai_core.datasets.casting:load",
            "Real impeller covers of pumps, 300 x 300 grey, split by photograph.",
            citation="Dabhi (2020), Kaggle: casting product image data for quality inspection",
            supports={"splits": ("train", "val"), "evaluation": "val"},
        ),
        Spec(
            "simulated_castings",
            "Simulated castings (OK / Defective)",
            "xai_core.datasets.simulated_castings:load",
            "Drawn here: impeller covers, half of them with scratches, pores or a chipped edge, whose place is known exactly.",
            citation="drawn in the look of the photographs of Dabhi (2020)",
            supports={"splits": ("train", "val"), "evaluation": "val"},
        ),
        Spec(
            "planted",
            "Planted evidence (simulated)",
            "xai_core.datasets.planted:load",
            "Drawn here: the class is the pattern on one disc among decoys, so where the evidence lies is known exactly.",
            citation="Arras, Osman & Samek (2022), arXiv:2003.07258 (the idea)",
            supports={"splits": ("train", "val"), "evaluation": "val"},
        ),
        Spec(
            "hubble",
            "Hubble deep field",
            "xai_core.datasets.hubble:load",
            "Real galaxies cut out of the Hubble extreme deep field, unlabelled.",
            citation="Illingworth et al. (2013), doi:10.1088/0067-0049/209/1/6",
            supports={"splits": ("all",), "evaluation": "all"},
        ),
        Spec(
            "cifar10",
            "CIFAR-10",
            "xai_core.datasets.cifar10:load",
            "Small photographs of ten kinds, 32 x 32 colour.",
            citation="Krizhevsky (2009)",
            supports={"splits": ("train", "test"), "evaluation": "test"},
        ),
        Spec(
            "stl10",
            "STL-10",
            "xai_core.datasets.stl10:load",
            "Photographs of ten kinds, 96 x 96 colour, and 100,000 more without a label.",
            citation="Coates, Ng & Lee (2011)",
            supports={"splits": ("train", "test", "unlabelled"), "evaluation": "test", "download": True},
        ),
        Spec(
            "small_photos",
            "Photographs, 32 x 32",
            "xai_core.datasets.small_photos:load",
            "Squares cut out of photographs and shrunk, for the networks of small colour pictures.",
            citation="van der Walt et al. (2014), doi:10.7717/peerj.453",
            supports={"splits": ("all",), "evaluation": "all"},
        ),
        Spec(
            "photos",
            "Photographs",
            "xai_core.datasets.photos:load",
            "Photographs that come with scikit-image.",
            citation="van der Walt et al. (2014), doi:10.7717/peerj.453",
            supports={"splits": ("all",), "evaluation": "all"},
        ),
        Spec(
            "bsd68",
            "BSD68, grey",
            "xai_core.datasets.bsd:load_bsd68",
            "Berkeley photographs on which denoisers are compared, grey.",
            citation="Martin et al. (2001), doi:10.1109/ICCV.2001.937655",
            supports={"splits": ("train", "test"), "evaluation": "test"},
        ),
        Spec(
            "cbsd68",
            "CBSD68, colour",
            "xai_core.datasets.bsd:load_cbsd68",
            "The same photographs in colour.",
            citation="Martin et al. (2001), doi:10.1109/ICCV.2001.937655",
            supports={"splits": ("train", "test"), "evaluation": "test"},
        ),
        Spec(
            "set12",
            "Set12",
            "xai_core.datasets.bsd:load_set12",
            "Twelve classic grey test pictures.",
            citation="as in Zhang et al. (2017), doi:10.1109/TIP.2017.2662206",
            supports={"splits": ("test",), "evaluation": "test"},
        ),
        Spec(
            "folder",
            "A folder of your own",
            "xai_core.datasets.image_folder:load",
            "Your pictures: one sub-folder a class, or a catalogue.csv with a mapping.json that says how to read it.",
            supports={"splits": ("train", "val"), "evaluation": "val"},
        ),
    ),
)


def load_dataset(name: str, split: str | None = None) -> Dataset:
    """Load a data set; the last few stay in memory and are shared, so do not write into their arrays.

    name: of `list_datasets()`. split: one of its `supports["splits"]`; None takes the split for evaluation.
    Raises UnknownName, InvalidInput for another split, DataNotFound with what to do where its files are missing.
    """
    spec = DATASETS.get(name)
    splits = spec.supports["splits"]
    if split is None:
        split = spec.supports["evaluation"]
    if split not in splits:
        raise InvalidInput(f"{spec.label} has the splits {', '.join(splits)}; received {split!r}.")
    return _load(name, split)


@lru_cache(maxsize=3)
def _load(name: str, split: str) -> Dataset:
    dataset: Dataset = DATASETS.get(name).load()(split)
    return dataset


def available(name: str) -> bool:
    """Whether a data set can be loaded on this machine."""
    try:
        load_dataset(name)
    except NoiseLensError:
        return False
    return True


def download(name: str, progress: Progress | None = None) -> None:
    """Download a data set that offers it (`supports["download"]`) into the first data folder."""
    spec = DATASETS.get(name)
    if not spec.supports.get("download"):
        raise InvalidInput(f"{spec.label} cannot be downloaded from here; the README says where its files go.")
    module = import_module(spec.function.split(":")[0])
    function: Callable[[Progress | None], None] = module.download
    function(progress)
    _load.cache_clear()
