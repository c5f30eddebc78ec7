"""Published beside measured: the table, the two proofs, the shortcuts, on embedded data alone."""

import json

import pytest

from xai_core import measured, published
from xai_core.shortcuts import BY_SOURCE, COMMONEST


def words(page):
    return "\n".join(element.value for kind in (page.app.markdown, page.app.caption) for element in kind)


def codes(page):
    return "\n".join(element.value for element in page.app.code)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Made-up figures in place of the committed ones."""
    monkeypatch.setenv("XAI_MEASURED_DIR", str(tmp_path))
    return tmp_path


def test_the_table_holds_every_figure(visit):
    page = visit("published")
    assert not page.errors
    table = page.table("Measured here")
    lines = published.table()
    assert len(table) == len(lines)
    assert list(table["Published"].dropna()) == [one.published.value for one in lines if one.published.value is not None]
    assert list(table["Measured here"].dropna()) == [one.found.value for one in lines if one.found]
    assert table["Split"].isin(["not measured yet", "not measured here"]).sum() == sum(one.found is None for one in lines)


def test_one_study_alone(visit):
    page = visit("published").set("button_group", "published_study", "B")
    assert set(page.table("Measured here")["System"]) == {"B1", "B2", "B3", "B5"}


def test_one_figure_in_detail(visit):
    page = visit("published")
    option = next(name for name in page.options("published_line") if "CNN-2" in name)
    page.set("selectbox", "published_line", option)
    assert not page.errors
    metrics = {metric.label: metric.value for metric in page.app.metric}
    assert metrics["Published"] == "87.8 %"
    assert metrics["Measured on"] == "1,190 pictures"
    assert "python -m xai_core evaluate galaxy-cnn2" in codes(page)
    assert "GAMA" in words(page)
    page.set("selectbox", "published_line", next(name for name in page.options("published_line") if "BM3D" in name))
    assert {metric.label: metric.value for metric in page.app.metric}["Measured here"] == "not yet"
    assert "Not measured yet" in words(page)


def test_the_card_of_a_model_is_one_press_away(visit):
    page = visit("published")
    page.set("selectbox", "published_line", next(name for name in page.options("published_line") if "CNN-2" in name))
    page.press("Open the card of galaxy-cnn2")
    assert page.app.title[0].value == "Models"
    assert page.app.main.subheader[0].value == "CNN-2 (galaxies)"


def test_black_scores_what_was_published(visit):
    page = visit("published")
    assert [picture["title"] for picture in page.row("black")] == ["Clean", "All black", "The noisy picture", "The autoencoder"]
    assert (page.pixels("black", 1) == 0).all()
    chart = next(json.loads(one.proto.spec) for one in page.app.get("plotly_chart") if "Keras" in one.proto.spec)
    black, _, network = chart["data"][0]["x"]
    assert black == pytest.approx(81, abs=1)
    assert network == pytest.approx(81, abs=2)
    assert "of all pixels of these 5,000 pictures are exactly black" in words(page)
    assert "bundled subset" in words(page)


def test_eight_bit_subtraction_on_another_photograph(visit):
    page = visit("published").set("selectbox", "wrap_photo", "coffee")
    assert not page.errors
    assert page.row("wrap")[0]["title"] == "Clean"
    assert "with 8-bit subtraction" in page.texts("wrap")[2]
    namespace = {}
    code = next(element.value for element in page.app.code if "uint8" in element.value)
    lines = code.splitlines()
    exec("\n".join(lines[:4]), namespace)  # the four lines before the two that are shown with their results
    for line in lines[4:6]:
        told = int(line.partition("# ")[2].partition(";")[0])
        assert int(eval(line, namespace)[0]) == told


def test_shortcuts_of_the_committed_figures(visit):
    page = visit("published")
    data, classifier = measured.read("shortcuts"), measured.read("shortcuts-galaxy-cnn2")
    assert data and classifier
    assert classifier.command in codes(page)
    said = words(page)
    assert f"{data.row(what=BY_SOURCE)['value']:.1%}" in said
    assert f"{data.row(what=COMMONEST, on='all')['value']:.1%}" in said
    drawn = [json.loads(one.proto.spec) for one in page.app.get("plotly_chart")]
    subtypes = next(spec for spec in drawn if spec["layout"]["xaxis"]["title"]["text"].startswith("Accuracy, by source"))
    assert len(subtypes["data"]) == sum(row["section"] in ("sources", "subtypes") for row in classifier.rows)
    outside = next(spec for spec in drawn if "outside the galaxy" in spec["layout"]["xaxis"]["title"]["text"])
    assert outside["layout"]["shapes"][0]["x0"] == classifier.row(what="area")["value"]


def test_shortcuts_that_were_not_measured_say_how(visit, kept):
    page = visit("published")
    assert not page.errors
    assert any("python -m xai_core bench shortcuts" in note for note in page.notes)


def test_a_damaged_file_leaves_the_rest_of_the_page(visit, kept):
    (kept / "shortcuts.json").write_text("{")
    page = visit("published")
    assert len(page.errors) == 1
    assert "shortcuts.json is damaged" in page.errors[0]
    assert len(page.table("Measured here"))


def test_figures_of_the_experiment_appear(visit, kept):
    row = {"classifier": "galaxy-cnn2", "denoiser": "median", "noise": "none", "accuracy": 0.9, "low": 0.88, "high": 0.92}
    measured.write("b5", [row | {"split": "galaxies val", "pictures": 1190}], command="python -m xai_core sweep b5")
    table = visit("published").table("Measured here").set_index("Of")
    assert table.loc["Median filter, then ResNet50", "Measured here"] == pytest.approx(90)
    assert table.loc["Median filter, then ResNet50", "95 % interval"] == "88.00 to 92.00"


def test_the_collapse_of_the_first_network(visit):
    page = visit("published")
    table = page.table("Silent before")
    assert table["Layer"][0] == "to_255"
    assert (table["Silent after"] >= table["Silent before"]).all() and table["Silent after"].max() > 0.9
    assert "its loss is that of knowing nothing" in words(page)


def test_how_good_a_classifier_could_be(visit):
    page = visit("published")
    found = measured.read("labels").row(what="contradicted by every network")
    assert f"contradicts the label of **{found['value']:.1%}** of 1,190 pictures" in words(page)


def test_neither_was_measured(visit, kept):
    notes = " ".join(visit("published").notes)
    assert "python -m xai_core bench cnn1" in notes and "python -m xai_core bench labels" in notes
