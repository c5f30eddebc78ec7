"""The two foldouts of a view: how it works, how to misread it."""

import streamlit as st


def foldouts(*, how: str, cost: str, source: str, misread: str) -> None:
    """Formula, cost and source behind one button, the usual mistakes behind another."""
    with st.container(horizontal=True):
        with st.popover("How it works"):
            st.markdown(f"{how}\n\nCost: {cost}. Source: {source}")
        with st.popover("How to misread it"):
            st.markdown(misread)
