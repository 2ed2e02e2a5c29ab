"""Driving a real page in headless Chromium, against a studio in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

REQUIRED = os.environ.get("FINETOUCH_REQUIRE_BROWSER") == "1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(os.environ.get("FINETOUCH_SCREENSHOTS") or Path(__file__).resolve().parents[2] / "build" / "screenshots")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
]  # fmt: skip


class Server:
    """``finetouch studio`` in a process; `kill` ends it as a power cut would."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_suffix(".log")
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "finetouch.cli.main", "studio", "--no-browser", "--port", str(self.port)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*command, "--folder", str(self.folder)], stdout=log, stderr=log)
        wait_for(self.answers, 120, lambda: self.log.read_text())

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.address}/api/v1{path}", timeout=60) as answer:
            return json.loads(answer.read())

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


class Person:
    """Somebody at the page: types, draws, clicks, looks. Anything the page complains about is kept."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.forgiven = ""
        page.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: self._check_host(r.url))
        page.on("dialog", lambda d: d.accept())
        self.address = address
        self.go()

    def _check_host(self, url: str) -> None:
        if not url.startswith((self.address, "blob:", "data:")):
            self.complaints.append(f"asked another host: {url}")

    def go(self) -> None:
        self.page.goto(f"{self.address}/")
        self.page.wait_for_selector("html[data-ready]", timeout=60_000)

    def reload(self) -> None:
        self.page.reload()
        self.page.wait_for_selector("html[data-ready]", timeout=60_000)
        self.settle()

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    def until(self, expression: str, seconds: float = 120) -> None:
        detail = "JSON.stringify([studio.s.error, studio.s.status, studio.s.job])"
        wait_for(lambda: self.ask(expression), seconds, lambda: f"{expression}: {self.ask(detail)}")

    @property
    def state(self) -> dict[str, Any]:
        return self.ask("document.querySelector('ft-canvas').state")

    def open(self, path: Path) -> None:
        before = self.ask("studio.s.project?.id ?? null")
        self.page.set_input_files("#file", str(path))
        self.until(f"studio.s.project && studio.s.project.id !== {json.dumps(before)} && !studio.s.busy")
        assert self.ask("studio.s.project.name") == path.name
        self.settle()

    def settle(self) -> None:
        self.until("document.querySelector('ft-canvas').state.ready && !studio.s.busy")

    def say(self, words: str) -> None:
        self.page.fill("#words", words)
        self.page.press("#words", "Enter")
        self.until("!studio.s.busy && studio.s.steps.length > 0 && !studio.s.steps.some((s) => s.looking)")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a picture point is on the screen."""
        box = self.page.locator("ft-canvas").bounding_box()
        view = self.state["view"]
        return box["x"] + view["x"] + x * view["scale"], box["y"] + view["y"] + y * view["scale"]

    def drag(self, *points: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()
        self.until("!studio.s.busy")

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))
        self.page.wait_for_timeout(50)
        self.until("!studio.s.busy && !studio.s.steps.some((s) => s.looking)")

    def key(self, *keys: str) -> None:
        self.page.locator("ft-canvas").focus()
        for key in keys:
            self.page.keyboard.press(key)

    def apply(self) -> None:
        before = self.head
        self.page.click("#apply")
        self.until(f"studio.head.id !== {before!r} && !studio.s.job")
        self.settle()

    @property
    def head(self) -> str:
        return self.ask("studio.head.id")

    @property
    def picture(self) -> str:
        return self.ask("studio.head.picture")


def shoot(person: Person, name: str) -> None:
    """Kept, so that somebody can look at them."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    person.page.wait_for_timeout(250)
    person.page.screenshot(path=str(SHOTS / f"{name}.png"))


def choose_preset(me: Person, name: str) -> None:
    me.page.get_by_role("button", name="Settings").click()
    me.page.locator("#settings").get_by_label("Preset").select_option(name)
    me.page.keyboard.press("Escape")
    me.until(f"studio.s.settings.preset === {name!r}")


def wait_for(true: Callable[[], Any], seconds: float, detail: Callable[[], str] = lambda: "") -> None:
    """Polls; the page's own content security policy forbids waiting inside of it."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"it did not happen: {detail()}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
