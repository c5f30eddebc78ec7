"""The known shortcuts of the galaxy pictures: what tells the class without the galaxy, and what a classifier makes of it."""

from collections.abc import Callable

from .. import measured
from ..classifiers import load_classifier
from ..datasets import load_dataset
from .galaxy import galaxy_mask
from .measure import BY_SOURCE, COMMONEST, PICTURES, Row, classifier_shortcuts, data_shortcuts

__all__ = [
    "BY_SOURCE",
    "COMMONEST",
    "DATA",
    "Row",
    "bench_shortcuts",
    "classifier_shortcuts",
    "data_shortcuts",
    "galaxy_mask",
    "name_of",
]

DATA = "shortcuts"
"""Under this name `measured` keeps what holds for the pictures, whatever the classifier."""


def name_of(classifier: str) -> str:
    """Under which name `measured` keeps a classifier's figures."""
    return f"{DATA}-{classifier}"


def bench_shortcuts(
    classifier: str, *, dataset: str = "galaxies", pictures: int = 0, seed: int = 0, report: Callable[[str], None] = print
) -> tuple[str, ...]:
    """Measure the shortcuts of a data set with two classes and of a classifier on its val split, and keep the figures.

    pictures: how many are explained (0: 200). Returns the names under which `measured` keeps them: `shortcuts` and one for the
    classifier. Raises DataNotFound, UnknownName, ModelNotFound, InvalidInput.
    """
    ready, val = load_classifier(classifier), load_dataset(dataset, "val")
    count = pictures or PICTURES
    command = f"python -m xai_core bench shortcuts --classifier {classifier} --limit {count} --seed {seed}"
    names = DATA, name_of(classifier)
    measured.write(
        names[0], data_shortcuts(load_dataset(dataset, "train"), val, seed=seed, report=report), command=command, seed=seed
    )
    rows = classifier_shortcuts(ready, val, pictures=count, seed=seed, report=report)
    measured.write(names[1], rows, command=command, seed=seed)
    return names
