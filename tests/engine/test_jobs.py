"""The queue: outcomes, order, cancel, retry, and what is left after a SIGKILL."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from finetouch.engine.jobs import JobQueue
from finetouch.engine.jobstore import Job, JobStore
from finetouch.errors import InputError

HANDLER = "toy_jobs:Toy"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    made = JobQueue(tmp_path, HANDLER, patience=0.5)
    made.start()
    yield made
    made.close()


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_job_is_done_with_progress_and_preview(queue: JobQueue) -> None:
    events: list[dict] = []
    queue.listen(events.append)
    job = queue.submit("count", {"to": 3}, project="p")
    done = queue.wait(job.id)
    assert done.state == "done" and done.result is not None and done.result["counted"] == 3 and done.tries == 1
    until(lambda: events[-1]["type"] == "job.done")
    kinds = [e["type"] for e in events]
    assert kinds[0] == "job.queued" and kinds[1] == "job.started" and kinds.count("job.progress") == 3
    assert [e["step"] for e in events if e["type"] == "job.progress"] == [0, 1, 2]
    assert any(e.get("preview") for e in events) and all(e["project"] == "p" for e in events)
    assert queue.preview(job.id) is None, "previews are forgotten with the job"


def test_one_process_does_all_jobs_of_a_lane_in_order(queue: JobQueue) -> None:
    jobs = [queue.submit("count", {"to": 1}) for _ in range(12)]
    done = [queue.wait(j.id) for j in jobs]
    assert len({d.result["process"] for d in done if d.result}) == 1
    ended = [d.ended for d in done]
    assert ended == sorted(ended)  # type: ignore[type-var]


def test_urgent_jobs_go_first(queue: JobQueue) -> None:
    first = queue.submit("count", {"to": 20, "pause": 0.05})
    until(lambda: queue.get(first.id).state == "running")
    late = queue.submit("count", {"to": 1})
    urgent = queue.submit("count", {"to": 1}, priority=0)
    assert queue.store.position(late) == 1 and queue.store.position(urgent) == 0
    assert queue.wait(urgent.id).ended < queue.wait(late.id).ended  # type: ignore[operator]


def test_cancel_stops_a_running_job_and_the_next_one_works(queue: JobQueue) -> None:
    job = queue.submit("count", {"to": 10_000, "pause": 0.01})
    until(lambda: queue.get(job.id).progress.get("step", 0) > 2)
    preview = queue.preview(job.id)
    assert preview is not None and preview[:2] == b"\xff\xd8"
    queue.cancel(job.id)
    assert queue.wait(job.id, 30).state == "cancelled"
    assert queue.wait(queue.submit("count", {"to": 1}).id).state == "done"


def test_cancel_of_a_waiting_job_keeps_it_from_starting(queue: JobQueue) -> None:
    first = queue.submit("count", {"to": 50, "pause": 0.02})
    waiting = queue.submit("count", {"to": 1})
    assert queue.cancel(waiting.id).state == "cancelled"
    assert queue.wait(first.id).state == "done"
    assert queue.get(waiting.id).tries == 0


def test_a_job_that_does_not_listen_is_ended(queue: JobQueue, tmp_path: Path) -> None:
    job = queue.submit("deaf", {})
    until((tmp_path / "deaf").exists)
    queue.cancel(job.id)
    assert queue.wait(job.id, 30).state == "cancelled"
    assert queue.wait(queue.submit("count", {"to": 1}).id).state == "done"


def test_failures_say_what_to_do_and_can_be_tried_again(queue: JobQueue) -> None:
    failed = queue.wait(queue.submit("fail", {}).id)
    assert failed.state == "failed"
    assert failed.error == {"type": "InputError", "message": "It cannot be done.", "hint": "Do something else."}
    assert queue.retry(failed.id).state == "queued"
    until(lambda: queue.get(failed.id).tries == 2 and queue.get(failed.id).finished)
    bug = queue.wait(queue.submit("bug", {}).id)
    assert bug.error is not None and "KeyError" in bug.error["message"] and bug.error["hint"]


def test_a_worker_that_dies_fails_only_its_job(queue: JobQueue) -> None:
    dead = queue.wait(queue.submit("die", {}).id, 60)
    assert dead.state == "failed" and dead.error is not None and dead.error["type"] == "WorkerDied"
    assert queue.wait(queue.submit("count", {"to": 1}).id).state == "done"


def test_done_jobs_cannot_be_tried_again_and_unknown_ones_are_named(queue: JobQueue) -> None:
    done = queue.wait(queue.submit("count", {"to": 1}).id)
    with pytest.raises(InputError, match="done"):
        queue.retry(done.id)
    with pytest.raises(InputError, match="no job"):
        queue.get("nothing")


def test_a_killed_program_loses_no_result_and_marks_what_was_unfinished(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    program = subprocess.Popen(
        [sys.executable, str(Path(here) / "toy_jobs.py"), str(tmp_path)], env={**os.environ, "PYTHONPATH": here}
    )
    try:
        until((tmp_path / "names").exists)
        children = [int(c) for c in Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()]
    finally:
        os.kill(program.pid, signal.SIGKILL)
        program.wait()
    first, second, third = (tmp_path / "names").read_text().split()
    for child in children:
        until(lambda child=child: not _alive(child), 10)
    queue = JobQueue(tmp_path, HANDLER)
    left = queue.start()
    assert [j.id for j in left] == [second]
    assert queue.get(first).state == "done" and queue.get(first).result is not None
    interrupted = queue.get(second)
    assert interrupted.state == "interrupted" and interrupted.error is not None and interrupted.error["hint"]
    assert queue.wait(third).result == {**(queue.get(third).result or {}), "counted": 3}, "what waited goes on"
    queue.close()


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_claims_never_give_a_job_twice(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    for _ in range(60):
        store.add("count", {})
    others = [JobStore(tmp_path / "jobs.sqlite") for _ in range(3)]
    taken: list[str] = []

    def take(mine: JobStore) -> None:
        while (job := mine.claim("cpu")) is not None:
            taken.append(job.id)

    threads = [threading.Thread(target=take, args=(s,)) for s in (store, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 60


def test_an_outcome_is_written_once(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    job = store.add("count", {})
    store.claim("cpu")
    assert store.settle(job.id, "done", {"x": 1})
    assert not store.settle(job.id, "failed", error={"message": "late"})
    assert [j.id for j in store.settled()] == [job.id] and store.mark_interrupted() == ()
    seen = store.get(job.id)
    assert not seen.finished and seen.to_json()["result"] is None, "nobody sees the end before it is published"
    assert store.publish(job.id).state == "done" and store.settled() == ()
    assert store.get(job.id).result == {"x": 1} and store.counts()["done"] == 1


def test_a_job_is_not_seen_as_done_before_its_result_is_entered(tmp_path: Path) -> None:
    entered: list[str] = []
    at_work, go_on = threading.Event(), threading.Event()

    def enter(job: Job) -> dict:
        at_work.set()
        assert go_on.wait(60)
        entered.append(job.id)
        return {"node": "n1"}

    queue = JobQueue(tmp_path, HANDLER, enter=enter)
    events: list[dict] = []
    queue.listen(events.append)
    queue.start()
    try:
        job = queue.submit("count", {"to": 1})
        assert at_work.wait(60), "the result is on disk and being entered"
        assert queue.get(job.id).state == "running" and not any(e["type"] == "job.done" for e in events)
        with pytest.raises(InputError):
            queue.wait(job.id, 0.2)
        go_on.set()
        assert queue.wait(job.id).state == "done" and entered == [job.id]
        until(lambda: events[-1]["type"] == "job.done" and events[-1]["node"] == "n1")
    finally:
        go_on.set()
        queue.close()


def test_a_result_that_cannot_be_entered_fails_and_can_be_tried_again(tmp_path: Path) -> None:
    full = [True]

    def enter(job: Job) -> dict:
        if full[0]:
            raise OSError("no space left on device")
        return {}

    queue = JobQueue(tmp_path, HANDLER, enter=enter)
    queue.start()
    try:
        failed = queue.wait(queue.submit("count", {"to": 1}).id)
        assert failed.state == "failed" and failed.error is not None and "no space" in failed.error["message"]
        full[0] = False
        queue.retry(failed.id)
        assert queue.wait(failed.id).state == "done", "the lane still works"
    finally:
        queue.close()


def test_a_result_that_was_not_entered_before_the_end_is_entered_at_the_next_start(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    job = store.add("count", {})
    store.claim("cpu")
    store.settle(job.id, "done", {"counted": 1})
    store.close()
    entered: list[str] = []
    queue = JobQueue(tmp_path, HANDLER, enter=lambda j: entered.append(j.id) or {})
    try:
        assert queue.start() == () and entered == [job.id]
        assert queue.get(job.id).state == "done" and queue.get(job.id).result == {"counted": 1}
    finally:
        queue.close()


def test_a_table_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    store = JobStore(path)
    store.close()
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE jobs DROP COLUMN outcome")
    store = JobStore(path)
    job = store.add("count", {})
    store.claim("cpu")
    assert store.settle(job.id, "failed", error={"message": "x"}) and store.publish(job.id).state == "failed"
