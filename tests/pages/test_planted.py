"""The planted evidence on the page Classify: chosen in the sidebar, named by its own classifier."""

from xai_core.datasets import load_dataset


def test_classify_shows_the_classifier_of_the_planted_evidence(visit):
    page = visit("classify", dataset="planted", **{"explainer.lime.samples": 20, "explainer.integrated_gradients.steps": 4})
    assert not page.errors
    assert page.app.selectbox(key="control:dataset").value == "planted"
    assert "Planted evidence (simulated)" in page.options("dataset")
    assert page.options("target:planted-cnn")[1:] == list(load_dataset("planted").class_names)
    assert [picture["title"].split()[0] for picture in page.row("pictures")] == ["Clean", "Noisy", "Denoised"]
    assert "True class" in page.captions
