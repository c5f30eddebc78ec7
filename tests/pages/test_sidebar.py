"""The column of controls that all pages share, and what they keep from page to page."""

import numpy as np
import pytest

from ui import cache
from ui.panels import by_column
from ui.viewer import Click
from xai_core.classifiers import CLASSIFIERS, load_classifier
from xai_core.datasets import DATASETS, load_dataset
from xai_core.denoisers import DENOISERS
from xai_core.explainers import explain
from xai_core.render import JET_WARNING, SMOOTHINGS
from xai_core.scene import Scene, classifiers_for, denoisers_for, usual_denoiser
from xai_core.trust.failures import Failure


def labels(*names):
    return [DENOISERS.get(name).label for name in names]


def test_the_first_view_has_no_address_of_its_own(visit):
    page = visit("home")
    assert page.query == {}
    assert page.app.selectbox(key="control:dataset").value == "simulated_galaxies"
    assert page.app.selectbox(key="control:denoiser").value == "non_local_means"


def test_every_data_set_is_offered_and_what_is_missing_is_named(visit):
    offered = visit("models").options("dataset")
    assert [text.removesuffix(" (not installed)") for text in offered] == [
        *(spec.label for spec in DATASETS),
        "Your own picture",
    ]
    assert "Galaxies (Elliptical / Other) (not installed)" in offered
    assert "MNIST digits" in offered


@pytest.mark.parametrize(
    ("dataset", "shape", "chosen", "classifiers"),
    [
        ("mnist", (28, 28, 1), "autoencoder-mnist", "Small CNN (MNIST)"),
        ("hubble", (96, 96, 3), None, "CNN-2 (galaxies)"),
        ("photos", (256, 256, 3), None, None),
    ],
)
def test_the_data_set_decides_what_is_offered(visit, dataset, shape, chosen, classifiers):
    """chosen: None for the usual one of such pictures, which depends on what has been trained."""
    page = visit("denoise")
    before = page.drawn("pictures")[0]
    page.set("selectbox", "dataset", dataset)
    assert page.drawn("pictures")[0] != before
    assert page.options("denoiser") == labels(*denoisers_for(shape, dataset))
    chosen = chosen or usual_denoiser(shape, dataset, "non_local_means")
    assert page.app.selectbox(key="control:denoiser").value == chosen
    keys = [box.key for box in page.app.selectbox]
    assert ("control:classifier" in keys) == (classifiers is not None)
    if classifiers:
        assert page.options("classifier")[0] == classifiers
        assert page.options("classifier") == [CLASSIFIERS.get(name).label for name in classifiers_for(dataset)]


@pytest.fixture
def only_digits_have_a_network(monkeypatch):
    """A data set with a network of its own gets it; here photographs and galaxies have none."""
    from xai_core import scene

    monkeypatch.setattr(scene, "trained_models", lambda: frozenset({"autoencoder-mnist"}))


def test_a_data_set_with_a_network_of_its_own_gets_it(visit):
    page = visit("denoise", denoiser="total_variation").set("selectbox", "dataset", "photos")
    assert page.app.selectbox(key="control:denoiser").value == usual_denoiser((256, 256, 3), "photos", "total_variation")


def test_there_and_back_again(visit, only_digits_have_a_network):
    """Data sets back and forth: the same view as at first."""
    page = visit("denoise")
    start = page.rows()
    page.set("selectbox", "dataset", "mnist")
    page.set("number_input", "index:mnist", 9)
    page.set("selectbox", "dataset", "photos")
    page.set("selectbox", "dataset", "simulated_galaxies")
    assert page.query == {}
    assert page.rows() == start


def test_a_filter_that_was_chosen_is_kept_where_it_fits(visit, only_digits_have_a_network):
    page = visit("denoise", dataset="hubble", denoiser="total_variation", **{"denoiser.strength": 2})
    page.set("selectbox", "dataset", "photos")
    assert page.query["denoiser"] == "total_variation"
    assert page.query["denoiser.strength"] == "2"
    page.set("selectbox", "dataset", "mnist")  # which has a network of its own
    assert page.query["denoiser"] == "autoencoder-mnist"
    assert "denoiser.strength" not in page.query
    page.set("selectbox", "dataset", "hubble")  # which the network does not fit
    assert page.app.selectbox(key="control:denoiser").value == "non_local_means"


def test_parameters_of_a_denoiser_reach_the_picture_and_go_with_it(visit):
    page = visit("denoise", dataset="mnist", denoiser="non_local_means")
    usual = page.drawn("pictures")[2]
    page.set("slider", "denoiser:non_local_means:strength", 2.0)
    assert page.drawn("pictures")[2] != usual
    assert page.query["denoiser.strength"] == "2"
    page.set("selectbox", "denoiser", "total_variation")
    assert "denoiser.strength" not in page.query
    assert page.app.slider(key="control:denoiser:total_variation:strength").value == 1.1
    page.set("selectbox", "denoiser", "non_local_means")
    assert page.drawn("pictures")[2] == usual


def test_the_level_may_be_estimated(visit):
    page = visit("denoise", dataset="mnist", denoiser="total_variation", level=60)
    known = page.drawn("pictures")
    page.set("toggle", "known", False)
    assert page.query["level_source"] == "estimated"
    assert page.drawn("pictures")[:2] == known[:2]
    assert page.drawn("pictures")[2] != known[2]
    page.set("selectbox", "denoiser", "median")  # needs no level
    assert "control:known" not in [toggle.key for toggle in page.app.toggle]


def test_picking_a_picture(visit, monkeypatch):
    from ui import sidebar

    monkeypatch.setattr(sidebar, "_surprise", lambda name, last: sidebar.state.move(name, last))
    page = visit("denoise", dataset="mnist", denoiser="median")
    images = load_dataset("mnist").pixels
    page.set("number_input", "index:mnist", 25)
    assert np.array_equal(page.pixels("pictures", 0)[..., :1], images[25])
    assert "Pictures 24 to 35." in page.captions
    page.press("Surprise me")
    last = len(images) - 1
    assert np.array_equal(page.pixels("pictures", 0)[..., :1], images[last])
    start = last // 12 * 12
    assert f"Pictures {start} to {last}." in page.captions
    assert page.query["index"] == str(last)

    clicks, draw = [Click(3, 5, 5)], sidebar.viewer

    def clicked(shown, *, key, **options):
        draw(shown, key=key, **options)
        return clicks.pop() if clicks else None

    monkeypatch.setattr(sidebar, "viewer", clicked)
    page.run()
    assert page.query["index"] == str(start + 3)
    assert np.array_equal(page.pixels("pictures", 0)[..., :1], images[start + 3])
    marked = [picture["alt"] for picture in page.run().row(f"thumbnails-mnist-{start}")]
    assert [index for index, alt in enumerate(marked) if alt.endswith("(shown)")] == [3]


def test_surprise_me_stays_within_the_data_set(visit):
    page = visit("denoise", dataset="photos")
    for _ in range(5):
        page.press("Surprise me")
        assert not page.errors
        assert int(page.query.get("index", 0)) < 12


def test_settings_are_kept_on_every_page(visit):
    """One Scene: what was set on one page holds on the others, and is still there when the page is entered again."""
    page = visit("denoise")
    page.set("selectbox", "dataset", "mnist")
    page.set("number_input", "index:mnist", 3)
    page.set("slider", "level:gaussian", 45.0)
    page.set("selectbox", "colormap", "magma")
    page.set("selectbox", "scale:denoise", "global")
    layer = page.app.pills(key="control:denoiser_layer").options[2]
    page.set("pills", "denoiser_layer", layer)
    page.app.toggle(key="window").set_value(True)
    page.run()
    scene, view = page.query, page.rows()
    assert scene["spot"] == "window:12,12,5,5"

    page.go("classify")
    page.set("selectbox", "target:cnn-mnist", "class:5")
    kept = scene | {"target": "class:5"}
    for name in ("home", "denoise", "models", "classify", "denoise"):
        page.go(name)
        assert page.query == kept
        assert page.app.selectbox(key="control:dataset").value == "mnist"
        assert page.app.slider(key="control:level:gaussian").value == 45.0
    assert page.rows() == view
    page.go("classify")
    assert page.app.selectbox(key="control:target:cnn-mnist").value == "class:5"
    assert page.bar("maps-grad_cam")["high_word"] == "evidence for 5"


def test_the_class_asked_for_is_kept_from_picture_to_picture(visit):
    page = visit("classify", dataset="mnist", denoiser="median", target="class:8", classifier="cnn-mnist")
    page.set("number_input", "index:mnist", 2)
    assert page.bar("maps-grad_cam")["high_word"] == "evidence for 8"
    page.go("home").set("number_input", "index:mnist", 3)
    page.go("classify")
    assert page.bar("maps-grad_cam")["high_word"] == "evidence for 8"
    page.set("selectbox", "dataset", "simulated_galaxies")  # which has no such class
    assert page.app.selectbox(key="control:target:galaxy-cnn2").value == ""
    assert "target" not in page.query


def test_the_address_holds_only_what_differs(visit):
    page = visit("home")
    page.set("slider", "level:gaussian", 30.0)
    assert page.query == {"level": "30"}
    page.set("slider", "alpha", 0.5)
    assert page.query == {"level": "30", "alpha": "0.5"}
    page.set("slider", "level:gaussian", 25.0)
    page.set("slider", "alpha", 0.6)
    assert page.query == {}
    assert page.app.session_state["scene"] == Scene()


def test_the_smoothings_of_heat_maps_are_those_of_the_library(visit):
    page = visit("home")
    assert page.options("smoothing") == [spec.label for spec in SMOOTHINGS]
    page.set("selectbox", "smoothing", "bilateral")
    assert SMOOTHINGS.get("bilateral").summary in page.captions
    assert page.query == {"smoothing": "bilateral"}


def test_jet_comes_with_a_warning(visit):
    page = visit("home")
    assert JET_WARNING not in page.captions
    page.set("selectbox", "colormap", "jet")
    assert JET_WARNING in page.captions


QUICK = {"explainer.lime.samples": 20, "explainer.lime.segments": 8, "explainer.integrated_gradients.steps": 4}


def test_a_link_with_a_smoothing_draws_it_and_says_what_it_did(visit):
    raw = visit("classify", dataset="mnist", denoiser="median", **QUICK)
    page = visit("classify", dataset="mnist", denoiser="median", smoothing="wavelet", **QUICK)
    assert page.app.selectbox(key="control:smoothing").value == "wavelet"
    for key in ("maps-grad_cam", "maps-integrated_gradients"):
        assert all(before != after for before, after in zip(raw.drawn(key), page.drawn(key), strict=True))
        assert page.texts(key) == raw.texts(key)  # figures use the raw map
    page.set("selectbox", "smoothing", "tv")
    assert "Smoothing reordered the pixels" in page.captions
    assert "Smoothing reordered the pixels" not in raw.captions


def test_the_colour_bar_of_a_row_says_unit_clipping_and_whose_scale_it_is(visit):
    page = visit("classify", dataset="mnist", denoiser="median", **QUICK)
    note = page.bar("maps-integrated_gradients")["note"]
    assert note.startswith("Unit: class score (logit) per pixel. ")
    assert "of the pixels lie beyond the ends" in note
    assert note.endswith("One scale for the row.")
    page.set("toggle", "linked", False)
    assert page.bar("maps-integrated_gradients") is None
    assert all(picture["bar"]["note"] == "" for picture in page.row("maps-integrated_gradients"))
    assert "Each picture has a scale of its own" in page.captions


def test_unusual_maps_are_named_by_column_and_explained(visit):
    """What one step misses of the score is said under the row, once for the columns that share it."""
    page = visit("classify", dataset="mnist", denoiser="median", **(QUICK | {"explainer.integrated_gradients.steps": 1}))
    images = cache.columns(Scene("mnist", denoiser="median"), None)
    residuals = explain(load_classifier("cnn-mnist"), images, "integrated_gradients", int(page.texts("pictures")[0][0]), steps=1)
    over = residuals.diagnostics["completeness_residual"] > 0.05
    assert over.any()
    names = [name for name, missed in zip(("Clean", "Noisy", "Denoised"), over, strict=True) if missed]
    where = "All three" if over.all() else ", ".join(names).capitalize()
    assert f"**{where}.** The parts do not add up" in page.captions


def test_failures_shared_by_columns_are_said_once():
    one, two, minor = Failure("a", "A.", "Do."), Failure("b", "B.", "Do."), Failure("c", "C.", "Do.", grave=False)
    assert by_column([(minor,), (one,), (one, two)]) == (("Noisy, denoised", one), ("Denoised", two), ("Clean", minor))
    assert by_column([(one,)] * 3) == (("All three", one),)
    assert by_column([()] * 3) == ()
