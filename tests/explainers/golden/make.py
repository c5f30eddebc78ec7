"""Makes xplique.json with xplique 2.0.2 on TensorFlow 2.21; not part of the tests.

pip install --no-deps --target /tmp/peers xplique==2.0.2 einops deprecated tensorflow-probability==0.25 tf_keras dm-tree
decorator cloudpickle; PYTHONPATH=/tmp/peers python tests/explainers/golden/make.py
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from network import network, noise, parts, pictures
from xplique.attributions import IntegratedGradients, Occlusion, Saliency, SmoothGrad
from xplique.attributions.gradient_statistics.gradient_statistic import GradientStatistic
from xplique.metrics import Deletion, Insertion, MuFidelity

model, images = network(), pictures()
classes = np.array([2, 0])
targets = tf.one_hot(classes, 3).numpy()


def numbers(values):
    return np.round(np.asarray(values, np.float64), 7).tolist()


maps = IntegratedGradients(model, steps=2000, baseline_value=0.0, reducer="sum", batch_size=None)(images, targets)
maps = np.asarray(maps).reshape(2, 12, 12)
found = {
    "origin": "xplique 2.0.2, TensorFlow 2.21, float32",
    "integrated_gradients": numbers(maps),
    "saliency": numbers(np.asarray(Saliency(model, reducer="max")(images, targets)).reshape(2, 12, 12)),
    "occlusion": numbers(
        np.asarray(Occlusion(model, patch_size=3, patch_stride=3, occlusion_value=0.0)(images, targets)).reshape(2, 12, 12)
    ),
}
for name, metric in (("deletion", Deletion), ("insertion", Insertion)):
    curve = metric(model, images, targets, steps=12, baseline_mode=0.0, max_percentage_perturbed=1.0).detailed_evaluate(maps)
    found[name] = {str(key): float(value) for key, value in curve.items()}
    found[name + "_area"] = float(
        metric(model, images, targets, steps=12, baseline_mode=0.0, max_percentage_perturbed=1.0).evaluate(maps)
    )
np.random.seed(0)  # noqa: NPY002 - xplique draws from it
tf.random.set_seed(0)
fidelity = MuFidelity(model, images, targets, grid_size=None, subset_percent=0.2, baseline_mode=0.0, nb_samples=4000)
found["mu_fidelity"] = float(fidelity.evaluate(maps))


def with_given_noise(inputs, nb_perturbations, _):
    """SmoothGrad without chance: the same noise for every library."""
    copies = inputs[:, None] + noise(nb_perturbations, inputs.numpy())
    return tf.reshape(copies, (-1, *inputs.shape[1:]))


GradientStatistic._perturb_samples = staticmethod(with_given_noise)
smooth = SmoothGrad(model, batch_size=50, reducer=None, nb_samples=25)
found["smoothgrad"] = numbers(np.abs(np.asarray(smooth(images, targets)).reshape(2, 12, 12)))


class GivenParts(MuFidelity):
    """MuFidelity without chance: the same parts for every picture. Theirs are 1 where a pixel stays."""

    def _perturb_samples(self, inputs, nb_perturbations):
        stay = tf.constant(~parts()[:nb_perturbations, ..., None], tf.float32)
        return tf.reshape(inputs[:, None] * stay, (-1, *inputs.shape[1:])), tf.repeat(stay[None], len(inputs), axis=0)


given = GivenParts(model, images, targets, batch_size=2 * len(parts()), baseline_mode=0.0, nb_samples=len(parts()))
found["mu_fidelity_given_parts"] = float(given.evaluate(maps))
Path(__file__).with_name("xplique.json").write_text(json.dumps(found, indent=1) + "\n")
