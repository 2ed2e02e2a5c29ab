"""A studio to ask over HTTP, with the embedded preset, and tiny real pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra [studio] is not installed")

from fastapi.testclient import TestClient
from files import ADDRESS

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
