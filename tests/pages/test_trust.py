"""Can it be trusted? Do the methods agree? Explanation drift: what the page Classify measures on demand."""

import json
import threading

import numpy as np
import pytest

from ui import cache, jobs, trust
from xai_core import trust as figures_of
from xai_core.explainers import explain
from xai_core.scene import Scene

SCENE = Scene(dataset="mnist", denoiser="median", classifier="cnn-mnist")
QUICK = {"explainer.lime.samples": 20, "explainer.lime.segments": 8, "explainer.integrated_gradients.steps": 4}


@pytest.fixture
def mnist(visit):
    def start(**query):
        return visit("classify", dataset="mnist", denoiser="median", **(QUICK | query))

    return start


def row(page):
    """The table of figures, by the figure's name."""
    tables = [table.value for table in page.app.table if "Figure" in table.value.columns]
    return tables[0].set_index("Figure") if tables else None


def complete(page):
    return (
        row(page) is not None
        and "Efficient MPRT" in row(page).index
        and not any(button.label == "Stop" for button in page.app.button)
    )


def readings(page):
    return next((element.value for element in page.app.markdown if element.value.startswith("What they say of")), "")


def measured(page, method="grad_cam"):
    """With all figures in the row; the one server of all tests may have them already."""
    if any(button.key == f"measure-{method}" for button in page.app.button):
        page.app.button(key=f"measure-{method}").click().run()
    return page.until(lambda: complete(page))


def charts(page):
    return {chart.key: json.loads(chart.proto.spec) for chart in page.app.get("plotly_chart")}


def test_the_trust_row_is_measured_on_demand(mnist, nothing_computed):
    page = mnist()
    assert row(page) is None
    table = row(measured(page))
    assert list(table.columns) == ["Clean", "Noisy", "Denoised", "Random map", "Edges"]
    assert list(table.index) == [name for name in figures_of.DEFINITIONS if name in table.index]
    assert {"Deletion", "Insertion", "ROAD", "Mu-fidelity", "Like an untrained network's", "Efficient MPRT"} <= set(table.index)
    lines = [line for line in readings(page).splitlines() if line.startswith("- ")]
    assert [line.split("**")[1] for line in lines] == list(table.index) and all(line.endswith(".") for line in lines)
    assert list(table.index[table["Clean"] == ""]) == ["Stability under noise"], "the clean picture has no noise to draw again"
    assert (table.loc[["Deletion", "Insertion", "ROAD", "Mu-fidelity"], ["Random map", "Edges"]] != "").all(axis=None)
    # The numbers are the library's.
    images, model = cache.columns(SCENE, None), cache.classifier(SCENE)
    target = int(cache.probabilities(SCENE, None)[0].argmax())
    heatmap = explain(model, images[1:2], "grad_cam", target).heatmap[0]
    expected = figures_of.deletion(model, images[1:2], heatmap, target)
    assert float(table.loc["Deletion", "Noisy"].replace("\u2212", "-")) == pytest.approx(expected.normalised, abs=2e-3)
    drawn = charts(page)["Deletion-grad_cam"]["data"]
    assert [line["name"] for line in drawn] == ["Clean", "Noisy", "Denoised", "Random map"]
    assert "Areas in logits" in page.captions


def test_readings_and_controls_follow_the_chosen_picture(mnist):
    page = measured(mnist())
    before, said = row(page), readings(page)
    assert "of the **denoised** picture" in said
    page.app.segmented_control(key="control:trust:grad_cam").set_value("Clean").run()
    after = row(page.fine())
    assert "of the **clean** picture" in readings(page) and readings(page) != said
    assert (after[["Clean", "Noisy", "Denoised"]] == before[["Clean", "Noisy", "Denoised"]]).all(axis=None)
    assert (after.loc["ROAD", "Random map"], after.loc["ROAD", "Edges"]) != (
        before.loc["ROAD", "Random map"],
        before.loc["ROAD", "Edges"],
    )


def test_figures_appear_as_they_come(mnist, nothing_computed, monkeypatch):
    """What the network must be asked for waits; what is known is there, and the row can be stopped."""
    go, reference = threading.Event(), figures_of.reference

    def slow(*args, **kwargs):
        assert go.wait(300)
        return reference(*args, **kwargs)

    monkeypatch.setattr(trust.trust, "reference", slow)
    page = mnist()
    page.app.button(key="measure-integrated_gradients").click().run()
    page.fine()
    names = ["Sparseness", "Complexity", "Completeness residual"]
    assert list(row(page).index) == names
    assert (row(page)["Random map"] == "").all()
    assert any(button.key == "stop-integrated_gradients" for button in page.app.button)
    go.set()
    page.until(lambda: complete(page))
    assert list(row(page).index)[:3] == names
    assert not any(button.key == "stop-integrated_gradients" for button in page.app.button)


def test_what_all_maps_of_a_picture_share_is_measured_once(mnist, nothing_computed, monkeypatch):
    calls, reference = [], figures_of.reference
    monkeypatch.setattr(trust.trust, "reference", lambda *args, **how: calls.append(1) or reference(*args, **how))
    page = mnist()
    for method in ("grad_cam", "integrated_gradients"):
        page.app.button(key=f"measure-{method}").click().run()
    page.until(lambda: len([table for table in page.app.table if "Figure" in table.value.columns]) == 2 and complete(page))
    assert len(calls) == 3, "clean, noisy, denoised"


def test_the_file_holds_every_figure_of_every_picture():
    one = figures_of.Figure("Sparseness", 0.5, "Half of it.")
    curve = figures_of.Curve(np.array([0.0, 1]), np.array([2.0, 0]), full=2.0, empty=0.0)
    two = figures_of.Figure("Deletion", 0.5, "Faster.", curve)
    controls = {"random_map": {"Deletion": figures_of.Figure("Deletion", 0.7, "", curve)}, "edges": {}}
    lines = trust._csv(trust.Measured(((one, two), (one,), ()), (controls, None, None))).decode().splitlines()
    assert lines[0] == "picture,figure,value,area_logit,random_map,edges,reading,definition,source"
    assert [line.split(",")[:6] for line in lines[1:]] == [
        ["clean", "Sparseness", "0.5", "", "", ""],
        ["clean", "Deletion", "0.5", "1.0", "0.7", ""],
        ["noisy", "Sparseness", "0.5", "", "", ""],
    ]
    assert "Petsiuk" in lines[2]


def test_the_methods_are_compared(mnist):
    page = mnist(explainers="grad_cam,lime,integrated_gradients,edges")
    page.until(lambda: "maps-lime" in page.rows())
    found = charts(page.run())
    methods = ["Grad-CAM", "Integrated gradients", "LIME", "Edges (control)"]
    for title in ("Rank correlation", "Overlap of the top tenth"):
        [cells] = found[f"agreement-{title}"]["data"]
        assert cells["x"] == cells["y"] == methods
        assert [row[i] for i, row in enumerate(cells["text"])] == ["1.00"] * 4
        [moved] = found[f"moved-{title}"]["data"]
        assert (moved["x"], moved["y"]) == (["Noisy", "Denoised"], methods)
    expected = figures_of.rank_correlation(*(page.app.session_state["maps"]["grad_cam"][i] for i in (0, 2)))
    assert found["moved-Rank correlation"]["data"][0]["text"][0][1] == f"{expected:.2f}".replace("-", "\u2212")
    assert "disagreement" in page.rows()


def test_drift_is_measured_on_demand_and_marks_the_level(mnist):
    page = mnist(level=40)
    assert "drift-maps" not in charts(page)
    page.press("Measure the drift")
    page.until(lambda: "drift-maps" in charts(page) and not any(button.key == "stop-drift" for button in page.app.button))
    figure = charts(page)["drift-maps"]
    assert [line["name"] for line in figure["data"]][:2] == ["Grad-CAM, noisy", "Grad-CAM, denoised"]
    assert all(len(line["x"] if isinstance(line["x"], list) else line["x"]["bdata"]) > 5 for line in figure["data"])
    assert figure["layout"]["shapes"][0]["x0"] == 40
    assert figure["layout"]["xaxis"]["title"]["text"] == "Noise level (sigma, 0-255 scale)"
    page.app.segmented_control(key="control:drift").set_value("overlap").run()
    assert charts(page.fine())["drift-maps"]["layout"]["yaxis"]["title"]["text"] == "Overlap of the top tenth with the clean map"
    # Another level is another mark on the same curves: nothing is measured again.
    page.set("slider", "level:gaussian", 60.0)
    assert charts(page)["drift-maps"]["layout"]["shapes"][0]["x0"] == 60


def test_points_of_the_drift_appear_as_they_come(mnist, nothing_computed, monkeypatch):
    from ui import drift as section

    go, drift = threading.Event(), section.drift

    def slow(*args, **kwargs):
        for order, one in enumerate(drift(*args, **kwargs)):
            assert order < 2 or go.wait(300)
            yield one

    monkeypatch.setattr(section, "drift", slow)
    page = mnist()
    page.until(lambda: "maps-lime" in page.rows())
    page.press("Measure the drift")
    page.until(lambda: "drift-maps" in charts(page))
    key = next(key for key in jobs.jobs()._jobs if key.startswith("drift-"))
    page.until(lambda: len(jobs.jobs().get(key).partial) == 2)
    assert any(button.key == "stop-drift" for button in page.app.button)
    page.app.button(key="stop-drift").click().run()
    go.set()
    page.run()
    assert "drift-maps" not in charts(page) and any(button.label == "Measure the drift" for button in page.app.button)
