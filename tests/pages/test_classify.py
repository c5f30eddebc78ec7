"""Classify: three columns, rows of evidence, settings that change what is seen and settings that change a figure."""

import json
import threading
import uuid

import pytest

from ui import cache, jobs
from xai_core import weights
from xai_core.classifiers import Classifier, load_classifier
from xai_core.explainers import default_layer, explain, list_layers
from xai_core.scene import Scene

MAPS = ("maps-grad_cam", "maps-lime", "maps-integrated_gradients")
QUICK = {"explainer.lime.samples": 20, "explainer.lime.segments": 8, "explainer.integrated_gradients.steps": 4}
"""Few steps and samples: how good a map is, is tested with the explainers."""


def until_lime_is_there(page):
    return page.until(lambda: "How well a sum over superpixels" in page.captions)


def progress(page):
    return [bar.text for bar in page.app.get("progress")]


@pytest.fixture
def mnist(visit):
    def start(**query):
        return until_lime_is_there(visit("classify", dataset="mnist", denoiser="median", **(QUICK | query)))

    return start


@pytest.mark.parametrize("dataset", ["simulated_galaxies", "hubble", "mnist"])
def test_four_rows_of_explanations_for_three_columns(visit, dataset):
    page = until_lime_is_there(visit("classify", dataset=dataset, **QUICK))
    assert not page.errors
    for key in ("pictures", "layer-grid", *MAPS):
        assert [picture["title"].split()[0] for picture in page.row(key)] == ["Clean", "Noisy", "Denoised"]
    for key in MAPS:
        assert len(set(page.drawn(key))) == 3
    assert [heading.value for heading in page.app.main.subheader] == [
        *("Prediction", "Activations", "Grad-CAM", "LIME", "Integrated gradients")
    ]
    known = "True class" if dataset != "hubble" else "The true class of this picture is not known."
    assert known in page.captions
    # One group: zooming one row zooms all.
    assert {page.rows()[key]["group"] for key in ("pictures", *MAPS)} == {"classify"}


def test_predictions_are_those_of_the_library(mnist):
    page = mnist(index=4, seed=3)
    images = cache.columns(Scene("mnist", 4, seed=3, denoiser="median"), None)
    shares = load_classifier("cnn-mnist")(images)
    for text, share in zip(page.texts("pictures"), shares, strict=True):
        assert text.startswith(f"{share.argmax()} {share.max():.0%}")
    figure = page.app.get("plotly_chart")[0]
    drawn = json.loads(figure.proto.spec)["data"]
    assert [bars["name"] for bars in drawn] == ["Clean", "Noisy", "Denoised"]


def test_more_noise_moves_the_figures(mnist):
    page = mnist()
    decibels = float(page.texts("pictures")[1].partition("·")[2].partition(" dB")[0])
    first, clean = page.rows(), page.drawn("maps-grad_cam")[0]
    page.set("slider", "level:gaussian", 100.0)
    assert float(page.texts("pictures")[1].partition("·")[2].partition(" dB")[0]) < decibels
    for key in ("layer-grid", "maps-grad_cam", "maps-integrated_gradients"):
        assert page.drawn(key)[1] != first[key]["pictures"][1]["src"]
        assert page.texts(key)[1] != first[key]["pictures"][1]["caption"]
    page.set("toggle", "linked", False)  # one range a map: the clean one does not depend on the noisy one
    alone = page.drawn("maps-grad_cam")[0]
    page.set("slider", "level:gaussian", 25.0)
    assert page.drawn("maps-grad_cam")[0] == alone
    page.set("toggle", "linked", True)
    assert page.drawn("maps-grad_cam")[0] == clean


def test_maps_are_those_of_the_library(mnist):
    """The numbers under the cursor, not only the colours; LIME uses the clean picture's superpixels in all columns."""
    page = mnist(target="class:3")
    images, classifier = cache.columns(Scene("mnist", denoiser="median"), None), load_classifier("cnn-mnist")
    for key, method, parameters in (
        ("maps-grad_cam", "grad_cam", {}),
        ("maps-integrated_gradients", "integrated_gradients", {"steps": 4}),
    ):
        expected = explain(classifier, images, method, 3, **parameters).heatmap
        for picture, heatmap in zip(page.row(key), expected, strict=True):
            assert picture["values"]["low"] == pytest.approx(heatmap.min(), abs=1e-5)
    lime = explain(classifier, images[:1], "lime", 3, samples=20, segments=8)
    segments = lime.diagnostics["segments"][0]
    others = explain(classifier, images[1:], "lime", 3, samples=20, segments=segments)
    for picture, heatmap in zip(page.row("maps-lime"), [*lime.heatmap, *others.heatmap], strict=True):
        assert picture["values"]["low"] == pytest.approx(heatmap.min(), abs=1e-5)


def test_the_target_changes_maps_and_the_words_of_the_colour_bars(mnist):
    page = mnist()
    before = page.rows()
    predicted = page.texts("pictures")[0].split()[0]
    assert before["maps-integrated_gradients"]["bar"]["low_word"] == f"against {predicted}"
    assert before["maps-lime"]["bar"]["high_word"] == f"evidence for {predicted}"
    assert before["maps-grad_cam"]["bar"]["low_word"] == "no support"
    other = "7" if predicted != "7" else "1"
    page.set("selectbox", "target:cnn-mnist", f"class:{other}")
    until_lime_is_there(page)
    for key in MAPS:
        assert page.bar(key)["high_word"] == f"evidence for {other}"
        assert page.drawn(key) != [picture["src"] for picture in before[key]["pictures"]]
    assert page.query["target"] == f"class:{other}"
    page.set("selectbox", "target:cnn-mnist", "")
    until_lime_is_there(page)
    assert "target" not in page.query
    assert {key: page.rows()[key] for key in MAPS} == {key: before[key] for key in MAPS}


@pytest.mark.parametrize(
    ("kind", "key", "value", "changed"),
    [
        ("slider", "alpha", 0.2, MAPS),
        ("selectbox", "smoothing", "tv", MAPS),
        ("selectbox", "smoothing", "gaussian", MAPS),
        ("selectbox", "smoothing", "median", MAPS),
        ("selectbox", "colormap", "jet", ("maps-grad_cam", "layer-grid")),
        ("toggle", "linked", False, ()),
    ],
)
def test_display_settings_change_pictures_but_no_figure(mnist, kind, key, value, changed):
    page = mnist()
    before, captions = page.rows(), page.captions
    page.set(kind, key, value)
    after = page.rows()
    for row in changed:
        assert [p["src"] for p in after[row]["pictures"]] != [p["src"] for p in before[row]["pictures"]], row
    assert after["pictures"] == before["pictures"]
    for row in before:
        assert [p["caption"] for p in after[row]["pictures"]] == [p["caption"] for p in before[row]["pictures"]]
    # Notes on what the setting itself does may come and go.
    figures = [line for line in captions.splitlines() if line.startswith(("How well", "How much", "Cost", "True class"))]
    assert len(figures) >= 4
    assert set(figures) <= set(page.captions.splitlines())
    assert page.query[key] == (str(value).lower() if isinstance(value, bool) else str(value))


def test_unlinked_maps_have_a_colour_bar_each(mnist):
    page = mnist(linked="false")
    for key in MAPS:
        row = page.rows()[key]
        assert row["bar"] is None
        assert all(picture["bar"]["high_word"] for picture in row["pictures"])
        assert len({picture["bar"]["high"] for picture in row["pictures"]}) == 3


def test_layers_to_pick(mnist):
    page = mnist()
    grid, cam = page.drawn("layer-grid"), page.drawn("maps-grad_cam")
    layers = page.options("layer:cnn-mnist")
    assert page.app.selectbox(key="control:layer:cnn-mnist").value == next(name for name in layers if name.startswith("conv"))
    page.set("selectbox", "layer:cnn-mnist", layers[-1])
    assert page.query["layer"] == layers[-1]
    assert page.drawn("layer-grid") != grid
    assert page.drawn("maps-grad_cam") == cam
    cams = page.options("cam:cnn-mnist")
    usual = page.app.selectbox(key="control:cam:cnn-mnist").value
    page.set("selectbox", "cam:cnn-mnist", next(name for name in cams if name != usual))
    assert page.drawn("maps-grad_cam") != cam
    assert "cam_layer" in page.query
    page.set("selectbox", "cam:cnn-mnist", usual)
    assert page.drawn("maps-grad_cam") == cam
    assert "cam_layer" not in page.query


def test_steps_and_baseline_of_integrated_gradients(mnist):
    def residuals(**parameters):
        images = cache.columns(Scene("mnist", denoiser="median"), None)
        found = explain(load_classifier("cnn-mnist"), images, "integrated_gradients", 3, **parameters)
        shares = found.diagnostics["completeness_residual"]
        return ", ".join(f"{name} {share:.1%}" for name, share in zip(("clean", "noisy", "denoised"), shares, strict=True))

    page = mnist(target="class:3")
    assert residuals(steps=4) in page.captions
    page.set("slider", "integrated_gradients:steps", 200)
    assert residuals(steps=200) in page.captions
    assert page.query["explainer.integrated_gradients.steps"] == "200"
    black = page.drawn("maps-integrated_gradients")
    page.set("selectbox", "integrated_gradients:baseline", "white")
    assert "from a white picture" in page.captions
    assert residuals(steps=200, baseline="white") in page.captions
    assert page.drawn("maps-integrated_gradients") != black
    page.set("slider", "integrated_gradients:steps", 50)
    assert "explainer.integrated_gradients.steps" not in page.query


@pytest.fixture
def busy(visit):
    """A server whose queue of slow explanations is held up by somebody else's."""
    go = threading.Event()
    job = jobs.jobs().start(str(uuid.uuid4()), lambda progress: go.wait(300), "somebody else")
    yield go
    go.set()
    job.future.result(300)


def no_map_yet(page, key="maps-lime"):
    """The pictures stand where the maps will."""
    return [picture["caption"] for picture in page.row(key)] == ["no map yet"] * 3


def test_lime_never_blocks_the_other_rows_and_can_be_stopped(visit, busy):
    page = visit("classify", dataset="mnist", denoiser="median", seed=11, **QUICK)
    assert {"pictures", "layer-grid", *MAPS} <= set(page.rows())
    assert no_map_yet(page)
    assert page.bar("maps-lime")["note"] == "no map yet"
    assert progress(page) == ["waiting for its turn"]

    page.press("Stop")
    assert "Stopped before there was a map." in page.captions
    assert no_map_yet(page)
    assert not progress(page)
    busy.set()
    page.run()
    assert "Stopped before there was a map." in page.captions  # it does not start again by itself
    page.press("Compute LIME")
    until_lime_is_there(page)
    assert not no_map_yet(page)
    assert "Stopped" not in page.captions
    assert not [button for button in page.app.button if "LIME" in button.label or button.label == "Stop"]


class Held:
    """An explanation that hands out one map and then waits."""

    def __init__(self, monkeypatch):
        from ui import progressive

        self.shown, self.go, self.computed = threading.Event(), threading.Event(), 0
        self.compute = cache.compute_explanation
        monkeypatch.setattr(progressive.cache, "compute_explanation", self)

    def __call__(self, *arguments):
        *others, preview = arguments
        if not callable(preview):  # a row that needs no waiting
            return self.compute(*arguments)
        self.computed += 1

        def look(found):
            if not self.shown.is_set():
                preview(found)
                self.shown.set()
                assert self.go.wait(300)

        return self.compute(*others, look)


@pytest.fixture
def held(monkeypatch):
    held = Held(monkeypatch)
    yield held
    held.go.set()


def test_the_map_so_far_is_shown_and_kept_when_it_is_stopped(visit, held):
    page = visit("classify", dataset="mnist", denoiser="median", seed=21, **(QUICK | {"explainer.lime.samples": 200}))
    assert held.shown.wait(300)
    page.run()
    [text] = progress(page)
    assert text.startswith("16 of 200 samples: standard error ")
    coarse = page.row("maps-lime")
    assert not no_map_yet(page)
    assert page.bar("maps-lime")["note"] != "no map yet"

    page.press("Stop")
    held.go.set()
    assert page.row("maps-lime") == coarse, "the same pictures in the same place"
    assert "Stopped after 16 of 200 samples: standard error " in page.captions
    assert not progress(page)
    page.set("slider", "alpha", 0.3)
    assert "Stopped after 16 of 200 samples" in page.captions
    page.press("Compute LIME")
    until_lime_is_there(page)
    assert "200 samples." in page.captions
    assert page.row("maps-lime") != coarse


def test_a_stopped_map_is_not_taken_for_that_of_another_view(visit, held):
    page = visit("classify", dataset="mnist", denoiser="median", seed=22, **(QUICK | {"explainer.lime.samples": 200}))
    assert held.shown.wait(300)
    page.run().press("Stop")
    held.go.set()
    page.set("slider", "level:gaussian", 30.0)
    assert "Stopped" not in page.captions
    until_lime_is_there(page)


def test_a_reached_tolerance_is_told(mnist):
    page = mnist(seed=23, **{"explainer.lime.samples": 2000, "explainer.lime.tolerance": 0.5})
    assert "The tolerance was reached after clean " in page.captions
    assert page.query["explainer.lime.tolerance"] == "0.5"


def test_the_cost_is_told_before(mnist, monkeypatch):
    from ui import progressive

    monkeypatch.setattr(progressive, "_seconds_of_a_pass", lambda scene, upload: 0.01)
    page = mnist(explainers="rise,smoothgrad,occlusion,score_cam", **{"explainer.rise.samples": 3000})
    assert "Cost: 3 x 20 forward passes, under a second." in page.captions
    assert "Cost: 3 x 3,000 forward passes, about 90\u00a0s." in page.captions
    assert "Cost: 3 x 50 forward and backward passes, about 4\u00a0s." in page.captions
    network = load_classifier("cnn-mnist")
    [channels] = [layer.shape[-1] for layer in list_layers(network) if layer.name == default_layer(network)]
    assert f"Cost: 3 x {min(64, channels)} forward passes, " in page.captions


def test_a_pass_is_timed_once_a_network(mnist):
    from ui import progressive

    mnist()
    seconds = progressive._seconds_of_a_pass(Scene("mnist", denoiser="median"), None)
    assert 0 < seconds < 60
    assert progressive._seconds_of_a_pass(Scene("mnist", denoiser="median", index=3), None) == seconds


def test_lime_of_a_view_that_was_left_is_given_up(visit, busy):
    """Dragging the slider must not leave a queue of maps behind that nobody will see."""
    queue = jobs.jobs()
    page = visit("classify", dataset="mnist", denoiser="median", seed=12, **QUICK)
    page.set("slider", "level:gaussian", 30.0)
    page.set("slider", "level:gaussian", 31.0)
    waiting = [job for job in queue._jobs.values() if not job.finished and "somebody else" not in job.waiting]
    assert len(waiting) == 1
    busy.set()
    until_lime_is_there(page)


def test_two_sessions_share_one_computation(visit, held):
    pages = [visit("classify", dataset="mnist", denoiser="median", seed=13, **QUICK) for _ in range(2)]
    assert held.shown.wait(300)
    for page in pages:
        page.run()
    assert pages[0].row("maps-lime") == pages[1].row("maps-lime"), "the map so far too"
    pages[0].press("Stop")  # the other one still waits for it
    held.go.set()
    until_lime_is_there(pages[1])
    assert held.computed == 1
    assert "How well a sum over superpixels" in pages[0].run().captions  # it was made all the same
    assert pages[0].drawn("maps-lime") == pages[1].drawn("maps-lime")
    assert held.computed == 1


def test_a_method_asked_for_by_another_session_is_shared_without_a_click(visit, held):
    query = {"dataset": "mnist", "denoiser": "median", "seed": 24, "explainers": "rise", "explainer.rise.samples": 60} | QUICK
    first = until_lime_is_there_after(held, visit("classify", **query))
    held.shown.clear()
    held.go.clear()
    first.press("Compute RISE")
    assert held.shown.wait(300)
    second = visit("classify", **query)
    assert [text.split(":")[0] for text in progress(second)] == ["16 of 60 samples"]
    first.press("Stop")
    held.go.set()
    second.until(lambda: "Standard error of the map" in second.captions)
    assert held.computed == 2


def until_lime_is_there_after(held, page):
    held.go.set()
    return until_lime_is_there(page)


def test_lime_that_fails_says_so_and_can_be_tried_again(visit, monkeypatch):
    from ui import progressive
    from xai_core.errors import InvalidInput

    compute = cache.compute_explanation

    def fails(*arguments):
        if "lime" in arguments:
            raise InvalidInput("The superpixels are tired.")
        return compute(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(progressive.cache, "compute_explanation", fails)
        page = until_lime_is_there(visit("classify", dataset="mnist", denoiser="median", seed=14, **QUICK))
        assert page.errors == ["The superpixels are tired."]
        assert {"layer-grid", "maps-grad_cam", "maps-integrated_gradients"} <= set(page.rows())
    page.press("Compute LIME")
    until_lime_is_there(page)
    assert not page.errors


def test_pictures_that_no_classifier_knows(visit):
    page = visit("classify", dataset="photos")
    assert not page.errors
    assert "No classifier knows these pictures" in page.notes[0]
    page.set("slider", "level:gaussian", 40.0)
    assert page.query == {"dataset": "photos", "level": "40"}  # the address follows all the same


def test_every_class_can_be_asked_for(visit):
    page = visit("classify", **QUICK)
    assert page.options("target:galaxy-cnn2")[1:] == weights.entry("galaxy-cnn2")["classes"]
    assert page.options("target:galaxy-cnn2")[0].endswith("(predicted)")


def test_nothing_is_computed_twice(mnist, monkeypatch):
    """A repeated view comes from the cache."""
    page = mnist(seed=15)
    page.set("slider", "level:gaussian", 26.0)
    until_lime_is_there(page)
    first = page.rows()

    def computed(*arguments, **options):
        raise AssertionError("computed again")

    for owner, name in ((cache, "_pictures"), (cache, "_activations"), (cache, "_explain"), (Classifier, "__call__")):
        monkeypatch.setattr(owner, name, computed)
    page.set("slider", "level:gaussian", 25.0)
    page.set("slider", "level:gaussian", 26.0)
    assert page.rows() == first


def test_more_methods_get_rows_of_their_own(mnist):
    page = mnist(explainers="grad_cam,lime,integrated_gradients,saliency,edges")
    assert not page.errors
    assert {"maps-saliency", "maps-edges"} <= set(page.rows())
    assert page.query["explainers"] == "grad_cam,lime,integrated_gradients,saliency,edges"
    page.set("multiselect", "methods", ["layer_cam"])
    assert "maps-layer_cam" in page.rows()
    assert "maps-saliency" not in page.rows()
    assert page.query["explainers"].endswith("layer_cam")


def test_a_slow_method_waits_to_be_asked(mnist):
    page = mnist(explainers="rise", **{"explainer.rise.samples": 60})
    assert no_map_yet(page, "maps-rise")
    assert "Cost: 3 x 60 forward passes, " in page.captions
    page.press("Compute RISE")
    page.until(lambda: "Standard error of the map" in page.captions)
    assert not no_map_yet(page, "maps-rise")


def test_a_method_that_is_taken_off_the_page_is_given_up(visit, busy):
    page = visit("classify", dataset="mnist", denoiser="median", seed=25, explainers="rise", **QUICK)
    page.press("Compute RISE")
    waiting = [job for job in jobs.jobs()._jobs.values() if not job.finished and "somebody else" not in job.waiting]
    assert len(waiting) == 2
    page.set("multiselect", "methods", [])
    assert [job.cancelled.is_set() for job in waiting] == [False, True]
    busy.set()
    until_lime_is_there(page)


def test_every_method_says_how_it_works():
    from ui.classify import HOW
    from xai_core.explainers import EXPLAINERS

    assert set(HOW) == set(EXPLAINERS.names)
