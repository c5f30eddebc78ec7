"""The Scene in the session: read from the link, changed by the widgets, written back to the link."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from xai_core.datasets.upload import from_bytes
from xai_core.scene import VIEW, Scene
from xai_core.types import Dataset

_SCENE, _NOTICES, _UPLOAD, _BORN = "scene", "link_notices", "uploaded_dataset", "born"
SETTLED = 5.0
"""Seconds for which a new widget is told its value in every run. Streamlit tells it once; where a second run follows before a
busy server has sent the first, the browser sees only the second, starts the widget at its first option, and the link is lost. A
widget that was moved is known to the browser: told again, it would jump back while somebody holds an arrow key."""


def begin() -> None:
    """Once a session: take the scene from the link's query parameters."""
    if _SCENE not in st.session_state:
        # Streamlit's own parameters (embed, embed_options) are none of ours.
        query = {key: value for key, value in st.query_params.to_dict().items() if not key.startswith("embed")}
        st.session_state[_SCENE], st.session_state[_NOTICES] = Scene.from_query(query)


def require_app() -> None:
    """Run app.py if this page was run without it.

    The first visitor of a server who opens a page's own address gets that page from Streamlit's older navigation, which takes
    a folder named pages/ for its own until st.navigation was called once. Its pages have the same identity (their path in the
    address), so running again without the older navigation shows the same page, now through app.py.
    """
    if _SCENE not in st.session_state:
        PagesManager.uses_pages_directory = False
        st.rerun()


def scene() -> Scene:
    """What is looked at now."""
    current: Scene = st.session_state[_SCENE]
    return current


def put(**changes: Any) -> Scene:
    """Change fields of the scene; returns the new one."""
    changed = replace(scene(), **changes)
    st.session_state[_SCENE] = changed
    return changed


def setting(widget: Callable[..., Any], name: str, *, label: str = "", **options: Any) -> Any:
    """A widget for one setting of a page, out of `VIEW`, kept in the scene.

    label: default: the parameter's. options: of the widget; a choice or a number has its options or limits from the parameter.
    """
    parameter = VIEW.parameter(name)
    if parameter.kind == "choice":
        options.setdefault("options", parameter.choices)
    elif parameter.kind in ("int", "float"):
        options = {"min_value": parameter.low, "max_value": parameter.high, "step": parameter.step} | options
    if parameter.help:
        options.setdefault("help", parameter.help)
    value = control(widget, label or parameter.label, f"view:{name}", scene().view(name), **options)
    put_view(name, parameter.default if value is None else value)
    return scene().view(name)


def put_view(name: str, value: Any) -> None:
    """Change one setting of a page, out of `VIEW`."""
    changed = scene().with_parameter("view", name, value)
    others = tuple(pair for pair in changed.view_parameters if pair[1] != VIEW.parameter(pair[0]).default)
    st.session_state[_SCENE] = replace(changed, view_parameters=others)


def notices() -> list[str]:
    """Sentences about values of the link that could not be used; each is told once."""
    told: list[str] = st.session_state.get(_NOTICES, [])
    st.session_state[_NOTICES] = []
    return told


def publish() -> None:
    """Write the scene into the address bar, so that the page's address is always the link to what it shows."""
    query = scene().to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def upload() -> Dataset | None:
    """The user's own picture, if there is one in this session."""
    uploaded: Dataset | None = st.session_state.get(_UPLOAD)
    return uploaded


def keep_upload(data: bytes, name: str) -> Dataset:
    """Decode an uploaded file and keep it for the session; InvalidInput with one sentence if it is no picture."""
    dataset = from_bytes(data, name)
    st.session_state[_UPLOAD] = dataset
    return dataset


def control(widget: Callable[..., Any], label: str, name: str, value: Any, **options: Any) -> Any:
    """A widget that starts at the scene's value and keeps it when its page is left and entered again.

    name: unique over all pages, because Streamlit forgets the value of a key that the next page uses as well (the column on
        the left belongs to app.py and is the same on all). A callback may `move` the widget.
    """
    key = f"control:{name}"
    born: dict[str, tuple[float, Any]] = st.session_state.setdefault(_BORN, {})
    since, told = born.get(key, (0.0, None))
    if key not in st.session_state or st.session_state[key] is None:
        st.session_state[key] = value
        born[key] = time.monotonic(), value
    elif time.monotonic() - since < SETTLED and st.session_state[key] == told:
        st.session_state[key] = told
    return widget(label, key=key, **options)


def move(name: str, value: Any) -> None:
    """Set a `control`'s value before it is drawn (from a callback or earlier in the same run)."""
    st.session_state[f"control:{name}"] = value


def forget(*names: str) -> None:
    """Let `control`s start again at the scene's values (from a callback that changed the scene)."""
    for name in names:
        st.session_state.pop(f"control:{name}", None)
