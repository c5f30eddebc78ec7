"""What every explanation method promises, over the whole registry."""

import numpy as np
import pytest

from xai_core.errors import Cancelled, InvalidInput, UnknownName
from xai_core.explainers import EXPLAINERS, Psnr, explain, has_attention
from xai_core.registry import Spec

FAST = {
    "integrated_gradients": {"steps": 8},
    "lime": {"samples": 80, "segments": 12, "batch_size": 32},
    "rise": {"samples": 120},
    "smoothgrad": {"samples": 12},
    "score_cam": {"channels": 4},
}
NAMES = (
    *("saliency", "smoothgrad", "integrated_gradients", "grad_cam", "grad_cam_plus_plus", "layer_cam", "score_cam", "full_grad"),
    *("lime", "occlusion", "rise", "attention_rollout", "random_map", "edges"),
)
NETWORKS = ("functional", "sequential", "nested", "subclassed", "transformer")


def needs_attention(spec: Spec) -> bool:
    return bool(spec.supports.get("attention"))


def fitting(spec: Spec) -> str:
    """A network that the method explains."""
    return "transformer" if needs_attention(spec) else "functional"


every_method = pytest.mark.parametrize("spec", EXPLAINERS.specs, ids=EXPLAINERS.names)
every_method_and_network = pytest.mark.parametrize(
    ("spec", "network"),
    [
        pytest.param(spec, network, id=f"{spec.name}-{network}")
        for spec in EXPLAINERS
        for network in NETWORKS
        if network == "transformer" or not needs_attention(spec)
    ],
)


def run(spec: Spec, model, images, target=None, **parameters):
    return explain(model, images, spec.name, target, **FAST.get(spec.name, {}), **parameters)


def test_the_methods_and_their_order():
    assert EXPLAINERS.names == NAMES


@every_method_and_network
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
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
@pytest.mark.parametrize(
    "target", [None, "pixel:3,5", "window:2,3,6,5", "detail:2,3,6,5", "residual", "residual:2,3,6,5", "psnr"]
)
def test_map_of_an_image_to_image_network(spec, target, models, rng):
    model, images = models("picture_to_picture", 1), rng.random((2, 13, 17, 1), np.float32)
    given = Psnr(images[0]) if target == "psnr" else target
    if needs_attention(spec):
        with pytest.raises(InvalidInput, match="needs a transformer"):
            run(spec, model, images, target=given)
        return
    found = run(spec, model, images, target=given)
    assert found.heatmap.shape == (2, 13, 17)
    assert found.target == (target or "window:0,0,13,17")
    assert np.isfinite(found.heatmap).all()
    assert found.heatmap.any() or not found.signed


@every_method
def test_targets_of_their_own_for_each_image(spec, models, rng):
    model, images = models(fitting(spec), 1), rng.random((3, 16, 16, 1), np.float32)
    mixed = run(spec, model, images, target=np.array([2, 0, 1]))
    assert mixed.target == "class:2;class:0;class:1"
    alone = run(spec, model, images[:1], target=2)
    np.testing.assert_allclose(mixed.heatmap[0], alone.heatmap[0], atol=1e-6)
    blind = spec.supports.get("control") or needs_attention(spec)  # attention without its gradient is that of all classes
    assert np.allclose(mixed.heatmap[1], run(spec, model, images, target=2).heatmap[1]) == bool(blind)


@every_method
def test_map_has_the_size_of_the_image_given_to_a_wrapper(spec, models, wrapper, rng):
    for size in ((40, 29), (9, 30), (16, 16)):
        found = run(spec, wrapper(models(fitting(spec), 3)), rng.random((2, *size, 1), np.float32), target=0)
        assert found.heatmap.shape == (2, *size)
        assert np.isfinite(found.heatmap).all()


@every_method_and_network
@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_flat_picture_gives_a_finite_map(spec, network, shade, models):
    found = run(spec, models(network, 1), np.full((1, 16, 16, 1), shade, np.float32))
    assert np.isfinite(found.heatmap).all()
    assert all(np.isfinite(value).all() for value in found.diagnostics.values() if np.asarray(value).dtype.kind == "f")


@every_method
def test_grey_picture_has_the_map_of_three_equal_channels(spec, models, wrapper, rng):
    model, grey = wrapper(models(fitting(spec), 3)), rng.random((2, 20, 24, 1), np.float32)
    one, three = (run(spec, model, images, target=1) for images in (grey, np.repeat(grey, 3, axis=-1)))
    np.testing.assert_array_equal(one.heatmap, three.heatmap)


@every_method
@pytest.mark.parametrize("shape", [(2, 16, 1, 1), (2, 1, 16, 1), (1, 16, 1), (16, 1), (1, 1)])
def test_picture_of_one_row_or_column_is_refused(spec, shape, models, wrapper):
    images = np.zeros(shape, np.float32)
    for model in (wrapper(models(fitting(spec), 3)), models("picture_to_picture", 1), lambda images: images.mean((1, 2))):
        with pytest.raises(InvalidInput, match="at least 2 x 2 pixels, received .*Take a larger part"):
            run(spec, model, images)


@pytest.mark.parametrize("network", ["functional", "sequential", "nested", "subclassed"])
def test_networks_without_attention_have_no_rollout(network, models, rng):
    model, images = models(network, 1), rng.random((1, 16, 16, 1), np.float32)
    assert not has_attention(model)
    with pytest.raises(InvalidInput, match="no layer of self-attention .* Use another method"):
        explain(model, images, "attention_rollout", 0)


@every_method
def test_progress_grows_to_one_and_may_cancel(spec, models, rng):
    model, images = models(fitting(spec), 1), rng.random((2, 16, 16, 1), np.float32)
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
