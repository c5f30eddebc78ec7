"""Figures of a map: closed forms on linear networks, golden numbers of xplique, controls."""

import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from xai_core import trust
from xai_core.errors import InvalidInput
from xai_core.explainers import EXPLAINERS, explain

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


def test_fidelity_of_the_true_parts_is_one(linear, picture):
    model, weights = linear
    parts = (weights[..., 1] * picture[0])[..., 0]
    assert trust.mu_fidelity(model, picture, parts, 1) == pytest.approx(1)
    assert trust.mu_fidelity(model, picture, parts, 1, cells=4) == pytest.approx(1)
    assert trust.mu_fidelity(model, picture, -parts, 1) == pytest.approx(-1)
    assert np.isnan(trust.mu_fidelity(model, picture, np.zeros((SIDE, SIDE)), 1))
    assert trust.mu_fidelity(model, picture, parts**2, 0, seed=3) == trust.mu_fidelity(model, picture, parts**2, 0, seed=3)


def test_agrees_with_xplique():
    """On their own map: curves, areas; mu-fidelity within what two draws of its subsets differ by."""
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
    first, second = (trust.impute(slope, hole, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, second)


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


@pytest.mark.parametrize("method", EXPLAINERS.names)
def test_the_row_of_every_method(method, linear, picture):
    inputs = keras.Input((SIDE, SIDE, 1))
    x = layers.Conv2D(3, 3, activation="relu", padding="same")(inputs)
    keras.utils.set_random_seed(2)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    quick = {"samples": 40} if any(p.name == "samples" for p in EXPLAINERS.get(method).parameters) else {}
    found = explain(model, picture, method, 1, **quick)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[3:6, 3:6] = True
    figures = list(trust.trust(model, picture, found, redrawn=np.concatenate([picture, 1 - picture]), mask=mask))
    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names) >= 8
    assert {"Sparseness", "Deletion", "Insertion", "ROAD", "Mu-fidelity", "Relevance mass"} <= set(names)
    assert ("Completeness residual" in names) == (method == "integrated_gradients")
    assert ("Like an untrained network's" in names) != bool(EXPLAINERS.get(method).supports.get("control"))
    assert all(figure.reading.endswith(".") and figure.source for figure in figures)


def test_maps_and_images_must_fit(linear, picture):
    with pytest.raises(InvalidInput, match="Expected a map of the image's size"):
        trust.deletion(linear[0], picture, np.ones((5, 5)), 0)
    with pytest.raises(InvalidInput, match="one image"):
        trust.road(linear[0], np.repeat(picture, 2, axis=0), np.ones((SIDE, SIDE)), 0)
