"""LIME: against the `lime` package, the closed form, superpixels, segments that are shared."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.errors import InvalidInput
from xai_core.explainers import explain, superpixels
from xai_core.explainers.lime import draw_masks, fit


def linear_model(rng, channels: int) -> tuple[keras.Model, np.ndarray]:
    model = keras.Sequential([keras.Input((16, 18, channels)), layers.Flatten(), layers.Dense(3)])
    return model, np.asarray(model.layers[-1].kernel).reshape(16, 18, channels, 3)


def by_lime(masks: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Coefficients, intercept, r2 of the `lime` package from the same samples, with the settings of its image explainer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lime.lime_base import LimeBase
        from sklearn.metrics import pairwise_distances
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 0.25**2)), random_state=0)
    distances = pairwise_distances(masks, masks[:1], metric="cosine").ravel()
    intercept, pairs, r2, _ = base.explain_instance_with_data(
        masks, values[:, None], distances, 0, masks.shape[1], feature_selection="none"
    )
    coefficients = np.zeros(masks.shape[1])
    for index, value in pairs:
        coefficients[index] = value
    return coefficients, float(intercept), float(r2)


@pytest.mark.parametrize("hide", ["mean", "black"])
@pytest.mark.parametrize("channels", [1, 3])
def test_agrees_with_the_lime_package(channels, hide, rng):
    model, _ = linear_model(rng, channels)
    image = rng.random((1, 16, 18, channels), np.float32)
    found = explain(model, image, "lime", 1, samples=300, segments=20, seed=5, hide=hide)
    segments = found.diagnostics["segments"][0]
    # their way: a copy of the picture for each row of on/off values, hidden segments painted over
    masks = draw_masks(segments.max() + 1, 300, 5)
    painted = image[0].copy()
    for label in np.unique(segments):
        painted[segments == label] = image[0][segments == label].mean(axis=0) if hide == "mean" else 0
    pictures = np.repeat(image, 300, axis=0)
    for picture, row in zip(pictures, masks, strict=True):
        off = np.isin(segments, np.flatnonzero(row == 0))
        picture[off] = painted[off]
    values = np.asarray(model(pictures))[:, 1].astype(np.float64)
    coefficients, intercept, r2 = by_lime(masks.astype(np.float64), values)
    np.testing.assert_allclose(found.diagnostics["coefficients"][0], coefficients, atol=1e-5)
    np.testing.assert_allclose(found.heatmap[0], coefficients[segments], atol=1e-5)
    assert found.diagnostics["intercept"][0] == pytest.approx(intercept, abs=1e-5)
    assert found.diagnostics["r2"][0] == pytest.approx(r2, abs=1e-5)


def test_regression_agrees_on_any_samples(rng):
    for count, samples in ((1, 10), (7, 200), (40, 60)):
        masks = draw_masks(count, samples, 2)
        masks[3] = 0  # all off: a cosine distance of one
        values = rng.standard_normal(samples)
        coefficients, intercept, r2 = by_lime(masks.astype(np.float64), values)
        found = fit(masks, values)
        np.testing.assert_allclose(found.coefficients, coefficients, atol=1e-9)
        assert found.intercept == pytest.approx(intercept, abs=1e-9)
        assert found.r2 == pytest.approx(r2, abs=1e-9)


def test_linear_model_has_the_closed_form(rng):
    """Of a linear model each coefficient is what its segment adds, up to the shrinkage of the ridge."""
    model, weights = linear_model(rng, 3)
    image = rng.random((1, 16, 18, 3), np.float32)
    found = explain(model, image, "lime", 0, samples=4000, segments=9, hide="black")
    segments = found.diagnostics["segments"][0]
    adds = np.bincount(segments.ravel(), (image[0] * weights[..., 0]).sum(axis=-1).ravel())
    np.testing.assert_allclose(found.diagnostics["coefficients"][0], adds, rtol=0.02, atol=1e-3)
    assert found.diagnostics["r2"][0] > 0.9999


def test_stderr_is_the_spread_from_seed_to_seed(rng):
    weights = rng.standard_normal((12, 12))
    runs = []
    for seed in range(200):
        masks = draw_masks(12, 400, seed)
        runs.append(fit(masks, np.einsum("ni,ij,nj->n", masks, weights, masks)))  # far from linear
    spread = np.std([run.coefficients for run in runs], axis=0)
    np.testing.assert_allclose(np.mean([run.stderr for run in runs], axis=0), spread, rtol=0.2)


def test_masks_come_from_the_seed():
    first, again, other = draw_masks(30, 500, 1), draw_masks(30, 500, 1), draw_masks(30, 500, 2)
    np.testing.assert_array_equal(first, again)
    assert (first[1:] != other[1:]).any()
    assert first[0].all()
    assert abs(first[1:].mean() - 0.5) < 0.02
    np.testing.assert_array_equal(draw_masks(30, 800, 1)[:500], first)  # more samples go on where fewer stopped


def grey_digit() -> np.ndarray:
    """White strokes on black, 28 x 28."""
    image = np.zeros((28, 28, 1), np.float32)
    image[5:8, 8:20] = image[8:23, 17:20] = 1
    return image


@pytest.mark.parametrize("noise", [0, 0.1, 0.4])
def test_superpixels_of_small_grey_and_large_colour_pictures(noise, rng):
    y, x = np.mgrid[:300, :300] / 300 - 0.5
    blob = np.exp(-(x**2 + 2 * y**2) * 40)[..., None] * np.array([1, 0.8, 0.6])
    for clean in (grey_digit(), np.zeros((28, 28, 1)), blob, blob[::4, ::4]):
        image = (clean + noise * rng.standard_normal(clean.shape)).astype(np.float32)
        labels = superpixels(image, 45)
        sizes = np.bincount(labels.ravel())
        assert labels.shape == image.shape[:2]
        assert 30 <= len(sizes) <= 60
        assert sizes.min() > 0
        assert sizes.max() < 0.2 * labels.size


def test_superpixels_follow_the_strokes():
    image = grey_digit()
    labels = superpixels(image, 45)
    stroke = image[..., 0] > 0.5
    inside = np.bincount(labels[stroke], minlength=labels.max() + 1) / np.bincount(labels.ravel())
    assert ((inside < 0.25) | (inside > 0.75)).mean() > 0.9


def test_columns_share_their_segments(models, wrapper, rng):
    model = wrapper(models("nested", 3))
    clean = rng.random((1, 40, 36, 3), np.float32)
    noisy = clean + 0.1 * rng.standard_normal(clean.shape).astype(np.float32)
    first = explain(model, clean, "lime", 1, samples=60, segments=12)
    segments = first.diagnostics["segments"][0]
    again = explain(model, clean, "lime", 1, samples=60, segments=segments)
    np.testing.assert_array_equal(again.heatmap, first.heatmap)
    both = explain(model, np.concatenate([clean, noisy]), "lime", 1, samples=60, segments=segments)
    np.testing.assert_array_equal(both.diagnostics["segments"], np.stack([segments, segments]))
    np.testing.assert_allclose(both.heatmap[0], first.heatmap[0], atol=1e-6)
    large = explain(model, clean, "lime", 1, samples=60, segments=superpixels(clean[0], 12))  # at the size of the picture
    assert large.heatmap.shape == (1, 40, 36)
    assert first.parameters["segments"] == 12
    assert both.parameters["segments"] == "given"


@pytest.mark.parametrize("segments", [np.zeros((2, 4, 4), int), np.zeros((4, 4)), np.zeros((0, 4), int)])
def test_segments_that_are_no_label_map(segments, models):
    with pytest.raises(InvalidInput, match="whole numbers"):
        explain(models("nested", 1), np.zeros((1, 16, 16, 1), np.float32), "lime", 1, segments=segments)


def test_function_of_images_is_explained_by_its_output(rng):
    """A model-agnostic call agrees with the compiled one where the output is the logit itself."""
    model, _ = linear_model(rng, 3)
    images = rng.random((2, 16, 18, 3), np.float32)
    seen = []

    def function(batch):
        seen.append(len(batch))
        return np.asarray(model(batch))

    expected = explain(model, images, "lime", 2, samples=70, segments=9, batch_size=16)
    found = explain(function, images, "lime", 2, samples=70, segments=9, batch_size=16)
    np.testing.assert_allclose(found.heatmap, expected.heatmap, atol=1e-5)
    assert max(seen) == 16
    assert explain(function, images, "lime", samples=20, segments=9).target.startswith("class:")


def test_one_superpixel_is_counted(models):
    found = explain(
        models("nested", 1), np.zeros((1, 16, 16, 1), np.float32), "lime", 1, samples=20, segments=np.zeros((4, 4), int)
    )
    assert found.diagnostics["segment_count"].tolist() == [1]
    assert np.ptp(found.heatmap) == 0
