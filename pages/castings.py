"""Castings: a whole study on one page. The noise is named, a denoiser chosen for it, and the casting inspected."""

import streamlit as st

from ui import cache, castings, castings_detect, castings_inspect, castings_measured, castings_route, panels, state

panels.header(
    "Castings", "Which noise is on this picture, which denoiser suits it, and does the inspection get better?", wait=False
)
scene, upload = state.scene(), state.upload()
with panels.guard():
    corner = st.container()
    found = cache.noisy(scene, upload)
    castings.start(scene, found)
    detected = treated = None
    with panels.guard():
        detected = castings_detect.section(scene, found)
    if detected is not None:
        with panels.guard():
            treated = castings_route.section(scene, found, detected)
    with panels.guard():
        castings_inspect.section(scene, upload, found, treated)
    with panels.guard():
        castings_measured.section()
    with corner:  # last, because the controls of the sections change the link and the code
        castings.sharing(found, detected, treated)
