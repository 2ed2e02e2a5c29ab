"""A studio that works all day does not grow."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import Server
from files import png

psutil = pytest.importorskip("psutil")
httpx = pytest.importorskip("httpx")

pytestmark = pytest.mark.slow
MEGABYTE = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "files")
    yield made
    made.stop()


def test_memory_is_flat_over_200_jobs(server: Server, coffee: np.ndarray) -> None:
    process = psutil.Process(server.process.pid)
    photo = coffee.copy()
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(mask, (300, 180), 60, 255, -1)
    used: dict[int, tuple[float, float]] = {}
    request = json.dumps({"instruction": "make the cup blue", "seed": 1})
    with httpx.Client(base_url=f"{server.address}/api/v1", timeout=120) as client:
        for number in range(1, 201):
            photo[0, 0] = (number, 7, 7)
            files = {"image": ("a.png", png(photo)), "mask": ("m.png", png(mask))}
            job = client.post("/edits", files=files, data={"request": request}).json()["job"]
            done = client.get(f"/jobs/{job}?wait=60").json()
            assert done["state"] == "done", done
            client.get(f"/jobs/{job}/result?format=jpg").raise_for_status()
            if number in (60, 200):
                [worker] = [p for p in process.children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
                used[number] = process.memory_info().rss / MEGABYTE, worker.memory_info().rss / MEGABYTE
    with urllib.request.urlopen(f"{server.address}/metrics") as answer:
        assert b'finetouch_jobs{state="done"} 200.0' in answer.read()
    assert used[200][0] - used[60][0] < 25 and used[200][1] - used[60][1] < 40, used
