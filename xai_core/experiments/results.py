"""What an experiment found: accuracy, margin, calibration and drift of each condition, its confusions, comparisons, tables."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import measured
from ..datasets import DATASETS
from ..errors import InvalidInput
from ..metrics import Estimate, Paired, ReportEstimates, bootstrap_mean, bootstrap_report, calibration, paired, wilson_interval
from ..scene import Scene
from .grid import NONE, Condition, Grid
from .runner import DESCRIPTION, parts_of

PROBABILITIES = "probabilities"


@dataclass(frozen=True, eq=False)
class Results:
    """The rows of an experiment so far, sorted by condition (in the grid's order) and index.

    table: a pyarrow.Table, one row a cell; index, seed, group and subtype ("": unknown), truth (-1: unknown), predicted;
    probabilities of all classes; margin of the largest over the second; psnr (dB) and ssim of what was classified, the latter
    not in results of older versions; drift_METHOD, rank correlation with the clean map, null where it is not measured. total:
    rows of the finished experiment.
    """

    grid: Grid
    class_names: tuple[str, ...]
    table: Any
    total: int

    @property
    def complete(self) -> bool:
        return bool(self.table.num_rows == self.total)

    @cached_property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Every column as an array; probabilities (N, K)."""
        arrays = {name: self.table[name].to_numpy() for name in self.table.column_names if name != PROBABILITIES}
        flat = self.table[PROBABILITIES].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return arrays | {PROBABILITIES: flat.reshape(self.table.num_rows, -1)}

    def rows(self, condition: Condition) -> NDArray[np.int64]:
        """The places in the table of one condition's rows that are there."""
        place = self.grid.conditions.index(condition)
        first, last = np.searchsorted(self.columns["condition"], (place, place + 1))
        return np.arange(first, last)

    def labelled(self, condition: Condition) -> NDArray[np.int64]:
        """As `rows`, of pictures whose class is known."""
        rows = self.rows(condition)
        return rows[self.columns["truth"][rows] >= 0]


def load_results(folder: Path) -> Results:
    """The results in a folder, complete or not, read while a run writes them too.

    Raises InvalidInput where there is no experiment, or a damaged file.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        described = json.loads((folder / DESCRIPTION).read_text())
        grid = Grid.from_dict(described["grid"])
        tables = [parquet.read_table(path) for path in parts_of(folder)]
        total = described["conditions"] * len(grid.indices(described["pictures"]))
        class_names = tuple(described["class_names"])
    except FileNotFoundError:
        raise InvalidInput(f"There is no experiment in {folder}. Run one first: python -m xai_core sweep small") from None
    except (OSError, ValueError, KeyError, TypeError) as error:  # Arrow's errors are ValueErrors or OSErrors
        raise InvalidInput(f"The experiment in {folder} is damaged ({error}). Run it again: what is whole is kept.") from None
    # Parts of an older version lack a column: it is null there.
    table = (
        pyarrow.concat_tables(tables, promote_options="default").sort_by([("condition", "ascending"), ("index", "ascending")])
        if tables
        else None
    )
    if table is None:
        raise InvalidInput(f"The experiment in {folder} has no results yet.")
    return Results(grid, class_names, table.combine_chunks(), total)


@dataclass(frozen=True)
class Summary:
    """One condition. pictures: those that count. accuracy, calibration error, Brier score: NaN without known classes.

    margin: mean of the largest probability less the second. psnr: mean, dB, of what was classified against the clean picture;
    infinite where nothing changed. ssim: mean, NaN where it was not measured. drift: by method, mean rank correlation with the
    clean map. recovered: the share of the accuracy that noise takes away which the condition gives back; NaN where nothing was
    lost.
    """

    condition: Condition
    pictures: int
    accuracy: Estimate
    margin: Estimate
    calibration_error: float
    brier: float
    psnr: float
    ssim: float
    drift: Mapping[str, Estimate]
    recovered: float


def summaries(results: Results) -> tuple[Summary, ...]:
    """The figures of every condition of which there are rows, in the grid's order.

    Accuracy has Wilson's interval, means have bootstrap intervals.
    """
    found = [_summary(results, condition) for condition in results.grid.conditions if len(results.rows(condition))]
    return tuple(_with_recovered(one, found, results.grid) for one in found)


def keep(name: str, results: Results, command: str) -> Path:
    """Keep the figures of every condition under that name, for the page Published (see `measured`)."""
    rows = [
        {
            "classifier": one.condition.classifier,
            "denoiser": one.condition.denoiser,
            "noise": one.condition.noise,
            "level": one.condition.level,
            "accuracy": one.accuracy.value,
            "low": one.accuracy.low,
            "high": one.accuracy.high,
            "recovered": one.recovered,
            "psnr": one.psnr,
            "ssim": one.ssim,
            "pictures": one.pictures,
            "split": f"{results.grid.scene.dataset} {results.grid.split}",
        }
        for one in summaries(results)
    ]
    return measured.write(name, rows, command=command, seed=results.grid.scene.seed)


def _summary(results: Results, condition: Condition) -> Summary:
    columns, rows, known = results.columns, results.rows(condition), results.labelled(condition)
    nothing = float("nan")
    accuracy, error, brier = Estimate(nothing, nothing, nothing), nothing, nothing
    if len(known):
        right = int(_right(results, known).sum())
        accuracy = Estimate(right / len(known), *wilson_interval(right, len(known)))
        calibrated = calibration(columns[PROBABILITIES][known], columns["truth"][known])
        error, brier = calibrated.error, calibrated.brier
    drift = {}
    for method in results.grid.methods if results.grid.drift else ():
        values = np.asarray(columns[f"drift_{method}"][rows], np.float64)
        drift[method] = bootstrap_mean(values[np.isfinite(values)])
    margin, quality = bootstrap_mean(columns["margin"][rows]), float(columns["psnr"][rows].mean())
    similarity = float(np.asarray(columns["ssim"][rows], np.float64).mean()) if "ssim" in columns else nothing
    return Summary(condition, len(known) or len(rows), accuracy, margin, error, brier, quality, similarity, drift, nothing)


def _with_recovered(one: Summary, found: Sequence[Summary], grid: Grid) -> Summary:
    """The first classifier without a denoiser is what noise takes accuracy from."""
    plain = {
        (other.condition.noise, other.condition.level): other.accuracy.value
        for other in found
        if other.condition.denoiser == NONE and other.condition.classifier == grid.classifiers[0]
    }
    clean = plain.get((NONE, 0.0), float("nan"))
    noisy = plain.get((one.condition.noise, one.condition.level), float("nan"))
    return replace(one, recovered=(one.accuracy.value - noisy) / (clean - noisy) if clean > noisy else float("nan"))


def _right(results: Results, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = results.columns["truth"][rows] == results.columns["predicted"][rows]
    return right


def report(results: Results, condition: Condition) -> ReportEstimates:
    """The classification report of one condition, with bootstrap intervals; pictures without a class are left out."""
    rows, columns = results.labelled(condition), results.columns
    groups = columns["group"][rows]
    return bootstrap_report(
        columns["truth"][rows].astype(np.int64),
        columns["predicted"][rows].astype(np.int64),
        results.class_names,
        groups=None if len(rows) and not groups[0] else groups,
    )


def confused(results: Results, condition: Condition, truth: int, predicted: int) -> NDArray[np.int64]:
    """The rows of one cell of the confusion matrix, those of the largest margin first."""
    rows, columns = results.labelled(condition), results.columns
    rows = rows[(columns["truth"][rows] == truth) & (columns["predicted"][rows] == predicted)]
    sorted_rows: NDArray[np.int64] = rows[np.argsort(-columns["margin"][rows], kind="stable")]
    return sorted_rows


def compare(results: Results, first: Condition, second: Condition) -> Paired:
    """Two conditions on the pictures that both have; InvalidInput where there are none of a known class."""
    columns = results.columns
    one, two = results.labelled(first), results.labelled(second)
    both = np.intersect1d(columns["index"][one], columns["index"][two])
    if not both.size:
        raise InvalidInput("These two conditions have no pictures in common yet.")
    one, two = (rows[np.isin(columns["index"][rows], both)] for rows in (one, two))
    return paired(_right(results, one), _right(results, two))


def scene_of(results: Results, row: int) -> Scene:
    """The Scene of a row, which the page Classify shows and whose `to_query()` is its link.

    Raises InvalidInput for another split than the one that the pages show.
    """
    grid, columns = results.grid, results.columns
    if grid.split != DATASETS.get(grid.scene.dataset).supports["evaluation"]:
        raise InvalidInput(f"The pages show the split for figures, and these pictures are of the split {grid.split}.")
    return grid.scene_of(grid.conditions[columns["condition"][row]], int(columns["index"][row]))


def to_parquet(results: Results) -> bytes:
    """All rows as one Parquet file."""
    import pyarrow.parquet as parquet

    buffer = io.BytesIO()
    parquet.write_table(results.table, buffer)
    return buffer.getvalue()


def to_csv(results: Results) -> bytes:
    """All rows as text: a column a class in place of the list of probabilities."""
    import pyarrow
    from pyarrow import csv

    table, shares = results.table, results.columns[PROBABILITIES]
    place = table.column_names.index(PROBABILITIES)
    table = table.remove_column(place)
    for offset, name in enumerate(results.class_names):
        table = table.add_column(place + offset, f"probability_{name}", pyarrow.array(shares[:, offset]))
    buffer = io.BytesIO()
    csv.write_csv(table, buffer)
    return buffer.getvalue()


def words(condition: Condition) -> tuple[str, str, str]:
    """Noise with its level, denoiser and classifier of a condition, for people."""
    level = f" {condition.level:g}" if condition.noise != NONE else ""
    return f"{condition.noise}{level}", condition.denoiser, condition.classifier


def table_lines(results: Results, published: Mapping[str, float]) -> list[str]:
    """The figures of every condition as lines of text; published: accuracy in percent by denoiser, on pictures as they are."""
    head = f"{'noise':20} {'denoiser':17} {'classifier':18} {'accuracy, 95 % interval':26}"
    lines = [f"{head} recovered  margin    ECE     PSNR  published"]
    for one in summaries(results):
        noise, denoiser, classifier = words(one.condition)
        accuracy = f"{one.accuracy.value:6.2%} ({one.accuracy.low:.1%} to {one.accuracy.high:.1%})"
        recovered = "" if np.isnan(one.recovered) else f"{one.recovered:.0%}"
        quality = "same" if np.isinf(one.psnr) else f"{one.psnr:.1f} dB"
        figure = f"{published[denoiser]:.1f} %" if one.condition.noise == NONE and denoiser in published else ""
        lines.append(
            f"{noise:20} {denoiser:17} {classifier:18} {accuracy:26} {recovered:>9}  {one.margin.value:6.3f}  "
            f"{one.calibration_error:5.3f}  {quality:>7}  {figure}".rstrip()
        )
        lines += [
            f"{'':20} drift of {method}: rank correlation {drift.value:.2f} ({drift.low:.2f} to {drift.high:.2f})"
            for method, drift in one.drift.items()
        ]
    return lines
