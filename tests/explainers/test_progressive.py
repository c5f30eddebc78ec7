"""Methods that refine: maps so far, the same bytes with and without onlookers, all images together, nothing traced twice."""

import numpy as np
import pytest

from xai_core import explainers
from xai_core.compiled import _ATTRIBUTE
from xai_core.errors import Cancelled
from xai_core.explainers import EXPLAINERS, explain
from xai_core.explainers._refine import refine, rounds_of
from xai_core.explainers.base import Evidence
from xai_core.explainers.cost import cost
from xai_core.explainers.occlusion import _coarse_first, patch_grid

REFINING = {
    "lime": {"samples": 400, "segments": 12},
    "rise": {"samples": 300},
    "smoothgrad": {"samples": 60},
    "occlusion": {"share": 0.2, "overlap": 3},
    "score_cam": {"channels": 0, "layer": "many"},
}
every_refining = pytest.mark.parametrize("method", REFINING)


@pytest.fixture(autouse=True)
def every_look(monkeypatch):
    """A look at the map after each round, however fast it was."""
    monkeypatch.setattr(explainers, "BETWEEN_PREVIEWS", 0.0)


@pytest.fixture(scope="module")
def model():
    """A layer of more channels than one batch holds."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((16, 16, 1))
    x = layers.Conv2D(160, 3, activation="relu", padding="same", name="many")(x)
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D(2)(x))
    return keras.Model(inputs, layers.Dense(3, activation="softmax", kernel_initializer="random_normal")(x))


@pytest.fixture
def images(rng):
    return rng.random((3, 16, 16, 1), np.float32)


def watched(model, images, method, **parameters):
    """The result, and the maps so far."""
    seen = []
    found = explain(model, images, method, 1, preview=seen.append, **(REFINING[method] | parameters))
    return found, seen


@every_refining
def test_the_maps_so_far_come_closer_to_the_result(method, model, images):
    found, seen = watched(model, images, method)
    assert len(seen) >= 2
    for one in seen:
        assert one.heatmap.shape == found.heatmap.shape
        assert np.isfinite(one.heatmap).all()
        assert (one.method, one.target, one.parameters, one.signed) == (
            *(found.method, found.target, found.parameters, found.signed),
        )
        assert set(one.diagnostics) == set(found.diagnostics)
    used = [one.diagnostics["samples"] for one in seen]
    assert all(len(set(counts.tolist())) == 1 for counts in used), "all images at once"
    assert used[0][0] <= 25
    assert all((after > before).all() for before, after in zip(used, [*used[1:], found.diagnostics["samples"]], strict=True))

    def alike(one):
        return np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(one.heatmap, found.heatmap, strict=True)])

    assert alike(seen[-1]) > 0.8
    assert alike(seen[-1]) >= alike(seen[0]) - 0.01
    if "relative_error" in found.diagnostics:
        assert (found.diagnostics["relative_error"] < seen[0].diagnostics["relative_error"]).all()


@every_refining
def test_onlookers_and_company_change_nothing(method, model, images):
    found, _ = watched(model, images, method)
    alone = explain(model, images, method, 1, **REFINING[method])
    assert alone.heatmap.tobytes() == found.heatmap.tobytes()
    single = explain(model, images[1:2], method, 1, **REFINING[method])
    np.testing.assert_allclose(single.heatmap[0], found.heatmap[1], rtol=0, atol=1e-5 * np.abs(found.heatmap[1]).max())


@every_refining
def test_a_map_so_far_stays_as_it_was_handed_out(method, model, images):
    """The page keeps it while the sums go on."""
    kept = []

    def look(one):
        kept.append((one, one.heatmap.copy(), one.diagnostics["samples"].copy()))

    explain(model, images, method, 1, preview=look, **REFINING[method])
    for one, heatmap, samples in kept:
        np.testing.assert_array_equal(one.heatmap, heatmap)
        np.testing.assert_array_equal(one.diagnostics["samples"], samples)


@every_refining
def test_an_onlooker_may_cancel(method, model, images):
    def stop(one):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        explain(model, images, method, 1, preview=stop, **REFINING[method])


def test_looks_are_not_more_frequent_than_promised(model, images, monkeypatch):
    monkeypatch.setattr(explainers, "BETWEEN_PREVIEWS", 1e6)
    for method in REFINING:
        assert len(watched(model, images, method)[1]) == 1, "the coarse map"


def test_methods_that_do_not_refine_have_no_maps_so_far(model, images):
    seen = []
    explain(model, images, "integrated_gradients", 1, steps=4, preview=seen.append)
    assert seen == []


@every_refining
def test_nothing_is_traced_again(method, build, rng):
    """Other samples, seeds, classes and numbers of images: no new function, and none of them retraces by itself."""
    model, images = build("functional", 1), rng.random((5, 16, 16, 1), np.float32)
    parameters = REFINING[method] | ({"layer": None} if method == "score_cam" else {})
    calls = []
    call = type(model).call

    class Counted(type(model)):
        def call(self, *arguments, **options):
            calls.append(1)
            return call(self, *arguments, **options)

    model.__class__ = Counted
    explain(model, images[:1], method, 1, **parameters)
    known, traced = list(vars(model)[_ATTRIBUTE]), len(calls)
    assert traced
    explain(model, images[:1], method, 1, **parameters)
    changed = {"samples": parameters["samples"] + 7, "seed": 5} if "samples" in parameters else {}
    explain(model, images, method, 2, **(parameters | changed))
    explain(model, images[:2], method, [0, 1], **parameters)
    assert list(vars(model)[_ATTRIBUTE]) == known
    assert len(calls) == traced


@every_refining
def test_the_cost_that_is_told_is_the_cost(method, model, images):
    parameters = EXPLAINERS.get(method).complete({**REFINING[method], **({"layer": None} if method == "score_cam" else {})})
    told = cost(model, method, parameters)
    found, _ = watched(model, images, method)
    assert found.diagnostics["samples"].tolist() == [told.steps] * 3
    assert told.backward == (method == "smoothgrad")


def test_methods_of_a_few_passes_tell_no_cost(model):
    assert cost(model, "saliency", {}) is None


def test_images_with_a_small_error_stop_alone(models, rng):
    """The flat picture is known at once, the other is not."""
    images = np.concatenate([np.zeros((1, 16, 16, 1), np.float32), rng.random((1, 16, 16, 1), np.float32)])
    found = explain(models("functional", 1), images, "rise", 0, samples=600, tolerance=0.05)
    few, many = found.diagnostics["samples"]
    assert 100 <= few < many == 600


@pytest.mark.parametrize(("total", "first", "size"), [(1, 16, 50), (10, 16, 50), (16, 16, 50), (17, 16, 50), (1000, 16, 7)])
def test_rounds(total, first, size):
    rounds = rounds_of(total, first, size)
    assert [index for part in rounds for index in range(part.start, part.stop)] == list(range(total))
    lengths = [part.stop - part.start for part in rounds]
    assert lengths[0] == min(total, first, size)
    assert max(lengths) <= size
    assert not lengths[1:] or max(lengths[1:]) - min(lengths[1:]) <= 1


def test_rounds_go_over_all_images_before_the_next():
    seen, shares = [], []

    def advance(image, part):
        seen.append((image, part.start))
        return image == 1

    def progress(share, so_far=None):
        shares.append((round(share, 3), so_far is not None))

    refine(2, [slice(0, 2), slice(2, 6)], lambda part: part, advance, lambda: Evidence(np.zeros((2, 1, 1))), progress)
    assert seen == [(0, 0), (1, 0), (0, 2)]
    assert shares == [(0.167, False), (0.333, False), (0.333, True), (1.0, False), (1.0, False)]


@pytest.mark.parametrize(
    ("height", "width", "share", "overlap"), [(96, 96, 0.15, 2), (12, 31, 0.02, 1), (9, 9, 0.5, 1), (64, 40, 0.2, 8)]
)
def test_coarse_patches_come_first(height, width, share, overlap):
    _, rows, columns = patch_grid(height, width, share, overlap)
    places, gaps, coarse = _coarse_first(rows, columns)
    assert sorted(map(tuple, places.tolist())) == [(row, column) for row in rows for column in columns]
    assert coarse <= 25
    assert (np.diff(gaps) <= 0).all()
    first = {tuple(place) for place in places[:coarse].tolist()}
    assert {(rows[0], columns[0]), (rows[-1], columns[-1])} <= first


def test_the_coarse_map_of_occlusion_leaves_no_gap(rng):
    """A network that is the sum of the picture: each patch loses as much, so every pixel must say the same at once."""

    def function(pictures):
        return np.repeat(pictures.sum(axis=(1, 2, 3))[:, None], 2, axis=1)

    seen = []
    explain(function, np.ones((1, 40, 56, 1), np.float32), "occlusion", 0, hide="black", preview=seen.append)
    assert len(seen) >= 2
    for one in seen:
        np.testing.assert_allclose(one.heatmap, one.diagnostics["patch"] ** 2, rtol=1e-4)
