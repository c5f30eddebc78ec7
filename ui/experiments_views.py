"""What an experiment found, on the page: the answer in words, curves, table, comparison, how to read them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from xai_core import render
from xai_core.classifiers import CLASSIFIERS
from xai_core.denoisers import DENOISERS
from xai_core.errors import InvalidInput
from xai_core.experiments import CLEAN, NONE, Condition, Preset, Results, Summary, summaries
from xai_core.experiments.results import compare
from xai_core.explainers import EXPLAINERS
from xai_core.metrics import Estimate
from xai_core.noise import NOISES
from xai_core.scene import Scene

from . import cache, state

FIGURES = {"accuracy": "Accuracy", "margin": "Margin", "calibration_error": "Calibration error"}
WORDS = {
    "accuracy": "The share of pictures that get their right name.",
    "margin": "How far the first class is ahead of the second, on average: 0 undecided, 1 certain, be it right or wrong.",
    "calibration_error": "How far confidence and accuracy are apart, on average: 0 means right as often as sure.",
}
DRIFT = "Rank correlation with the map of the clean picture, on average: 1 is the same order of pixels, 0 is chance."


def control(widget: Callable[..., Any], label: str, name: str, value: Any, **options: Any) -> Any:
    """As `state.control`, of a choice that no Scene holds: it is still there when the page is left and entered again."""
    choices = st.session_state.setdefault("experiment_choices", {})
    chosen = state.control(widget, label, f"experiment:{name}", choices.get(name, value), **options)
    choices[name] = chosen
    return chosen


def denoiser_label(name: str) -> str:
    return "none, as it is" if name == NONE else DENOISERS.get(name).label


def noise_label(kind: str, level: float) -> str:
    return "clean" if kind == NONE else f"{NOISES.get(kind).label} {level:g}"


def condition_label(condition: Condition) -> str:
    through = "" if condition.denoiser == NONE else f", {denoiser_label(condition.denoiser)}"
    return f"{noise_label(condition.noise, condition.level)}{through} → {CLASSIFIERS.get(condition.classifier).label}"


def zero_is_clean(kind: str) -> bool:
    """Whether level 0 of a noise is no noise; a Poisson level counts photons, of which there are always some."""
    return NOISES.get(kind).parameter("level").low == 0


def key_of(results: Results) -> str:
    return f"{results.grid.key()[:12]}-{results.table.num_rows}"


def summaries_of(results: Results) -> tuple[Summary, ...]:
    found: tuple[Summary, ...] = cache.drawn(f"summaries-{key_of(results)}", lambda: summaries(results))
    return found


def percent(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def headline(results: Results) -> None:
    """The answer in one or two sentences."""
    found = {one.condition: one for one in summaries_of(results)}
    first = results.grid.classifiers[0]
    clean, noisy = found.get(Condition(*CLEAN, NONE, first)), None
    worst = [pair for pair in results.grid.noises if pair != CLEAN]
    candidates = [found[c] for pair in worst if (c := Condition(*pair, NONE, first)) in found]
    if candidates:
        noisy = min(candidates, key=lambda one: one.accuracy.value)
    if clean is None or noisy is None or np.isnan(clean.accuracy.value):
        return
    where = noise_label(noisy.condition.noise, noisy.condition.level)
    text = (
        f"**{CLASSIFIERS.get(first).label}** names {percent(clean.accuracy)} of the clean pictures rightly, "
        f"and {percent(noisy.accuracy)} under {where}."
    )
    others = [
        one
        for one in found.values()
        if (one.condition.noise, one.condition.level) == (noisy.condition.noise, noisy.condition.level) and one is not noisy
    ]
    if others and clean.accuracy.value > noisy.accuracy.value:
        best = max(others, key=lambda one: one.accuracy.value)
        text += f" Best there: {_way(best.condition, results)} with {percent(best.accuracy)}"
        text += f", {best.recovered:.0%} of what noise took away." if best.recovered > 0 else ", no more than without it."
    st.markdown(text)
    st.caption("In brackets: 95 % intervals. Other pictures of the same kind could give any accuracy in there.")


def _way(condition: Condition, results: Results) -> str:
    """Denoiser and classifier in short: what a line of the curves is named."""
    name = denoiser_label(condition.denoiser) if len(results.grid.denoisers) > 1 or condition.denoiser != NONE else ""
    if len(results.grid.classifiers) > 1:
        return " → ".join(part for part in (name, CLASSIFIERS.get(condition.classifier).label) if part)
    return name or CLASSIFIERS.get(condition.classifier).label


def curves(results: Results, scene: Scene, *, running: bool = False) -> None:
    """A figure over the level of the noise, one line a denoiser and classifier."""
    kinds = list(dict.fromkeys(kind for kind, _ in results.grid.noises if kind != NONE))
    if not kinds:
        return
    drifts = {f"drift_{method}": f"Drift of {EXPLAINERS.get(method).label}" for method in results.grid.methods}
    options = FIGURES | (drifts if results.grid.drift else {})
    shown = control(
        st.segmented_control,
        "Figure",
        "figure" + (":drift" if results.grid.drift else ""),
        next(iter(drifts if results.grid.drift else FIGURES)),
        options=options,
        format_func=options.__getitem__,
        required=True,
        label_visibility="collapsed",
    )
    found = summaries_of(results)
    # One curve a kind of noise; the page's experiments have one kind.
    for kind in kinds:
        _curve(results, found, kind, shown, options[shown], scene, running)
    st.caption(WORDS.get(shown, DRIFT) + " Bars: 95 % intervals. Dotted: the level in the column on the left.")


def _curve(results: Results, found: Sequence[Summary], kind: str, shown: str, title: str, scene: Scene, running: bool) -> None:
    lines: dict[str, tuple[list[float], list[float], list[float], list[float]]] = {}
    reference = None
    for one in found:
        condition, value = one.condition, _figure(one, shown)
        if condition.noise == NONE and condition.denoiser == NONE and condition.classifier == results.grid.classifiers[0]:
            reference = value.value
        if condition.noise == kind or (condition.noise == NONE and zero_is_clean(kind)):
            columns = lines.setdefault(_way(condition, results), ([], [], [], []))
            for column, number in zip(columns, (condition.level, value.value, value.low, value.high), strict=True):
                column.append(number)
    if not lines:
        st.caption("The first points come when the first pictures are through.")
        return
    spec = NOISES.get(kind).parameter("level")
    now = float(spec.default or 0 if scene.level is None else scene.level) if scene.noise == kind else None
    chart = render.interval_curves(
        lines,
        value=title,
        level=f"{NOISES.get(kind).label}: {spec.label.lower()} ({spec.unit})",
        share=shown == "accuracy",
        current=now,
        reference=None if reference is None or np.isnan(reference) else reference,
        reference_name="clean pictures",
    )
    st.plotly_chart(chart, config=render.CONFIG, key=f"experiment-{kind}-{running}", width="stretch")


def _figure(one: Summary, shown: str) -> Estimate:
    if shown.startswith("drift_"):
        return one.drift[shown.removeprefix("drift_")]
    value = getattr(one, shown)
    return value if isinstance(value, Estimate) else Estimate(value, value, value)


def table(results: Results, preset: Preset) -> None:
    """One row a condition."""
    found = summaries_of(results)
    columns: dict[str, list[Any]] = {
        "Noise": [noise_label(one.condition.noise, one.condition.level) for one in found],
        "Denoiser": [denoiser_label(one.condition.denoiser) for one in found],
        "Classifier": [CLASSIFIERS.get(one.condition.classifier).label for one in found],
        "Pictures": [one.pictures for one in found],
        "Accuracy": [one.accuracy.value for one in found],
        "from": [one.accuracy.low for one in found],
        "to": [one.accuracy.high for one in found],
        "Given back": ["" if np.isnan(one.recovered) else f"{one.recovered:.0%}" for one in found],
        "Margin": [one.margin.value for one in found],
        "Calibration error": [one.calibration_error for one in found],
        "Brier score": [one.brier for one in found],
        "PSNR (dB)": [f"{one.psnr:.1f}" if np.isfinite(one.psnr) else "identical" for one in found],
    }
    if preset.published:
        clean = [one.condition.denoiser if one.condition.noise == NONE else "" for one in found]
        columns["Published (%)"] = [f"{preset.published[name]:.1f}" if name in preset.published else "" for name in clean]
    for method in results.grid.methods if results.grid.drift else ():
        columns[f"Drift, {EXPLAINERS.get(method).label}"] = [one.drift[method].value for one in found]
    number = st.column_config.NumberColumn
    share = partial(number, format="percent")
    settings = {
        "Accuracy": share(),
        "from": share(help="Lower end of the accuracy's 95 % interval (Wilson)."),
        "to": share(help="Upper end of the accuracy's 95 % interval (Wilson)."),
        "Given back": st.column_config.TextColumn(
            help="Of the accuracy that this noise takes from the first classifier without a denoiser."
        ),
        "Margin": number(format="%.3f", help="Mean of the largest probability less the second."),
        "Calibration error": number(format="%.3f", help="Expected calibration error, 15 bins: 0 is best."),
        "Brier score": number(format="%.3f", help="0 (sure and right) to 2 (sure and wrong)."),
        "PSNR (dB)": st.column_config.TextColumn(help="Of what was classified, against the clean picture; mean of the pictures."),
        "Published (%)": st.column_config.TextColumn(help=preset.source),
    }
    drifts = {name: number(format="%.2f", help=DRIFT) for name in columns if name.startswith("Drift, ")}
    st.dataframe(columns, column_config=settings | drifts, hide_index=True)


def comparison(results: Results) -> None:
    """Whether two conditions differ by more than chance."""
    found = [one.condition for one in summaries_of(results)]
    if len(found) < 2:
        return
    with st.expander("Is the difference more than chance?"):
        last = max(range(len(found)), key=lambda place: found[place].level)
        noisy = [place for place, one in enumerate(found) if (one.noise, one.level) == (found[last].noise, found[last].level)]
        usual = (noisy[0], noisy[-1]) if len(noisy) > 1 else (0, last)
        chosen = []
        for column, label, place in zip(st.columns(2), ("First", "Second"), usual, strict=True):
            with column:
                name = f"{label}:{results.grid.key()[:12]}"
                chosen.append(pick(label, name, found, place))
        first, second = chosen
        try:
            pair = compare(results, first, second)
        except InvalidInput as error:
            st.info(str(error))
            return
        difference = pair.difference
        st.markdown(
            f"Of the same pictures, **{pair.gained}** are right only with the second and **{pair.lost}** only with the first: "
            f"a difference of **{100 * difference.value:+.1f} points** (95 % interval {100 * difference.low:+.1f} to "
            f"{100 * difference.high:+.1f})."
        )
        if pair.gained + pair.lost == 0:
            st.markdown("There is no picture on which they differ.")
        elif pair.p < 0.05:
            st.markdown(f"So uneven a split would come by chance in {_chance(pair.p)} of such comparisons: more than chance.")
        else:
            st.markdown(
                f"So uneven a split comes by chance in {_chance(pair.p)} of such comparisons: "
                "these pictures do not tell the two apart."
            )
        st.caption("McNemar's exact test. Whoever compares many pairs will find some that chance made look different.")


def _chance(p: float) -> str:
    return "less than 0.1 %" if p < 0.001 else f"{p:.1%}"


def pick(label: str, name: str, conditions: Sequence[Condition], place: int) -> Condition:
    chosen: int = control(
        st.selectbox,
        label,
        name,
        min(place, len(conditions) - 1),
        options=range(len(conditions)),
        format_func=lambda place: condition_label(conditions[place]),
    )
    return conditions[chosen]


def explanations() -> None:
    with st.expander("How it works"):
        st.markdown(
            "Every picture goes through every condition: noise of a seed of its own (that of the experiment plus the picture's "
            "number, so that all denoisers meet the same noise), limited to 0-1 as in a file, the denoiser, then the classifier, "
            "which shrinks the picture to its own size. A denoiser is told the true level of the noise that was added; on clean "
            "pictures it estimates what noise they have of their own.\n\n"
            "- **Accuracy** has Wilson's 95 % interval; means and the report have bootstrap intervals (Efron 1993).\n"
            "- **Margin**: largest probability less the second.\n"
            "- **Calibration error**: mean over 15 bins of |accuracy - confidence|, weighted by pictures (Guo et al. 2017). "
            "**Brier score**: squared difference of probabilities and truth, summed over the classes, on average (Brier 1950).\n"
            "- **Drift**: Spearman's rank correlation of a map with the map of the clean picture, for the class named there.\n"
            "- **Given back**: (accuracy - noisy) / (clean - noisy), against the first classifier without a denoiser."
        )
    with st.expander("How to misread it"):
        st.markdown(
            "- Overlapping intervals do not show that two conditions are equal; their pictures are the same, so compare them "
            "with *Is the difference more than chance?*\n"
            "- A denoiser that raises PSNR may lower accuracy: what it removes or invents is not what the classifier needs.\n"
            "- A large margin is no sign of being right; a network under noise is often surely wrong.\n"
            "- A map that stays the same under noise is steady, which does not make it true.\n"
            "- The best of many conditions is partly luck: expect a little less of it on new pictures."
        )
