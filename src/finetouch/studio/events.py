"""One numbered stream of events for all pages, with a memory for those that come back."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

KEPT = 2000
PING = 15.0
ENDS = ("job.done", "job.failed", "job.cancelled", "job.interrupted")


class Broadcaster:
    """Takes events from any thread and hands them to every open page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._kept: deque[tuple[int, dict[str, Any]]] = deque(maxlen=KEPT)
        self._open: dict[asyncio.Queue[tuple[int, dict[str, Any]]], asyncio.AbstractEventLoop] = {}
        self._closed = False

    def send(self, event: dict[str, Any]) -> None:
        """Numbers an event, keeps it and wakes the pages."""
        with self._lock:
            self._number += 1
            item = (self._number, event)
            self._kept.append(item)
            for queue, loop in self._open.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(queue.put_nowait, item)

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        self.send({"type": "closing", "project": ""})

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._open)

    async def ended(self, job: str, known: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Waits until a job has ended, at most `seconds`; `known` says whether it had ended before."""
        queue: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()
        with self._lock:
            self._open[queue] = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                seen = await known()
                while not seen and not self._closed:
                    seen = _ends((await queue.get())[1], job)
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._open.pop(queue, None)

    async def stream(self, project: str | None, after: int | None) -> AsyncIterator[bytes]:
        """Server-sent events of a project (all when None), first those after number `after` that are still kept."""
        queue: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()
        with self._lock:
            missed = [item for item in self._kept if after is not None and item[0] > after]
            self._open[queue] = asyncio.get_running_loop()
            last = self._number
        try:
            yield f"id: {missed[0][0] - 1 if missed else last}\nevent: hello\ndata: {{}}\n\n".encode()
            for item in missed:
                if _meant(item[1], project):
                    yield _frame(item)
            while not self._closed:
                try:
                    item = await asyncio.wait_for(queue.get(), PING)
                except TimeoutError:
                    yield b"event: ping\ndata: {}\n\n"
                    continue
                if _meant(item[1], project):
                    yield _frame(item)
        finally:
            with self._lock:
                self._open.pop(queue, None)


def _ends(event: dict[str, Any], job: str) -> bool:
    return event.get("job") == job and event["type"] in ENDS


def _meant(event: dict[str, Any], project: str | None) -> bool:
    return project is None or event.get("project") in (project, "")


def _frame(item: tuple[int, dict[str, Any]]) -> bytes:
    number, event = item
    return f"id: {number}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
