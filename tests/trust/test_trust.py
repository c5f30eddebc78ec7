"""Figures of a map: closed forms on linear networks, golden numbers of xplique, controls."""

import gc
import importlib.util
import json
import weakref
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from xai_core import trust
from xai_core.errors import InvalidInput
from xai_core.explainers import EXPLAINERS, explain
from xai_core.trust import definitions as d
from xai_core.trust._probe import probe
from xai_core.trust.fidelity import ablation_without, fidelity_of

SIDE = 12
GOLDEN = Path(__file__).parents[1] / "explainers" / "golden"


@pytest.fixture(scope="module")
def linear():
    """S_k = sum w_k x: deletion from the map w x is a sum of sorted parts."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((SIDE, SIDE, 1))
    model = keras.Model(inputs, layers.Dense(2, name="scores")(layers.Flatten()(inputs)))
    return model, model.get_layer("scores").kernel.numpy().reshape(SIDE, SIDE, 1, 2)


@pytest.fixture
def picture(rng):
    return rng.random((1, SIDE, SIDE, 1), np.float32)


def test_deletion_and_insertion_of_a_linear_network(linear, picture):
    model, weights = linear
    parts = (weights[..., 1] * picture[0])[..., 0]
    largest = np.concatenate([[0], np.cumsum(np.sort(parts.ravel())[::-1])])
    out = trust.deletion(model, picture, parts, 1, steps=parts.size)
    back = trust.insertion(model, picture, parts, 1, steps=parts.size)
    np.testing.assert_allclose(out.scores, parts.sum() - largest, atol=1e-5)
    np.testing.assert_allclose(back.scores, largest, atol=1e-5)
    assert out.shares[0] == 0
    assert out.shares[-1] == 1
    assert out.area + back.area == pytest.approx(parts.sum(), abs=1e-5)
    assert trust.deletion(model, picture, -parts, 1).area > out.area
    # The scale runs from the black picture's score to the whole picture's, whatever a constant adds.
    assert (out.full, out.empty) == pytest.approx((parts.sum(), 0), abs=1e-5)
    assert (back.full, back.empty) == pytest.approx((parts.sum(), 0), abs=1e-5)


def test_areas_on_the_scale_from_black_to_the_whole_picture(linear, picture):
    model, weights = linear
    sign = 1 if (weights[..., 1] * picture[0]).sum() > 0 else -1
    bright = np.where(sign * weights[None, ..., 1] > 0, picture, 0.1 * picture)  # its score is above (below) the black one's
    parts = (weights[..., 1] * bright[0])[..., 0]
    for measure in (trust.deletion, trust.insertion):
        curve = measure(model, bright, parts, 1, steps=parts.size)
        if sign > 0:
            assert curve.normalised == pytest.approx(curve.area / parts.sum(), abs=1e-5)
        else:
            assert np.isnan(curve.normalised), "nothing to lose"
        other = measure(model, bright, -parts, 0, steps=parts.size)
        assert np.isnan(other.normalised) == (other.full - other.empty <= 0.1 * np.ptp(other.scores))
    even = trust.Curve(np.array([0, 0.5, 1]), np.array([7.0, 6, 5]), full=7.0, empty=5.0)
    assert even.normalised == pytest.approx(0.5)
    assert np.isnan(trust.Curve(np.array([0.0, 1]), np.array([1.0, 2]), full=1.0, empty=2.0).normalised)
    nearly = trust.Curve(np.array([0.0, 0.5, 1]), np.array([7.1, -50, 7.0]), full=7.1, empty=7.0)
    assert np.isnan(nearly.normalised), "a scale of 0.1 for a fall of 57"


def test_fidelity_of_the_true_parts_is_one(linear, picture):
    model, weights = linear
    parts = (weights[..., 1] * picture[0])[..., 0]
    assert trust.mu_fidelity(model, picture, parts, 1) == pytest.approx(1)
    assert trust.mu_fidelity(model, picture, parts, 1, cells=4) == pytest.approx(1)
    assert trust.mu_fidelity(model, picture, -parts, 1) == pytest.approx(-1)
    assert np.isnan(trust.mu_fidelity(model, picture, np.zeros((SIDE, SIDE)), 1))
    assert trust.mu_fidelity(model, picture, parts**2, 0, seed=3) == trust.mu_fidelity(model, picture, parts**2, 0, seed=3)


def test_agrees_with_xplique():
    """On their map of integrated gradients, with the network's raw output (a logit) as the score and black as the baseline.

    Curves, areas, mu-fidelity of given parts; of random parts within what two draws differ by.
    """
    spec = importlib.util.spec_from_file_location("golden_network", GOLDEN / "network.py")
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    model, images, golden = source.network(), source.pictures(), json.loads((GOLDEN / "xplique.json").read_text())
    maps, classes = np.array(golden["integrated_gradients"]), (2, 0)
    for name in ("deletion", "insertion"):
        curves = [
            getattr(trust, name)(model, images[i : i + 1], maps[i], classes[i], steps=12, baseline="black") for i in range(2)
        ]
        scores = np.mean([curve.scores for curve in curves], axis=0)
        np.testing.assert_allclose(scores, list(golden[name].values()), atol=2e-5)
        assert np.mean([curve.area for curve in curves]) == pytest.approx(golden[f"{name}_area"], abs=2e-5)
    found = [trust.mu_fidelity(model, images[i : i + 1], maps[i], classes[i], samples=4000) for i in range(2)]
    assert np.mean(found) == pytest.approx(golden["mu_fidelity"], abs=0.01)
    found = []
    for i in range(2):
        one = probe(model, images[i : i + 1], classes[i])
        parts = ablation_without(one, np.arange(12 * 12).reshape(12, 12), source.parts().reshape(60, -1))
        found.append(fidelity_of(one, maps[i], parts))
    assert np.mean(found) == pytest.approx(golden["mu_fidelity_given_parts"], abs=1e-4)


def test_a_hole_is_filled_from_its_neighbours():
    rows, columns = np.mgrid[:20, :16]
    slope = ((rows + 2 * columns) / 60).astype(np.float32)[..., None]
    hole = np.zeros((20, 16), bool)
    hole[5:12, 4:11] = True
    filled = trust.impute(slope, hole, noise=0)
    np.testing.assert_allclose(filled, slope, atol=1e-5)  # a slope is its own mean of neighbours
    np.testing.assert_array_equal(trust.impute(slope, np.zeros_like(hole)), slope)
    flat = np.full((20, 16, 3), 0.4, np.float32)
    np.testing.assert_allclose(trust.impute(flat, hole, noise=0), flat, atol=1e-6)
    assert np.ptp(trust.impute(slope, np.ones_like(hole))) == 0
    # One pixel, by hand: straight neighbours count twice as much as diagonal ones; a corner has three neighbours.
    grid = np.arange(9, dtype=np.float32).reshape(3, 3, 1) ** 2
    for place, expected in (((1, 1), (1 + 9 + 25 + 49) / 6 + (0 + 4 + 36 + 64) / 12), ((0, 0), (2 * 1 + 2 * 9 + 16) / 5)):
        alone = np.zeros((3, 3), bool)
        alone[place] = True
        assert trust.impute(grid, alone, noise=0)[place] == pytest.approx(expected, rel=1e-5)
    first, second = (trust.impute(slope, hole, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_road_loses_nothing_where_every_pixel_is_the_mean_of_its_neighbours(linear, rng):
    """The closed form of a linear network on a flat picture: only the noise of the filling is left."""
    flat = np.full((1, SIDE, SIDE, 1), 0.5, np.float32)
    assert trust.road(linear[0], flat, rng.random((SIDE, SIDE)), 1) == pytest.approx(0, abs=0.03)


def test_road_tells_marked_from_unmarked(linear, picture):
    model, weights = linear
    parts = (weights[..., 0] * picture[0])[..., 0]
    image = np.where(weights[None, ..., 0] > 0, picture, 0)  # evidence where the weights are positive
    assert trust.road(model, image, parts, 0) > 0
    assert trust.road(model, image, -parts, 0) == pytest.approx(-trust.road(model, image, parts, 0), rel=0.2)


def test_gini_and_entropy():
    one = np.zeros((10, 10))
    one[3, 4] = -2
    assert trust.sparseness(one) == pytest.approx(0.99)
    assert trust.complexity(one) == pytest.approx(0)
    assert trust.sparseness(np.ones((10, 10))) == pytest.approx(0)
    assert trust.complexity(np.ones((10, 10))) == pytest.approx(np.log(100))
    assert trust.sparseness([1, 3]) == pytest.approx(0.25)
    assert np.isnan(trust.sparseness(np.zeros((3, 3))))


def test_agreement(rng):
    base = rng.random((9, 11))
    found = trust.agreement([base, np.exp(base), -base])
    np.testing.assert_allclose(found.ranks, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]], atol=1e-12)
    assert found.overlap[0, 1] == 1
    assert found.overlap[0, 2] == 0
    assert found.disagreement.shape == (9, 11)
    np.testing.assert_allclose(trust.agreement([base, base * 2]).disagreement, 0)
    assert trust.rank_correlation(base, np.ones_like(base)) == 0
    with pytest.raises(InvalidInput, match="Expected maps"):
        trust.agreement(base)


def test_localisation():
    mask = np.zeros((8, 8), bool)
    mask[2:4, 2:6] = True
    inside = mask.astype(float)
    assert trust.pointing_game(inside, mask)
    assert (trust.relevance_mass(inside, mask), trust.relevance_rank(inside, mask)) == (1, 1)
    assert trust.relevance_mass(np.ones((8, 8)), mask) == pytest.approx(mask.mean())
    assert trust.relevance_mass(inside - 5 * ~mask, mask) == 1, "negative values are no evidence for"
    assert np.isnan(trust.relevance_mass(-inside, mask))
    assert not trust.pointing_game(np.zeros((8, 8)), mask)


def test_the_randomised_twin(linear, picture):
    model, _ = linear
    before = [weight.copy() for weight in model.get_weights()]
    twin, again = trust.randomised(model), trust.randomised(model)
    for old, new, other, kept in zip(before, twin.get_weights(), again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, kept)
        np.testing.assert_array_equal(new, other)
        np.testing.assert_array_equal(np.sort(new.ravel()), np.sort(old.ravel()))
    assert not np.allclose(twin(picture), model(picture))


def test_one_twin_a_network_as_long_as_its_weights_stay_the_same():
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    first = trust.randomised(model)
    assert trust.randomised(model) is first
    assert trust.randomised(model, seed=1) is not first
    first = trust.randomised(model)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    assert trust.randomised(model) is not first
    kept = weakref.ref(trust.randomised(model))
    del first, model, inputs
    keras.backend.clear_session()
    gc.collect()
    assert kept() is None, "the twin goes with its network"


def test_a_network_of_a_class_of_its_own_has_no_twin(picture):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.flat, self.dense = layers.Flatten(), layers.Dense(2)

        def call(self, inputs):
            return self.dense(self.flat(inputs))

        def get_config(self):
            raise NotImplementedError

    model = Own()
    model(picture)
    figures = {figure.name: figure for figure in trust.trust(model, picture, explain(model, picture, "saliency", 1))}
    assert np.isnan(figures["Like an untrained network's"].value)
    assert "cannot be copied" in figures["Like an untrained network's"].reading
    assert "Efficient MPRT" not in figures


def test_a_map_from_a_baseline_that_is_not_kept_cannot_be_made_again(linear, picture):
    found = explain(linear[0], picture, "integrated_gradients", 1, baseline=np.full((SIDE, SIDE, 1), 0.3, np.float32))
    *figures, last = trust.trust(linear[0], picture, found, redrawn=picture)
    assert figures[-1].name == "Mu-fidelity"
    assert np.isnan(last.value) and "baseline was given" in last.reading


def test_efficient_mprt(rng):
    peaked, even = np.zeros(1000), rng.random(1000)
    peaked[:10] = np.linspace(0.5, 1, 10)
    assert trust.efficient_mprt(peaked, even) > 1
    assert -1 < trust.efficient_mprt(even, peaked) < 0
    assert trust.efficient_mprt(even, even) == 0
    assert trust.efficient_mprt(even, np.full(1000, 0.3)) == -1
    assert np.isnan(trust.efficient_mprt(np.full(1000, 0.3), even)), "a constant map has no complexity that could rise"
    # Two values, evenly often: log 2; four values: log 4.
    two, four = np.repeat([0, 1], 50), np.repeat([0, 1, 2, 3], 25)
    assert trust.efficient_mprt(two, four) == pytest.approx(1)


def test_half_of_a_map():
    assert trust.half_share(np.ones((10, 10))) == pytest.approx(0.5)
    assert trust.half_share([-8, 1, 1, 1]) == pytest.approx(0.25)
    assert np.isnan(trust.half_share(np.zeros(4)))


@pytest.mark.parametrize("method", EXPLAINERS.names)
def test_the_row_of_every_method(method, linear, picture):
    keras.utils.set_random_seed(2)
    x = inputs = keras.Input((SIDE, SIDE, 1))
    if EXPLAINERS.get(method).supports.get("attention"):
        x = layers.Reshape((9, 4))(layers.Conv2D(4, 4, strides=4)(x))
        x = layers.MultiHeadAttention(2, 2)(x, x)
    else:
        x = layers.Conv2D(3, 3, activation="relu", padding="same")(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    quick = {"samples": 40} if any(p.name == "samples" for p in EXPLAINERS.get(method).parameters) else {}
    found = explain(model, picture, method, 1, **quick)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[3:6, 3:6] = True
    redrawn = np.concatenate([picture, 1 - picture])
    figures = list(trust.trust(model, picture, found, redrawn=redrawn, mask=mask))
    names = [figure.name for figure in figures]
    control = bool(EXPLAINERS.get(method).supports.get("control"))
    usual = ["Sparseness", "Complexity", "Relevance mass", "Relevance rank accuracy", "Pointing game"]
    usual += ["Deletion", "Insertion", "ROAD", "Mu-fidelity"]
    usual += [] if control else ["Stability under noise", "Like an untrained network's", "Efficient MPRT"]
    assert [name for name in names if name != "Completeness residual"] == usual
    assert ("Completeness residual" in names) == ("completeness_residual" in found.diagnostics)
    assert [name for name in trust.DEFINITIONS if name in names] == names
    assert all(figure.reading.endswith(".") and figure.source and figure.definition for figure in figures)
    # Measured with what was measured before for all maps: the same, to the last digit.
    shared = trust.reference(model, picture, 1, mask=mask)
    again = list(trust.trust(model, picture, found, redrawn=lambda: redrawn, mask=mask, shared=lambda: shared))
    for one, other in zip(figures, again, strict=True):
        assert one.name == other.name and one.reading == other.reading
        np.testing.assert_equal(one.value, other.value)
    assert set(shared.controls) == {"random_map", "edges"}
    assert all(list(figures) == usual[:9] for figures in shared.controls.values())


def test_the_first_figures_need_no_network(linear, picture):
    """So that they are there at once."""

    def never():
        raise AssertionError

    found = explain(linear[0], picture, "saliency", 1)
    figures = trust.trust(linear[0], picture, found, redrawn=never, mask=np.eye(SIDE, dtype=bool), shared=never)
    assert [next(figures).name for _ in range(5)][:2] == ["Sparseness", "Complexity"]
    with pytest.raises(AssertionError):
        next(figures)


@pytest.mark.parametrize(
    ("method", "parameters", "note"),
    [("rise", {"samples": 140}, True), ("rise", {"samples": 60}, False), ("lime", {"samples": 140, "segments": 6}, True)],
)
def test_maps_that_are_made_again_take_fewer_samples_and_say_so(method, parameters, note, linear, picture, monkeypatch):
    calls = []

    def counted(model, images, method, target=None, **given):
        calls.append((len(images), given))
        return explain(model, images, method, target, **given)

    found = explain(linear[0], picture, method, 1, **parameters)
    monkeypatch.setattr("xai_core.trust.row.explain", counted)
    figures = {figure.name: figure for figure in trust.trust(linear[0], picture, found, redrawn=picture)}
    made = [given for _, given in calls if "samples" in given]
    assert len(made) == 2 and all(given["samples"] == min(100, parameters["samples"]) for given in made)
    # The same picture again: compared like with like, so the ranking is the same.
    assert figures["Stability under noise"].value == pytest.approx(1)
    assert ("from 100 samples" in figures["Stability under noise"].reading) == note
    if method == "lime":
        assert all(np.array_equal(given["segments"], found.diagnostics["segments"][0]) for given in made)


READINGS = [
    (d.read_sparseness(0.15), "15%"),
    (d.read_sparseness(np.nan), "blank"),
    (d.read_complexity(np.log(50), 200), "50 of 200"),
    (d.read_completeness(0.002), "add up"),
    (d.read_completeness(0.4), "miss 40%"),
    (d.read_mass(0.2, 0.2), "no more than by chance"),
    (d.read_mass(0.6, 0.2), "60% of the evidence lies on the object, which fills 20% of the picture."),
    (d.read_deletion(0.2, 0.6), "faster than hiding random pixels does (0.60)"),
    (d.read_deletion(0.58, 0.6), "no faster"),
    (d.read_deletion(0.8, 0.6), "more slowly"),
    (d.read_deletion(np.nan, 0.6), "nothing to lose"),
    (d.read_insertion(0.8, 0.6), "faster"),
    (d.read_insertion(0.2, 0.6), "more slowly"),
    (d.read_road(3.0, 0.1, 10.0), "6 lower without what is marked"),
    (d.read_road(-3.0, 0.1, 10.0), "6 higher"),
    (d.read_road(0.3, 0.1, 10.0), "no more than removing the rest (random map: 0.10)"),
    (d.read_fidelity(0.8, 0.0), "closely"),
    (d.read_fidelity(-0.8, 0.0), "wrong way round"),
    (d.read_fidelity(0.1, -0.1), "no more than elsewhere (random map: \u22120.10)"),
    (d.read_stability(0.95, ""), "nearly the same"),
    (d.read_stability(-0.5, ""), "quite another"),
    (d.read_twin(0.9, ""), "not what was learned"),
    (d.read_twin(0.1, ""), "depends on what was learned"),
    (d.read_mprt(0.2, ""), "20% more complex"),
    (d.read_mprt(-0.2, ""), "not passed"),
]


@pytest.mark.parametrize(("reading", "words"), READINGS)
def test_readings_are_of_the_value(reading, words):
    assert words in reading
    assert reading.endswith(".") and reading.count(". ") == 0, "one sentence"


def test_maps_and_images_must_fit(linear, picture):
    with pytest.raises(InvalidInput, match="Expected a map of the image's size"):
        trust.deletion(linear[0], picture, np.ones((5, 5)), 0)
    with pytest.raises(InvalidInput, match="one image"):
        trust.road(linear[0], np.repeat(picture, 2, axis=0), np.ones((SIDE, SIDE)), 0)
