"""What the four corners of a picture, where the object is not, tell about its class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..types import Array, Dataset, Labels

SIDE = 32
EPOCHS = 8
BATCH = 128

Figures = NDArray[np.float64]


def corners(dataset: Dataset, indices: Sequence[int] | NDArray[np.int64] | None = None) -> Array:
    """The four corners of these pictures (None: all), (N, 4, SIDE, SIDE, C) float32 in [0, 1], read one picture at a time."""
    cut = [(slice(None, SIDE), slice(None, SIDE)), (slice(None, SIDE), slice(-SIDE, None))]
    cut += [(slice(-SIDE, None), columns) for _, columns in cut]
    chosen = range(len(dataset)) if indices is None else indices
    found = np.empty((len(chosen), 4, SIDE, SIDE, dataset.size(0)[2]), np.float32)
    for place, index in enumerate(chosen):
        image = dataset.image(int(index))[0]
        found[place] = [image[where] for where in cut]
    return found


def grain(patches: Array) -> Figures:
    """Size of the noise grain in pixels, the median over the corners: how coarse the picture was resampled.

    Noise smoothed by a Gaussian of s pixels has the correlation r = exp(-1 / (4 s^2)) with its neighbour, so
    s = 1 / (2 sqrt(-ln r)); r is that of the grey values less their plane. patches: (N, 4, h, w, C). Returns (N,).
    """
    grey = _flat(patches.mean(axis=-1))
    power = np.square(grey).mean(axis=(-2, -1)) + 1e-12
    right = (grey[..., :, 1:] * grey[..., :, :-1]).mean(axis=(-2, -1))
    down = (grey[..., 1:, :] * grey[..., :-1, :]).mean(axis=(-2, -1))
    correlation = np.clip((right + down) / (2 * power), 1e-3, 0.999)
    return np.asarray(np.median(1 / (2 * np.sqrt(-np.log(correlation))), axis=1), np.float64)


def _flat(grey: Array) -> Figures:
    """Grey patches (..., h, w) less their least-squares plane."""
    height, width = grey.shape[-2:]
    rows = np.linspace(-1, 1, height)[:, None]
    columns = np.linspace(-1, 1, width)[None, :]
    flat = grey - grey.mean(axis=(-2, -1), keepdims=True)
    for slope in (np.broadcast_to(rows, (height, width)), np.broadcast_to(columns, (height, width))):
        flat = flat - slope * ((flat * slope).sum(axis=(-2, -1), keepdims=True) / np.square(slope).sum())
    return np.asarray(flat, np.float64)


def statistics(patches: Array) -> Figures:
    """Plain numbers of the corners, (N, F): brightness, its percentiles, roughness and grain of each colour, in any order of
    the corners.
    """
    values = patches.reshape(*patches.shape[:2], -1, patches.shape[-1])
    each = [values.mean(axis=2), values.std(axis=2), *np.percentile(values, (1, 10, 50, 90, 99), axis=2)]
    each += [np.abs(np.diff(patches, axis=axis)).mean(axis=(2, 3)) for axis in (2, 3)]
    numbers = np.concatenate(each, axis=-1)
    over = [numbers.mean(axis=1), numbers.min(axis=1), numbers.max(axis=1), numbers.std(axis=1)]
    return np.concatenate([*over, grain(patches)[:, None]], axis=1).astype(np.float64)


def logistic(train: Array, labels: Labels, test: Array, seed: int) -> Figures:
    """Logistic regression on the statistics: probability of class 1 of the test pictures, (N,)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000, random_state=seed))
    model.fit(statistics(train), labels)
    return np.asarray(model.predict_proba(statistics(test))[:, 1], np.float64)


def trees(train: Array, labels: Labels, test: Array, seed: int) -> Figures:
    """Boosted trees on the statistics: probability of class 1 of the test pictures, (N,)."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.05, max_leaf_nodes=8, random_state=seed)
    with threadpool_limits(1):  # its threads wait for each other, for minutes beside another program
        model.fit(statistics(train), labels)
        return np.asarray(model.predict_proba(statistics(test))[:, 1], np.float64)


def network(train: Array, labels: Labels, test: Array, seed: int, epochs: int = EPOCHS) -> Figures:
    """A small convolutional network that sees one corner at a time; the mean probability of class 1 of the four, (N,)."""
    rng = np.random.default_rng(seed)
    pictures, targets = train.reshape(-1, *train.shape[2:]), np.repeat(labels, 4).astype(np.float32)[:, None]
    centre, spread = pictures.mean(axis=(0, 1, 2)), pictures.std(axis=(0, 1, 2)) + 1e-6
    model = _small(pictures.shape[1:], seed, steps=epochs * -(-len(pictures) // BATCH))
    for _ in range(epochs):
        order = rng.permutation(len(pictures))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch = (pictures[chosen] - centre) / spread
            if rng.random() < 0.5:
                batch = batch[:, ::-1]
            if rng.random() < 0.5:
                batch = batch[:, :, ::-1]
            model.train_on_batch(batch, targets[chosen])
    scores = model.predict((test.reshape(-1, *test.shape[2:]) - centre) / spread, batch_size=512, verbose=0)
    return np.asarray(scores.reshape(-1, 4).mean(axis=1), np.float64)


def _small(shape: tuple[int, ...], seed: int, steps: int) -> Any:
    import keras

    def start(number: int) -> Any:
        return keras.initializers.HeNormal(seed=1000 * seed + number)

    model = keras.Sequential(
        [
            keras.layers.Input(shape),
            keras.layers.Conv2D(16, 3, activation="relu", kernel_initializer=start(1)),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu", kernel_initializer=start(2)),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu", kernel_initializer=start(3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1, activation="sigmoid", kernel_initializer=start(4)),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    return model
