"""Specs as widgets."""

from typing import Any

import streamlit as st

from xai_core.registry import Parameter

from . import state


def parameter_widget(parameter: Parameter, name: str, value: Any) -> Any:
    """The widget of one parameter, at `value`; its unit stands in the label."""
    label = f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label
    options: dict[str, Any] = {"help": parameter.help or None}
    if parameter.kind == "choice":
        return state.control(st.selectbox, label, name, value, options=parameter.choices, **options)
    if parameter.kind == "bool":
        return state.control(st.toggle, label, name, value, **options)
    number = int if parameter.kind == "int" else float
    limits = {
        "min_value": None if parameter.low is None else number(parameter.low),
        "max_value": None if parameter.high is None else number(parameter.high),
        "step": None if parameter.step is None else number(parameter.step),
    }
    wide = parameter.low is None or parameter.high is None or parameter.high - parameter.low > 5000
    widget = st.number_input if wide else st.slider
    options["format"] = "%d" if number is int else "%g"
    return number(state.control(widget, label, name, number(value), **limits, **options))
