"""NoiseLens: `streamlit run app.py`. Page config, navigation and the controls that all pages share."""

from pathlib import Path

import streamlit as st

from ui import cache, panels, sidebar, state

st.set_page_config(page_title="NoiseLens", page_icon="assets/icon.svg", layout="wide")
st.logo("assets/logo.svg", size="large")
st.html(Path("assets/style.css"))
state.begin()
page = st.navigation(
    {
        "": [
            st.Page("pages/home.py", title="Home", default=True),
            st.Page("pages/denoise.py", title="Denoise"),
            st.Page("pages/explain_denoiser.py", title="Explain a denoiser"),
            st.Page("pages/classify.py", title="Classify"),
            st.Page("pages/compare.py", title="Compare"),
            st.Page("pages/noise.py", title="Noise"),
            st.Page("pages/experiments.py", title="Experiments"),
            st.Page("pages/published.py", title="Published"),
            st.Page("pages/models.py", title="Models"),
        ],
        "Studies": [
            st.Page("pages/castings.py", title="Castings"),
            st.Page("pages/cifar10.py", title="CIFAR-10"),
        ],
    },
    position="top",
)
with st.sidebar, panels.guard():
    sidebar.controls()
page.run()
state.publish()
cache.warm_up()  # last: what does not need TensorFlow should not wait for it
