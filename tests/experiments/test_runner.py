"""Running an experiment: rows are those of the chain, a kill loses nothing and doubles nothing, one folder is one experiment."""

import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xai_core.classifiers import load_classifier
from xai_core.errors import Cancelled, InvalidInput
from xai_core.experiments import CLEAN, NONE, Grid, load_results, pictures, run
from xai_core.experiments import runner as module
from xai_core.experiments.drift import parameters
from xai_core.experiments.results import to_parquet
from xai_core.experiments.runner import duration
from xai_core.explainers import explain
from xai_core.metrics import psnr, ssim
from xai_core.scene import Scene
from xai_core.trust import rank_correlation

REPOSITORY = Path(__file__).resolve().parents[2]
GRID = Grid(
    Scene(seed=3, denoiser="median"),
    noises=(CLEAN, ("gaussian", 40.0)),
    denoisers=(NONE, "median", "bilateral"),
    classifiers=("galaxy-cnn2",),
    images=5,
    drift=2,
    methods=("saliency",),
    chunk=3,
)
PIECES = 2 * 3 * 2  # chunks, denoisers, noises

CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from xai_core.experiments import CLEAN, NONE, Grid, run, runner
from xai_core.scene import Scene

class Network:  # no TensorFlow: ten seconds less
    class_names = ("Elliptical", "Other")
    def prepare(self, images):
        return images[:, ::16, ::16]
    def __call__(self, images):
        time.sleep(0.03)
        share = np.clip(images.mean(axis=(1, 2, 3)) * 3, 0, 1)
        return np.stack([share, 1 - share], axis=1)

runner.load_classifier = lambda name: Network()
grid = Grid(Scene(), (CLEAN, ("gaussian", 25), ("salt_pepper", 0.3)), (NONE, "median"), ("galaxy-cnn2",), images=24, chunk=3)
run(grid, Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The grid above, computed without an interruption."""
    folder = tmp_path_factory.mktemp("whole")
    told = []
    run(GRID, folder, told.append)
    assert [told[0].done, told[-1].done, told[-1].total] == [0, 30, 30]
    assert told[0].seconds_left is None and told[-1].seconds_left == 0 and told[-1].share == 1
    assert [one.done for one in told] == sorted(one.done for one in told)
    return folder


@pytest.fixture(scope="module")
def results(folder):
    return load_results(folder)


def parts(folder):
    return sorted((folder / "parts").glob("*.parquet"))


def test_every_row_is_the_chain_of_its_scene(results):
    """The picture that a row's link opens is the picture that was classified."""
    network = load_classifier("galaxy-cnn2")
    for place, condition in enumerate(GRID.conditions):
        row = results.rows(condition)[place % 5]
        columns = results.columns
        scene = GRID.scene_of(condition, int(columns["index"][row]))
        found = pictures(scene)
        seen = found.noisy if condition.denoiser == NONE else found.denoised
        np.testing.assert_allclose(columns["probabilities"][row], network(seen)[0], atol=1e-5)
        assert columns["predicted"][row] == network(seen)[0].argmax()
        assert columns["seed"][row] == scene.seed
        with np.errstate(divide="ignore"):
            assert columns["psnr"][row] == pytest.approx(psnr(found.clean, seen)[0], rel=1e-6)
            assert columns["ssim"][row] == pytest.approx(ssim(found.clean, seen)[0], rel=1e-5)
        top, second = sorted(columns["probabilities"][row])[::-1]
        assert columns["margin"][row] == pytest.approx(top - second)


def test_drift_is_that_of_the_methods_on_the_same_picture(results):
    network, columns = load_classifier("galaxy-cnn2"), results.columns
    condition = GRID.conditions[-1]
    rows = results.rows(condition)
    measured = [row for row in rows if np.isfinite(columns["drift_saliency"][row])]
    assert {int(columns["index"][row]) for row in measured} == GRID.drifting(120)
    found = pictures(GRID.scene_of(condition, int(columns["index"][measured[0]])))
    target, values = int(network(found.clean)[0].argmax()), parameters(GRID.scene, "saliency")
    before, after = (explain(network, one, "saliency", target, **values).heatmap[0] for one in (found.clean, found.denoised))
    assert columns["drift_saliency"][measured[0]] == pytest.approx(rank_correlation(before, after), abs=1e-3)
    clean = results.rows(GRID.conditions[0])
    still = columns["drift_saliency"][clean]
    np.testing.assert_allclose(still[np.isfinite(still)], 1, atol=1e-6)


def test_nothing_is_computed_twice(tmp_path, monkeypatch):
    """A picture is read once, its noise added once a level, each denoiser called once on it."""
    from xai_core.types import Dataset

    calls: dict[str, int] = {}

    def counted(name, function):
        def call(*arguments, **options):
            calls[name] = calls.get(name, 0) + 1
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(Dataset, "image", counted("read", Dataset.image))
    monkeypatch.setattr(module, "with_noise", counted("noise", module.with_noise))
    monkeypatch.setattr(module, "_denoise", counted("denoise", module._denoise))
    run(replace(GRID, drift=0), tmp_path)
    assert calls == {"read": 5, "noise": 5, "denoise": 5 * 2 * 2}


def test_a_finished_run_computes_nothing_again(folder, monkeypatch):
    before = {path: path.stat().st_mtime_ns for path in parts(folder)}
    assert len(before) == PIECES
    monkeypatch.setattr(module, "load_classifier", lambda name: pytest.fail("nothing is left to do"))
    told = []
    run(GRID, folder, told.append)
    assert [one.done for one in told] == [30]
    assert {path: path.stat().st_mtime_ns for path in parts(folder)} == before


@pytest.mark.parametrize("after", [0, 1, 7])
def test_stopped_and_continued_it_is_the_same(results, tmp_path, after):
    told = 0

    def stop(status):
        nonlocal told
        told += 1
        if status.done >= 3 * after and told > 1:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        run(GRID, tmp_path, stop)
    assert after <= len(parts(tmp_path)) < PIECES
    run(GRID, tmp_path)
    assert load_results(tmp_path).table.equals(results.table)
    assert to_parquet(load_results(tmp_path)) == to_parquet(results)


def test_leftovers_and_damaged_parts_are_computed_again(results, folder, tmp_path):
    run(GRID, tmp_path)
    whole, first, second = parts(tmp_path)[0].read_bytes(), *parts(tmp_path)[:2]
    leftover = first.with_suffix(module.ASIDE)
    leftover.write_bytes(whole[:100])
    assert load_results(tmp_path).complete, "a part that is being written is none yet"
    first.write_bytes(whole[: len(whole) // 2])
    second.unlink()
    with pytest.raises(InvalidInput, match="is damaged"):
        load_results(tmp_path)
    run(GRID, tmp_path)
    assert load_results(tmp_path).table.equals(results.table)
    assert not leftover.exists()


def test_results_so_far_can_be_read_while_it_runs(tmp_path):
    seen = []

    def look(status):
        if status.done:
            seen.append(load_results(tmp_path).table.num_rows == status.done)

    run(replace(GRID, drift=0), tmp_path, look)
    assert seen and all(seen)


def test_a_folder_holds_one_experiment(folder):
    with pytest.raises(InvalidInput, match="holds another experiment"):
        run(replace(GRID, images=6), folder)


def test_networks_trained_again_are_another_experiment(folder, monkeypatch):
    monkeypatch.setattr("xai_core.weights.entry", lambda name: {"sha256": "other", "classes": ("a", "b")})
    with pytest.raises(InvalidInput, match="networks trained again since"):
        run(GRID, folder)


def test_two_at_once_are_refused(tmp_path):
    inside, leave = threading.Event(), threading.Event()

    def hold(status):
        inside.set()
        leave.wait(60)

    first = threading.Thread(target=run, args=(GRID, tmp_path, hold))
    first.start()
    try:
        assert inside.wait(60)
        with pytest.raises(InvalidInput, match="Another process computes"):
            run(GRID, tmp_path)
    finally:
        leave.set()
        first.join()
    assert load_results(tmp_path).complete


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written.*XAI_RUNS_DIR"):
        run(GRID, tmp_path / "file" / "below")


def test_an_error_in_the_background_reaches_the_caller(tmp_path, monkeypatch):
    def fails(*arguments):
        raise InvalidInput("Not today.")

    monkeypatch.setattr(module, "_denoise", fails)
    with pytest.raises(InvalidInput, match="Not today"):
        run(GRID, tmp_path)


def test_other_classes_than_the_networks_are_refused(tmp_path, monkeypatch):
    real = module.load_dataset
    monkeypatch.setattr(module, "load_dataset", lambda *given: replace(real(*given), class_names=("Cat", "Dog")))
    with pytest.raises(InvalidInput, match="galaxy-cnn2 tells Elliptical, Other apart; the pictures are of Cat, Dog. Rename"):
        run(GRID, tmp_path / "run")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (80, "80 s"), (200, "3 min"), (4800, "80 min"), (7000, "1 h 57 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def child(folder):
    return subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], cwd=REPOSITORY)


def test_killed_three_times_it_ends_as_if_it_had_not_been(tmp_path):
    """SIGKILL at moments drawn by chance: no row lost, none doubled, the same bytes."""
    chance = random.Random(2024)
    whole = child(tmp_path / "whole")
    folder, total = tmp_path / "killed", 8 * 3 * 2
    there = 0
    for _ in range(3):
        process = child(folder)
        enough = there + chance.randint(1, 9)
        end = time.monotonic() + 60
        while len(parts(folder)) < enough and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "killed before its end"
        there = len(parts(folder))
        assert enough <= there < total
    assert child(folder).wait() == 0
    assert whole.wait() == 0
    first, second = load_results(tmp_path / "whole"), load_results(folder)
    assert first.complete and first.table.num_rows == 24 * 6
    assert second.table.equals(first.table)
    assert to_parquet(second) == to_parquet(first)
    keys = list(zip(second.columns["condition"], second.columns["index"], strict=True))
    assert len(keys) == len(set(keys))
