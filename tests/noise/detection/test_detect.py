"""The network's answers beside the classical ones: one form, levels from the same estimators, what to do without weights."""

import numpy as np
import pytest

from xai_core.compiled import forward
from xai_core.errors import InvalidInput, ModelNotFound
from xai_core.noise import add_noise
from xai_core.noise.detection import KINDS, NoiseDetector, detect, detect_noise, estimate, load_noise_detector, noise_spectra
from xai_core.noise.detection.network import DETECTORS, build_noise_cnn, build_noise_vgg16


@pytest.fixture
def picture():
    ramp = np.repeat(np.linspace(0.1, 0.9, 64, dtype=np.float32)[None, :, None, None], 64, axis=2)
    return np.clip(add_noise(ramp, "gaussian", 20, seed=1), 0, 1)


@pytest.fixture
def untrained(monkeypatch):
    """An untrained network that says `says` whatever it sees."""
    import keras

    keras.utils.set_random_seed(0)
    model = build_noise_cnn(4, 8)

    def says(kind):
        head = model.get_layer("logits")
        head.set_weights([0 * head.get_weights()[0], 5.0 * np.eye(len(KINDS))[KINDS.index(kind)]])

    detector = NoiseDetector("untrained", model)
    monkeypatch.setattr(detect, "load_noise_detector", lambda: detector)
    monkeypatch.setattr(detect, "trained_models", lambda: frozenset({"noise-kinds"}))
    return says


@pytest.mark.parametrize("kind", KINDS)
def test_kind_from_the_network_level_from_the_estimator(untrained, picture, kind):
    untrained(kind)
    (found,) = detect_noise(picture, method="network")
    assert (found.kind, found.method) == (kind, "network")
    assert set(found.scores) == set(KINDS)
    assert sum(found.scores.values()) == pytest.approx(1)
    assert found.confidence == max(found.scores.values()) == pytest.approx(np.exp(5) / (np.exp(5) + 5))
    assert (found.level, found.wave) == estimate(picture[0], kind)
    assert (found.wave is not None) == (kind == "periodic")


def test_both_methods_agree_on_the_level(untrained, picture):
    untrained("gaussian")
    (network,), (classical,) = (detect_noise(picture, method=method) for method in ("network", "classical"))
    assert (network.kind, network.level) == (classical.kind, classical.level)
    assert classical.method == "classical" and classical.level == pytest.approx(20, rel=0.15)


def test_both_pool_their_scores(untrained, picture):
    """By hand; the default where the network is there; a sure answer outvotes a doubtful one."""
    untrained("speckle")
    network, classical, both = (detect_noise(picture, method=method)[0] for method in ("network", "classical", "both"))
    joint = np.array([(network.scores[kind] + 1e-3) * (classical.scores[kind] + 1e-3) ** 0.375 for kind in KINDS])
    np.testing.assert_allclose([both.scores[kind] for kind in KINDS], joint / joint.sum(), rtol=1e-9)
    assert (network.kind, classical.kind, both.kind) == ("speckle", "gaussian", KINDS[int(joint.argmax())])
    assert both.method == "both" and detect_noise(picture)[0] == both
    assert both.level == estimate(picture[0], both.kind)[0]


def test_each_picture_for_itself(untrained, picture):
    untrained("none")
    batch = np.concatenate([picture, 1 - picture])
    assert detect_noise(batch) == detect_noise(picture) + detect_noise(1 - picture)
    assert detect_noise(batch[:0]) == ()


def test_without_weights(monkeypatch, tmp_path, picture):
    """Asked for, the network is missed in a sentence; not asked for, the classical detector answers and says so."""
    monkeypatch.setenv("XAI_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelNotFound, match=r'train noise-kinds, or do without: .*method="classical"'):
        detect_noise(picture, method="network")
    assert detect_noise(picture)[0].method == "classical"


def test_errors(picture):
    with pytest.raises(InvalidInput, match="auto, both, network, classical"):
        detect_noise(picture, method="vgg")
    with pytest.raises(InvalidInput, match="at least 28 x 28"):
        detect_noise(picture[:, :20])


@pytest.mark.parametrize("spec", DETECTORS, ids=lambda spec: spec.name)
def test_networks(spec, picture):
    model = spec.load()()
    outputs = forward(model, noise_spectra(picture))
    assert outputs.shape == (1, len(KINDS)) and outputs.sum() == pytest.approx(1, abs=1e-5)
    assert model.layers[-2].name == "logits" and model.get_layer("logits").units == len(KINDS)
    if spec.name == "noise-kinds":
        assert 2 * model.count_params() < 2e6  # bytes in half precision


def test_vgg16_alone():
    with pytest.raises(InvalidInput, match="Expected VGG16"):
        build_noise_vgg16("ResNet50")


def trained():
    try:
        return load_noise_detector()
    except ModelNotFound:
        pytest.skip("the network noise-kinds has not been trained here")


@pytest.mark.parametrize(("frequency", "angle"), [(0.125, 30), (0.3, 0), (0.2, 120)])
def test_the_evidence_of_a_wave_lies_at_its_frequency(frequency, angle):
    """Integrated gradients of the logit "periodic", from the spectra without the wave to those with it: two fifths of what speaks
    for it lie within 6 cells of its frequency or the mirrored one, which are a twelfth of all cells."""
    from xai_core.explainers import explain

    detector = trained()
    v, u = np.mgrid[:128, :128] / 128
    scene = (0.3 + 0.4 / (1 + np.exp((np.hypot(v - 0.5, u - 0.4) - 0.25) * 64)) + 0.1 * u).astype(np.float32)[None, ..., None]
    noisy = np.clip(add_noise(scene, "periodic", 40, frequency=frequency, angle=angle), 0, 1)
    (found,) = detect_noise(noisy, method="network")
    assert found.kind == "periodic"
    before, after = detector.prepare(scene)[0], detector.prepare(noisy)
    target = f"class:{KINDS.index('periodic')}"
    explained = explain(detector.model, after, "integrated_gradients", target, steps=32, baseline=before)
    evidence = np.maximum(explained.heatmap[0], 0)
    wanted = 64 * frequency * np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])
    rows, columns = np.mgrid[:64, :64] - 32
    near = np.any([np.maximum(abs(rows - s * wanted[0]), abs(columns - s * wanted[1])) <= 6 for s in (1, -1)], axis=0)
    assert near.mean() < 0.09
    assert evidence[near].sum() > 0.4 * evidence.sum()


@pytest.mark.parametrize(
    ("kind", "level"), [("none", 0), ("gaussian", 20), ("salt_pepper", 0.1), ("speckle", 8), ("poisson", 20)]
)
def test_the_trained_network_knows_plain_noise(kind, level):
    detector = trained()
    v, u = np.mgrid[:128, :128] / 128
    scene = (0.1 + 0.75 * u + 0.1 * np.sin(9 * v)).astype(np.float32)[None, ..., None]
    noisy = scene if kind == "none" else np.clip(add_noise(scene, kind, level, seed=2), 0, 1)
    assert KINDS[int(detector.scores(noisy)[0].argmax())] == kind
