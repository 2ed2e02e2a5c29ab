"""What every request has to pass: host, origin, token, content type, size."""

from __future__ import annotations

import hmac
import json
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from finetouch.studio.settings import LOOPBACK, StudioSettings

Message = dict[str, Any]
COOKIE = "finetouch"
OPEN_PATHS = ("/healthz",)
JSON_LIMIT = 4 << 20
HEADERS = (
    (b"content-security-policy", b"default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
     b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)  # fmt: skip


class TooLarge(Exception):
    """The body grew over the limit while it came in."""


class Guard:
    """ASGI middleware: refuses what does not belong here before anything is read or decoded."""

    def __init__(self, app: Any, settings: StudioSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Checks a request, then hands it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        problem = self._refused(scope, headers)
        if problem is not None:
            await _answer(send, *problem)
            return
        cookie = self._new_cookie(scope)
        limit = self._limit(headers)
        seen = 0
        started = False

        async def limited() -> Message:
            nonlocal seen
            message: Message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge
            return message

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                extra = [(b"set-cookie", cookie)] if cookie else []
                message = {**message, "headers": [*message["headers"], *HEADERS, *extra]}
            await send(message)

        try:
            await self._app(scope, limited, dressed)
        except TooLarge:
            if not started:
                await _answer(send, *_too_large(limit))

    def _refused(self, scope: Message, headers: dict[str, str]) -> tuple[int, str, str] | None:
        host = headers.get("host", "")
        if self._settings.local and _bare(host) not in LOOPBACK:
            return 421, "This studio answers only to this machine's own name.", "Open it as http://127.0.0.1"
        origin = headers.get("origin")
        writing = scope["method"] not in ("GET", "HEAD")
        if origin not in (None, "null") and urlsplit(str(origin)).netloc != host:
            return 403, "Another web page may not use this studio.", "Open the studio's own page."
        if writing and (origin == "null" or headers.get("sec-fetch-site") in ("cross-site", "same-site")):
            return 403, "Another web page may not use this studio.", "Open the studio's own page."
        if not self._admitted(scope, headers):
            return (
                401,
                "A token is needed.",
                "Open the address the studio printed, or send Authorization: Bearer TOKEN.",
            )
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if writing and kind in ("text/plain", "application/x-www-form-urlencoded"):
            return 415, f"Content of type '{kind}' is not taken.", "Send JSON, a picture, or multipart/form-data."
        length = headers.get("content-length", "0")
        if not length.isdigit():
            return 400, "The content-length is no number.", "Send a correct request."
        if int(length) > self._limit(headers):
            return _too_large(self._limit(headers))
        return None

    def _limit(self, headers: dict[str, str]) -> int:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return JSON_LIMIT if kind.endswith("json") else self._settings.max_upload + 65536

    def _admitted(self, scope: Message, headers: dict[str, str]) -> bool:
        token = self._settings.token
        if token is None or scope["path"] in OPEN_PATHS:
            return True
        given = [headers.get("authorization", "").removeprefix("Bearer ").strip()]
        cookie: SimpleCookie = SimpleCookie()
        cookie.load(headers.get("cookie", ""))
        if COOKIE in cookie:
            given.append(cookie[COOKIE].value)
        given += self._from_query(scope)
        return any(hmac.compare_digest(g.encode(), token.encode()) for g in given if g)

    @staticmethod
    def _from_query(scope: Message) -> list[str]:
        return parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])

    def _new_cookie(self, scope: Message) -> bytes | None:
        token = self._settings.token
        if token is None or scope["path"] != "/" or token not in self._from_query(scope):
            return None
        return f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict".encode()


def _bare(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "") if host.count("]") <= 1 else ""


def _too_large(limit: int) -> tuple[int, str, str]:
    return 413, "That is too large.", f"At most {limit >> 20} MB are taken here."


async def _answer(send: Any, status: int, detail: str, hint: str) -> None:
    body = json.dumps({"title": "Refused", "status": status, "detail": detail, "hint": hint}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
