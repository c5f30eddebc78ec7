"""Why the first network of the galaxy slides fails: its first steps, and its layers before and after them."""

import streamlit as st

from xai_core import measured, render
from xai_core.experiments.collapse import NAME


def section() -> None:
    """The measured collapse of CNN-1."""
    found = measured.read(NAME)
    if found is None:
        st.info("Not measured yet. Run, with the galaxies in a data folder: python -m xai_core bench cnn1")
        return
    steps = [row for row in found.rows if row["section"] == "loss"]
    before, after = (
        {row["layer"]: row for row in found.rows if row["section"] == "layers" and row["when"] == when}
        for when in ("before", "after")
    )
    held_out = found.row(section="held out")
    worst = max(after.values(), key=lambda row: row["silent"])
    chart = render.curves(
        [row["step"] for row in steps],
        {"loss of each batch": [row["loss"] for row in steps], "knowing nothing (ln 2)": [0.6931] * len(steps)},
        x_title="Step (batch of 32)",
        y_title="Loss (cross entropy)",
        log_y=True,
    )
    st.plotly_chart(chart, config=render.CONFIG, key="collapse-loss", width="stretch")
    columns, formats = {"Layer": list(before)}, {}
    for title, key, shown in (("Size", "size", "%.3g"), ("Silent", "silent", "percent"), ("Gradient", "gradient", "%.3g")):
        for when, layers in (("before", before), ("after", after)):
            columns[f"{title} {when}"] = [layers[name][key] for name in before]
            formats[f"{title} {when}"] = st.column_config.NumberColumn(format=shown)
    st.dataframe(columns, column_config=formats, hide_index=True, height="content")
    st.caption(
        "Size: root mean square of the outputs. Silent: channels (units) that are 0 on all of 16 held-out pictures. "
        "Gradient: norm of the gradient of the score."
    )
    if held_out:
        st.markdown(
            f"The slides report 50 % and a loss that falls from 9.9 to 0.697. Here, after {len(steps)} steps, CNN-1 is right on "
            f"**{held_out['accuracy']:.0%}** of {held_out['pictures']} held-out pictures ({held_out['low']:.0%} to "
            f"{held_out['high']:.0%}) and its loss is that of knowing nothing. Its input goes from 0 to 255 and nothing brings "
            f"it to size, so the first steps are far too long (a loss of {max(row['loss'] for row in steps):.1f}); they push the "
            f"last convolution below zero, where ReLU is silent: {worst['silent']:.1%} of the units of {worst['layer']} say "
            "nothing any more, of any picture, and no gradient goes back through a silent unit. CNN-2 differs by batch "
            "normalisation, which keeps every layer's input at size 1, and learns. Smaller pictures push less: with 96 instead "
            "of 300 pixels the same network recovers (see its card)."
        )
    st.caption(f"Measured on {found.date} with seed {found.seed}. Again:")
    st.code(found.command, language="bash", wrap_lines=True)
