"""What an experiment found, against figures by hand on a table that is made up."""

import json
from dataclasses import replace

import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest

from xai_core import cli, measured
from xai_core.errors import InvalidInput
from xai_core.experiments import CLEAN, NONE, Grid, Results, load_results, summaries
from xai_core.experiments.results import compare, confused, keep, report, scene_of, table_lines, to_csv, to_parquet
from xai_core.metrics import wilson_interval
from xai_core.scene import Scene

GRID = Grid(
    Scene(denoiser="median"),
    (CLEAN, ("gaussian", 50)),
    (NONE, "median"),
    ("galaxy-cnn2",),
    images=4,
    drift=2,
    methods=("saliency",),
)
TRUTH = [0, 0, 1, 1]
SHARES = {  # of class 1; right: 4, 1, 3 of 4
    (NONE, NONE): [0.1, 0.2, 0.9, 0.8],
    ("gaussian", NONE): [0.6, 0.7, 0.3, 0.8],
    ("gaussian", "median"): [0.2, 0.3, 0.4, 0.9],
}


@pytest.fixture
def results():
    """Clean without a denoiser, noisy without and with one; clean and denoised is not there yet."""
    tables = []
    for place, condition in enumerate(GRID.conditions):
        if (condition.noise, condition.denoiser) not in SHARES:
            continue
        one = np.array(SHARES[condition.noise, condition.denoiser])
        shares = np.stack([1 - one, one], axis=1)
        tables.append(
            pyarrow.table(
                {
                    "condition": pyarrow.array([place] * 4, pyarrow.int32()),
                    "index": [3, 5, 8, 9],
                    "group": ["a", "a", "b", "b"],
                    "subtype": ["", "", "spiral", "edge-on"],
                    "truth": TRUTH,
                    "predicted": shares.argmax(axis=1),
                    "probabilities": pyarrow.array(list(shares), pyarrow.list_(pyarrow.float32())),
                    "margin": abs(2 * one - 1),
                    "psnr": [20.0, 22.0, 24.0, 26.0],
                    "drift_saliency": pyarrow.array([0.5, None, None, 0.7]),
                }
            )
        )
    return Results(GRID, ("Elliptical", "Other"), pyarrow.concat_tables(tables).combine_chunks(), 16)


def test_summaries_by_hand(results):
    clean, noisy, denoised = summaries(results)
    assert [one.accuracy.value for one in (clean, noisy, denoised)] == [1, 0.25, 0.75]
    assert (noisy.accuracy.low, noisy.accuracy.high) == wilson_interval(1, 4)
    assert noisy.margin.value == pytest.approx((0.2 + 0.4 + 0.4 + 0.6) / 4)
    assert noisy.margin.low < noisy.margin.value < noisy.margin.high
    assert noisy.brier == pytest.approx(2 * np.mean([0.36, 0.49, 0.49, 0.04]))
    assert clean.psnr == 23
    assert clean.drift["saliency"].value == pytest.approx(0.6), "pictures without a map do not count"
    assert denoised.recovered == pytest.approx(2 / 3), "half a point of three quarters lost"
    assert noisy.recovered == 0
    assert np.isnan(clean.recovered)
    assert not results.complete


def test_report_and_cells_of_the_matrix(results):
    noisy = GRID.conditions[2]
    found = report(results, noisy)
    assert found.confusion.tolist() == [[0, 2], [1, 1]]
    assert found.classes[1].precision.value == pytest.approx(1 / 3)
    rows = confused(results, noisy, 0, 1)
    assert results.columns["index"][rows].tolist() == [5, 3], "the surest mistake first"
    scene = scene_of(results, rows[0])
    assert (scene.index, scene.seed, scene.noise, scene.level) == (5, 5, "gaussian", 50.0)
    assert confused(results, noisy, 0, 0).size == 0


def test_comparison_on_the_same_pictures(results):
    found = compare(results, GRID.conditions[2], GRID.conditions[3])
    assert (found.gained, found.lost, found.difference.value) == (2, 0, 0.5)
    assert found.p == 0.5
    with pytest.raises(InvalidInput, match="no pictures in common"):
        compare(results, GRID.conditions[0], GRID.conditions[1])


def test_pictures_without_a_class(results):
    table = results.table.set_column(results.table.column_names.index("truth"), "truth", pyarrow.array([-1] * 12))
    unknown = replace(results, table=table)
    one = summaries(unknown)[0]
    assert np.isnan([one.accuracy.value, one.brier, one.calibration_error]).all() and one.margin.value > 0
    assert one.pictures == 4
    assert report(unknown, GRID.conditions[0]).confusion.sum() == 0


def test_another_split_has_no_page(results):
    other = replace(results, grid=replace(GRID, split="train"))
    with pytest.raises(InvalidInput, match="of the split train"):
        scene_of(other, 0)


def test_downloads_hold_every_row(results, tmp_path):
    (tmp_path / "all.parquet").write_bytes(to_parquet(results))
    assert parquet.read_table(tmp_path / "all.parquet").equals(results.table)
    head, *lines = to_csv(results).decode().splitlines()
    assert len(lines) == 12
    assert '"probability_Elliptical","probability_Other"' in head and "probabilities" not in head.split(",")
    first = dict(zip(head.replace('"', "").split(","), lines[0].split(","), strict=True))
    assert float(first["probability_Other"]) == pytest.approx(0.1)


def test_figures_that_are_kept(results, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    keep("b5", results, "a command")
    found = measured.read("b5")
    assert (found.command, len(found.rows)) == ("a command", 3)
    row = found.row(noise="gaussian", denoiser="median")
    low, high = wilson_interval(3, 4)
    assert (row["accuracy"], row["low"], row["high"], row["pictures"]) == (0.75, low, high, 4)
    assert row["recovered"] == pytest.approx((0.75 - 0.25) / (1 - 0.25))
    assert row["split"] == "simulated_galaxies val" and row["classifier"] == "galaxy-cnn2"


def test_the_table_in_words(results):
    lines = table_lines(results, {NONE: 92.3})
    assert "92.3 %" in lines[1] and "92.3" not in lines[3]
    assert "100.00% (51.0% to 100.0%)" in lines[1]
    assert "67%" in lines[5]
    assert "drift of saliency: rank correlation 0.60" in lines[2]


def test_a_folder_without_results_gets_a_sentence(tmp_path):
    with pytest.raises(InvalidInput, match="There is no experiment"):
        load_results(tmp_path)
    (tmp_path / "grid.json").write_text(json.dumps({"grid": {}}))
    with pytest.raises(InvalidInput, match="no description of an experiment"):
        load_results(tmp_path)
    (tmp_path / "grid.json").write_text("{")
    with pytest.raises(InvalidInput, match="is damaged"):
        load_results(tmp_path)
    described = {"grid": GRID.to_dict(), "conditions": 4, "pictures": 10, "class_names": ["a"]}
    (tmp_path / "grid.json").write_text(json.dumps(described))
    with pytest.raises(InvalidInput, match="no results yet"):
        load_results(tmp_path)


def test_on_the_command_line(tmp_path, capsys, monkeypatch):
    """From one command to the table and the file; again, and nothing is left to do."""
    monkeypatch.setenv("XAI_RUNS_DIR", str(tmp_path))
    arguments = ["sweep", "small", "--limit", "4", "--csv", str(tmp_path / "rows.csv")]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "24 of 24 cells" in printed and "gaussian 50" in printed and "non_local_means" in printed
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 25
    [folder] = tmp_path.glob("small-*")
    assert str(folder) in printed
    assert load_results(folder).complete
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out.endswith(printed[printed.index("\nnoise") :])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "There is no experiment named 'nothing'"),
        (["small", "--classifier", "galaxy-cnn3"], "Did you mean 'galaxy-cnn2'?"),
        (["small", "--dataset", "photos"], "at least one classifier"),
    ],
)
def test_mistakes_on_the_command_line_get_a_sentence(arguments, sentence, capsys):
    assert cli.main(["sweep", *arguments]) == 1
    assert sentence in capsys.readouterr().err
