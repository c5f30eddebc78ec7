"""Explanation drift: maps of one picture while its noise grows."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from xai_core.classifiers import load_classifier
from xai_core.errors import InvalidInput, UnknownName
from xai_core.experiments import drift, drift_levels, pictures
from xai_core.explainers import explain
from xai_core.metrics import psnr
from xai_core.noise import NOISES
from xai_core.scene import Scene
from xai_core.trust import rank_correlation, top_overlap

SCENE = Scene(dataset="mnist", classifier="cnn-mnist", denoiser="median", level=90.0)


def test_figures_are_those_of_the_library():
    """Compared with the clean picture's map, level by level; the scene's own level plays no part."""
    # The predicted class: the data of this machine decides which digit it is, and a class without evidence has a blank map.
    clean, model = pictures(SCENE).clean, load_classifier("cnn-mnist")
    named = int(model(clean).argmax())
    first, second = drift(SCENE, (0, 40), target=f"class:{named}")
    assert (first.level, second.level) == (0, 40)
    for method, (noisy, _) in first.ranks.items():
        assert noisy == pytest.approx(1, abs=1e-6), method  # at level 0 the noisy picture is the clean one
        assert first.overlap[method][0] == 1
    assert np.isinf(first.psnr[0])
    shown = pictures(replace(SCENE, level=40.0))
    for index, image in enumerate((shown.noisy, shown.denoised)):
        assert second.psnr[index] == pytest.approx(psnr(clean, image)[0])
        assert second.probability[index] == pytest.approx(model(image)[0, named], abs=1e-5)
        reference, moved = (explain(model, x, "grad_cam", named).heatmap[0] for x in (clean, image))
        assert second.ranks["grad_cam"][index] == pytest.approx(rank_correlation(reference, moved), abs=1e-4)
        assert second.overlap["grad_cam"][index] == pytest.approx(top_overlap(reference, moved), abs=0.02)
        assert second.ranks["grad_cam"][index] < 0.999


def test_curves_are_deterministic_and_come_one_by_one():
    levels = (0, 20, 60)
    assert list(drift(SCENE, levels, ("saliency",))) == list(drift(SCENE, levels, ("saliency",)))
    asked = []

    def counted():
        for level in levels:
            asked.append(level)
            yield level

    found = drift(SCENE, counted(), ("saliency",))
    assert [one.level for one in islice(found, 2)] == [0, 20]
    assert asked == [0, 20], "what nobody waits for is not computed"


def test_the_scene_decides_target_layer_and_parameters():
    [usual] = drift(SCENE, (30,))
    [again] = drift(replace(SCENE, explainer_parameters=(("integrated_gradients.steps", 20),)), (30,))
    assert usual == again, "20 steps are the usual ones here"
    [other] = drift(replace(SCENE, explainer_parameters=(("integrated_gradients.steps", 3),)), (30,))
    assert other.ranks["integrated_gradients"] != usual.ranks["integrated_gradients"]
    assert other.ranks["saliency"] == usual.ranks["saliency"]
    predicted = int(load_classifier("cnn-mnist")(pictures(SCENE).clean)[0].argmax())
    assert list(drift(SCENE, (30,), target=f"class:{predicted}")) == [usual]
    [another] = drift(replace(SCENE, target=f"class:{(predicted + 1) % 10}"), (30,))
    assert another.probability != usual.probability


@pytest.mark.parametrize("noise", NOISES.names)
def test_levels_of_every_noise_fit_and_start_without_noise_where_they_can(noise):
    parameter = NOISES.get(noise).parameter("level")
    levels = drift_levels(noise)
    assert levels == tuple(sorted(set(levels))) and len(levels) >= 4
    assert levels[0] == parameter.low
    for level in levels:
        parameter.check(level)


def test_what_cannot_be_followed_gets_a_sentence():
    with pytest.raises(InvalidInput, match="at least one method"):
        next(drift(SCENE, (0,), ()))
    with pytest.raises(UnknownName, match="grad_cam"):
        next(drift(SCENE, (0,), ("gradcam",)))
    with pytest.raises(InvalidInput):
        next(drift(SCENE, (-3,)))
