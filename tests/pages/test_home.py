"""Home: the live chain, the doors, what is installed."""

import numpy as np
import pytest

from xai_core.datasets import DATASETS
from xai_core.weights import read_manifest


@pytest.mark.parametrize(("dataset", "pictures"), [("simulated_galaxies", 4), ("hubble", 4), ("mnist", 4), ("photos", 3)])
def test_the_chain_is_shown_for_every_data_set(visit, dataset, pictures):
    home = visit("home", dataset=dataset)
    assert not home.errors
    assert [picture["title"][:2] for picture in home.row("chain")] == ["1.", "2.", "3.", "4."][:pictures]
    assert "move the noise slider" in home.captions
    if pictures == 4:
        name = home.row("chain")[3]["caption"].removeprefix("taken for ").partition(",")[0]
        assert name in ("Elliptical", "Other", *"0123456789")
        assert home.bar("chain")["high_word"].startswith("evidence for ")
    else:
        assert home.bar("chain") is None  # no classifier knows photographs


def test_the_slider_on_home_works(visit):
    home = visit("home", dataset="mnist")
    before = home.row("chain")
    home.set("slider", "level:gaussian", 60.0)
    after = home.row("chain")
    assert float(after[1]["caption"].partition(" dB")[0]) < float(before[1]["caption"].partition(" dB")[0])
    assert after[0]["src"] == before[0]["src"]
    assert all(after[i]["src"] != before[i]["src"] for i in (1, 2, 3))


def test_what_is_installed(visit):
    home = visit("home")
    data = home.table("Data set").set_index("Data set")
    assert list(data.index) == [spec.label for spec in DATASETS]
    assert data["Here"]["Simulated galaxies"] == "simulated"
    assert data["Here"]["MNIST digits"] == "bundled subset"
    assert data["Here"]["Galaxies (Elliptical / Other)"] == "not installed"
    assert data["How to get it"]["Galaxies (Elliptical / Other)"]
    assert not data["How to get it"]["MNIST digits"]
    models = home.table("Model")
    manifest = read_manifest()
    assert list(models["Model"]) == [record["label"] for record in manifest.values()]
    assert np.array_equal(models["Parameters"], [record["parameters"] for record in manifest.values()])


def test_while_tensorflow_starts_the_first_three_pictures_are_there(visit, monkeypatch):
    from ui import cache

    monkeypatch.setattr(cache, "warm", lambda: False)
    home = visit("home", dataset="mnist")
    assert len(home.row("chain")) == 3
    assert "TensorFlow is starting" in home.captions
