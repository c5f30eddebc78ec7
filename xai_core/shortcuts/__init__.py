"""The known shortcuts of galaxies and castings: what tells the class without them, and what a classifier makes of it."""

from collections.abc import Callable

from .. import measured
from ..classifiers import CLASSIFIERS, load_classifier
from ..datasets import load_dataset
from .casting import casting_mask
from .castings import casting_shortcuts
from .galaxy import galaxy_mask
from .measure import BY_SOURCE, COMMONEST, PICTURES, Row, classifier_shortcuts, data_shortcuts

__all__ = [
    "BY_SOURCE",
    "CASTING_DATA",
    "COMMONEST",
    "DATA",
    "Row",
    "bench_shortcuts",
    "casting_mask",
    "casting_shortcuts",
    "classifier_shortcuts",
    "data_shortcuts",
    "galaxy_mask",
    "measured_for",
    "name_of",
]

DATA = "shortcuts"
"""Under this name `measured` keeps what holds for the galaxy pictures, whatever the classifier."""
CASTING_DATA = "casting-shortcuts"
"""The same for castings."""


def name_of(classifier: str) -> str:
    """Under which name `measured` keeps a classifier's figures."""
    return f"{DATA}-{classifier}"


def measured_for(dataset: str) -> tuple[str, ...]:
    """The classifiers of a data set whose shortcuts were measured."""
    found = (name.removeprefix(name_of("")) for name in measured.names(name_of("")))
    return tuple(name for name in found if name in CLASSIFIERS and CLASSIFIERS.get(name).supports["datasets"][0] == dataset)


def bench_shortcuts(
    classifier: str, *, dataset: str = "", pictures: int = 0, seed: int = 0, report: Callable[[str], None] = print
) -> tuple[str, ...]:
    """Measure the shortcuts of a data set with two classes and of a classifier on its val split, and keep the figures.

    dataset: "" is the first that the classifier was made for. pictures: how many are explained (0: 200). Returns the names under
    which `measured` keeps them: `shortcuts` (castings: `casting-shortcuts`) and one for the classifier. Raises DataNotFound,
    UnknownName, ModelNotFound, InvalidInput.
    """
    dataset = dataset or CLASSIFIERS.get(classifier).supports["datasets"][0]
    ready, train, val = load_classifier(classifier), load_dataset(dataset, "train"), load_dataset(dataset, "val")
    count = pictures or PICTURES
    command = f"python -m xai_core bench shortcuts --classifier {classifier} --limit {count} --seed {seed}"
    castings = dataset == "casting"
    names = CASTING_DATA if castings else DATA, name_of(classifier)
    of_data = casting_shortcuts if castings else data_shortcuts
    measured.write(names[0], of_data(train, val, seed=seed, report=report), command=command, seed=seed)
    rows = classifier_shortcuts(ready, val, pictures=count, seed=seed, report=report)
    measured.write(names[1], rows, command=command, seed=seed)
    return names
