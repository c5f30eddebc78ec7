"""Models: the card of every trained network."""

import streamlit as st

from ui import models, panels, state
from xai_core import weights

panels.header("Models", "What was each network trained on, how good is it, and where does it fail?")
with panels.guard():
    models.in_training()
with panels.guard():
    manifest = weights.read_manifest()
    if manifest:
        names = list(manifest)
        name = state.control(
            st.pills, "Model", "model", names[0], options=names, format_func=lambda name: manifest[name]["label"]
        )
        name = name or names[0]
        st.subheader(manifest[name]["label"], anchor=False)
        with panels.guard():
            models.card(name, manifest[name])
    else:
        st.info("No model has been trained yet. Run: python -m xai_core train cnn-mnist")
