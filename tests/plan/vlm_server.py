"""A small OpenAI-compatible server: a real HTTP server in a thread, whose answers a test decides."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = str | dict[str, Any] | int | Callable[[dict[str, Any]], Any]


@dataclass
class Stub:
    """What was asked and what is answered.

    Answers are taken in turn, the last one for good: text is the content of a message, a dictionary the whole
    response, a number an HTTP error, and a function makes one of these out of the request.
    """

    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["stub-vl"])
    wait: float = 0.0
    url: str = ""

    def next(self, request: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(request)
        answer: Any = self.answers[min(len(self.asked), len(self.answers)) - 1]
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, int):
            return answer, {"error": {"message": f"no, {answer}"}}
        if isinstance(answer, str):
            return 200, {"choices": [{"message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}]}
        return 200, answer


@contextmanager
def serve(*answers: Answer, **more: Any) -> Iterator[Stub]:
    """The server on a free port of this machine."""
    stub = Stub(list(answers), **more)

    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, document: Any) -> None:
            raw = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            found = {"data": [{"id": name} for name in stub.models]}
            self._send(200, found) if self.path == "/v1/models" else self._send(404, {})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.headers.append(dict(self.headers))
            time.sleep(stub.wait)
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(*(stub.next(body) if self.path == "/v1/chat/completions" else (404, {})))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
