"""The store of results: each computed once, the least recently used dropped beyond the bytes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from ui.store import Store


@dataclass(frozen=True)
class Result:
    array: np.ndarray
    name: str


def array(size=1000):
    return np.zeros(size, np.uint8)


def test_a_result_is_computed_once():
    store, calls = Store(10_000), []
    first = store.get("a", lambda: calls.append(1) or array())
    assert store.get("a", lambda: calls.append(2) or array()) is first
    assert calls == [1]


def test_the_least_recently_used_goes():
    store = Store(2500)
    for key in ("a", "b"):
        store.get(key, array)
    store.get("a", array)
    store.get("c", array)  # 3 x 1,000 bytes are too many
    calls = []
    store.get("a", lambda: calls.append("a") or array())
    store.get("c", lambda: calls.append("c") or array())
    store.get("b", lambda: calls.append("b") or array())
    assert calls == ["b"]
    assert store.size <= store.capacity


@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: [a], lambda a: {"x": (a, "text")}, lambda a: Result(a, "x")])
def test_arrays_anywhere_in_a_result_count_and_are_read_only(wrap):
    store, values = Store(10_000), array()
    store.get("a", lambda: wrap(values))
    assert 1000 <= store.size < 1200
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 1


def test_a_result_larger_than_the_store_is_not_kept():
    store = Store(500)
    assert len(store.get("a", array)) == 1000
    assert store.size == 0


def test_an_error_is_kept_by_nobody():
    store = Store(500)
    with pytest.raises(RuntimeError):
        store.get("a", lambda: (_ for _ in ()).throw(RuntimeError("no")))
    assert store.get("a", lambda: 1) == 1


def test_two_who_ask_at_once_wait_for_one_computation():
    store, calls, gate = Store(10_000), [], threading.Event()

    def slow():
        calls.append(1)
        gate.wait(10)
        return array()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(store.get, "a", slow) for _ in range(2)]
        gate.set()
        assert both[0].result() is both[1].result()
    assert calls == [1]


def test_clear_forgets_all():
    store = Store(10_000)
    store.get("a", array)
    store.clear()
    assert store.size == 0
    assert store.get("a", lambda: 2) == 2
