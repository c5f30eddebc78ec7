"""Experiments: choose, run, stop, go on, read, and open what was mistaken."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from ui import cache, confusions, experiments
from xai_core.classifiers import load_classifier
from xai_core.errors import InvalidInput
from xai_core.experiments import get_preset, grid_of, load_results, pictures, usual_scene
from xai_core.experiments.results import confused, scene_of
from xai_core.scene import Scene

SMALL = "experiment:small:simulated_galaxies:gaussian"


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """A folder of its own for what is measured, and no experiment under way."""
    monkeypatch.setenv("XAI_RUNS_DIR", str(tmp_path))
    experiments._queue.clear()
    yield tmp_path
    experiments._queue.clear()


@pytest.fixture
def small(visit):
    """The page with a small grid: 12 pictures, clean and at sigma 50, as they are and through the median."""

    def start(**query):
        page = visit("experiments", **({"denoiser": "median"} | query))
        page.set("number_input", f"{SMALL}:images", 12)
        return page.set("multiselect", f"{SMALL}:levels", [50.0])

    return start


def labels(page):
    return [button.label for button in page.app.button]


def finished(page):
    """The run is over, and went well."""
    page.until(lambda: not {"Stop", "Run", "Go on"} & set(labels(page)))
    assert not page.errors and page.app.get("plotly_chart")
    return page


@pytest.fixture
def measured(small):
    def start(**query):
        return finished(small(**query).press("Run"))

    return start


def results_in(runs):
    [folder] = runs.glob("small-*")
    return load_results(folder)


def test_the_first_view_says_what_it_will_do_and_cost(visit):
    page = visit("experiments")
    assert "60 pictures of the data set in use" in page.captions
    text = next(element.value for element in page.app.markdown if "cells" in element.value)
    assert text.startswith("**360 cells**: 60 pictures under 6 conditions. About ")
    assert text.endswith(" on this server.")
    assert "Run" in labels(page) and not page.app.get("plotly_chart")
    assert not page.errors


def test_run_and_read(measured, runs):
    page = measured()
    results = results_in(runs)
    assert results.complete and results.table.num_rows == 12 * 4
    table = page.table("Given back")
    assert list(table["Noise"]) == ["clean", "clean", "Gaussian 50", "Gaussian 50"]
    assert list(table["Denoiser"]) == ["none, as it is", "Median filter"] * 2
    network = load_classifier("galaxy-cnn2")
    condition = results.grid.conditions[2]
    right = [
        network(pictures(scene).noisy)[0].argmax() == cache.dataset_of(scene, None).labels[scene.index]
        for scene in (results.grid.scene_of(condition, index) for index in results.grid.indices(120))
    ]
    assert table["Accuracy"][2] == pytest.approx(np.mean(right))
    assert table["from"][2] < table["Accuracy"][2] < table["to"][2] or table["Accuracy"][2] in (0, 1)
    assert "names" in page.app.markdown[1].value or any("of the clean pictures rightly" in one.value for one in page.app.markdown)
    assert "Run" not in labels(page) and "Go on" not in labels(page)


def test_what_was_measured_is_there_again_without_a_run(measured, visit, small):
    measured()
    page = small()
    assert page.app.get("plotly_chart") and "Run" not in labels(page)


def test_stop_keeps_what_is_done_and_go_on_finishes(small, runs, monkeypatch):
    allowed, going = threading.Event(), threading.Event()
    run = experiments.run

    def slow(grid, folder, report):
        def wait(status):
            report(status)
            if status.done >= 12:
                going.set()
                while not allowed.is_set():
                    report(status)

        run(replace(grid, chunk=3), folder, wait)

    monkeypatch.setattr(experiments, "run", slow)
    # The grid of the page has pieces of 15; of 3 here, in a folder of another name.
    monkeypatch.setattr(experiments, "folder_of", lambda grid, name: runs / f"small-test-{grid.images}-{len(grid.noises)}")
    folder = runs / "small-test-12-2"
    page = small().press("Run")
    assert going.wait(60)
    page.until(lambda: bool(page.app.get("plotly_chart")))
    assert "Stop" in labels(page), page.errors or "the results so far show while it runs"
    page.press("Stop")
    page.until(lambda: "Go on" in labels(page))
    done = load_results(folder).table.num_rows
    assert 12 <= done < 48
    assert any(f"{done} cells are done and kept" in one.value for one in page.app.markdown)
    allowed.set()
    finished(page.press("Go on"))
    assert load_results(folder).complete
    assert "Go on" not in labels(page)


def test_it_goes_on_while_other_pages_are_looked_at(small, runs, monkeypatch):
    allowed, run = threading.Event(), experiments.run

    def waits(grid, folder, report):
        assert allowed.wait(60)
        run(grid, folder, report)

    monkeypatch.setattr(experiments, "run", waits)
    page = small().press("Run")
    assert "Stop" in labels(page)
    page.go("models")
    allowed.set()
    page.go("experiments")
    finished(page)
    assert results_in(runs).complete


def test_an_error_is_a_sentence_and_it_can_be_run_again(small, monkeypatch):
    def fails(grid, folder, report):
        raise InvalidInput("Not today.")

    page = small()
    with monkeypatch.context() as patch:
        patch.setattr(experiments, "run", fails)
        page.press("Run")
        page.until(lambda: bool(page.errors))
    assert page.errors == ["Not today."]
    assert "Run" in labels(page)
    finished(page.press("Run"))
    assert not page.errors


def test_a_mistake_is_opened_in_classify(measured, runs, monkeypatch):
    """The picture, its noise, seed, denoiser and classifier, all as they were in the experiment."""
    page = measured(seed=3)
    results = results_in(runs)
    condition = results.grid.conditions[3]
    key = results.grid.key()[:12]
    page.set("selectbox", f"experiment:condition:{key}", 3)
    cells = [(t, n) for t in (0, 1) for n in (0, 1) if t != n and len(confused(results, condition, t, n))]
    truth, named = cells[0] if cells else (0, 0)
    cell = f"experiment:cell:{key}:{condition}"
    page.set("selectbox", f"{cell}:truth", truth)
    page.set("selectbox", f"{cell}:named", named)
    rows = confused(results, condition, truth, named)
    gallery = next(name for name in page.rows() if name.startswith("gallery-"))
    shown = page.row(gallery)
    assert [int(picture["title"].split()[1]) for picture in shown] == results.columns["index"][rows].tolist()[: confusions.SHOWN]
    expected = np.round(255 * np.clip(pictures(scene_of(results, rows[0])).denoised[0], 0, 1))
    assert np.abs(page.pixels(gallery, 0) - expected).max() <= 1

    from ui.viewer import Click

    viewer = confusions.viewer

    def clicked(drawn, **options):
        viewer(drawn, **options)
        return Click(0, 5, 5)

    with monkeypatch.context() as patch:
        patch.setattr(confusions, "viewer", clicked)
        page.run()
    scene = scene_of(results, rows[0])
    assert page.app.title[0].value == "Classify"
    now, _ = Scene.from_query(page.query)
    for name in ("index", "seed", "noise", "level", "denoiser", "level_source", "classifier", "clip"):
        assert getattr(now, name) == getattr(scene, name) or (name == "level" and now.level is None)
    assert page.app.number_input(key="control:seed").value == scene.seed
    assert page.app.number_input(key="control:index:simulated_galaxies").value == scene.index


def test_a_click_on_the_matrix_chooses_the_cell():
    import streamlit as st

    class Clicked:
        class selection:
            points = ({"x": 1, "y": 0},)

    state, original = {"matrix": Clicked}, st.session_state
    try:
        st.session_state = state
        confusions._choose("matrix", "cell")
    finally:
        st.session_state = original
    assert (state["control:experiment:cell:truth"], state["control:experiment:cell:named"]) == (0, 1)


def test_two_conditions_are_compared_on_the_same_pictures(measured, runs):
    page = measured()
    key = results_in(runs).grid.key()[:12]
    page.set("selectbox", f"experiment:First:{key}", 0).set("selectbox", f"experiment:Second:{key}", 0)
    assert any("no picture on which they differ" in one.value for one in page.app.markdown)
    page.set("selectbox", f"experiment:Second:{key}", 2)
    assert any("are right only with the second" in one.value for one in page.app.markdown)


def test_drift_is_followed(small, runs):
    page = small()
    page.set("number_input", f"{SMALL}:images", 4).set("number_input", f"{SMALL}:drift", 2)
    assert any("heat maps" in one.value for one in page.app.markdown)
    finished(page.press("Run"))
    drift = page.table("Drift, Grad-CAM")["Drift, Grad-CAM"]
    assert drift[0] == pytest.approx(1, abs=1e-6)
    assert drift[2] < 1


def test_pictures_without_a_class(visit):
    page = visit("experiments", dataset="hubble", denoiser="median")
    name = "experiment:small:hubble:gaussian"
    page.set("number_input", f"{name}:images", 4).set("multiselect", f"{name}:levels", [50.0])
    finished(page.press("Run"))
    assert any("classes of these pictures are not known" in note for note in page.notes)


@pytest.mark.parametrize("dataset", ["photos", "upload"])
def test_pictures_of_which_there_is_no_experiment_get_a_sentence(visit, dataset):
    page = visit("experiments", dataset=dataset)
    assert any("No classifier knows these pictures" in note for note in page.notes) or "needs many pictures" in str(page.errors)


def test_experiments_of_data_that_is_not_here_get_a_sentence(visit):
    page = visit("experiments")
    page.app.session_state["control:experiment:preset"] = "b5"
    page.run()
    assert any("galaxy pictures are not on this machine" in text for text in page.errors)


def test_nothing_chosen_gets_a_sentence(visit):
    page = visit("experiments")
    page.set("multiselect", f"{SMALL}:classifiers", [])
    assert any("Choose at least one classifier" in note for note in page.notes)


def test_the_grid_of_the_page_is_that_of_the_command_line(visit, monkeypatch):
    """What one has measured, the other shows."""
    asked = []
    folder_of = experiments.folder_of
    monkeypatch.setattr(experiments, "folder_of", lambda grid, name: asked.append(grid) or folder_of(grid, name))
    visit("experiments")
    assert asked[-1] == grid_of(get_preset("small"), usual_scene())


def test_an_experiment_stops_when_all_its_tabs_are_closed(monkeypatch):
    from ui.jobs import Job

    class Server:
        active = frozenset({"a"})

        def is_active_session(self, name):
            return name in self.active

    server, clock = Server(), [0.0]
    monkeypatch.setattr(experiments.runtime, "exists", lambda: True)
    monkeypatch.setattr(experiments.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(experiments.time, "monotonic", lambda: clock[0])
    there = experiments._Presence(Job(waiting={"a", "b"}), 0.0)
    clock[0] = 10_000.0
    assert not there.gone()
    server.active = frozenset()
    clock[0] += experiments.GONE - 1
    assert not there.gone(), "a reload of the page closes its session for a moment"
    clock[0] += 2
    assert there.gone()
