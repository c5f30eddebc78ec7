"""Published beside measured: what papers and reports say, and what holds on an honest split."""

import streamlit as st

from ui import ceiling, collapse, panels, published, shortcuts

panels.header("Published beside measured", "What did others report, what do we measure, and why do the two differ?")
with panels.guard():
    published.figures()
st.subheader("Where the 81 % and 50 % come from", anchor=False)
with panels.guard():
    published.black_pixels()
st.subheader("Where the 34.7 dB come from", anchor=False)
with panels.guard():
    published.wrap_around()
st.subheader("Why the first network of the galaxy slides fails", anchor=False)
with panels.guard():
    collapse.section()
st.subheader("What the galaxy classifier may be using", anchor=False)
with panels.guard():
    shortcuts.section()
st.subheader("How good could any classifier of these galaxies be?", anchor=False)
with panels.guard():
    ceiling.section()
