"""The trust row: all figures of one map, the quick ones first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..explainers import EXPLAINERS, explain
from ..types import Array, Explanation
from . import definitions as d
from ._probe import Probe, probe
from .agreement import rank_correlation
from .complexity import complexity, half_share, sparseness
from .definitions import Figure
from .faithfulness import deletion_of, insertion_of
from .fidelity import Ablation, ablation_of, fidelity_of
from .imputation import road_of
from .localisation import pointing_game, relevance_mass, relevance_rank
from .randomisation import efficient_mprt, randomised

CELLS = 9
"""Each way, of the grid whose cells mu-fidelity hides: single pixels change too little."""

CONTROLS = ("random_map", "edges")

GIVEN = "given"
"""What `explain` notes of a parameter that was an array."""

SAMPLES = 100
"""Most samples of a map that is computed again for another picture or network: its ranking is wanted, not its details."""


@dataclass(frozen=True)
class Reference:
    """What all maps of one picture, network and target are measured against; made once for all methods.

    ablation: what the score loses without random parts. controls: the figures of maps that know nothing of the network, by
    method and by the figure's name.
    """

    ablation: Ablation
    controls: Mapping[str, Mapping[str, Figure]]


def reference(model: Any, image: ArrayLike, target: Any = None, *, mask: ArrayLike | None = None) -> Reference:
    """What the maps of one picture are measured against, as `trust` takes it. Costs about 320 forward passes.

    model, image, target, mask: as for `trust`.
    """
    return _reference(probe(model, image, target), model, image, mask)


def glance(found: Explanation, *, mask: ArrayLike | None = None) -> Iterator[Figure]:
    """The figures of a map that need neither the picture nor the network: what it looks like, and where it lies.

    found, mask: as for `trust`, which begins with them. Raises InvalidInput for the explanation of several images.
    """
    if len(found.heatmap) != 1:
        raise InvalidInput(f"Expected the explanation of one image, received one of {len(found.heatmap)}.")
    heatmap = found.heatmap[0]
    yield from _form(heatmap)
    if "completeness_residual" in found.diagnostics:
        value = float(found.diagnostics["completeness_residual"][0])
        yield Figure(d.COMPLETENESS, value, d.read_completeness(value))
    if mask is not None:
        yield from _place(heatmap, np.asarray(mask, bool))


def trust(
    model: Any,
    image: ArrayLike,
    found: Explanation,
    *,
    redrawn: ArrayLike | Callable[[], ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    shared: Callable[[], Reference] | None = None,
) -> Iterator[Figure]:
    """The figures of a map, one after the other, the quick ones first.

    model, image: what was explained, one image. found: its explanation by `explain`. redrawn: (K, H, W, C), the same picture
    under other draws of the same noise, or a function that gives them when they are needed. mask: (H, W) bool, true on the
    object, where it is known. shared: gives `reference` of this picture, for several maps of it; asked when it is first needed;
    None makes it here.
    Raises InvalidInput for the explanation of several images.
    """
    yield from glance(found, mask=mask)
    heatmap = found.heatmap[0]
    one = probe(model, image, found.target)
    measured = shared() if shared is not None else _reference(one, model, image, mask)
    yield from _faith(one, heatmap, measured.ablation, measured.controls["random_map"])
    if not EXPLAINERS.get(found.method).supports.get("control"):
        yield from _again(model, image, found, redrawn() if callable(redrawn) else redrawn)


def _reference(one: Probe, model: Any, image: ArrayLike, mask: ArrayLike | None) -> Reference:
    ablation = ablation_of(one, cells=CELLS)
    target = one.subject.targets[0]
    controls: dict[str, dict[str, Figure]] = {}
    for method in CONTROLS:
        heatmap = explain(model, image, method, target).heatmap[0]
        figures = [*_form(heatmap), *(_place(heatmap, np.asarray(mask, bool)) if mask is not None else ())]
        figures += _faith(one, heatmap, ablation, controls.get("random_map"))
        controls[method] = {figure.name: figure for figure in figures}
    return Reference(ablation, controls)


def _form(heatmap: Array) -> Iterator[Figure]:
    """What the map looks like, whatever the network."""
    yield Figure(d.SPARSENESS, sparseness(heatmap), d.read_sparseness(half_share(heatmap)))
    value = complexity(heatmap)
    yield Figure(d.COMPLEXITY, value, d.read_complexity(value, heatmap.size))


def _place(heatmap: Array, mask: NDArray[np.bool_]) -> Iterator[Figure]:
    """Whether it lies on the object."""
    chance = float(mask.mean())
    value = relevance_mass(heatmap, mask)
    yield Figure(d.MASS, value, d.read_mass(value, chance))
    value = relevance_rank(heatmap, mask)
    yield Figure(d.RANK, value, d.read_rank(value, int(mask.sum()), chance))
    hit = pointing_game(heatmap, mask)
    yield Figure(d.POINTING, float(hit), d.read_pointing(hit))


def _faith(one: Probe, heatmap: Array, ablation: Ablation, chance: Mapping[str, Figure] | None) -> Iterator[Figure]:
    """Whether the score depends on what is marked. chance: the figures of the random map; None: this is the random map."""

    def by_chance(name: str, value: float) -> float:
        return chance[name].value if chance is not None else value

    out = deletion_of(one, heatmap)
    value = out.normalised
    yield Figure(d.DELETION, value, d.read_deletion(value, by_chance(d.DELETION, value)), out)
    back = insertion_of(one, heatmap)
    value = back.normalised
    yield Figure(d.INSERTION, value, d.read_insertion(value, by_chance(d.INSERTION, value)), back)
    value = road_of(one, heatmap)
    yield Figure(d.ROAD, value, d.read_road(value, by_chance(d.ROAD, value), abs(out.full - out.empty)))
    value = fidelity_of(one, heatmap, ablation)
    yield Figure(d.FIDELITY, value, d.read_fidelity(value, by_chance(d.FIDELITY, value)))


def _again(model: Any, image: ArrayLike, found: Explanation, redrawn: ArrayLike | None) -> Iterator[Figure]:
    """The same method on other draws of the noise and on the randomised twin."""
    parameters, note = _quick(found)
    if lost := [name for name, value in parameters.items() if isinstance(value, str) and value == GIVEN]:
        yield Figure(d.TWIN, float("nan"), f"The map cannot be made again, because its {lost[0]} was given and is not kept.")
        return
    pictures = np.asarray(image) if redrawn is None else np.concatenate([np.asarray(image), np.asarray(redrawn)])
    if redrawn is not None or note:
        maps = explain(model, pictures, found.method, found.target, **parameters).heatmap
        heatmap = maps[0] if note else found.heatmap[0]
        if redrawn is not None:
            value = float(np.mean([rank_correlation(heatmap, other) for other in maps[1:]]))
            yield Figure(d.STABILITY, value, d.read_stability(value, note))
    else:
        heatmap = found.heatmap[0]
    try:
        twin = explain(randomised(model), image, found.method, found.target, **parameters).heatmap[0]
    except InvalidInput as error:
        yield Figure(d.TWIN, float("nan"), str(error))
        return
    value = rank_correlation(np.abs(heatmap), np.abs(twin))
    yield Figure(d.TWIN, value, d.read_twin(value, note))
    value = efficient_mprt(heatmap, twin)
    yield Figure(d.MPRT, value, d.read_mprt(value, note))


def _quick(found: Explanation) -> tuple[dict[str, Any], str]:
    """The parameters for a map that is computed again, and a note on what is less exact ("": nothing)."""
    parameters, note = dict(found.parameters), ""
    if int(parameters.get("samples", 0)) > SAMPLES:
        parameters["samples"] = SAMPLES
        note = f" (both maps from {SAMPLES} samples)"
    if "segments" in found.diagnostics:  # LIME on the same superpixels again, so that the maps can be compared
        parameters["segments"] = found.diagnostics["segments"][0]
    return parameters, note
