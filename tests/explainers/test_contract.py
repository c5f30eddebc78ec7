"""What every explanation method promises, over the whole registry."""

import numpy as np
import pytest

from xai_core.errors import Cancelled, InvalidInput, UnknownName
from xai_core.explainers import EXPLAINERS, explain
from xai_core.registry import Spec

FAST = {
    "integrated_gradients": {"steps": 8},
    "lime": {"samples": 80, "segments": 12, "batch_size": 32},
    "rise": {"samples": 120},
    "smoothgrad": {"samples": 12},
    "score_cam": {"channels": 4},
}
NETWORKS = ("functional", "sequential", "nested", "subclassed")

every_method = pytest.mark.parametrize("spec", EXPLAINERS.specs, ids=EXPLAINERS.names)


def run(spec: Spec, model, images, target=None, **parameters):
    return explain(model, images, spec.name, target, **FAST.get(spec.name, {}), **parameters)


@every_method
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize("network", NETWORKS)
def test_map_of_a_classifier(spec, network, channels, models, rng):
    model, images = models(network, channels), rng.random((3, 16, 16, channels), np.float32)
    batch = run(spec, model, images, target=1)
    assert batch.heatmap.shape == (3, 16, 16)
    assert batch.heatmap.dtype == np.float32
    assert np.isfinite(batch.heatmap).all()
    assert batch.heatmap.any() or (not batch.signed and run(spec, model, images, target=0).heatmap.any())
    assert batch.signed or batch.heatmap.min() >= 0
    assert (batch.method, batch.target, batch.signed) == (spec.name, "class:1", spec.supports["signed"])
    assert set(batch.parameters) == {parameter.name for parameter in spec.parameters}
    assert batch.diagnostics["score"].shape == (3,)
    assert batch.seconds > 0

    again = run(spec, model, images, target=1)
    assert again.heatmap.tobytes() == batch.heatmap.tobytes()

    single = run(spec, model, images[1:2], target=1)
    assert single.heatmap.shape == (1, 16, 16)
    # float32 sums in another order; 1e-5 of the map's largest value is all that they may differ by
    np.testing.assert_allclose(single.heatmap[0], batch.heatmap[1], rtol=0, atol=1e-5 * np.abs(batch.heatmap[1]).max())


@every_method
@pytest.mark.parametrize("target", [None, "pixel:3,5", "window:2,3,6,5"])
def test_map_of_an_image_to_image_network(spec, target, models, rng):
    images = rng.random((2, 13, 17, 1), np.float32)
    found = run(spec, models("picture_to_picture", 1), images, target=target)
    assert found.heatmap.shape == (2, 13, 17)
    assert found.target == (target or "window:0,0,13,17")
    assert np.isfinite(found.heatmap).all()


@every_method
def test_targets_of_their_own_for_each_image(spec, models, rng):
    model, images = models("functional", 1), rng.random((3, 16, 16, 1), np.float32)
    mixed = run(spec, model, images, target=np.array([2, 0, 1]))
    assert mixed.target == "class:2;class:0;class:1"
    alone = run(spec, model, images[:1], target=2)
    np.testing.assert_allclose(mixed.heatmap[0], alone.heatmap[0], atol=1e-6)
    assert spec.supports.get("control") or not np.allclose(mixed.heatmap[1], run(spec, model, images, target=2).heatmap[1])


@every_method
def test_map_has_the_size_of_the_image_given_to_a_wrapper(spec, models, wrapper, rng):
    for size in ((40, 29), (9, 30), (16, 16)):
        found = run(spec, wrapper(models("functional", 3)), rng.random((2, *size, 1), np.float32), target=0)
        assert found.heatmap.shape == (2, *size)
        assert np.isfinite(found.heatmap).all()


@every_method
def test_flat_picture_gives_a_finite_map(spec, models):
    found = run(spec, models("nested", 1), np.zeros((1, 16, 16, 1), np.float32))
    assert np.isfinite(found.heatmap).all()


@every_method
def test_progress_grows_to_one_and_may_cancel(spec, models, rng):
    model, images = models("functional", 1), rng.random((2, 16, 16, 1), np.float32)
    shares: list[float] = []
    run(spec, model, images, target=0, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)

    def stop(share: float) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        run(spec, model, images, target=0, progress=stop)


@every_method
def test_spec_is_complete(spec):
    assert spec.label and spec.summary and spec.citation and spec.passes
    assert set(spec.supports) >= {"signed", "gradients", "slow", "resize"}
    assert spec.load().__doc__


def test_unknown_names(models, rng):
    model, images = models("functional", 1), rng.random((1, 16, 16, 1), np.float32)
    with pytest.raises(UnknownName, match="Did you mean 'grad_cam'"):
        explain(model, images, "gradcam")
    with pytest.raises(UnknownName, match="steps"):
        explain(model, images, "integrated_gradients", step=3)
    with pytest.raises(UnknownName, match="layer"):
        explain(model, images, "integrated_gradients", layer="first")
    with pytest.raises(InvalidInput, match="between 1 and 1000"):
        explain(model, images, "integrated_gradients", steps=0)
