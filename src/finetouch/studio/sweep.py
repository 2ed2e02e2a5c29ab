"""Clean-up: pictures and masks that nothing refers to any more are deleted when they are old enough.

Whatever looks like the name of a file anywhere in a project (states, masks, drawings, unsent strokes), also in one that
is damaged or was deleted lately, and in every job that is unfinished or young, counts as a reference.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from finetouch.engine.jobstore import JobStore

DAY = 86_400.0
FIRST, EVERY = 60.0, 6 * 3600.0
_YOUNGEST = 3600.0
_NAMES = re.compile(rb"[0-9a-f]{64}\.[a-z]{3,4}")


@dataclass(frozen=True)
class Swept:
    """What a clean-up deleted."""

    files: int = 0
    size: int = 0
    jobs: int = 0


def sweep(folder: Path, store: JobStore, days: float, now: float | None = None) -> Swept:
    """Deletes what nothing refers to and what was not touched for some days.

    Args:
        folder: The studio's folder. store: Its jobs.
        days: Age limit; files younger than an hour always stay. now: Seconds since 1970.
    """
    before = (time.time() if now is None else now) - max(days * DAY, _YOUNGEST)
    for gone in _old(folder / "projects", "*.deleted", before):
        gone.unlink(missing_ok=True)
    jobs = store.forget(before)
    kept = _referenced(folder, store)
    files = size = 0
    for file in _old(folder / "pictures", "*", before):
        if file.name.encode() not in kept:
            size += file.stat().st_size
            file.unlink(missing_ok=True)
            files += 1
    there = {f.name.partition(".")[0] for f in (folder / "pictures").iterdir()}
    for view in _old(folder / "views", "*-*", before):
        if view.is_file() and view.name.partition("-")[0] not in there:
            view.unlink(missing_ok=True)
    return Swept(files, size, jobs)


def _referenced(folder: Path, store: JobStore) -> set[bytes]:
    found: set[bytes] = set()
    for pattern in ("*.json", "*.deleted"):
        for file in (folder / "projects").glob(pattern):
            found.update(_NAMES.findall(file.read_bytes()))
    for text in store.texts():
        found.update(_NAMES.findall(text.encode()))
    return found


def _old(folder: Path, pattern: str, before: float) -> Iterator[Path]:
    if folder.is_dir():
        yield from [f for f in folder.glob(pattern) if f.stat().st_mtime < before]


class Sweeper:
    """Cleans up now and then in the background.

    Args:
        work: One clean-up.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._end = threading.Event()

    def start(self) -> None:
        """Begins; the first clean-up comes after a minute, so that it does not slow down the start."""
        threading.Thread(target=self._run, name="sweeper", daemon=True).start()

    def stop(self) -> None:
        """No further clean-up begins."""
        self._end.set()

    def _run(self) -> None:
        pause = FIRST
        while not self._end.wait(pause):
            self._work()
            pause = EVERY
