"""The queue of slow explanations: shared, stopped, started again, bounded."""

import threading

import pytest

from ui import jobs
from xai_core.errors import Cancelled, InvalidInput

LIMIT = 60


@pytest.fixture
def queue():
    queue = jobs.Jobs()
    yield queue
    queue._worker.shutdown()


class Work:
    """Work that goes on when it is told to, and reports before and after."""

    def __init__(self, result="done"):
        self.result, self.runs = result, 0
        self.started, self.go = threading.Event(), threading.Event()

    def __call__(self, progress):
        self.runs += 1
        progress(0.25)
        self.started.set()
        assert self.go.wait(LIMIT)
        progress(0.75)
        return self.result


def test_a_job_runs_in_the_background_and_reports(queue):
    work = Work()
    job = queue.start("a", work, "me")
    assert work.started.wait(LIMIT)
    assert (job.share, job.finished, job.failed) == (0.25, False, False)
    assert queue.get("a") is job
    work.go.set()
    assert job.future.result(LIMIT) == "done"
    assert (job.share, job.finished, job.failed) == (1.0, True, False)
    assert queue.get("b") is None


def test_two_who_ask_for_the_same_share_one_job(queue):
    work, other = Work(), Work("never made")
    first = queue.start("a", work, "me")
    second = queue.start("a", other, "you")
    assert first is second
    work.go.set()
    assert second.future.result(LIMIT) == "done"
    assert queue.start("a", other, "a third").future.result(LIMIT) == "done"
    assert (work.runs, other.runs) == (1, 0)


def test_all_who_wait_see_what_is_there_so_far(queue):
    shown, go = threading.Event(), threading.Event()

    def work(job):
        job.show("half")
        shown.set()
        assert go.wait(LIMIT)
        return "whole"

    first = queue.start("a", work, "me")
    assert shown.wait(LIMIT)
    assert queue.start("a", work, "you").partial == first.partial == "half"
    go.set()
    assert first.future.result(LIMIT) == "whole"
    assert first.partial is None, "only the result is kept"


def test_it_stops_when_nobody_waits_any_more(queue):
    work = Work()
    job = queue.start("a", work, "me")
    queue.start("a", work, "you")
    assert work.started.wait(LIMIT)
    queue.leave("a", "me")
    assert not job.cancelled.is_set()
    queue.leave("a", "me")  # once is enough
    assert queue.get("a") is job
    queue.leave("a", "you")
    work.go.set()
    with pytest.raises(Cancelled):
        job.future.result(LIMIT)
    assert queue.get("a") is None


def test_a_job_that_waits_its_turn_is_given_up_before_it_begins(queue):
    first, second = Work(), Work()
    queue.start("a", first, "me")
    waiting = queue.start("b", second, "me")
    queue.leave("b", "me")
    first.go.set()
    with pytest.raises(Cancelled):
        waiting.future.result(LIMIT)
    assert second.runs == 0


def test_a_stopped_job_can_be_started_again(queue):
    work = Work()
    stopped = queue.start("a", work, "me")
    assert work.started.wait(LIMIT)
    queue.leave("a", "me")
    work.go.set()
    again = queue.start("a", work, "me")
    assert again is not stopped
    assert again.future.result(LIMIT) == "done"
    assert work.runs == 2


def test_leaving_what_is_finished_or_unknown_changes_nothing(queue):
    work = Work()
    work.go.set()
    job = queue.start("a", work, "me")
    job.future.result(LIMIT)
    queue.leave("a", "me")
    queue.leave("b", "me")
    assert queue.get("a") is job
    assert not job.cancelled.is_set()


def test_an_error_reaches_all_who_wait_and_the_next_who_asks_tries_again(queue):
    def fails(progress):
        raise InvalidInput("no such picture")

    job = queue.start("a", fails, "me")
    with pytest.raises(InvalidInput, match="no such picture"):
        job.future.result(LIMIT)
    assert job.failed
    assert queue.get("a") is job
    work = Work()
    work.go.set()
    assert queue.start("a", work, "me").future.result(LIMIT) == "done"


def test_one_at_a_time(queue):
    works = [Work() for _ in range(3)]
    started = [queue.start(str(i), work, "me") for i, work in enumerate(works)]
    assert works[0].started.wait(LIMIT)
    assert [work.runs for work in works] == [1, 0, 0]
    for work in works:
        work.go.set()
    assert [job.future.result(LIMIT) for job in started] == ["done"] * 3


def test_only_the_last_results_are_kept(queue, monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 3)
    for index in range(6):
        queue.start(str(index), lambda progress: "done", "me").future.result(LIMIT)
    work = Work()
    queue.start("running", work, "me")
    queue.start("waiting", work, "me")
    assert len(queue._jobs) <= 4
    assert queue.get("running")
    assert queue.get("waiting")
    assert queue.get("0") is None
    work.go.set()


def test_a_job_whose_waiters_have_gone_is_stopped_and_forgotten(queue, monkeypatch):
    work = Work()
    job = queue.start("a", work, "me")
    assert work.started.wait(LIMIT)
    now = jobs.time.monotonic()
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now + 0.9 * jobs.PATIENCE)
    queue.seen("me")
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now + 1.8 * jobs.PATIENCE)
    job(0.5)  # heard of in time
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now + 2 * jobs.PATIENCE)
    work.go.set()
    with pytest.raises(Cancelled):
        job.future.result(LIMIT)
    assert queue.get("a") is None
