"""A studio to ask over HTTP, with the embedded preset, and tiny real pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra [studio] is not installed")

from browser import CHROMIUM, FLAGS, REQUIRED, Person, Server
from fastapi.testclient import TestClient
from files import ADDRESS, png

from finetouch.studio.app import create_app
from finetouch.studio.settings import StudioSettings


@pytest.fixture(scope="session")
def scene() -> np.ndarray:
    """A wooden-coloured ground with a red disc and a blue square, (64, 96, 3)."""
    rng = np.random.default_rng(3)
    ground = np.clip(rng.normal((150, 120, 80), 6, (64, 96, 3)), 0, 255).astype(np.uint8)
    ys, xs = np.mgrid[:64, :96]
    ground[(xs - 30) ** 2 + (ys - 32) ** 2 < 200] = (200, 30, 30)
    ground[20:44, 60:84] = (40, 60, 190)
    return ground


@pytest.fixture
def settings(tmp_path: Path) -> StudioSettings:
    return StudioSettings(folder=tmp_path / "studio", max_upload=2 << 20, max_pixels=1e6)


@pytest.fixture
def client(settings: StudioSettings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=ADDRESS) as made:
        yield made


@pytest.fixture
def finished(client: TestClient) -> Callable[[str], dict[str, Any]]:
    """Waits for a job."""

    def wait(job: str) -> dict[str, Any]:
        end = time.monotonic() + 120
        while True:
            found = client.get(f"/api/v1/jobs/{job}").json()
            if found["state"] not in ("queued", "running"):
                return found
            assert time.monotonic() < end
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("studio") / "files")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = import_module("playwright.sync_api") if REQUIRED else pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        yield running.chromium


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """Opens a browser of its own for each person; fails when a page complained."""
    contexts: list[Any] = []
    people: list[Person] = []

    def arrive(server: Server, **options: Any) -> Person:
        options = {"viewport": {"width": 1280, "height": 720}, **options}
        profile = tmp_path / f"profile{len(contexts)}"
        context = chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, headless=True, args=FLAGS, accept_downloads=True, **options
        )
        contexts.append(context)
        people.append(Person(context.pages[0], server.address))
        return people[-1]

    yield arrive
    for context in contexts:
        context.close()
    assert not [c for p in people for c in p.complaints if not p.forgiven or p.forgiven not in c]


@pytest.fixture
def photo(tmp_path: Path, coffee: np.ndarray) -> Path:
    path = tmp_path / "coffee.png"
    path.write_bytes(png(coffee))
    return path


@pytest.fixture
def huge(tmp_path: Path, coffee: np.ndarray) -> Path:
    """24 megapixels."""
    path = tmp_path / "huge.jpg"
    cv2.imwrite(str(path), cv2.cvtColor(cv2.resize(coffee, (6000, 4000)), cv2.COLOR_RGB2BGR))
    return path
