"""How good any classifier of these pictures could be: what is wrong with the labels, and what more pictures would bring."""

import numpy as np
import streamlit as st

from xai_core import measured, render
from xai_core.experiments.labels import NAME as LABELS
from xai_core.experiments.learning_curve import NAME as LEARNING_CURVE
from xai_core.metrics import PowerLaw
from xai_core.render.bars import intervals

from .rows import capital, interval, label


def section() -> None:
    """What the labels allow, and what more training pictures would bring."""
    _labels()
    _learning_curve()


def _labels() -> None:
    found = measured.read(LABELS)
    if found is None:
        st.info("Not measured yet. Run, with the galaxies in a data folder: python -m xai_core bench labels")
        return
    names = {row["what"]: label(str(row["what"])).removesuffix(" (galaxies)") for row in found.where(section="networks")}
    left, right = st.columns(2, gap="medium")
    with left:
        chart = intervals(
            {capital(names[row["what"]]): interval(row) for row in found.where(section="networks")},
            title="Accuracy on the val split",
            bounds=(0.7, 1.0),
            special=["All together"],
        )
        st.plotly_chart(chart, config=render.CONFIG, key="labels-networks", width="stretch")
    with right:
        chart = intervals(
            {f"{capital(row['what'])} ({row['pictures']:,})": interval(row) for row in found.where(section="missed")},
            title="Share that every network contradicts, by subtype",
            bounds=(0.0, 0.5),
        )
        st.plotly_chart(chart, config=render.CONFIG, key="labels-missed", width="stretch")
    contradicted, doubtful = found.row(what="contradicted by every network"), found.row(what="doubtful")
    together = found.row(what="all together")
    if contradicted and doubtful and together:
        best = max(row["value"] for row in found.where(section="networks") if row is not together)
        st.markdown(
            f"Every one of {len(names) - 1} networks contradicts the label of **{contradicted['value']:.1%}** of "
            f"{contradicted['pictures']:,} pictures ({contradicted['low']:.1%} to {contradicted['high']:.1%}). Confident "
            "learning, which counts only pictures the networks together are sure of, puts the share of wrong labels at "
            f"{doubtful['value']:.1%}. A label here is what volunteers saw, so some of both is a matter of opinion: no network "
            f"of this kind can be expected to pass about {1 - contradicted['value']:.0%}. All networks together reach "
            f"{together['value']:.1%}, the best alone {best:.1%}: they make mostly the same mistakes, so another network of "
            "this kind would bring little."
        )
    st.caption(
        f"Measured on {found.date}. Confident learning: Northcutt, Jiang & Chuang (2021), doi:10.1613/jair.1.12125. Again:"
    )
    st.code(found.command, language="bash", wrap_lines=True)


def _learning_curve() -> None:
    found = measured.read(LEARNING_CURVE)
    if found is None:
        st.info("Not measured yet. Run, with the galaxies in a data folder: python -m xai_core bench curve")
        return
    curve = found.where(section="curve")
    sizes = [row["trained_on"] for row in curve]
    scale, exponent, halved = (
        found.row(section="law", what=what) for what in ("scale", "exponent", "error factor of twice as many")
    )
    if not (scale and exponent and halved):
        return
    law = PowerLaw(scale["value"], exponent["value"])
    ahead = np.array([*sizes, 2 * sizes[-1], 4 * sizes[-1]], float)
    columns = (np.array([row[key] for row in curve]) for key in ("value", "low", "high"))
    fitted = np.array([1 - law.error(size) for size in ahead])
    chart = render.interval_curves(
        {"measured": (np.array(sizes, float), *columns), "power law, and where it leads": (ahead, fitted, fitted, fitted)},
        value="Accuracy on the val split",
        level="Training pictures",
        share=True,
        log_x=True,
    )
    st.plotly_chart(chart, config=render.CONFIG, key="learning-curve", width="stretch")
    goals = "; ".join(
        f"**{goal['what']:.1%}** would take {_count(goal['value'])} ({_count(goal['low'])} to {_count(goal['high'])})"
        for goal in found.where(section="goals")
    )
    st.markdown(
        f"One network, trained from scratch for the same number of steps on ever more of the {sizes[-1]:,} pictures: twice as "
        f"many leave {halved['value']:.0%} of the mistakes ({halved['low']:.0%} to {halved['high']:.0%}). If that went on, "
        f"{goals} training pictures. It will not go on for ever: wrong labels set a floor that this law does not know."
    )
    st.caption(f"Measured on {found.date} with seed {found.seed}. Power law: Hestness et al. (2017), arXiv:1712.00409. Again:")
    st.code(found.command, language="bash", wrap_lines=True)


def _count(pictures: float | None) -> str:
    """A number of pictures to two digits."""
    if pictures is None:
        return "over 10 million"
    return f"{float(f'{pictures:.2g}'):,.0f}"
