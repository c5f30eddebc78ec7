"""How far the labels themselves bound the accuracy of any classifier of a data set."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .. import measured
from ..classifiers import CLASSIFIERS, load_classifier, probabilities
from ..datasets import load_dataset
from ..errors import InvalidInput
from ..metrics import label_noise, missed_by_all, wilson_interval
from ..weights import trained_models

NAME = "labels"
"""Under this name `measured` keeps the figures."""
FEWEST = 0.8
"""Networks below this accuracy are left out: what they doubt says more of them than of the labels."""


def bench_labels(
    dataset: str = "galaxies", names: Sequence[str] = (), *, report: Callable[[str], None] = print
) -> tuple[dict[str, object], ...]:
    """Accuracy of each classifier and of all together on the val split, and how many labels they together contradict.

    names: classifiers of this data set; () takes all trained ones of at least 80 % accuracy. Rows, also kept under
    assets/measured/labels.json: section "networks" (accuracy of each, and of their mean probability), "labels" (estimated share
    of wrong labels by confident learning; share that every network contradicts), "missed" (that share for each subtype), each
    with value, 95 % interval where it is a share of pictures, and number of pictures.
    Raises InvalidInput for fewer than two classifiers.
    """
    data = load_dataset(dataset, "val")
    known = [spec.name for spec in CLASSIFIERS if dataset in spec.supports["datasets"] and spec.name in trained_models()]
    found = {}
    for name in names or known:
        shares = probabilities(load_classifier(name), data)
        accuracy = float((shares.argmax(axis=1) == data.labels).mean())
        report(f"{name}: {accuracy:.2%}")
        if names or accuracy >= FEWEST:
            found[name] = shares
    if len(found) < 2:
        raise InvalidInput(f"Expected at least two trained classifiers of {dataset}, received {len(found)}.")

    rows = [_row("networks", name, shares.argmax(axis=1) == data.labels) for name, shares in found.items()]
    together = np.mean(list(found.values()), axis=0)
    rows.append(_row("networks", "all together", together.argmax(axis=1) == data.labels))
    missed = missed_by_all(data.labels, [shares.argmax(axis=1) for shares in found.values()])
    rows.append(
        {"section": "labels", "what": "doubtful", "value": label_noise(data.labels, together).share, "pictures": len(data)}
    )
    rows.append(_row("labels", "contradicted by every network", missed))
    if data.subtypes is not None:
        rows += [_row("missed", str(kind), missed[data.subtypes == kind]) for kind in np.unique(data.subtypes)]
    command = f"python -m xai_core bench labels{' --only ' + ' '.join(names) if names else ''}"
    measured.write(NAME, rows, command=command)
    for row in rows[len(found) :]:
        report(f"{row['section']}: {row['what']} {row['value']:.2%} of {row['pictures']}")
    return tuple(rows)


def _row(section: str, what: str, hits: NDArray[np.bool_]) -> dict[str, object]:
    low, high = wilson_interval(int(hits.sum()), len(hits))
    return {"section": section, "what": what, "value": float(hits.mean()), "low": low, "high": high, "pictures": len(hits)}
