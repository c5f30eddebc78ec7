"""The map of features: separable blobs are told apart, shuffled classes are not, photographs stand in for classes."""

import numpy as np
import pytest

from xai_core.datasets import load_dataset
from xai_core.errors import InvalidInput
from xai_core.experiments import kinds, latent_map


def blobs(count=90, seed=0):
    """Three clouds far from each other in eight dimensions."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    centres = 50 * np.eye(8)[:3]
    return (centres[labels] + rng.normal(size=(count, 8))).astype(np.float32), labels


def test_blobs_are_told_apart():
    features, labels = blobs()
    found = latent_map(features, labels, blobs(60, 1), neighbours=5)
    assert found.accuracy.value == found.scores.purity == 1
    assert found.accuracy.low == pytest.approx(0.959, abs=1e-3)  # Wilson: 90 of 90
    assert (found.scores.rand, found.scores.information) == pytest.approx((1, 1))
    assert np.array_equal(found.predicted, labels)
    assert found.neighbours.shape == (90, 5) and (labels[:, None] == (np.arange(60) % 3)[found.neighbours]).all()
    assert found.points.shape == (90, 2) and found.points.dtype == np.float32
    assert found.explained > 0.95, "three centres lie in a plane"
    centres = np.array([found.points[labels == kind].mean(axis=0) for kind in range(3)])
    apart = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1)
    assert apart == pytest.approx(np.full(3, 50 * np.sqrt(2)), rel=0.03)


def test_shuffled_classes_are_chance(rng):
    features, labels = blobs(600)
    reference, known = blobs(600, 1)
    found = latent_map(features, rng.permutation(labels), (reference, rng.permutation(known)))
    assert found.accuracy.value == pytest.approx(1 / 3, abs=0.08)
    assert found.scores.purity == pytest.approx(found.scores.chance, abs=0.05)
    assert found.scores.rand == pytest.approx(0, abs=0.02)


def test_without_a_reference_neighbours_are_the_others(rng):
    features = np.array([[0.0, 0], [1, 0], [3, 0], [0, 0]], np.float32)
    found = latent_map(features, [0, 0, 1, 1], neighbours=2)
    assert found.neighbours[[0, 3]].tolist() == [[3, 1], [0, 1]], "an exact copy is the nearest, never the picture itself"
    assert [set(line) for line in found.neighbours[[1, 2]].tolist()] in ([{0, 3}, {1, 0}], [{0, 3}, {1, 3}])
    assert found.accuracy is None and found.predicted is None
    assert found.points[:, 1] == pytest.approx(np.zeros(4), abs=1e-6)


def test_the_same_seed_gives_the_same_map():
    features, labels = blobs(60)
    for projection in ("pca", "tsne"):
        first, second = (latent_map(features, labels, projection=projection, seed=3) for _ in range(2))
        assert np.array_equal(first.points, second.points) and np.array_equal(first.clusters, second.clusters)
    assert np.isnan(first.explained)


def test_kinds(no_data):
    photos = load_dataset("small_photos")
    places, names = kinds(photos)
    assert len(names) == 12 and [names[place] for place in places[:3]] == photos.groups[:3].tolist()
    planted = load_dataset("mnist")
    assert kinds(planted)[0] is planted.labels and kinds(planted)[1] == planted.class_names
    alone, only = kinds(load_dataset("hubble"))
    assert set(alone.tolist()) == {0} and len(only) == 1


@pytest.mark.parametrize(
    ("features", "labels", "more", "words"),
    [
        (np.ones((4, 2)), [0, 1], {}, "finite features"),
        (np.ones((4, 2)), [0, 1, -1, 0], {}, "finite features"),
        (np.full((4, 2), np.nan), [0, 1, 0, 1], {}, "finite features"),
        (np.eye(4), [0, 1, 0, 1], {"projection": "umap"}, "projection of pca, tsne"),
        (np.eye(4), [0, 1, 0, 1], {"clusters": 5}, "1 to 4 clusters"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(features, labels, more, words):
    with pytest.raises(InvalidInput, match=words):
        latent_map(features, labels, **more)
