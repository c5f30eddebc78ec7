"""Explanation methods beside those of other libraries, in one run on the same network and picture."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..explainers import explain
from ..types import Array

FOLDER = Path(__file__).resolve().parents[2] / ".peers"
"""Where `make peers` puts libraries that are only compared with."""

NETWORKS = ("galaxy-cnn2", "resnet50")


@dataclass(frozen=True)
class Timing:
    """Median seconds of one picture's explanation: task (what is computed), library (whose), first call left out."""

    network: str
    task: str
    library: str
    seconds: float


def bench_explainers(
    network: str, *, repeats: int = 5, only: Sequence[str] = (), report: Callable[[str], None] = print
) -> list[Timing]:
    """Time our methods, their floor in bare compiled passes, and the libraries that are installed, in turn.

    network: "galaxy-cnn2" at 96 x 96 or "resnet50" (random weights) at 224 x 224. repeats: rounds whose medians are taken; in
    each round every library has its turn, so that other load falls on all alike. only: words of the tasks to time ("RISE"); ()
    is all. Raises InvalidInput for another network, fewer than 1 round, or words of no task.
    """
    if network not in NETWORKS or repeats < 1:
        raise InvalidInput(
            f"Expected a network of {', '.join(NETWORKS)} and at least 1 round, received {network!r}, {repeats!r}."
        )
    model, image = _network(network)
    rows: list[Timing] = []
    tasks = _tasks(model, image)
    chosen = [task for task in tasks if not only or any(word.lower() in task.lower() for word in only)]
    if not chosen:
        raise InvalidInput(f"Expected words of {'; '.join(tasks)}, received {', '.join(only)}.")
    for task in chosen:
        libraries = tasks[task]
        seconds: dict[str, list[float]] = {name: [] for name in libraries}
        for call in libraries.values():
            call()
        for _ in range(repeats):
            for name, call in libraries.items():
                started = time.perf_counter()
                call()
                seconds[name].append(time.perf_counter() - started)
        medians = {name: statistics.median(values) for name, values in seconds.items()}
        ours = medians["NoiseLens"]
        report(
            f"{network}, {task}: " + ", ".join(f"{name} {value:.3f} s ({value / ours:.2f} x)" for name, value in medians.items())
        )
        rows += [Timing(network, task, name, value) for name, value in medians.items()]
    return rows


def _network(name: str) -> tuple[Any, Array]:
    """The Keras model and a picture for it, (1, H, W, 3)."""
    if name == "galaxy-cnn2":
        from ..classifiers import load_classifier

        return load_classifier(name).model, np.random.default_rng(0).random((1, 96, 96, 3), np.float32)
    import keras

    keras.utils.set_random_seed(0)
    model = keras.applications.ResNet50(weights=None, classifier_activation=None)
    return model, np.random.default_rng(0).random((1, 224, 224, 3), np.float32)


def _tasks(model: Any, image: Array) -> dict[str, dict[str, Callable[[], Any]]]:
    """{task: {library: call}}; "passes" is the floor: the same number of bare compiled passes in batches of 50 or 25."""
    import tensorflow as tf

    forward = tf.function(lambda rows: model(rows, training=False), autograph=False)

    @tf.function(autograph=False)
    def gradient(rows: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(rows)
            outputs = model(rows, training=False)
        return tape.gradient(outputs, rows)

    many, some = tf.constant(np.repeat(image, 50, axis=0)), tf.constant(np.repeat(image, 25, axis=0))

    def forwards() -> None:
        for _ in range(20):
            forward(many).numpy()

    def gradients() -> None:
        for _ in range(2):
            gradient(some).numpy()

    def ours(method: str, **parameters: Any) -> Callable[[], Any]:
        return lambda: explain(model, image, method, 0, **parameters)

    tasks: dict[str, dict[str, Callable[[], Any]]] = {
        "Grad-CAM": {"NoiseLens": ours("grad_cam")},
        "integrated gradients, 50 steps": {"NoiseLens": ours("integrated_gradients"), "passes": gradients},
        "SmoothGrad, 50 samples": {"NoiseLens": ours("smoothgrad"), "passes": gradients},
        "RISE, 1,000 masks": {"NoiseLens": ours("rise"), "passes": forwards},
        "LIME, 1,000 samples": {"NoiseLens": ours("lime"), "passes": forwards},
    }
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    for add in (_xplique, _tf_keras_vis, _lime):
        try:
            add(tasks, model, image)
        except ImportError:  # not installed: the table goes on without it
            continue
    return tasks


def _xplique(tasks: dict[str, dict[str, Callable[[], Any]]], model: Any, image: Array) -> None:
    from xplique.attributions import IntegratedGradients, Rise, SmoothGrad

    target = np.eye(model.output_shape[-1], dtype=np.float32)[:1]
    methods: Sequence[tuple[str, Any]] = (
        ("integrated gradients, 50 steps", IntegratedGradients(model, steps=50, batch_size=50)),
        ("SmoothGrad, 50 samples", SmoothGrad(model, nb_samples=50, batch_size=50)),
        ("RISE, 1,000 masks", Rise(model, nb_samples=1000, batch_size=50)),
    )
    for task, method in methods:
        tasks[task]["xplique"] = partial(method, image, target)


def _tf_keras_vis(tasks: dict[str, dict[str, Callable[[], Any]]], model: Any, image: Array) -> None:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    score = CategoricalScore([0])
    camera, saliency = Gradcam(model, clone=True), Saliency(model, clone=True)
    tasks["Grad-CAM"]["tf-keras-vis"] = lambda: camera(score, image)
    tasks["SmoothGrad, 50 samples"]["tf-keras-vis"] = lambda: saliency(score, image, smooth_samples=50)


def _lime(tasks: dict[str, dict[str, Callable[[], Any]]], model: Any, image: Array) -> None:
    import tensorflow as tf
    from lime.lime_image import LimeImageExplainer

    forward = tf.function(lambda rows: model(rows, training=False), autograph=False)

    def call(function: Callable[[Any], Any], batch: int) -> Callable[[], Any]:
        explainer = LimeImageExplainer(random_state=0)
        return lambda: explainer.explain_instance(
            image[0].astype(np.float64), function, top_labels=1, num_samples=1000, batch_size=batch
        )

    def quiet(call: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> None:
            import contextlib
            import io

            with contextlib.redirect_stderr(io.StringIO()):
                call()

        return run

    def compiled(rows: Any) -> Any:
        return forward(np.asarray(rows, np.float32)).numpy()

    def predicted(rows: Any) -> Any:
        return model.predict(np.asarray(rows, np.float32), verbose=0)

    for name, function, batch in (("lime, batch 10, predict", predicted, 10), ("lime, batch 100, compiled", compiled, 100)):
        tasks["LIME, 1,000 samples"][name] = quiet(call(function, batch))
