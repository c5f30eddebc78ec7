"""What was computed once: results by key, shared by all sessions, bounded by the bytes that they hold."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from weakref import WeakValueDictionary

import numpy as np


class Store:
    """Results by key; beyond a number of bytes the least recently used go.

    Everybody gets the same object, so arrays in it are made read-only. Two who ask for the same key at once wait for one
    computation. A result larger than the whole store is handed over and not kept; an error is kept by nobody.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.size = 0
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._busy: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def get(self, key: str, compute: Callable[[], Any]) -> Any:
        """The result of that key; of `compute()` if there is none yet."""
        with self._lock:
            if key in self._kept:
                return self._recent(key)
            turn = self._busy.setdefault(key, _Turn())
        with turn.lock:
            with self._lock:
                if key in self._kept:  # somebody else was faster
                    return self._recent(key)
            result = compute()
            self._keep(key, result)
        return result

    def peek(self, key: str) -> Any:
        """The result of that key, None if there is none."""
        with self._lock:
            return self._recent(key) if key in self._kept else None

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size = 0

    def _recent(self, key: str) -> Any:
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def _keep(self, key: str, result: Any) -> None:
        size = len(key) + _freeze(result)
        if size > self.capacity:
            return
        with self._lock:
            self._kept[key] = result, size
            self.size += size
            while self.size > self.capacity:
                self.size -= self._kept.popitem(last=False)[1][1]


class _Turn:
    """A lock that a weak dictionary can hold: it goes when nobody waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def _freeze(value: Any) -> int:
    """Make the arrays of a result read-only; returns its bytes, roughly."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
        return value.nbytes
    if isinstance(value, str | bytes):
        return len(value)
    if is_dataclass(value):
        return sum(_freeze(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, Mapping):
        return sum(map(_freeze, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_freeze, value))
    return 64
