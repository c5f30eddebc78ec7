"""Attention rollout: by hand, scores of the layers themselves, grids of tokens, what it refuses."""

import keras
import numpy as np
import pytest
from keras import layers

from xai_core.errors import InvalidInput
from xai_core.explainers import explain, has_attention
from xai_core.explainers._gradients import attention_scores
from xai_core.explainers._models import examine
from xai_core.explainers.attention_rollout import attention_rollout, roll_out


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def by_hand(layer, tokens):
    """The attention of a layer from its weights: (N, heads, tokens, tokens)."""
    query, key = (np.einsum("ntc,chd->nthd", tokens, dense.kernel) + dense.bias for dense in (layer.query_dense, layer.key_dense))
    return softmax(np.einsum("nthd,nshd->nhts", query, key) / np.sqrt(layer.key_dim))


@pytest.mark.parametrize("heads", ["mean", "max"])
def test_rollout_by_hand(heads, models, rng):
    model, images = models("transformer", 3), rng.random((2, 16, 16, 3), np.float32)
    total = np.eye(17)
    for block in ("first", "second"):
        layer = model.get_layer(f"{block}_attention")
        tokens = np.asarray(keras.Model(model.inputs[0], model.get_layer(f"{block}_norm").output)(images))
        attention = getattr(by_hand(layer, tokens), heads)(axis=1)
        mixed = 0.5 * attention + 0.5 * np.eye(17)
        total = mixed / mixed.sum(axis=-1, keepdims=True) @ total
    found = explain(model, images, "attention_rollout", 0, heads=heads)
    small = total[:, 0, 1:].reshape(2, 4, 4)
    subject = examine(model, images, 0)
    np.testing.assert_allclose(attention_rollout(subject, heads=heads).maps, small, atol=1e-6)
    assert found.heatmap.shape == (2, 16, 16)
    assert (found.diagnostics["grid"], found.diagnostics["class_token"], found.diagnostics["layers"]) == ((4, 4), True, 2)


def test_gradients_are_those_of_the_network(models, rng):
    """dS/dA by a difference: the attention of the last layer acts on the logits through values and the rest of the network."""
    model, images = models("transformer", 1), rng.random((1, 16, 16, 1), np.float32)
    weighted, score = attention_scores(examine(model, images, 2), "mean", True)
    layer = model.get_layer("second_attention")
    tokens = np.asarray(keras.Model(model.inputs[0], model.get_layer("second_norm").output)(images))
    attention = by_hand(layer, tokens)
    value = np.einsum("ntc,chd->nthd", tokens, layer.value_dense.kernel) + layer.value_dense.bias
    before = np.asarray(keras.Model(model.inputs[0], model.get_layer("first_out").output)(images))
    head = model.get_layer("head")

    def logit(attention):
        out = np.einsum("nhts,nshd->nthd", attention, value)
        x = before + np.einsum("nthd,hdc->ntc", out, layer.output_dense.kernel) + layer.output_dense.bias
        y = model.get_layer("second_narrow")(model.get_layer("second_wide")(x.astype(np.float32)))
        return (np.asarray(x + y)[:, 0] @ np.asarray(head.kernel) + np.asarray(head.bias))[0, 2]

    assert logit(attention) == pytest.approx(score[0], abs=1e-5)
    expected = np.zeros(17)
    for token in range(17):
        for one in range(2):
            step = np.zeros_like(attention)
            step[0, one, 0, token] = 1e-2
            slope = (logit(attention + step) - logit(attention - step)) / 2e-2
            expected[token] += max(slope * attention[0, one, 0, token], 0) / 2
    np.testing.assert_allclose(weighted[0, 1, 0], expected, rtol=2e-2, atol=2e-5)
    assert weighted.max() > 1e-3
    assert not weighted[0, 1, 1:].any()  # the class token alone is read


def test_gradient_tells_classes_apart_and_attention_does_not(models, rng):
    model, images = models("transformer", 3), rng.random((1, 16, 16, 3), np.float32)
    for weighted, same in (("attention", True), ("gradient", False)):
        maps = [explain(model, images, "attention_rollout", target, weighted=weighted).heatmap for target in (0, 1)]
        assert np.array_equal(*maps) == same
        assert maps[0].any()


def test_roll_out_of_matrices():
    even = np.full((1, 2, 2), 0.5, np.float32)
    np.testing.assert_allclose(roll_out(even, False), [[0.75, 0.25], [0.25, 0.75]])
    np.testing.assert_allclose(roll_out(even, True), [[1.5, 0.5], [0.5, 1.5]])
    np.testing.assert_allclose(roll_out(np.concatenate([even, even]), False).sum(axis=-1), 1)
    swap = np.array([[[0, 1], [1, 0]]], np.float32)
    first = np.array([[[1, 0], [1, 0]]], np.float32)  # both take from the first token
    # the second layer takes what the first layer brought: order matters
    np.testing.assert_allclose(roll_out(np.concatenate([swap, first]), False), [[0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(roll_out(np.concatenate([first, swap]), False), [[0.75, 0.25], [0.75, 0.25]])
    np.testing.assert_allclose(roll_out(np.concatenate([first, swap]), True), [[3, 1], [3, 1]])
    np.testing.assert_allclose(roll_out(np.concatenate([swap, first]), True), [[2, 2], [2, 2]])


def tokens_network(size, patch, attend, shape=None, padding="valid"):
    """Patches, attention by `attend(tokens)`, the mean over tokens: no class token."""
    inputs = keras.Input((*size, 1))
    x = layers.Conv2D(8, patch, strides=patch, padding=padding)(inputs)
    x = attend(layers.Reshape(shape or (-1, 8))(x))
    x = layers.Flatten()(x) if len(x.shape) > 3 else layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(2)(x))


@pytest.mark.parametrize(("size", "patch", "grid"), [((12, 24), 4, (3, 6)), ((14, 23), 4, (3, 5)), ((24, 8), 8, (3, 1))])
def test_tokens_without_a_class_token(size, patch, grid, rng):
    attention = layers.MultiHeadAttention(1, 8)
    model, images = tokens_network(size, patch, lambda x: attention(x, x)), rng.random((2, *size, 1), np.float32)
    found = explain(model, images, "attention_rollout", 0)
    assert (found.diagnostics["grid"], found.diagnostics["class_token"]) == (grid, False)
    assert found.heatmap.shape == (2, *size)
    np.testing.assert_allclose(found.heatmap.mean() * grid[0] * grid[1], 1, rtol=0.05)  # rows add up to one


@pytest.mark.parametrize(
    "attend",
    [
        lambda x: layers.GroupQueryAttention(4, 4, 2)(x, x),
        lambda x: layers.MultiHeadAttention(2, 4, dtype="mixed_float16")(x, x),
        lambda x: layers.MultiHeadAttention(2, 4)(query=x, value=x, return_attention_scores=True)[0],
    ],
    ids=["grouped", "half", "asked"],
)
def test_kinds_of_attention(attend, rng):
    model, images = tokens_network((16, 16), 4, attend), rng.random((2, 16, 16, 1), np.float32)
    assert has_attention(model)
    before = model.get_config()
    for weighted in ("attention", "gradient"):
        found = explain(model, images, "attention_rollout", 0, weighted=weighted)
        assert (found.diagnostics["grid"], found.diagnostics["layers"]) == ((4, 4), 1)
        assert np.isfinite(found.heatmap).all()
        assert found.heatmap.any()
    assert model.get_config() == before


def test_attention_over_rows_and_columns(rng):
    attention = layers.MultiHeadAttention(2, 4)
    model = tokens_network((12, 16), 4, lambda x: attention(x, x), shape=(3, 4, 8))
    found = explain(model, rng.random((1, 12, 16, 1), np.float32), "attention_rollout", 0)
    assert found.diagnostics["grid"] == (3, 4)


def test_attention_to_other_tokens_is_no_self_attention(rng):
    def attend(x):
        return layers.MultiHeadAttention(2, 4)(x, layers.Dense(8)(x))

    with pytest.raises(InvalidInput, match="no layer of self-attention"):
        explain(tokens_network((16, 16), 4, attend), rng.random((1, 16, 16, 1), np.float32), "attention_rollout", 0)


def test_tokens_that_are_no_grid(rng):
    def attend(x):
        x = layers.Cropping1D((0, 3))(x)  # 13 of 16 tokens
        return layers.MultiHeadAttention(2, 4)(x, x)

    with pytest.raises(InvalidInput, match="13 tokens, which are no grid of patches of a picture of 16 x 16"):
        explain(tokens_network((16, 16), 4, attend), rng.random((1, 16, 16, 1), np.float32), "attention_rollout", 0)


def test_layers_with_different_tokens(rng):
    def attend(x):
        x = layers.MultiHeadAttention(2, 4)(x, x)
        x = layers.AveragePooling1D(4)(x)
        return layers.MultiHeadAttention(2, 4)(x, x)

    with pytest.raises(InvalidInput, match="same tokens; here they see 16, 4"):
        explain(tokens_network((16, 16), 4, attend), rng.random((1, 16, 16, 1), np.float32), "attention_rollout", 0)


def test_attention_within_windows(rng):
    class Windows(layers.Layer):
        def build(self, shape):
            self.inner = layers.MultiHeadAttention(2, 4)
            self.inner.build((None, 4, 8), (None, 4, 8))

        def call(self, x):
            parts = keras.ops.reshape(x, (-1, 4, 8))
            return keras.ops.reshape(self.inner(parts, parts), (-1, 16, 8))

        def compute_output_shape(self, shape):
            return shape

    with pytest.raises(InvalidInput, match="within windows"):
        explain(tokens_network((16, 16), 4, Windows()), rng.random((1, 16, 16, 1), np.float32), "attention_rollout", 0)


def test_choices(models):
    subject = examine(models("transformer", 1), np.zeros((1, 16, 16, 1), np.float32), 0)
    with pytest.raises(InvalidInput, match="heads as one of mean, max"):
        attention_rollout(subject, heads="min")
    with pytest.raises(InvalidInput, match="weighted as one of attention, gradient"):
        attention_rollout(subject, weighted="no")
