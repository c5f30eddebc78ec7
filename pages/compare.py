"""Compare: which denoiser, and what each does to the picture."""

import streamlit as st

from ui import compare, panels, state

panels.header("Compare", "Which denoiser, and what does it do to this picture?")
scene, upload = state.scene(), state.upload()
with panels.guard():
    corner = st.container()
    names = compare.choice(scene, upload)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        tile = compare.tile(scene)
    with right:
        compare.order_control()
    compare.tiles(scene, upload, names, tile)
    st.subheader("Over the noise level", anchor=False)
    with panels.guard():
        compare.curves(scene, upload, names)
    with corner:
        compare.sharing(scene, upload, names)
