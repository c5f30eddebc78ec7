"""A recipe and a data set so small that a training takes a second."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from xai_core.training import batches, loop
from xai_core.training.recipe import Augmentation, Recipe
from xai_core.types import Dataset, Provenance

PICTURES = 48  # 12 or so held out, 12 batches of 3 an epoch: the moving average is updated every ten


def denoiser():
    import keras
    from keras import layers

    x = inputs = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(4, 3, activation="relu", padding="same", name="conv")(x)
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same", name="reconstruction")(x))


def classifier():
    """With all that a training must keep beside the weights: moving averages, dropout."""
    import keras
    from keras import layers

    x = inputs = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(1, name="logits")(x)
    return keras.Model(inputs, layers.Activation("sigmoid", name="probabilities")(x))


DENOISER = Recipe(
    "tiny-denoiser",
    "Tiny denoiser",
    "denoiser",
    f"{__name__}:denoiser",
    ("tiny",),
    8,
    1,
    noise=(("gaussian", 0, 50), ("salt_pepper", 0, 0.4), ("poisson", 2, 100)),
    epochs=3,
    batch=3,
    average=0.9,
    held_out=0.25,
)
CLASSIFIER = replace(
    DENOISER,
    name="tiny-classifier",
    label="Tiny classifier",
    kind="classifier",
    build=f"{__name__}:classifier",
    noise=(),
    augmentation=Augmentation(rotation=20, shift=0.1, flip_horizontal=True),
    label_smoothing=0.05,
)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """The recipes; their data set "tiny", whose splits asked for are kept in `splits`; empty model and run folders."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (PICTURES, 8, 8, 1), np.uint8)
    labels = (np.arange(PICTURES) % 4 == 0).astype(np.int64)
    pixels[labels == 1, :4] //= 4  # something to learn
    data = Dataset("tiny", "train", pixels, labels, ("Many", "Few"), Provenance("simulated", "here", "none", "none"))
    splits = []

    def load_dataset(name, split=None):
        assert name == "tiny"
        splits.append(split)
        return data

    monkeypatch.setattr(batches, "load_dataset", load_dataset)
    monkeypatch.setattr(loop, "load_dataset", load_dataset)
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path / "models"))
    return SimpleNamespace(
        denoiser=DENOISER, classifier=CLASSIFIER, data=data, splits=splits, runs=tmp_path / "runs", models=tmp_path / "models"
    )
