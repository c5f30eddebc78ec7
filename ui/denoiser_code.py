"""The page Explain a denoiser in a notebook: Python for what is open."""

from xai_core.scene import Scene

from .spot import Spot


def lines(scene: Scene, chosen: Spot) -> str:
    """To follow `Scene.code()`, whose `denoiser`, `clean` and `noisy` it uses."""
    code = [
        "",
        "from xai_core.explainers import denoiser as explain_denoiser",
        f"one = explain_denoiser.effective_filter(denoiser, noisy, {chosen.row}, {chosen.column})",
        "print(one.total, one.width, one.radius, one.remainder)",
    ]
    if scene.view("split"):
        code.append("split = explain_denoiser.split_noise(denoiser, clean, noisy)  # .signal + .noise + .added = .output")
    if scene.view("layers"):
        code.append("layers = explain_denoiser.noise_through_layers(denoiser, clean, noisy)")
        name, _, numbers = scene.ablated.rpartition(":")
        channels = [int(text) for text in numbers.split(",") if text.isdecimal()]
        if name and channels:
            code.append(f"without = explain_denoiser.ablate(denoiser, noisy, {{{name!r}: {channels}}})")
    if scene.view("region"):
        code += _region(scene, chosen)
    if scene.view("invented"):
        box = chosen.box if not chosen.single else (max(chosen.row - 8, 0), max(chosen.column - 8, 0), 16, 16)
        code.append(f"directions = explain_denoiser.posterior_directions(denoiser, noisy, {', '.join(map(str, box))})")
        code.append("from xai_core.experiments.planted_structure import planted_structure")
        code.append(f"print(planted_structure(denoiser, clean, {scene.view('structure')!r}, sigma=level).sentence)")
    if scene.view("chain"):
        target = repr(scene.target) if scene.target else "None"
        code.append(f"back = explain_denoiser.chain(denoiser, classifier, noisy, {target}, {scene.view('back')!r})")
    return "\n".join(code) + "\n"


def _region(scene: Scene, chosen: Spot) -> list[str]:
    measure, method = scene.view("measure"), scene.view("method")
    code = ["from xai_core.explainers import Psnr"] if measure == "psnr" else []
    target = "Psnr(clean[0])" if measure == "psnr" else repr(chosen.target(measure))
    if method == "lam":
        return [*code, f"one_map = explain_denoiser.lam(denoiser, noisy, {target}, path={scene.view('path')!r}, clean=clean)"]
    baseline = scene.view("baseline")
    given = baseline if baseline in ("clean", "denoised") else repr(baseline)
    more = f", baseline={given}" if method == "integrated_gradients" else ""
    return [*code, f"one_map = xc.explain(denoiser, noisy, {method!r}, target={target}{more})"]
