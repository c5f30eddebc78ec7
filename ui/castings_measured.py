"""Castings, section "Over all castings": what commands measured on pictures that no network was trained on."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from xai_core import measured, published, render
from xai_core.denoisers import DENOISERS
from xai_core.experiments.noise_kinds import NAME as NOISE_KINDS
from xai_core.measured import Measured
from xai_core.render.bars import intervals

from . import castings_around, castings_kinds, panels, state
from .castings_why import LABELS, in_words
from .rows import capital, interval, label

QUALITY, INSPECTION = "castings", "inspection"
RATES = ("sensitivity", "specificity")
"""Of each class, how many are named rightly; their mean is the balanced accuracy."""
CLEAN, NOISY, DENOISED, CHANGE, ALL = "clean", "noisy", "denoised", "denoised less noisy", "all three"
"""Conditions of `bench inspection`, the difference of two of them, and all its kinds of noise together."""
FIGURES = ("accuracy", "sensitivity", "specificity", "f1")
PERCENT = st.column_config.NumberColumn(format="%.1f %%")


def section() -> None:
    """One part a study, each with the command that measures it again; what is closed is not read."""
    st.subheader("4. Over all castings", anchor=False)
    st.markdown("One picture decides nothing. These figures are of pictures that no network was trained on.")
    for setting, title, show in PARTS:
        place = state.control(st.expander, title, f"view:{setting}", state.scene().view(setting), on_change="rerun")
        state.put_view(setting, bool(place.open))
        if place.open:
            with place, panels.guard():
                show()


def _part(names: Callable[[], tuple[str, ...]], command: str, show: Callable[[Measured], None]) -> None:
    """What was measured under these names, or the command that measures it."""
    found = [one for one in map(measured.read, names()) if one is not None]
    if not found:
        st.info(f"Not measured yet. Run: python -m xai_core bench {command}")
    for one in found:
        show(one)
        st.caption(f"Measured on {one.date} with seed {one.seed}. Again:")
        st.code(one.command, language="bash", wrap_lines=True)


def _quality(found: Measured) -> None:
    """PSNR and SSIM of each denoiser under one noise, beside the published figures."""
    kinds = list(dict.fromkeys(row["noise"] for row in found.where(section="quality")))
    noise = state.control(
        st.segmented_control,
        "Noise",
        "castings_quality_noise",
        kinds[0],
        options=kinds,
        format_func=LABELS.__getitem__,
        required=True,
    )
    said = [line.published for line in published.table() if line.published.system == "D2"]
    for column, (figure, title, factor) in zip(
        st.columns(2, gap="medium"), (("psnr", "PSNR (dB)", 1), ("ssim", "SSIM", 100)), strict=True
    ):
        rows = found.where(section="quality", noise=noise, figure=figure)
        values = {_denoiser(row["denoiser"]): interval(row) for row in rows}
        here = (one.value for one in said if one.figure.lower().startswith(figure) and in_words(noise) in one.label)
        mark = next((value / factor for value in here if value), None)
        ends = [end for _, *pair in values.values() for end in pair] + ([mark] if mark else [])
        room = 0.1 * (max(ends) - min(ends) or 1)
        chart = intervals(
            values,
            title=f"{title}, mean over photographs",
            bounds=(min(ends) - room, max(ends) + room),
            text=".1f" if figure == "psnr" else ".3f",
            mark=mark,
            mark_text="published" if mark else "",
            special=[_denoiser("noisy")],
        )
        column.plotly_chart(chart, config=render.CONFIG, key=f"castings-quality-{figure}", width="stretch")
    told = {row["figure"]: row for row in found.where(section="detection", noise=noise)}
    first = found.where(section="quality", noise=noise)[0]
    words = (
        f"{first['pictures']} pictures of {first['photographs']} photographs ({first['split']}), 95 % intervals by photograph."
    )
    if "accuracy" in told:
        words += f" The kind was named rightly on {told['accuracy']['value']:.1%} of them."
    if "error of the level" in told:
        words += f" The level read from the picture is off by {told['error of the level']['value']:.0%} on average."
    st.caption(words)
    _published(("D2",))


def _denoiser(name: str) -> str:
    """A row of the measurement of denoisers in words."""
    words = {"noisy": "Noisy", "automatic": "As detected, right or wrong"}
    return words[name] if name in words else DENOISERS.get(name).label


def _inspection(found: Measured) -> None:
    """The same castings clean, noisy and denoised; says in words whether denoising helps."""
    kinds = [name for name in dict.fromkeys(row["noise"] for row in found.rows) if found.where(noise=name, condition=CHANGE)]
    noise = state.control(
        st.segmented_control,
        "Noise",
        "castings_noise",
        ALL if ALL in kinds else kinds[0],
        options=kinds,
        format_func=lambda name: LABELS.get(name, capital(name)),
        required=True,
    )
    conditions = ((CLEAN, "none"), (NOISY, noise), (DENOISED, noise))
    bars, table = {}, []
    networks = list(dict.fromkeys(row["classifier"] for row in found.rows))
    for name in networks:
        short = label(name).removesuffix(" (castings)")
        for condition, which in conditions:
            rows = {row["figure"]: row for row in found.where(classifier=name, noise=which, condition=condition)}
            if rows:
                bars[f"{short}: {condition}"] = interval(rows["accuracy"])
                figures = {capital(key): 100 * rows[key]["value"] for key in FIGURES}
                table.append({"Network": short, "Pictures": condition} | figures)
    chart = intervals(bars, title="Accuracy", bounds=(max(0.0, min(low for _, low, _ in bars.values()) - 0.1), 1.04))
    st.plotly_chart(chart, config=render.CONFIG, key="castings-inspection", width="stretch")
    for name in networks:
        row = found.row(classifier=name, noise=noise, condition=CHANGE)
        if row:
            words = change(row["value"], row["low"], row["high"]) + _behind(found, name, noise)
            st.markdown(f"- **{label(name).removesuffix(' (castings)')}**: {words}")
    first = found.rows[0]
    st.caption(
        f"Intervals of 95 %, by photograph. The same {first['pictures']:,} pictures of {first['photographs']} photographs "
        "before and after, judged by networks that never saw their photograph. Sensitivity: of the defective castings, the "
        "share that is found; specificity: of the sound ones, the share that passes."
    )
    st.dataframe(table, column_config={capital(key): PERCENT for key in FIGURES}, hide_index=True)
    _published(("D3",))


def change(value: float, low: float, high: float) -> str:
    """Whether denoising changed the accuracy, in words."""
    points = f"{100 * value:+.1f} points of accuracy ({100 * low:+.1f} to {100 * high:+.1f})"
    if low > 0:
        return f"denoising helps: {points}."
    if high < 0:
        return f"denoising harms: {points}."
    return f"denoising neither helps nor harms for sure: {points}; the interval holds zero."


def _behind(found: Measured, classifier: str, noise: str) -> str:
    """What the accuracy hides: most photographs are of defective castings, so calling everything Defective scores well."""
    shares = {}
    for condition in (NOISY, DENOISED):
        rows = [found.row(classifier=classifier, noise=noise, condition=condition, figure=name) for name in RATES]
        if not all(rows):
            return ""
        shares[condition] = [float(row["value"]) for row in rows if row]
    (found_noisy, passed_noisy), (found_after, passed_after) = shares[NOISY], shares[DENOISED]
    text = (
        f" Of the defective castings it finds {found_noisy:.0%} noisy, {found_after:.0%} denoised; of the sound ones it passes "
        f"{passed_noisy:.0%} and {passed_after:.0%}. The mean of the two (balanced accuracy): "
        f"{(found_noisy + passed_noisy) / 2:.0%} and {(found_after + passed_after) / 2:.0%}."
    )
    if passed_noisy < 0.5:
        text += " Under noise it calls most castings Defective, which most photographs here are: the accuracy hides that."
    return text


def _published(systems: tuple[str, ...]) -> None:
    """The published figures of these systems beside those measured here."""
    lines = [line for line in published.table() if line.published.system in systems]
    st.dataframe(
        {
            "Of": [line.published.label for line in lines],
            "Figure": [f"{line.published.figure} ({line.published.unit})".removesuffix(" ()") for line in lines],
            "Published": [line.published.value for line in lines],
            "Measured here": [line.found.value if line.found else None for line in lines],
            "Why they differ": [line.published.why for line in lines],
        },
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("Published", "Measured here")},
        hide_index=True,
        placeholder="–",
    )
    if missing := list(dict.fromkeys(line.command for line in lines if not line.found and line.command)):
        st.caption(f"Not measured yet. To measure: {'; '.join(missing)}")


def _all_published() -> None:
    _published(("D1", "D2", "D3", "D4"))
    st.page_link("pages/published.py", label="All published figures, and two of them taken apart")


def _of(name: str) -> Callable[[], tuple[str, ...]]:
    return partial(tuple, (name,))


PARTS: tuple[tuple[str, str, Callable[[], None]], ...] = (
    (
        "kinds",
        "How often is the kind of noise named rightly?",
        partial(_part, _of(NOISE_KINDS), NOISE_KINDS, castings_kinds.section),
    ),
    ("quality", "How good is the denoised casting?", partial(_part, _of(QUALITY), QUALITY, _quality)),
    ("inspection", "Does denoising help the inspection?", partial(_part, _of(INSPECTION), INSPECTION, _inspection)),
    (
        "around",
        "Do the classifiers see the casting, or what is around it?",
        partial(_part, castings_around.measured_names, "shortcuts --classifier casting-cnn", castings_around.section),
    ),
    ("figures", "Published beside measured", _all_published),
)
"""Name of the setting, title, what is drawn."""
