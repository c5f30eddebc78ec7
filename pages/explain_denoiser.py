"""Explain a denoiser: what a pixel of its output is made of, and what of it the denoiser made itself."""

import streamlit as st

from ui import cache, denoiser_filters, explain_denoiser, panels, state

panels.header("Explain a denoiser", "What is a pixel of the denoised picture made of: the picture, the noise, or the denoiser?")
scene, upload = state.scene(), state.upload()
with panels.guard():
    found = cache.pictures(scene, upload)
    corner = st.container()
    left, right = st.columns(2, gap="medium")
    with left:
        spot = explain_denoiser.picture(scene, found)
    rows = ()
    with right, panels.guard():
        rows = denoiser_filters.section(scene, upload, cache.noisy(scene, upload), spot)
    explain_denoiser.sections(state.scene(), upload, found, spot)
    with corner:  # last, because the controls of the sections change the link and the code
        explain_denoiser.sharing(upload, found, spot, rows)
