"""A small hub on this machine: the answers that huggingface_hub expects, with faults that can be switched on."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 4096


@dataclass
class Hub:
    """Repositories by name, and what went over the wire.

    Attributes:
        repos: "org/name" → folder. gated: Names that want a login. cut: File names that break off half-way, once.
        gone: Paths that are listed but not there. whole: Answers requests for the rest of a file with all of it.
        busy: How many answers for files are "try again later". asked: (method, path, Range header) of every request.
    """

    repos: dict[str, Path] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    whole: bool = False
    busy: int = 0
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    url: str = ""

    def files(self, repo: str) -> list[dict]:
        rows = []
        for path in sorted(p for p in self.repos[repo].rglob("*") if p.is_file()):
            data = path.read_bytes()
            row = {"rfilename": path.relative_to(self.repos[repo]).as_posix(), "size": len(data)}
            row["blobId"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            if len(data) > LARGE:
                row["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            rows.append(row)
        return rows

    def downloads(self) -> list[str]:
        """Names of the files that were sent, in order."""
        return [path.split(f"{COMMIT}/")[1] for method, path, _ in self.asked if method == "GET" and COMMIT in path]


def serve(hub: Hub) -> ThreadingHTTPServer:
    """Starts the server on a free port; `hub.url` is then set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            path = unquote(urlparse(self.path).path)
            hub.asked.append((self.command, path, self.headers.get("Range")))
            parts = path.strip("/").split("/")
            if parts[:2] == ["api", "models"]:
                self._listing("/".join(parts[2:4]), "/".join(parts[5:]) or "main")
            elif "/".join(parts[:2]) not in hub.repos:
                self.send_error(404)
            else:
                self._file("/".join(parts[:2]), "/".join(parts[4:]), body)

        def _listing(self, repo: str, revision: str) -> None:
            if repo not in hub.repos:
                return self._error(404, "RepoNotFound")
            if revision not in ("main", COMMIT):
                return self._error(404, "RevisionNotFound")
            info = {"_id": "1", "id": repo, "modelId": repo, "sha": COMMIT, "siblings": hub.files(repo), "tags": []}
            return self._send(200, json.dumps(info).encode(), {"Content-Type": "application/json"})

        def _file(self, repo: str, name: str, body: bool) -> None:
            if repo in hub.gated:
                return self._error(403, "GatedRepo")
            row = next((r for r in hub.files(repo) if r["rfilename"] == name), None)
            if row is None or name in hub.gone:
                return self._error(404, "EntryNotFound")
            data = (hub.repos[repo] / name).read_bytes()
            etag = row["lfs"]["sha256"] if "lfs" in row else row["blobId"]
            headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            if not body:
                return self._send(200, b"", {**headers, "Content-Length": str(len(data))})
            if hub.busy > 0:
                hub.busy -= 1
                return self._send(503, b"", {})
            start = 0 if hub.whole else int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
            rest = data[start:]
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            if name in hub.cut:
                hub.cut.discard(name)
                self._send(206 if start else 200, rest[: len(rest) // 2], {**headers, "Content-Length": str(len(rest))})
                self.close_connection = True
                return None
            return self._send(206 if start else 200, rest, headers)

        def _error(self, status: int, code: str) -> None:
            self._send(status, b"", {"X-Error-Code": code, "X-Error-Message": code})

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    return server
