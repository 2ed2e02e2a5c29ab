"""What the studio costs beside the library: requests taken per second, added latency, memory after many edits.

    python benchmarks/studio.py accept     requests that start an edit, taken per second
    python benchmarks/studio.py latency    a recolor of a photo: library, and the same through the service
    python benchmarks/studio.py memory     memory of server and worker after 200 edits

Library and service take turns in one run and the median of each counts, so that other work on the machine hits both:
read the ratios, not the seconds.
"""

from __future__ import annotations

import argparse
import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from finetouch.engine.pipeline import Options, Pipeline, region_from_mask
from finetouch.imaging import io
from finetouch.studio.strokes import Stroke, rasterise
from finetouch.studio.work import read_mask
from finetouch.types import EditPlan, EditStep, Region

BLUE = EditPlan(steps=(EditStep(op="recolor", target="cup", color="blue"),), instruction="make the cup blue")
MEGABYTE = 1 << 20


def serve(folder: str, port: int) -> None:
    """The studio without a quota, because the benchmark is one client that asks for everything."""
    import uvicorn

    from finetouch.studio.app import create_app
    from finetouch.studio.settings import StudioSettings

    settings = StudioSettings(folder=Path(folder), port=port, quota=1_000_000)
    uvicorn.run(create_app(settings), port=port, log_level="warning")


@contextmanager
def studio() -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """A running studio: a client and the server's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([sys.executable, __file__, "serve", "--folder", folder, "--port", str(port)])
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300) as client:
            try:
                while True:
                    try:
                        client.get("/healthz").raise_for_status()
                        break
                    except httpx.TransportError:
                        time.sleep(0.1)
                yield client, psutil.Process(process.pid)
            finally:
                process.terminate()
                process.wait()


def photo(megapixels: float = 1.0) -> np.ndarray:
    """The coffee photo that scikit-image ships, at another size."""
    from skimage import data

    pixels = data.coffee()
    scale = (megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    return cv2.resize(pixels, (round(600 * scale), round(400 * scale)), interpolation=cv2.INTER_CUBIC)


def file_of(pixels: np.ndarray) -> bytes:
    """A JPEG that nobody has seen yet: one pixel is another one each time."""
    changed = pixels.copy()
    changed[:8, :8] = np.frombuffer(secrets.token_bytes(3), np.uint8)
    return bytes(cv2.imencode(".jpg", changed[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def mask_of(pixels: np.ndarray) -> np.ndarray:
    """A disc in the middle, about as large as the cup."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, height // 2), round(0.22 * width), 255, -1)
    return mask


def accept(console: Console) -> None:
    """How fast requests are taken while the worker is busy with the first ones."""
    table = Table("request", "clients", "requests", "taken per second", "slowest s", box=None)
    small, large = photo(0.05), photo(1.0)
    for name, count, clients, work in (
        ("POST /jobs, plan as JSON", 400, 8, _job_sender),
        ("POST /edits, form with a 0.05-megapixel JPEG", 200, 8, lambda c: _edit_sender(c, small)),
        ("POST /edits, form with a 1-megapixel JPEG", 100, 8, lambda c: _edit_sender(c, large)),
    ):
        with studio() as (client, _):
            send = work(client)
            send(0)
            start = time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                times = list(pool.map(send, range(count)))
            took = time.perf_counter() - start
        table.add_row(name, str(clients), str(count), f"{count / took:.0f}", f"{max(times):.3f}")
    console.print(table)


def _job_sender(client: httpx.Client) -> Callable[[int], float]:
    picture = _uploaded(client, file_of(photo(0.05)))
    project = client.post("/api/v1/projects", json={"picture": picture}).json()
    body = {"project": project["id"], "base": project["head"], "plan": BLUE.model_dump(mode="json")}
    return _timed(lambda _n: client.post("/api/v1/jobs", json=body))


def _edit_sender(client: httpx.Client, pixels: np.ndarray) -> Callable[[int], float]:
    files = [file_of(pixels) for _ in range(400)]
    data = {"request": json.dumps({"plan": BLUE.model_dump(mode="json")})}
    return _timed(lambda n: client.post("/api/v1/edits", files={"image": ("a.jpg", files[n])}, data=data))


def _timed(send: Callable[[int], httpx.Response]) -> Callable[[int], float]:
    def timed(number: int) -> float:
        start = time.perf_counter()
        answer = send(number)
        if answer.status_code != 202:
            raise SystemExit(f"refused: {answer.status_code} {answer.text}")
        return time.perf_counter() - start

    return timed


def _uploaded(client: httpx.Client, data: bytes) -> str:
    return str(client.post("/api/v1/pictures", content=data).json()["picture"])


def _waited(client: httpx.Client, job: str) -> dict[str, Any]:
    while (found := client.get(f"/api/v1/jobs/{job}?wait=60").json())["state"] in ("queued", "running"):
        pass
    if found["state"] != "done":
        raise SystemExit(found["error"])
    return dict(found)


class Both:
    """The same request to the library and to the service; each call returns (wall seconds, processor seconds)."""

    def __init__(self, client: httpx.Client, server: psutil.Process, folder: Path, megapixels: float) -> None:
        self.client, self.server, self.folder = client, server, folder
        self.pipeline = Pipeline("embedded", "cpu")
        self.pixels = photo(megapixels)
        self.mask = mask_of(self.pixels)
        self.png = bytes(cv2.imencode(".png", self.mask)[1])
        self.circle = {"kind": "stroke", "radius": 0.22 * self.pixels.shape[1], "points": [self._middle()]}
        self.kept = file_of(self.pixels)
        self.picture = io.load(self.kept)
        uploaded = _uploaded(client, self.kept)
        self.project = client.post("/api/v1/projects", json={"picture": uploaded}).json()

    def library(self, kind: str) -> tuple[float, float]:
        """Opens a photo, edits it, writes a PNG; "next" edits a photo that is open already."""
        data = self.kept if kind == "next" else file_of(self.pixels)
        start, used = time.perf_counter(), time.process_time()
        picture = self.picture if kind == "next" else io.load(data)
        region = self._region(kind)
        result = self.pipeline.run(picture, BLUE, Options(seed=1, region=region))
        result.save(self.folder / f"{secrets.token_hex(4)}.png", quick=True)
        return time.perf_counter() - start, time.process_time() - used

    def service(self, kind: str) -> tuple[float, float]:
        """Sends, waits, and fetches the PNG; "next" sends a drawing for a photo of a project, as the page does."""
        data = file_of(self.pixels)
        start, used = time.perf_counter(), self._used()
        if kind == "next":
            body = {
                "project": self.project["id"], "base": self.project["head"], "plan": BLUE.model_dump(mode="json"),
                "hands": [{"ops": [self.circle]}], "engine": {"seed": 1},
            }  # fmt: skip
            sent = self.client.post("/api/v1/jobs", json=body)
        else:
            files: dict[str, Any] = {"image": ("a.jpg", data)}
            if kind == "mask":
                files["mask"] = ("m.png", self.png)
            request = json.dumps({"plan": BLUE.model_dump(mode="json"), "seed": 1})
            sent = self.client.post("/api/v1/edits", files=files, data={"request": request})
        job = sent.json()["job"]
        _waited(self.client, job)
        self.client.get(f"/api/v1/jobs/{job}/result").raise_for_status()
        return time.perf_counter() - start, self._used() - used

    def _region(self, kind: str) -> Region | None:
        """What the service works out from the same request: the mask file read, or the stroke drawn."""
        if kind == "words":
            return None
        if kind == "mask":
            return region_from_mask(read_mask(self.png), "drawing")
        ops = [Stroke.model_validate(self.circle)]
        return region_from_mask(rasterise(ops, self.picture.size), "drawing")

    def _middle(self) -> tuple[float, float]:
        height, width = self.pixels.shape[:2]
        return width / 2, height / 2

    def _used(self) -> float:
        times = [p.cpu_times() for p in (self.server, *self.server.children(recursive=True))]
        return sum(t.user + t.system for t in times)


def latency(console: Console, repeats: int, megapixels: float) -> None:
    """Added latency: median of the service over median of the library."""
    rows = (
        ("words, photo sent each time", "words"), ("mask and photo sent each time", "mask"),
        ("drawing, photo open already (the page)", "next"),
    )  # fmt: skip
    head = f"recolor, photo of {megapixels:g} megapixels"
    table = Table(head, "library s", "service s", "added", "processor s", "", "added", box=None)
    with studio() as (client, server), tempfile.TemporaryDirectory() as folder:
        both = Both(client, server, Path(folder), megapixels)
        for name, kind in rows:
            both.library(kind), both.service(kind)
            times = [(both.library(kind), both.service(kind)) for _ in range(repeats)]
            (a, c), (b, d) = (np.median([t[i] for t in times], axis=0) for i in (0, 1))
            table.add_row(
                name, f"{a:.3f}", f"{b:.3f}", f"{100 * (b / a - 1):+.0f} %", f"{c:.2f}", f"{d:.2f}",
                f"{100 * (d / c - 1):+.0f} %",
            )  # fmt: skip
    console.print(table)


def memory(console: Console, jobs: int) -> None:
    """Resident memory after some edits of photos that were never seen before."""
    table = Table("edits", "server MB", "worker MB", box=None)
    pixels = photo(1.0)
    mask = bytes(cv2.imencode(".png", mask_of(pixels))[1])
    with studio() as (client, server):
        for number in range(1, jobs + 1):
            files = {"image": ("a.jpg", file_of(pixels)), "mask": ("m.png", mask)}
            sent = client.post("/api/v1/edits", files=files, data={"request": '{"instruction": "make the cup blue"}'})
            _waited(client, sent.json()["job"])
            if number in (1, 10) or number % max(1, jobs // 8) == 0:
                worker = max(p.memory_info().rss for p in server.children(recursive=True))
                table.add_row(
                    str(number), f"{server.memory_info().rss / MEGABYTE:.0f}", f"{worker / MEGABYTE:.0f}"
                )  # fmt: skip
    console.print(table)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["accept", "latency", "memory", "serve"])
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--megapixels", type=float, default=1.0, help="of the photo in 'latency'")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--folder")
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    console = Console(width=120)
    if given.what == "serve":
        serve(given.folder, given.port)
    elif given.what == "accept":
        accept(console)
    elif given.what == "latency":
        latency(console, given.repeats, given.megapixels)
    else:
        memory(console, given.jobs)


if __name__ == "__main__":
    main()
