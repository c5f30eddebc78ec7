"""Slow explanations in the background: one computation for all who ask for it, with progress and cancel."""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from xai_core.errors import Cancelled
from xai_core.types import Progress

KEPT = 64


@dataclass
class Job:
    """A computation that runs or has run: `future` holds its result or its error."""

    share: float = 0.0
    waiting: set[str] = field(default_factory=set)
    cancelled: threading.Event = field(default_factory=threading.Event)
    future: "Future[Any]" = field(default_factory=Future)

    @property
    def finished(self) -> bool:
        return self.future.done()

    @property
    def failed(self) -> bool:
        return self.finished and self.future.exception() is not None

    def report(self, share: float) -> None:
        if self.cancelled.is_set():
            raise Cancelled("Stopped.")
        self.share = share


class Jobs:
    """A queue with one worker: on a CPU two explanations at once take as long as one after the other."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "explanations")

    def get(self, key: str) -> Job | None:
        with self._lock:
            return self._jobs.get(key)

    def start(self, key: str, work: Callable[[Progress], Any], waiter: str) -> Job:
        """The job of that key, shared by all who ask for it; a new one only if there is none, or the last one failed.

        waiter: who asks, in any words of its own; to be told to `leave`.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.failed:
                job = self._jobs[key] = Job()
                job.future = self._worker.submit(_run, job, work)
            job.waiting.add(waiter)
            self._jobs.move_to_end(key)
            finished = [old for old, other in self._jobs.items() if other.future.done()]
            for old in finished[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old]
            return job

    def leave(self, key: str, waiter: str) -> None:
        """Wait for a job no longer; one that has not finished and that nobody else waits for is stopped and forgotten."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return
            job.waiting.discard(waiter)
            if not job.waiting and not job.finished:
                job.cancelled.set()
                del self._jobs[key]


def _run(job: Job, work: Callable[[Progress], Any]) -> Any:
    job.report(0.0)
    result = work(job.report)
    job.share = 1.0
    return result


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The queue of this server."""
    return Jobs()


def waiter() -> str:
    """This session's name among those who wait for a job."""
    return str(st.session_state.setdefault("waiter", uuid.uuid4().hex))


def follow(key: str, done: str) -> None:
    """A job's progress and a button that stops it, for a fragment with a timer; the page runs again when it has ended.

    done: the past participle of what it does ("measured").
    """
    job = jobs().get(key)
    if job is None or job.finished:
        st.rerun()
    st.progress(job.share, f"{job.share:.0%} {done}")
    if st.button("Stop"):
        jobs().leave(key, waiter())
        st.rerun()
