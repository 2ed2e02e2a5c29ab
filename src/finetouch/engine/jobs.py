"""Work in the background: a queue on disk, one worker process per lane, progress, cancel, retry.

A worker writes the outcome of a job into the queue's file itself before it tells anybody, so a finished result
survives whatever happens to the program that asked for it. Nobody sees the job as finished before its result has been
entered where it belongs. A worker ends when its parent does.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from finetouch.engine.jobstore import UNFINISHED, Job, JobStore
from finetouch.errors import Cancelled, FinetouchError, InputError
from finetouch.types import Progress, Reporter

_LOG = logging.getLogger(__name__)
Event = dict[str, Any]
Listener = Callable[[Event], None]
Enter = Callable[[Job], Event]

PREVIEW_SIDE = 384
PREVIEWS_PER_SECOND = 4.0
PATIENCE = 20.0  # seconds a cancelled job may go on before its process is ended


class Handler(Protocol):
    """What a worker calls: made once per process with the queue's folder, then called for every job."""

    def __call__(self, kind: str, payload: dict[str, Any], report: Reporter) -> dict[str, Any]:
        """Does the work; the answer must be JSON."""


class JobQueue:
    """Hands jobs to workers and tells listeners what happens.

    Args:
        folder: Where ``jobs.sqlite`` lives.
        handler: ``"module:Class"`` that does the work in the worker; made with `folder` as its only argument.
        patience: Seconds a cancelled job may go on before its worker is ended.
        enter: Called once with every job that came out well, before anybody can see that it has; it enters the result
            where it belongs. What it returns goes into the event. Called again at the next start when it was cut off.

    Example:
        >>> queue = JobQueue(folder, "finetouch.studio.work:Work")
        >>> queue.start()
        >>> job = queue.submit("edit", {...})
        >>> queue.wait(job.id).result
    """

    def __init__(self, folder: Path, handler: str, patience: float = PATIENCE, enter: Enter | None = None) -> None:
        self.folder = folder
        self.store = JobStore(folder / "jobs.sqlite")
        self._handler = handler
        self._patience = patience
        self._enter = enter
        self._listeners: list[Listener] = []
        self._workers: dict[str, _Worker] = {}
        self._progress: dict[str, Event] = {}
        self._previews: dict[str, bytes] = {}
        self._changed = threading.Condition()
        self._closed = False

    def start(self) -> tuple[Job, ...]:
        """Publishes what an earlier run had done, marks what it left unfinished, goes on with what was queued.

        Returns:
            The marked jobs.
        """
        for job in self.store.settled():
            self._publish(job)
        left = self.store.mark_interrupted()
        for lane in {job.lane for job in self.store.list(state="queued", limit=100_000)}:
            self._worker(lane).wake()
        return left

    def close(self) -> None:
        """Ends the workers; what is running is marked as interrupted at the next start."""
        self._closed = True
        for worker in list(self._workers.values()):
            worker.stop()
        self.store.close()

    def listen(self, listener: Listener) -> None:
        """Calls `listener` with every event, from other threads: ``{"type": "job.progress", "job": id, ...}``."""
        self._listeners.append(listener)

    def submit(
        self, kind: str, payload: dict[str, Any], lane: str = "cpu", client: str = "", project: str = "",
        priority: int = 1,
    ) -> Job:  # fmt: skip
        """Queues a job and returns at once."""
        job = self.store.add(kind, payload, lane, client, project, priority)
        self._tell({"type": "job.queued", "job": job.id, "project": project, "kind": kind})
        self._worker(lane).wake()
        return job

    def get(self, name: str) -> Job:
        """The job with its latest progress."""
        job = self.store.get(name)
        job.progress.update(self._progress.get(name, {}))
        return job

    def preview(self, name: str) -> bytes | None:
        """The latest preview of a job as JPEG, None when there is none."""
        return self._previews.get(name)

    def cancel(self, name: str) -> Job:
        """Stops a job: at once when it is queued, at its next step when it runs."""
        job = self.store.get(name)
        if self.store.cancel_queued(name):
            self._tell({"type": "job.cancelled", "job": name, "project": job.project, "kind": job.kind})
        elif job.state in UNFINISHED:
            self._worker(job.lane).cancel(name)
        return self.store.get(name)

    def retry(self, name: str) -> Job:
        """Queues a job again that failed, was cancelled or interrupted."""
        job = self.store.requeue(name)
        self._tell({"type": "job.queued", "job": name, "project": job.project, "kind": job.kind})
        self._worker(job.lane).wake()
        return job

    def wait(self, name: str, timeout: float = 600.0) -> Job:
        """Blocks until a job is finished; raises `InputError` when that takes longer than `timeout` seconds."""
        end = time.monotonic() + timeout
        while not (job := self.store.get(name)).finished:
            left = end - time.monotonic()
            if left <= 0:
                raise InputError("The work takes longer than expected.", "Ask for the job's state later.")
            with self._changed:
                self._changed.wait(min(left, 0.5))
        return job

    def _publish(self, job: Job) -> None:
        """Enters the result of a settled job, lets everybody see its end, and tells them."""
        more: Event = {}
        problem = None
        if job.outcome == "done" and self._enter is not None:
            try:
                more = self._enter(job)
            except Exception as error:
                _LOG.exception("the result of job %s could not be entered", job.id)
                message = f"The result could not be kept: {error}"
                problem = {"type": type(error).__name__, "message": message, "hint": "Is the disk full? Try again."}
        done = self.store.publish(job.id, problem)
        about = {"job": done.id, "project": done.project, "kind": done.kind}
        self._tell({"type": f"job.{done.state}", **about, "result": done.result, "error": done.error, **more})

    def _worker(self, lane: str) -> _Worker:
        with self._changed:
            if lane not in self._workers:
                self._workers[lane] = _Worker(self, lane)
            return self._workers[lane]

    def _tell(self, event: Event, preview: bytes | None = None) -> None:
        name = event["job"]
        if event["type"] == "job.progress":
            self._progress[name] = event
            if preview is not None:
                self._previews[name] = preview
        elif event["type"] in ("job.done", "job.failed", "job.cancelled"):
            self._progress.pop(name, None)
            self._previews.pop(name, None)
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                _LOG.exception("a listener failed with %s", event["type"])
        with self._changed:
            self._changed.notify_all()


class _Worker:
    """One lane: a thread of the server that feeds one process, and restarts it when it dies."""

    def __init__(self, queue: JobQueue, lane: str) -> None:
        self._queue, self._lane = queue, lane
        self._wake = threading.Event()
        self._process: Any = None
        self._pipe: Connection | None = None
        self._current: str | None = None
        self._cancelled: set[str] = set()
        self._sending = threading.Lock()
        threading.Thread(target=self._run, name=f"jobs-{lane}", daemon=True).start()

    def wake(self) -> None:
        self._wake.set()

    def cancel(self, name: str) -> None:
        self._cancelled.add(name)
        if self._current == name and self._pipe is not None:
            self._send(("cancel", name))
            timer = threading.Timer(self._queue._patience, self._end, (name,))
            timer.daemon = True
            timer.start()

    def stop(self) -> None:
        self._wake.set()
        if self._process is not None:
            self._process.terminate()
            self._process.join(5)

    def _end(self, name: str) -> None:
        """Ends the process when it did not heed a cancel."""
        if self._current == name and self._process is not None:
            self._process.kill()

    def _run(self) -> None:
        queue = self._queue
        while not queue._closed:
            try:
                job = queue.store.claim(self._lane)
            except Exception:
                if queue._closed:
                    return
                raise
            if job is None:
                self._wake.wait()
                self._wake.clear()
                continue
            self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        queue = self._queue
        about = {"job": job.id, "project": job.project, "kind": job.kind}
        self._current = job.id
        queue._tell({"type": "job.started", **about})
        try:
            pipe = self._started()
            with self._sending:
                pipe.send(("job", job.id, job.kind, job.payload))
            if job.id in self._cancelled:
                self._send(("cancel", job.id))
            while (message := pipe.recv())[0] == "progress":
                queue._tell({"type": "job.progress", **about, **message[1]}, message[2])
        except (EOFError, OSError):
            if queue._closed:
                return
            self._died(job)
        self._current = None
        self._cancelled.discard(job.id)
        try:
            queue._publish(queue.store.get(job.id))
        except sqlite3.Error:
            if not queue._closed:
                raise

    def _died(self, job: Job) -> None:
        if self._process is not None:
            self._process.join(5)
        code = getattr(self._process, "exitcode", None)
        self._process, self._pipe = None, None
        if job.id in self._cancelled:
            self._queue.store.settle(job.id, "cancelled")
            return
        self._queue.store.settle(job.id, "failed", error={
            "type": "WorkerDied", "message": f"The process that did the work ended unexpectedly (code {code}).",
            "hint": "Often the memory was used up: try a smaller picture, or close other programs.",
        })  # fmt: skip

    def _started(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        folder, handler = str(self._queue.folder), self._queue._handler
        self._process = context.Process(target=_work, args=(theirs, folder, handler), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def _send(self, message: tuple[Any, ...]) -> None:
        with self._sending, contextlib.suppress(OSError):
            if self._pipe is not None:
                self._pipe.send(message)


def _work(pipe: Connection, folder: str, handler_name: str) -> None:
    """The worker process: takes jobs from the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store = JobStore(Path(folder) / "jobs.sqlite")
    module, _, name = handler_name.partition(":")
    handler: Handler = getattr(importlib.import_module(module), name)(Path(folder))
    inbox = _Inbox(pipe)
    while True:
        job, kind, payload = inbox.take()
        state, result, error = _attempt(handler, kind, payload, Reporter(_Sender(pipe), inbox.cancel))
        store.settle(job, state, result, error)
        pipe.send(("finished",))


def _attempt(
    handler: Handler, kind: str, payload: dict[str, Any], report: Reporter
) -> tuple[str, dict[str, Any] | None, dict[str, Any] | None]:
    try:
        return "done", handler(kind, payload, report), None
    except Cancelled:
        return "cancelled", None, None
    except FinetouchError as error:
        said = {"type": type(error).__name__, "message": error.message, "hint": error.hint}
        return "failed", None, said | error.more()
    except MemoryError:
        hint = "Try a smaller picture, or close other programs."
        return "failed", None, {"type": "OutOfMemory", "message": "Not enough memory for this picture.", "hint": hint}
    except Exception as error:
        message = f"Something went wrong inside Finetouch: {type(error).__name__}: {error}"
        return "failed", None, {"type": "Failure", "message": message, "hint": "This is a bug; please report it."}


class _Inbox:
    """Listens to the server in a thread of its own, so that a cancel is heard during the work."""

    def __init__(self, pipe: Connection) -> None:
        self.cancel = threading.Event()
        self._pipe = pipe
        self._job: tuple[str, str, dict[str, Any]] | None = None
        self._current = ""
        self._came = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def take(self) -> tuple[str, str, dict[str, Any]]:
        with self._came:
            while self._job is None:
                self._came.wait()
            job, self._job = self._job, None
            return job

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(1)
            with self._came:
                if message[0] == "job":
                    self.cancel.clear()
                    self._current, self._job = message[1], message[1:]
                    self._came.notify()
                elif message[0] == "cancel" and message[1] == self._current:
                    self.cancel.set()


class _Sender:
    """Sends progress; previews are made small and not sent more often than people can see."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._last_preview = self._last = 0.0
        self._stage = ""
        self._began = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        preview = None
        if progress.preview is not None and now - self._last_preview >= 1 / PREVIEWS_PER_SECOND:
            preview, self._last_preview = _small_jpeg(progress.preview), now
        if preview is None and progress.stage == self._stage and not progress.message and now - self._last < 0.05:
            return
        if progress.stage != self._stage:
            self._stage, self._began = progress.stage, now
        self._last = now
        share = progress.step / progress.total if progress.total else 0.0
        eta = (now - self._began) * (1 - share) / share if 0 < share < 1 else None
        facts = {
            "stage": progress.stage, "step": progress.step, "total": progress.total, "message": progress.message,
            "eta_s": None if eta is None else round(eta, 1), "preview": preview is not None,
        }  # fmt: skip
        self._pipe.send(("progress", facts, preview))


def _small_jpeg(pixels: Any) -> bytes:
    import cv2

    from finetouch.imaging.crop import shrunk

    small = shrunk(pixels, PREVIEW_SIDE)
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])[1])
