"""Castings, section "Over all castings": what commands measured on pictures that no network was trained on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from xai_core import measured, published, render
from xai_core.experiments.noise_kinds import METHODS
from xai_core.experiments.noise_kinds import NAME as NOISE_KINDS
from xai_core.measured import Measured
from xai_core.noise import NOISES
from xai_core.noise.detection import KINDS
from xai_core.render.bars import intervals
from xai_core.shortcuts import CASTING_DATA, COMMONEST, measured_for, name_of

from . import panels, state
from .castings_why import LABELS, in_words
from .rows import capital, interval, label
from .shortcuts import AREA

QUALITY, INSPECTION = "castings", "inspection"
CLEAN, NOISY, DENOISED, CHANGE, ALL = "clean", "noisy", "denoised", "denoised less noisy", "all three"
"""Conditions of `bench inspection`, the difference of two of them, and all its kinds of noise together."""
WHERE = {"mixed": "Data sets it was trained on, unseen pictures", "new": "Data sets it was never trained on"}
FIGURES = ("accuracy", "sensitivity", "specificity", "f1")
PERCENT = st.column_config.NumberColumn(format="percent")


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


def _kinds(found: Measured) -> None:
    """Accuracy of both detectors, over the level, and which kind is taken for which."""
    groups = [name for name in WHERE if found.where(figure="accuracy", dataset=name)]
    where = state.control(
        st.segmented_control,
        "Pictures",
        "castings_where",
        groups[0],
        options=groups,
        format_func=WHERE.__getitem__,
        required=True,
    )
    shares = {method: found.row(figure="accuracy", dataset=where, method=method) for method in METHODS}
    told = "; ".join(
        f"the {'network' if method == 'network' else 'classical detector'} names **{row['value']:.2%}** of "
        f"{row['pictures']:,} rightly ({panels.interval((row['low'], row['high']))})"
        for method, row in shares.items()
        if row
    )
    st.markdown(f"Six kinds at levels from hardly visible to strong: {told}.")
    noisy = [kind for kind in KINDS if kind != "none"]
    kind = state.control(
        st.segmented_control, "Kind", "castings_kind", noisy[0], options=noisy, format_func=LABELS.__getitem__, required=True
    )
    parameter = NOISES.get(kind).parameter("level")
    lines = {}
    for method in METHODS:
        rows = sorted(found.where(figure="curve", dataset=where, method=method, kind=kind), key=_level)
        if rows:
            lines[capital(method)] = tuple([row[key] for row in rows] for key in ("level", "value", "low", "high"))
    if lines:
        chart = render.interval_curves(
            lines, value="Named rightly", level=f"{parameter.label} ({parameter.unit})", share=True, log_x=True
        )
        levels = next(iter(lines.values()))[0]
        chart.update_xaxes(tickvals=levels, ticktext=[f"{value:g}" for value in levels])
        st.plotly_chart(chart, config=render.CONFIG, key="castings-curve", width="stretch")
    names = [LABELS[one] for one in KINDS]
    for column, method in zip(st.columns(len(METHODS), gap="medium"), METHODS, strict=True):
        rows = {row["kind"]: row["told"] for row in found.where(figure="confusion", dataset=where, method=method)}
        with column:
            if rows.keys() == set(KINDS):
                st.markdown(f"**{capital(method)}**: which kind is taken for which")
                counts = [[rows[true][named] for named in KINDS] for true in KINDS]
                chart = render.confusion_matrix(counts, names)
                st.plotly_chart(chart, config=render.CONFIG, key=f"castings-confusion-{method}", width="stretch")
    errors = found.where(figure="level error", dataset=where)
    if errors:
        words = ", ".join(f"{in_words(row['kind'])} {row['median']:.0%}" for row in errors)
        st.caption(f"Error of the estimated level, median of |estimate - level| / level: {words}.")


def _level(row: Any) -> float:
    return float(row["level"])


def _quality(found: Measured) -> None:
    """PSNR and SSIM of the routed castings beside the published ones."""
    _published(("D2",))
    st.dataframe([dict(row) for row in found.rows], hide_index=True)


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
                table.append({"Network": short, "Pictures": condition} | {capital(key): rows[key]["value"] for key in FIGURES})
    chart = intervals(bars, title="Accuracy", bounds=(max(0.0, min(low for _, low, _ in bars.values()) - 0.1), 1.04))
    st.plotly_chart(chart, config=render.CONFIG, key="castings-inspection", width="stretch")
    for name in networks:
        row = found.row(classifier=name, noise=noise, condition=CHANGE)
        if row:
            st.markdown(f"- **{label(name).removesuffix(' (castings)')}**: {change(row['value'], row['low'], row['high'])}")
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


def _shortcuts(found: Measured) -> None:
    """What tells the class without the casting, or how much of a classifier's maps lies beside it."""
    if found.name == CASTING_DATA:
        _corners(found)
    else:
        _beside(found)


def _corners(found: Measured) -> None:
    """What four corners without metal tell about the class."""
    chart = intervals(
        {capital(row["what"]): interval(row) for row in found.where(section="corners", figure="AUC")},
        title="Area under the ROC curve",
        bounds=(0.3, 1.0),
        mark=0.5,
        mark_text="chance",
    )
    st.plotly_chart(chart, config=render.CONFIG, key="castings-corners", width="stretch")
    chance = found.row(what=COMMONEST)
    ways = [row for row in found.where(section="corners", figure="accuracy") if row is not chance]
    if not (ways and chance):
        return
    best = max(ways, key=lambda row: row["value"])
    st.markdown(
        "The classes were lit differently. A classifier that sees nothing but the four corners, where no metal is, names "
        f"up to **{best['value']:.1%}** of {best['pictures']:,} pictures rightly "
        f"({panels.interval((best['low'], best['high']))}, by photograph); to name always the commonest class would be "
        f"right in {chance['value']:.1%}. Whatever it reads there, a network that sees the whole picture can read as well."
    )


def _beside(found: Measured) -> None:
    """Share of a classifier's maps beside the casting."""
    name = found.name.removeprefix(name_of(""))
    rows = found.where(section="background")
    area = next((row for row in rows if row["what"] == AREA), None)
    maps = [row for row in rows if row["what"] != AREA]
    if area is None or not maps:
        return
    st.markdown(f"**{label(name).removesuffix(' (castings)')}**: share of its maps beside the casting")
    chart = intervals(
        {row["what"]: interval(row) for row in maps},
        title="Share of |map| beside the casting",
        bounds=(0.0, 1.04),
        mark=area["value"],
        mark_text="area",
        special=[row["what"] for row in maps if "control" in row["what"]],
    )
    st.plotly_chart(chart, config=render.CONFIG, key=f"castings-beside-{name}", width="stretch")
    st.markdown(
        f"On average {area['value']:.0%} of the area lies beside the casting's outline, so a map that knows nothing has "
        "that share there. What remains beside it is where the score is sensitive to table and light, by that method's "
        "definition."
    )


def _measured_shortcuts() -> tuple[str, ...]:
    return (CASTING_DATA, *map(name_of, measured_for("casting")))


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
    )
    if missing := list(dict.fromkeys(line.command for line in lines if not line.found and line.command)):
        st.caption(f"Empty: no usable figure was published, or not measured yet. To measure: {'; '.join(missing)}")


def _all_published() -> None:
    _published(("D1", "D2", "D3", "D4"))
    st.page_link("pages/published.py", label="All published figures, and two of them taken apart")


def _of(name: str) -> Callable[[], tuple[str, ...]]:
    return partial(tuple, (name,))


PARTS: tuple[tuple[str, str, Callable[[], None]], ...] = (
    ("kinds", "How often is the kind of noise named rightly?", partial(_part, _of(NOISE_KINDS), NOISE_KINDS, _kinds)),
    ("quality", "How good is the denoised casting?", partial(_part, _of(QUALITY), QUALITY, _quality)),
    ("inspection", "Does denoising help the inspection?", partial(_part, _of(INSPECTION), INSPECTION, _inspection)),
    (
        "around",
        "Do the classifiers see the casting, or what is around it?",
        partial(_part, _measured_shortcuts, "shortcuts --classifier casting-cnn", _shortcuts),
    ),
    ("figures", "Published beside measured", _all_published),
)
"""Name of the setting, title, what is drawn."""
