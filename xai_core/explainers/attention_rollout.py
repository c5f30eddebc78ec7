"""Attention rollout."""

from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..types import Array, Progress
from ._gradients import attention_scores
from ._layers import Outline, attention_layers, outline
from ._models import Subject, network_of
from .base import Evidence, no_progress

WEIGHTED = ("attention", "gradient")
HEADS = ("mean", "max")


def attention_rollout(
    subject: Subject, *, weighted: str = "attention", heads: str = "mean", progress: Progress = no_progress
) -> Evidence:
    """How much of each patch of the picture a transformer's attention hands on to where the output is read.

    With A_l the attention of layer l, put together over its heads:
    "attention" - R = B_L ... B_1 with B_l = (A_l + I) / 2, each row divided by its sum: the half that stays is the residual
    connection. It does not know the target: all classes have the same map.
    "gradient" - R_0 = I, R_l = R_(l-1) + G_l R_(l-1) with G_l = ReLU(A_l dS/dA_l): only attention that raises the target.
    heads: "mean" or "max", over the heads (of A_l, or of G_l).
    The map is the row of the class token, the first of h w + 1 tokens, or the mean of all rows where there are h w tokens.
    h and w are those of the last layer with rows and columns before the first attention, or else have the picture's aspect.
    Returns maps >= 0, (N, h, w), as shares of the row ("attention") or relevance without a unit ("gradient"); diagnostics:
    score, (N,); grid, (h, w); class_token, bool; layers, their number.
    Raises InvalidInput where there is no self-attention, or where its tokens are no grid.
    Source: Abnar & Zuidema (2020), arXiv:2005.00928; "gradient": Chefer, Gur & Wolf (2021), arXiv:2103.15679.
    """
    for name, value, choices in (("weighted", weighted, WEIGHTED), ("heads", heads, HEADS)):
        if value not in choices:
            raise InvalidInput(f"Expected {name} as one of {', '.join(choices)}, received {value!r}.")
    attention, score = attention_scores(subject, heads, weighted == "gradient")
    count, layers, tokens, _ = attention.shape
    grid = token_grid(outline(subject.model, subject.shape), subject.shape[:2], tokens)
    rows = np.stack([roll_out(picture, weighted == "gradient") for picture in attention])
    class_token = tokens == grid[0] * grid[1] + 1
    maps = rows[:, 0, 1:] if class_token else rows.mean(axis=1)
    progress(1.0)
    known = {"grid": grid, "class_token": class_token, "layers": layers, "score": score}
    return Evidence(np.ascontiguousarray(maps.reshape(count, *grid), np.float32), known)


def roll_out(attention: Array, added: bool) -> Array:
    """What each token holds of each token of the beginning, (tokens, tokens), from the attention (layers, tokens, tokens).

    added: true adds what attention brings to what is there; false mixes both half and half.
    """
    eye = np.eye(attention.shape[-1], dtype=np.float32)
    total = eye
    for layer in attention:
        if added:
            total = total + layer @ total
        else:
            mixed = (layer + eye) / 2
            total = (mixed / mixed.sum(axis=-1, keepdims=True)) @ total
    return total


def token_grid(network: Outline, size: tuple[int, ...], tokens: int) -> tuple[int, int]:
    """(h, w) of the patches behind `tokens` tokens, with or without a class token; InvalidInput where there is none.

    size: (H, W) of the input. The network's own map of patches is taken where there is one of that many.
    """
    first = next((at for at, layer in enumerate(network.layers) if "Attention" in layer.kind), len(network.layers))
    maps = [layer.shape[:2] for layer in network.layers[:first] if layer.spatial]
    for h, w in reversed(maps):
        if h * w in (tokens, tokens - 1):
            return h, w
    for h in range(1, tokens + 1):
        w = round(h * size[1] / size[0])
        if h * size[1] == w * size[0] and h * w in (tokens, tokens - 1):
            return h, w
    raise InvalidInput(
        f"This transformer has {tokens} tokens, which are no grid of patches of a picture of {size[0]} x {size[1]} pixels, with "
        "or without a class token: there is no place for them in the picture. Use another method."
    )


def has_attention(model: Any) -> bool:
    """True for a network, or a wrapper of one, with layers whose attention can be rolled out."""
    return bool(attention_layers(network_of(model)))
