"""A link is the whole view: what it holds, what it refuses, and that it makes the same picture again."""

import pytest

from xai_core.scene import Scene

PAGES = ("home", "denoise", "explain_denoiser", "classify", "compare", "noise", "models")

FAR_FROM_DEFAULT = {
    "dataset": "mnist",
    "index": "7",
    "noise": "salt_pepper",
    "level": "0.15",
    "seed": "42",
    "clip": "false",
    "denoiser": "total_variation",
    "denoiser.strength": "0.8",
    "level_source": "estimated",
    "classifier": "cnn-mnist",
    "target": "class:4",
    "explainer.integrated_gradients.steps": "10",
    "explainer.lime.samples": "30",
    "cam_layer": "conv_2_1",
    "compared": "median,total_variation",
    "tile": "removed",
    "colormap": "magma",
    "alpha": "0.35",
    "smoothing": "tv",
    "linked": "false",
    "scale": "map",
}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_sets_the_scene_on_every_page(visit, page):
    shown = visit(page, **FAR_FROM_DEFAULT)
    assert not shown.errors
    assert not [note for note in shown.notes if "link" in note]
    expected, notices = Scene.from_query(FAR_FROM_DEFAULT)
    assert not notices
    assert shown.app.session_state["scene"] == expected
    assert shown.query == FAR_FROM_DEFAULT
    assert shown.app.selectbox(key="control:noise").value == "salt_pepper"
    assert shown.app.slider(key="control:level:salt_pepper").value == 0.15
    assert shown.app.slider(key="control:denoiser:total_variation:strength").value == 0.8
    assert shown.app.slider(key="control:alpha").value == 0.35
    assert not shown.app.toggle(key="control:linked").value


def test_the_same_link_gives_the_same_picture_in_another_session(visit):
    first = visit("denoise", dataset="mnist", denoiser="autoencoder-mnist")
    first.set("number_input", "index:mnist", 12)
    first.set("slider", "level:gaussian", 77.0)
    first.set("pills", "denoiser_layer", first.app.pills(key="control:denoiser_layer").options[1])
    second = visit("denoise", **first.query)
    assert second.rows() == first.rows()


def test_after_a_link_the_widgets_still_work(visit):
    page = visit("classify", **FAR_FROM_DEFAULT)
    page.set("slider", "level:salt_pepper", 0.05)
    page.set("selectbox", "target:cnn-mnist", "")
    page.set("selectbox", "denoiser", "median")
    changed = FAR_FROM_DEFAULT | {"level": "0.05", "denoiser": "median"}
    del changed["target"], changed["denoiser.strength"]
    assert page.query == changed


NONSENSE = {
    "dataset": "mnist; DROP TABLE",
    "noise": "gausian",
    "level": "loud",
    "seed": "-1",
    "alpha": "7",
    "clip": "perhaps",
    "colormap": "rainbow",
    "target": "x" * 500,
    "denoiser.patch": "4000",
    "denoiser.nothing": "1",
    "explainer.lime.samples": "nan",
    "explainer.magic.samples": "3",
    "explainers": "lime,tea leaves",
    "noise_parameters": "()",
    "<script>alert(1)</script>": "1",
}


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_gives_a_sentence_each_and_the_page_works(visit, page):
    shown = visit(page, **NONSENSE)
    assert not shown.errors
    told = [note for note in shown.notes if note.startswith("The link's ")]
    assert len(told) == len(NONSENSE)
    for key in NONSENSE:
        [sentence] = [note for note in told if note.startswith(f"The link's {key[:40]} = ")]
        assert len(sentence) < 400
    assert any("Did you mean 'gaussian'?" in sentence for sentence in told)
    assert shown.app.session_state["scene"] == Scene()
    shown.run()
    assert not [note for note in shown.notes if note.startswith("The link's ")]  # each is told once
    assert shown.query == {}


def test_good_values_beside_nonsense_are_used(visit):
    page = visit("denoise", dataset="photos", index="two", level="40")
    assert page.query == {"dataset": "photos", "level": "40"}
    assert len([note for note in page.notes if note.startswith("The link's ")]) == 1


def test_a_level_that_the_noise_does_not_have(visit):
    page = visit("denoise", noise="salt_pepper", level="25")
    [told] = [note for note in page.notes if note.startswith("The link's level")]
    assert "between 0 and 0.9" in told
    assert page.query == {"noise": "salt_pepper"}


@pytest.mark.parametrize("page", ["home", "denoise", "classify"])
def test_a_picture_that_this_copy_of_the_data_set_has_not(visit, page):
    shown = visit(page, dataset="mnist", index=9999)  # the complete set has it, the bundled one ends at 4,999
    assert "The link shows picture 9999; this copy of the data set has 0 to 4999. Picture 0 is shown." in shown.notes
    assert not shown.errors
    assert "index" not in shown.query


@pytest.mark.parametrize("page", ["home", "denoise", "classify"])
def test_a_link_to_somebody_elses_upload(visit, page):
    shown = visit(page, dataset="upload", upload="0" * 64)
    assert any("pictures are not stored. Upload it again" in text for text in shown.errors)
    assert shown.app.file_uploader
    shown.set("selectbox", "dataset", "mnist")
    assert not shown.errors
    assert "upload" not in shown.query


def test_a_class_that_the_network_does_not_know_is_the_predicted_one(visit):
    page = visit("classify", dataset="mnist", target="class:77")
    assert not page.errors
    assert page.app.selectbox(key="control:target:cnn-mnist").value == ""


def test_the_first_visitor_may_come_by_a_link_to_any_page(visit, monkeypatch):
    """Before app.py ran once, Streamlit takes pages/ for its older navigation and would run the page alone."""
    from streamlit.runtime.pages_manager import PagesManager

    monkeypatch.setattr(PagesManager, "uses_pages_directory", True)
    page = visit("denoise", dataset="mnist", denoiser="median")
    assert page.query == {"dataset": "mnist", "denoiser": "median", "classifier": "cnn-mnist"}
    assert len(page.row("pictures")) == 4
