"""Slow explanations in the background: one computation for all who ask for it, with progress and cancel."""

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from xai_core.errors import Cancelled

from . import cache, panels

KEPT = 64
PATIENCE = 120.0
"""Seconds after which somebody who was not heard of has gone; a page that shows a running job asks for it all the time."""


@dataclass
class Job:
    """A computation that runs or has run: `future` holds its result or its error, `partial` what it has so far.

    Work is called with its job, which is a progress callback. abandoned: whether all who waited have gone.
    """

    abandoned: Callable[[], bool] = field(default=lambda: False)

    share: float = 0.0
    partial: Any = None
    waiting: set[str] = field(default_factory=set)
    cancelled: threading.Event = field(default_factory=threading.Event)
    future: "Future[Any]" = field(default_factory=Future)

    @property
    def finished(self) -> bool:
        return self.future.done()

    @property
    def failed(self) -> bool:
        return self.finished and self.future.exception() is not None

    def __call__(self, share: float) -> None:
        if self.cancelled.is_set() or self.abandoned():
            raise Cancelled("Stopped.")
        self.share = share

    def show(self, partial: Any) -> None:
        """Hand out what is there so far."""
        self.partial = partial


class Jobs:
    """A queue with one worker: on a CPU two explanations at once take as long as one after the other."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "explanations")

    def get(self, key: str) -> Job | None:
        with self._lock:
            return self._jobs.get(key)

    def start(self, key: str, work: Callable[[Job], Any], waiter: str) -> Job:
        """The job of that key, shared by all who ask for it; a new one only if there is none, or the last one failed.

        waiter: who asks, in any words of its own; to be told to `leave`.
        """
        with self._lock:
            job = self._jobs.get(key)
            self._seen[waiter] = time.monotonic()
            if job is None or job.failed:
                job = self._jobs[key] = Job()
                job.waiting.add(waiter)
                job.abandoned = partial(self._abandoned, job)
                job.future = self._worker.submit(self._run, key, job, work)
            job.waiting.add(waiter)
            self._jobs.move_to_end(key)
            finished = [old for old, other in self._jobs.items() if other.future.done()]
            for old in finished[: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old]
            return job

    def forget(self, key: str) -> None:
        """A finished job's result is kept elsewhere."""
        with self._lock:
            if key in self._jobs and self._jobs[key].finished:
                del self._jobs[key]

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

    def seen(self, waiter: str) -> None:
        """Somebody is still there; a job whose waiters have all gone without a word (a closed tab) is stopped and forgotten."""
        now = time.monotonic()
        with self._lock:
            self._seen[waiter] = now
            if len(self._seen) > 1000:
                self._seen = {name: when for name, when in self._seen.items() if now - when < PATIENCE}

    def _abandoned(self, job: Job) -> bool:
        with self._lock:
            last = max((self._seen.get(name, 0.0) for name in job.waiting), default=0.0)
        return time.monotonic() - last > PATIENCE

    def _run(self, key: str, job: Job, work: Callable[[Job], Any]) -> Any:
        try:
            job(0.0)
            result = work(job)
        except Cancelled:
            with self._lock:
                if self._jobs.get(key) is job:
                    del self._jobs[key]
            raise
        job.share, job.partial = 1.0, None
        return result


@st.cache_resource(show_spinner=False)
def _queue() -> Jobs:
    """The queue of this server."""
    return Jobs()


def jobs() -> Jobs:
    """The queue of this server, which hereby learns that this session is there."""
    queue = _queue()
    queue.seen(waiter())
    return queue


def waiter() -> str:
    """This session's name among those who wait for a job."""
    return str(st.session_state.setdefault("waiter", uuid.uuid4().hex))


def so_far(timed: bool, key: str, stop: str) -> Any:
    """A job's result; while it runs, its progress, a button that stops it (widget key `stop`), and what it has so far.

    timed: whether a timer draws this again and again.
    """
    job = jobs().get(key)
    if job is None or job.finished == timed:
        st.rerun()  # only a run of the whole page starts and ends the timer
    if not timed:
        return job.future.result()
    st.progress(job.share, f"{job.share:.0%} measured")
    if st.button("Stop", key=stop):
        jobs().leave(key, waiter())
        st.rerun()
    return job.partial


def follow(key: str, done: str) -> None:
    """A job's progress and a button that stops it, for a fragment with a timer; the page runs again when it has ended.

    done: the past participle of what it does ("measured").
    """
    job = jobs().get(key)
    if job is None or job.finished:
        st.rerun()
    st.progress(job.share, f"{job.share:.0%} {done}")
    if st.button("Stop", key=f"stop-{key}"):
        jobs().leave(key, waiter())
        _stopped().add(key)
        st.rerun()


MOMENT = 0.5
"""Seconds that a page waits for a job before it shows its progress."""


def soon(key: str, work: Callable[[Job], Any], done: str, *, begin: str = "") -> Any:
    """A job's result; None while it runs, its progress and a button that stops it standing in its place.

    It starts by itself, and is there at once where it takes less than a moment. The result goes to the server's bounded store.
    done: as for `follow`. begin: the label of a button that starts it instead.
    """
    kept = cache.results().peek(key)
    if kept is not None:
        return kept
    job = jobs().get(key)
    failed = job is not None and job.failed
    if failed or (job is None and (begin or key in _stopped())):
        if job is not None:
            with panels.guard():
                job.future.result()  # raises its error
        st.button(begin or "Compute it", key=f"start-{key}", on_click=_begin, args=(key, work))
        return None
    if job is None:
        job = jobs().start(key, work, waiter())
    wait([job.future], MOMENT)
    if not job.finished:
        st.fragment(follow, run_every=0.4)(key, done)
        return None
    if job.failed:
        st.rerun()  # says why, and offers to try again
    result = job.future.result()
    cache.results().get(key, lambda: result)
    if cache.results().peek(key) is not None:
        jobs().forget(key)
    return result


def _begin(key: str, work: Callable[[Job], Any]) -> None:
    _stopped().discard(key)
    jobs().start(key, work, waiter())


def _stopped() -> set[str]:
    """The jobs that this session stopped: they do not start again by themselves."""
    stopped: set[str] = st.session_state.setdefault("stopped_jobs", set())
    return stopped
