"""Slow explanations in the background: one computation for all who ask for it, with progress and cancel."""

import threading
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
    cancelled: threading.Event = field(default_factory=threading.Event)
    future: "Future[Any]" = field(default_factory=Future)

    @property
    def finished(self) -> bool:
        return self.future.done()

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

    def start(self, key: str, work: Callable[[Progress], Any]) -> Job:
        """The job of that key; a new one only if there is none, or the last one was cancelled."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.cancelled.is_set():
                job = self._jobs[key] = Job()
                job.future = self._worker.submit(_run, job, work)
            self._jobs.move_to_end(key)
            finished = [old for old, other in self._jobs.items() if other.future.done()]
            for old in finished[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old]
            return job


def _run(job: Job, work: Callable[[Progress], Any]) -> Any:
    job.report(0.0)
    result = work(job.report)
    job.share = 1.0
    return result


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The queue of this server."""
    return Jobs()
