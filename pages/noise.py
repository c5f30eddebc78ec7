"""Noise: what was added, and whether the noisy picture alone tells it."""

import streamlit as st

from ui import noise, panels, state

panels.header("Noise", "What was added, and can one tell it from the noisy picture alone?", wait=False)
scene, upload = state.scene(), state.upload()
with panels.guard():
    corner = st.container()
    found = noise.noisy(scene, upload)
    noise.pictures(scene, found)
    left, right = st.columns(2, gap="large")
    with left, panels.guard():
        noise.histogram(scene, found)
    with right, panels.guard():
        noise.estimates(scene, found)
    with corner:
        noise.sharing(found)
