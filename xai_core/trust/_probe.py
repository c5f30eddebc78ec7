"""One picture as its network takes it, and the target of changed copies of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..explainers._models import Subject, examine, scores
from ..explainers.integrated_gradients import baselines
from ..images import resize
from ..types import Array

BATCH = 50
"""Pictures made at once; the network takes them in batches of its own."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Probe:
    """subject: one picture with its network and target. empty: (h, w, c), what hidden pixels show."""

    subject: Subject
    empty: Array

    @property
    def picture(self) -> Array:
        """(h, w, c), as the network takes it."""
        picture: Array = self.subject.inputs[0]
        return picture

    def values(self, heatmap: ArrayLike) -> Array:
        """A map (H, W) of the picture that was given at the size (h, w) of the network's input."""
        values = np.asarray(heatmap, np.float32)
        if values.shape != self.subject.size:
            raise InvalidInput(f"Expected a map of the image's size {self.subject.size}, received {values.shape}.")
        if values.shape == self.subject.shape[:2]:
            return values
        return resize(values[None, ..., None], *self.subject.shape[:2])[0, ..., 0]

    def ranks(self, heatmap: ArrayLike) -> NDArray[np.intp]:
        """The rank of each pixel of the network's input, (h, w): 0 for the highest value, ties in reading order."""
        values = self.values(heatmap)
        ranks = np.empty(values.size, np.intp)
        ranks[np.argsort(-values.ravel(), kind="stable")] = np.arange(values.size)
        return ranks.reshape(values.shape)

    def scores(self, pictures: Iterable[Array]) -> Numbers:
        """The target of each picture (h, w, c), (count,) float64, a bounded number of them in memory."""
        found, batch = [], []
        for picture in pictures:
            batch.append(picture)
            if len(batch) == BATCH:
                found.append(self._score(batch))
                batch = []
        if batch:
            found.append(self._score(batch))
        return np.concatenate(found).astype(np.float64)

    def _score(self, batch: list[Array]) -> Array:
        arguments = np.repeat(self.subject.arguments, len(batch), axis=0)
        return scores(self.subject, np.stack(batch).astype(np.float32), arguments)


def probe(model: Any, image: ArrayLike, target: Any, baseline: str = "black") -> Probe:
    """One image, network and target, as for `explain`; baseline: what hidden pixels show. InvalidInput for several images."""
    subject = examine(model, image, target)
    if len(subject.inputs) != 1:
        raise InvalidInput(f"Expected one image, received {len(subject.inputs)}. Ask for the figures of one at a time.")
    return Probe(subject, subject.with_guides(baselines(subject, baseline)[0], 0))
