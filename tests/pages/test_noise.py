"""Noise: the picture, the spectrum with its peaks, the histogram, the estimates."""

import pytest

from xai_core.noise import NOISES


@pytest.mark.parametrize("kind", NOISES.names)
def test_every_noise_has_its_page(visit, kind):
    page = visit("noise", dataset="photos", index=1, noise=kind)
    assert not page.errors
    assert [picture["title"] for picture in page.row("pictures")][:2] == ["Clean", "Noisy"]
    assert len(page.app.get("plotly_chart")) == 1
    table = page.table("unclipped")
    assert len(table) == 3


def test_a_wave_is_ringed_and_named(visit):
    page = visit("noise", dataset="photos", index=1, noise="periodic", **{"noise.frequency": 0.2, "noise.angle": 60})
    assert "0.200 cycles per pixel" in page.captions
    assert "60 degrees" in page.captions
    page = visit("noise", dataset="photos", index=1, noise="gaussian")
    assert "No regular wave stands out" in page.captions


def test_the_estimates_are_near_the_truth_of_white_noise(visit):
    table = visit("noise", dataset="photos", index=1, level=30).table("unclipped")
    *estimates, truth = table["unclipped"]
    assert truth == pytest.approx(30, rel=0.02)
    assert estimates == pytest.approx([30, 30], rel=0.15)


def test_no_noise_gets_a_sentence(visit):
    page = visit("noise", dataset="photos", level=0)
    assert any("no noise at this level" in note for note in page.notes)
