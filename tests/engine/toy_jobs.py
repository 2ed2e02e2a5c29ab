"""A handler for the tests of the queue; it lives in a module of its own because workers import it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from finetouch.errors import InputError
from finetouch.types import Reporter


class Toy:
    """Counts, sleeps, fails or dies, as asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, kind: str, payload: dict[str, Any], report: Reporter) -> dict[str, Any]:
        if kind == "count":
            for step in range(payload["to"]):
                report.update("count", step, payload["to"], f"at {step}", np.full((800, 600, 3), 200, np.uint8))
                time.sleep(payload.get("pause", 0.0))
            return {"counted": payload["to"], "process": os.getpid()}
        if kind == "deaf":
            (self._folder / "deaf").write_text("begun")
            time.sleep(120)
        if kind == "fail":
            raise InputError("It cannot be done.", "Do something else.")
        if kind == "bug":
            raise KeyError("oops")
        if kind == "die":
            os._exit(9)
        raise AssertionError(kind)


def serve(folder: str) -> None:
    """A program with a queue that is killed in the middle: one job done, one at work, one waiting."""
    from finetouch.engine.jobs import JobQueue

    queue = JobQueue(Path(folder), "toy_jobs:Toy")
    queue.start()
    first = queue.submit("count", {"to": 2})
    queue.wait(first.id)
    second = queue.submit("deaf", {})
    third = queue.submit("count", {"to": 3})
    while not (Path(folder) / "deaf").exists():
        time.sleep(0.02)
    Path(folder, "names").write_text(" ".join((first.id, second.id, third.id)))
    time.sleep(120)


if __name__ == "__main__":
    import sys

    serve(sys.argv[1])
