"""Errors for people: what was expected, what came, what to do.

Every error that a user can cause is a `NoiseLensError`; a page shows its text as it is.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class NoiseLensError(Exception):
    """Base class: its message is one or two plain sentences that may be shown to a user."""


class InvalidInput(NoiseLensError, ValueError):
    """An array, a parameter or a file is not what the function expects."""


class UnknownName(NoiseLensError, KeyError):
    """A name that no registry holds."""

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        known = list(known)
        close = get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"There is no {kind} named {name!r}.{hint} Known: {', '.join(known)}.")

    def __str__(self) -> str:  # KeyError would show the repr
        return str(self.args[0])


class DataNotFound(NoiseLensError, FileNotFoundError):
    """A data set's files are not on this machine."""


class ModelNotFound(NoiseLensError, FileNotFoundError):
    """A model's weight file is missing, corrupt or of the wrong shape."""


class Cancelled(NoiseLensError):
    """A long computation was stopped by its progress callback."""
