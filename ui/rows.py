"""Rows of a measured file, ready for a chart."""

from collections.abc import Mapping
from typing import Any

from xai_core.classifiers import CLASSIFIERS


def label(name: str) -> str:
    """A classifier's label; any other text as it is."""
    return CLASSIFIERS.get(name).label if name in CLASSIFIERS else name


def interval(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Value, low and high end of a row."""
    return row["value"], row["low"], row["high"]


def capital(text: str) -> str:
    """The text with a capital letter in front, the others as they are."""
    return text[:1].upper() + text[1:]
