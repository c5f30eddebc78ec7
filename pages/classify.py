"""Classify: what noise does to a classifier, and to the evidence it uses."""

import streamlit as st

from ui import classify, drift, maximise, panels, state, trust
from xai_core.datasets import DATASETS
from xai_core.scene import classifiers_for

panels.header("Classify", "What does noise do to what the classifier sees, and does denoising bring it back?")
upload = state.upload()
if classifiers_for(state.scene().dataset):
    with panels.guard():
        corner = st.container()
        target = classify.predictions(state.scene(), upload)
        activations, grad_cam, lime, integrated_gradients = (st.container() for _ in range(4))
        # LIME stands third and is started last: its work must not slow the other rows down.
        for place, section in (
            (activations, classify.activations),
            (grad_cam, classify.grad_cam),
            (integrated_gradients, classify.integrated_gradients),
            (lime, classify.lime),
        ):
            with place, panels.guard():
                section(state.scene(), upload, target)
        with panels.guard():
            classify.more_methods(state.scene(), upload, target)
        with panels.guard(), st.expander("Do the methods agree?"):
            trust.agreement(st.session_state["maps"], "|".join(st.session_state["map_keys"].values()))
        with panels.guard(), st.expander("Explanation drift: how each map changes while the noise grows"):
            drift.section(state.scene(), upload, target)
        with panels.guard(), st.expander("What does the network answer to most?"):
            maximise.section(state.scene(), target)
        with corner:  # last, because the controls of the rows change the link and the code
            classify.sharing(state.scene(), upload)
else:
    known = ", ".join(spec.label for spec in DATASETS if classifiers_for(spec.name))
    st.info(f"No classifier knows these pictures. Choose others in the column on the left: {known}.")
