"""A vision-language model behind an OpenAI-compatible server: Ollama, vLLM, LM Studio, llama.cpp and others."""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import cv2

from finetouch.errors import NoAnswer
from finetouch.plan._vlm_talk import Turn, shown
from finetouch.settings import settings
from finetouch.types import Pixels, Reporter

LARGEST = 4_000_000  # bytes of an answer
TOKENS = 1500
REFUSED = (400, 415, 422, 501)  # what servers say to fields they do not know
LOOK_UP = 0.05


@dataclass
class Endpoint:
    """One model on one server.

    Attributes:
        url: Base address, up to and with ``/v1``. model: Its name there; "" takes the first one offered.
        key: Sent as bearer token; not shown. timeout: Seconds for one answer.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)
    timeout: float = 120.0

    @classmethod
    def of_settings(cls, offline: bool) -> Endpoint:
        """The server that ``FINETOUCH_VLM_URL`` names.

        Raises:
            NoAnswer: It is no address, or `offline` and it is not on this machine.
        """
        chosen = settings()
        url = chosen.vlm_url.strip().rstrip("/")
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host:
            raise NoAnswer(
                f"FINETOUCH_VLM_URL is not the address of a server: '{_tail(url)}'.",
                "Write it like http://localhost:11434/v1",
            )
        if offline and not is_local(host):
            raise NoAnswer(
                f"Going online is forbidden, and the vision-language model is on {host}.",
                "Leave --offline away, or use a server on this machine.",
            )
        return cls(url if parts.path else f"{url}/v1", chosen.vlm_model, chosen.vlm_key.get_secret_value(),
                   chosen.vlm_timeout)  # fmt: skip

    @property
    def identity(self) -> str:
        """Model and host; no key, no user name."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{self.model or 'unnamed model'} at {parts.hostname}{port}"

    def ask(self, turns: Sequence[Turn], schema: dict[str, Any], report: Reporter) -> str:
        """The answer's text, constrained to the schema where the server can do that.

        A server that does not know the constraint is asked without it, and one that takes no pictures without them.

        Raises:
            NoAnswer: Not reachable, too slow, refuses, or says something that is no answer. Cancelled: By the user.
        """
        if not self.model:
            self.model = self._first_model(report)
        constraint = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        tries = [(constraint, True), (None, True)]
        if any(t.picture is not None for t in turns):
            tries.append((None, False))
        for number, (form, pictures) in enumerate(tries):
            body: dict[str, Any] = {
                "model": self.model, "messages": [_message(t, pictures) for t in turns], "temperature": 0, "seed": 0,
                "max_tokens": TOKENS,
            }  # fmt: skip
            if form is not None:
                body["response_format"] = form
            try:
                return _content(self._call("chat/completions", body, report))
            except _Refused as refused:
                if number + 1 == len(tries):
                    raise NoAnswer(
                        f"{self.identity} refused the question: {refused}.", "See the server's log."
                    ) from None
        raise AssertionError("unreachable")

    def _first_model(self, report: Reporter) -> str:
        try:
            rows = self._call("models", None, report).get("data")
        except _Refused as refused:
            raise NoAnswer(f"The server does not say which models it has: {refused}.", _NAME) from None
        names = [str(r["id"]) for r in rows or () if isinstance(r, dict) and r.get("id")]
        if not names:
            raise NoAnswer(f"The server at {urlsplit(self.url).hostname} offers no model.", _NAME)
        return names[0]

    def _call(self, path: str, body: dict[str, Any] | None, report: Reporter) -> dict[str, Any]:
        """One request in a thread of its own, so that it can be cancelled and is over in time."""
        answer: list[dict[str, Any] | BaseException] = []

        def work() -> None:
            try:
                answer.append(self._request(path, body))
            except BaseException as error:
                answer.append(error)

        thread = Thread(target=work, daemon=True)
        thread.start()
        end = time.monotonic() + self.timeout
        while thread.is_alive():
            report.check()
            if time.monotonic() > end:
                raise self._too_slow()
            thread.join(LOOK_UP)
        found = answer[0]
        if isinstance(found, BaseException):
            raise found
        return found

    def _too_slow(self) -> NoAnswer:
        return NoAnswer(
            f"{self.identity} did not answer within {self.timeout:g} s.",
            "Wait longer with FINETOUCH_VLM_TIMEOUT=SECONDS, or take a smaller model.",
        )

    def _request(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Accept": "application/json", "User-Agent": "finetouch"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.url}/{path}", data, headers)
        handlers: list[Any] = [_NoRedirect()]
        if is_local(urlsplit(self.url).hostname or ""):
            handlers.append(urllib.request.ProxyHandler({}))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=self.timeout) as response:
                text = response.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            raise self._http_error(error) from None
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, TimeoutError):
                raise self._too_slow() from None
            raise NoAnswer(f"{self.identity} cannot be reached: {reason}.", "Is the server running?") from None
        try:
            if len(text) > LARGEST:
                raise ValueError("it is endless")
            found = json.loads(text)
            if not isinstance(found, dict):
                raise ValueError("it is no JSON object")
        except (ValueError, RecursionError) as error:
            raise NoAnswer(f"{self.identity} sent an answer that cannot be read: {error}.", _CHECK) from None
        return found

    def _http_error(self, error: urllib.error.HTTPError) -> Exception:
        with error:
            said = _tail(_reason(error.read(20_000)))
        text = f"{error.code} {said}".strip()
        if error.code in REFUSED:
            return _Refused(text)
        if error.code in (401, 403):
            return NoAnswer(f"{self.identity} wants a key ({text}).", "Give it with FINETOUCH_VLM_KEY.")
        if error.code == 404:
            return NoAnswer(f"{self.identity} is not there ({text}).", _NAME)
        return NoAnswer(f"{self.identity} answered with an error ({text}).", "See the server's log.")


_NAME = "Name a model with FINETOUCH_VLM_MODEL, and check FINETOUCH_VLM_URL (it ends in /v1)."
_CHECK = "Check that FINETOUCH_VLM_URL is an OpenAI-compatible server."


class _Refused(Exception):
    """The server does not take this form of question."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could carry picture and key to a machine that nobody named."""

    def redirect_request(self, *args: Any) -> None:
        return None


def is_local(host: str) -> bool:
    """True for this very machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _message(turn: Turn, pictures: bool) -> dict[str, Any]:
    if turn.picture is None or not pictures:
        return {"role": turn.role, "content": turn.text}
    picture = {"type": "image_url", "image_url": {"url": _data_url(turn.picture)}}
    return {"role": turn.role, "content": [picture, {"type": "text", "text": turn.text}]}


def _data_url(pixels: Pixels) -> str:
    small = shown(pixels)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _content(found: dict[str, Any]) -> str:
    """What the model said; raises `NoAnswer` for a refusal or an answer of another form."""
    try:
        choice = found["choices"][0]
        message = choice["message"]
        refusal, content = message.get("refusal"), message.get("content")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise NoAnswer("The vision-language model's server sent something that is no answer.", _CHECK) from None
    if refusal or choice.get("finish_reason") == "content_filter":
        raise NoAnswer(f"The vision-language model refuses: {_tail(str(refusal or 'its content filter says no'))}")
    if isinstance(content, list):
        content = "".join(str(p.get("text", "")) for p in content if isinstance(p, dict))
    return str(content or "")


def _reason(data: bytes) -> str:
    try:
        error = json.loads(data)["error"]
        return str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return data.decode("utf-8", "replace")


def _tail(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) < 200 else text[:199] + "…"
