"""Jobs on disk: a small SQLite table that server and workers share and that outlives both.

A job ends in two steps. The worker *settles* it: the outcome is safe on disk, yet everybody still sees a running job.
The server *publishes* it when the result has been entered where it belongs; only then is it seen as finished.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finetouch.errors import InputError

UNFINISHED = ("queued", "running")
STATES = (*UNFINISHED, "done", "failed", "cancelled", "interrupted")

_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  lane TEXT NOT NULL, priority INTEGER NOT NULL, client TEXT NOT NULL, project TEXT NOT NULL, payload TEXT NOT NULL,
  result TEXT, error TEXT, created REAL NOT NULL, started REAL, ended REAL, tries INTEGER NOT NULL DEFAULT 0,
  outcome TEXT
);
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (state, lane, priority, number);
CREATE INDEX IF NOT EXISTS jobs_project ON jobs (project, number);
"""


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Attributes:
        id: Unguessable name. number: Order of arrival.
        kind: Which function of the handler does it. lane: Which worker ("cpu", "accelerator").
        state: "queued", "running", "done", "failed", "cancelled" or "interrupted" (the program ended meanwhile).
        client, project: Who asked, and for what.
        payload: What is asked for. result: What came out. error: ``{"type", "message", "hint"}`` when it failed.
        created, started, ended: Seconds since 1970. tries: How often it was begun.
        outcome: How it ended, known before `state` says so.
    """

    id: str
    number: int
    kind: str
    state: str
    lane: str
    priority: int
    client: str
    project: str
    payload: dict[str, Any]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    tries: int = 0
    outcome: str | None = None
    progress: dict[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """True when nothing more will happen to it by itself."""
        return self.state not in UNFINISHED

    def to_json(self) -> dict[str, Any]:
        """What clients see: everything but the payload; nothing of an outcome that is not published."""
        names = ("id", "kind", "state", "project", "created", "started", "tries")
        ends = {name: getattr(self, name) if self.finished else None for name in ("result", "error", "ended")}
        return {**{name: getattr(self, name) for name in names}, **ends}


class JobStore:
    """The table of jobs; safe to use from several threads and processes at once.

    Args:
        path: The SQLite file; made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLE)
        self._add_missing()

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def add(
        self, kind: str, payload: dict[str, Any], lane: str = "cpu", client: str = "", project: str = "",
        priority: int = 1,
    ) -> Job:  # fmt: skip
        """A new queued job; lower `priority` goes first."""
        name = secrets.token_hex(12)
        with self._change() as db:
            db.execute(
                "INSERT INTO jobs (id, kind, state, lane, priority, client, project, payload, created)"
                " VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?)",
                (name, kind, lane, priority, client, project, json.dumps(payload), time.time()),
            )
        return self.get(name)

    def get(self, name: str) -> Job:
        """A job; raises `InputError` when there is none of that name."""
        with self._lock:
            row = self._connection.execute("SELECT * FROM jobs WHERE id = ?", (name,)).fetchone()
        if row is None:
            raise InputError(f"There is no job '{name}'.", "It may have been deleted; list the jobs.")
        return _job(row)

    def list(self, project: str | None = None, state: str | None = None, limit: int = 200) -> list[Job]:
        """The newest jobs first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM jobs WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR state = ?2)"
                " ORDER BY number DESC LIMIT ?3",
                (project, state, limit),
            ).fetchall()
        return [_job(row) for row in rows]

    def claim(self, lane: str) -> Job | None:
        """Takes the next queued job of a lane and marks it as running; None when nothing waits."""
        with self._change() as db:
            row = db.execute(
                "SELECT id FROM jobs WHERE state = 'queued' AND lane = ? ORDER BY priority, number LIMIT 1", (lane,)
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET state = 'running', started = ?, tries = tries + 1 WHERE id = ?",
                (time.time(), row["id"]),
            )
        return self.get(row["id"])

    def settle(
        self, name: str, state: str, result: dict[str, Any] | None = None, error: dict[str, Any] | None = None
    ) -> bool:
        """Writes how a running job ended, once; it is seen when it is published.

        Returns:
            False when its end was known already: a result is never overwritten.
        """
        with self._change() as db:
            done = db.execute(
                "UPDATE jobs SET outcome = ?, result = ?, error = ?, ended = ?"
                " WHERE id = ? AND state = 'running' AND outcome IS NULL",
                (state, _text(result), _text(error), time.time(), name),
            )
            return done.rowcount == 1

    def publish(self, name: str, error: dict[str, Any] | None = None) -> Job:
        """Lets everybody see the end of a settled job; with `error` it failed after all."""
        with self._change() as db:
            if error is not None:
                db.execute(
                    "UPDATE jobs SET outcome = 'failed', error = ? WHERE id = ? AND state = 'running'",
                    (_text(error), name),
                )
            db.execute(
                "UPDATE jobs SET state = outcome WHERE id = ? AND state = 'running' AND outcome IS NOT NULL", (name,)
            )
            return self.get(name)

    def settled(self) -> tuple[Job, ...]:
        """The jobs whose end is known and not published, the oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT * FROM jobs WHERE state = 'running' AND outcome IS NOT NULL ORDER BY number"
            ).fetchall()
        return tuple(_job(row) for row in rows)

    def cancel_queued(self, name: str) -> bool:
        """Cancels a job that has not begun; False when it has."""
        with self._change() as db:
            done = db.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ? WHERE id = ? AND state = 'queued'", (time.time(), name)
            )
            return done.rowcount == 1

    def requeue(self, name: str) -> Job:
        """Queues a job again that did not end well; raises `InputError` for one that is done or still at work."""
        with self._change() as db:
            done = db.execute(
                "UPDATE jobs SET state = 'queued', outcome = NULL, result = NULL, error = NULL, started = NULL,"
                " ended = NULL"
                " WHERE id = ? AND state IN ('failed', 'cancelled', 'interrupted')",
                (name,),
            )
            changed = done.rowcount
        job = self.get(name)
        if changed != 1:
            raise InputError(f"The job is {job.state} and cannot be tried again.", "Send it as a new job.")
        return job

    def mark_interrupted(self) -> tuple[Job, ...]:
        """Marks what was at work when the program ended; call it once at the start, before any worker runs."""
        with self._lock:
            rows = self._connection.execute("SELECT id FROM jobs WHERE state = 'running' AND outcome IS NULL")
            names = [row["id"] for row in rows.fetchall()]
        reason = {
            "type": "Interrupted", "message": "The program ended while this was at work.", "hint": "Try it again.",
        }  # fmt: skip
        for name in names:
            self.settle(name, "interrupted", error=reason)
        return tuple(self.publish(name) for name in names)

    def delete(self, name: str) -> None:
        """Forgets a job."""
        with self._change() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (name,))

    def forget(self, before: float) -> int:
        """Forgets jobs that ended before a time (seconds since 1970); returns how many."""
        with self._change() as db:
            marks = ", ".join("?" * len(UNFINISHED))
            return db.execute(
                f"DELETE FROM jobs WHERE state NOT IN ({marks}) AND COALESCE(ended, created) < ?", (*UNFINISHED, before)
            ).rowcount

    def texts(self) -> Iterator[str]:
        """What all jobs were given and gave, as stored."""
        with self._lock:
            rows = self._connection.execute("SELECT payload, COALESCE(result, '') AS result FROM jobs").fetchall()
        for row in rows:
            yield from (row["payload"], row["result"])

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        with self._lock:
            rows = self._connection.execute("SELECT state, COUNT(*) AS n FROM jobs GROUP BY state").fetchall()
        return dict.fromkeys(STATES, 0) | {row["state"]: row["n"] for row in rows}

    def waiting(self, client: str | None = None) -> int:
        """How many jobs are queued or running, of one client or of all."""
        with self._lock:
            row = self._connection.execute(
                "SELECT COUNT(*) AS n FROM jobs WHERE state IN ('queued', 'running') AND (?1 IS NULL OR client = ?1)",
                (client,),
            ).fetchone()
        return int(row["n"])

    def position(self, job: Job) -> int:
        """How many queued jobs of its lane come before this one."""
        with self._lock:
            row = self._connection.execute(
                "SELECT COUNT(*) AS n FROM jobs WHERE state = 'queued' AND lane = ?"
                " AND (priority < ? OR (priority = ? AND number < ?))",
                (job.lane, job.priority, job.priority, job.number),
            ).fetchone()
        return int(row["n"])

    def _add_missing(self) -> None:
        """Brings a table of an earlier version up to date."""
        with self._change() as db:
            known = {row["name"] for row in db.execute("PRAGMA table_info(jobs)")}
            if "outcome" not in known:
                db.execute("ALTER TABLE jobs ADD COLUMN outcome TEXT")

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _text(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    for name in ("payload", "result", "error"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return Job(**values)
