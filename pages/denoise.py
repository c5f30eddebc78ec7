"""Denoise: what the denoiser takes away, and what its layers make of the noise."""

import streamlit as st

from ui import cache, denoise, panels, samples, state

panels.header("Denoise", "What does the denoiser take away, and what does it leave?")
scene, upload = state.scene(), state.upload()
with panels.guard():
    found = cache.pictures(scene, upload)
    corner = st.container()
    denoise.pictures(scene, found)
    with panels.guard():
        denoise.without_clean(scene, found)
    denoise.numbers(scene, found)
    with panels.guard():
        samples.section(scene, upload)
    st.subheader("Inside the network", anchor=False)
    with panels.guard():
        denoise.layers(scene, upload)
    st.subheader("What a pixel of the output depends on", anchor=False)
    with panels.guard():
        denoise.evidence(scene, upload, found)
    with corner:  # last, because the controls of the sections change the link and the code
        denoise.sharing(found)
